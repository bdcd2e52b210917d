"""What every network learns about its inputs before training: from days of role train only."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from demand_forecast.arrays import Floats, Integers

from demand_forecast_training.learning.dataset import Dataset, OriginsT
from demand_forecast_training.learning.hyper_parameters import HyperParameters

SMALLEST = 1e-6


HABITS = ("yearly_weekday_rate_", "weekday_rate_")
"""Beginnings of the names of an own rate by weekday, the one to start from first."""


LEAST_RATE = 1e-4
"""Own rates below it count as this one."""


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
