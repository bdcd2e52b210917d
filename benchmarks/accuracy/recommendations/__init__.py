"""What a customer buys within a week (P3), beside strong peers."""
