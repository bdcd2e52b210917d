"""Customer demand: who buys when, how many units and for how much."""
