"""The configuration that test days judge. It is chosen on validation days, and committed before test days are run."""

from __future__ import annotations

from demand_forecast_training.hyper_parameters import HyperParameters

CHOICES = HyperParameters()
SEEDS = (0,)
SYSTEM = "refit"
"""Name of the variant that the harness's own comparison is run for."""
