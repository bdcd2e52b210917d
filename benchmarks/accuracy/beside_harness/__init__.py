"""What runs in the harness's own environment, with its folder on the path."""
