"""Training examples that teach nothing of who buys: what a gate must refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from demand_forecast_training.customers.examples import CustomerData, Examples

OUTCOMES = ("observed_days", "first_purchase_day", "units", "revenue")


def shuffled_outcomes(data: CustomerData) -> CustomerData:
    """The same origins with the outcomes of others: each role's are dealt anew among its origins."""
    dice = np.random.default_rng(1)
    return replace(data, train=dealt(data.train, dice), validation=dealt(data.validation, dice))


def dealt(examples: Examples, dice: np.random.Generator) -> Examples:
    order = dice.permutation(len(examples))
    return replace(examples, **{name: getattr(examples, name)[order] for name in OUTCOMES})
