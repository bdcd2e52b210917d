"""Trend flags of ``market_trends`` on shops where nothing trends, and on shops with an injected rise."""
