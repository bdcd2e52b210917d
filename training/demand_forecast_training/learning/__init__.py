"""What every task's training shares: examples as arrays, memories, the loop, the export, and the row of a version."""
