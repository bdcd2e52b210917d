"""The user's warehouse, its registry and its tables."""
