"""Recommendations: a network that ranks the candidates of a customer."""
