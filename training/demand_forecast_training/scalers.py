"""What the network learns about its inputs before training: from days of role train only."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from demand_forecast.arrays import Floats, Integers

from demand_forecast_training.dataset import Dataset, Examples, OriginsT
from demand_forecast_training.hyper_parameters import HyperParameters

SMALLEST = 1e-6
HABITS = ("yearly_weekday_rate_", "weekday_rate_")
"""Beginnings of the names of an own rate by weekday, the one to start from first."""
MONEY = ("unit_rate_90d", "revenue_rate_90d", "tenure_days")
LEAST_RATE = 1e-4
"""Own rates below it count as this one."""


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
class Scales:
    """Standard scales of steps and days, and bins of the context.

    A feature that never varies gets scale 0 or no bin: what training never saw move cannot move a forecast.
    """

    step_mean: Floats  # (F,)
    step_scale: Floats  # (F,)
    day_mean: Floats  # (K,)
    day_scale: Floats  # (K,)
    bin_feature: Integers  # (bins,) column of the context
    bin_left: Floats  # (bins,)
    bin_width: Floats  # (bins,)


@dataclass(frozen=True)
class Scalers(Scales):
    """Scales with the habits of customers and the rates at which their network starts."""

    habit_columns: Integers  # (7,) columns of the context with the own rate of target day 1 to 7, or empty
    habit_mean: float  # mean log of those rates
    money_columns: Integers  # (3,) columns of the context with MONEY, or empty
    start: StartingRates


def signed_log(values: Floats) -> Floats:
    """Sign times log(1 + absolute value): the network's first look at a step."""
    return np.sign(values) * np.log1p(np.abs(values))


def mean_and_scale(values: Floats) -> tuple[Floats, Floats]:
    """Mean and 1 / standard deviation of each column, 0 where a column is constant; zeros for no rows."""
    if not len(values):
        return np.zeros(values.shape[1], np.float32), np.zeros(values.shape[1], np.float32)
    deviation = values.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > SMALLEST, 1 / np.maximum(deviation, SMALLEST), 0)
    return values.mean(axis=0, dtype=np.float64).astype(np.float32), scale.astype(np.float32)


def context_bins(context: Floats, bins: int) -> tuple[Integers, Floats, Floats]:
    """Feature, left edge and width of every quantile bin, equal edges merged. A context without a varying feature gets one
    bin so wide that it is always 0."""
    found = []
    for feature, values in enumerate(context.T):
        edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)).astype(np.float32))
        found += [(feature, left, right - left) for left, right in itertools.pairwise(edges)]
    features, left, width = zip(*(found or [(0, 0.0, 1e30)]), strict=True)
    return np.array(features, np.int64), np.array(left, np.float32), np.array(width, np.float32)


def seen_steps(data: Dataset[OriginsT]) -> Floats:
    """Steps that some training origin reads, shape (steps, F)."""
    reach = np.zeros(len(data.histories.lengths), np.int64)
    known = data.train.history >= 0
    np.maximum.at(reach, data.train.history[known], data.train.position[known])
    places = np.arange(len(data.histories.steps)) - np.repeat(data.histories.starts, data.histories.lengths)
    return data.histories.steps[places < np.repeat(reach, data.histories.lengths)]


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


def habits(context: Floats, names: tuple[str, ...]) -> tuple[Integers, float]:
    """Columns of the own rate by weekday (one of HABITS and a number from 1 to 7), and the mean of their logs. Without all seven
    the network does without."""
    for habit in HABITS:
        wanted = [f"{habit}{number}" for number in range(1, 8)]
        if set(wanted) <= set(names):
            columns = np.array([names.index(name) for name in wanted])
            return columns, float(np.log(np.maximum(context[:, columns], LEAST_RATE)).mean(dtype=np.float64))
    return np.zeros(0, np.int64), 0.0


def fit_scales(data: Dataset[OriginsT], choices: HyperParameters) -> Scales:
    """Scales of a data set, from its training origins, the steps that they read and their days."""
    step_mean, step_scale = mean_and_scale(signed_log(seen_steps(data)))
    day_mean, day_scale = mean_and_scale(data.days[np.unique(data.train.date)].reshape(-1, data.days.shape[2]))
    return Scales(step_mean, step_scale, day_mean, day_scale, *context_bins(data.train.context, choices.context_bins))


def fit_scalers(data: Dataset, choices: HyperParameters) -> Scalers:
    """Scalers of a customers' data set."""
    names = data.signature.context
    columns, mean = habits(data.train.context, names)
    money = np.array([names.index(name) for name in MONEY] if set(MONEY) <= set(names) else [], np.int64)
    start = starting_rates(data.train, float(choices.are_units_whole))
    scales = vars(fit_scales(data, choices))
    return Scalers(**scales, habit_columns=columns, habit_mean=mean, money_columns=money, start=start)
