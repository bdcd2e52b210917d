"""Finished runs as files for readers."""
