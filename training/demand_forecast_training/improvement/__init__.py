"""`demand improve`: from what the errors say to a challenger, its gate, and a promotion or none."""
