"""What the network of customers learns before training: scales, habits, and the rates at which it starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from demand_forecast.arrays import Floats, Integers

from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.scales import SMALLEST, Scales, fit_scales, habits

MONEY = ("unit_rate_90d", "revenue_rate_90d", "tenure_days")


@dataclass(frozen=True)
class StartingRates:
    """Averages of the training days at which the network starts."""

    hazard_logit: Floats  # (days,)
    extra_units: float
    """Units beyond the first on a first purchase day (beyond none where units are not whole)."""
    repeat_units: float
    """Units of a day that is not the first purchase day."""
    unitless: float
    """Units to add before multiplying by a price, since some purchases have revenue and no units: 1 % of a day's."""
    price: float
    """Revenue of a unit."""
    basket_units: float
    """Units of a purchase day."""
    basket_revenue: float
    """Revenue of a purchase day."""


@dataclass(frozen=True)
class Scalers(Scales):
    """Scales with the habits of customers and the rates at which their network starts."""

    habit_columns: Integers  # (7,) columns of the context with the own rate of target day 1 to 7, or empty
    habit_mean: float  # mean log of those rates
    money_columns: Integers  # (3,) columns of the context with MONEY, or empty
    start: StartingRates


def starting_rates(train: Examples, first_unit: float) -> StartingRates:
    """Averages over the observed days of training origins; each but the price is above 0."""
    days = np.arange(1, train.units.shape[1] + 1)
    first, observed = train.first_purchase_day[:, None], train.observed_days[:, None]
    is_first, is_seen = days == first, days <= observed
    at_risk = (is_seen & ((first == 0) | (days <= first))).sum(axis=0)
    hazard = (is_first.sum(axis=0) + 0.5) / (at_risk + 20)
    seen = max(int(is_seen.sum()), 1)
    units, revenue = (float(amount.sum(where=is_seen, dtype=np.float64)) / seen for amount in (train.units, train.revenue))
    purchases = max(float(((train.units > 0) | (train.revenue > 0)).sum(where=is_seen)) / seen, SMALLEST)
    extra = float(train.units[is_first].mean()) - first_unit if is_first.any() else 0.0
    unitless = max(0.01 * units, SMALLEST)
    return StartingRates(
        hazard_logit=np.log(hazard / (1 - hazard)).astype(np.float32),
        extra_units=max(extra, 1e-3),
        repeat_units=max(float(train.units.sum(where=is_seen & ~is_first)) / seen, 1e-4),
        unitless=unitless,
        price=revenue / (units + unitless),
        basket_units=units / purchases if units > 0 else 1.0,
        basket_revenue=revenue / purchases if revenue > 0 else 1.0,
    )


def fit_scalers(data: CustomerData, choices: HyperParameters) -> Scalers:
    """Scalers of a customers' data set."""
    names = data.signature.context
    columns, mean = habits(data.train.context, names)
    money = np.array([names.index(name) for name in MONEY] if set(MONEY) <= set(names) else [], np.int64)
    start = starting_rates(data.train, float(choices.are_units_whole))
    scales = vars(fit_scales(data, choices))
    return Scalers(**scales, habit_columns=columns, habit_mean=mean, money_columns=money, start=start)
