"""What is kept from readers, and what is removed when somebody asks for it."""
