"""Units of a product and day (P4), beside strong peers."""
