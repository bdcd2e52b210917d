"""The network that ships with the package, and how a shop begins with it."""
