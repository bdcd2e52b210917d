"""The few validation figures that decide whether a version may serve. Accuracy that is published is computed in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from demand_forecast.arrays import Floats
from numpy.typing import NDArray

from demand_forecast_training.customers.examples import Examples
from demand_forecast_training.learning.curves import Log
from demand_forecast_training.terminal import table

SMALLEST_PROBABILITY = 1e-6
"""Where log loss clips; macros/metrics/log_loss.sql clips at the same place."""

Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Figures:
    """Of purchases within `horizon_days` on `rows` origins whose window was observed whole; None without rows or buyers."""

    horizon_days: int
    rows: int
    log_loss: float | None
    average_precision: float | None
    mean_probability: float | None
    purchase_rate: float | None


def log_loss(probability: Floats, bought: Truths) -> float:
    """Mean negative log likelihood of outcomes (rows,)."""
    clipped = np.clip(probability.astype(np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-np.log(np.where(bought, clipped, 1 - clipped)).mean())


def average_precision(probability: Floats, bought: Truths) -> float | None:
    """Precision averaged over the buyers, ties counted together; None without a buyer."""
    if not bought.any():
        return None
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    found = np.cumsum(bought[order])[last]
    gained = np.diff(found, prepend=0)
    return float((gained * found / (last + 1)).sum() / found[-1])


def figures(probability: Floats, examples: Examples, horizon_days: int) -> Figures:
    """Figures of cumulative probabilities (rows, days) at one horizon."""
    whole = examples.observed_days >= horizon_days
    first = examples.first_purchase_day[whole]
    said, bought = probability[whole, horizon_days - 1], (first > 0) & (first <= horizon_days)
    if not whole.any():
        return Figures(horizon_days, 0, None, None, None, None)
    return Figures(
        horizon_days,
        int(whole.sum()),
        log_loss(said, bought),
        average_precision(said, bought),
        float(said.mean()),
        float(bought.mean()),
    )


def next_day_figures(tables: Sequence[Figures]) -> tuple[float | None, float | None]:
    """Log loss and average precision of the first of some figures; none where there are no figures."""
    return (tables[0].log_loss, tables[0].average_precision) if tables else (None, None)


def baseline_probability(examples: Examples) -> Floats:
    """Cumulative purchase probability of the baseline's daily rates, (rows, days)."""
    probability: Floats = -np.expm1(-np.cumsum(examples.baseline_rates, axis=1))
    return probability


def log_reliability(log: Log, probability: Floats, examples: Examples) -> None:
    """Next-day probability and share of buyers by tenth of the origins, as two curves over the tenths."""
    bought = examples.first_purchase_day == 1
    for tenth, rows in enumerate(np.array_split(np.argsort(probability[:, 0], kind="stable"), 10), start=1):
        if len(rows):
            log("reliability/forecast", float(probability[rows, 0].mean()), tenth)
            log("reliability/actual", float(bought[rows].mean()), tenth)


def validation_table(model: Sequence[Figures], baseline: Sequence[Figures], name: str = "model") -> str:
    """A model beside the baseline on validation days, a row for each horizon and metric."""
    rows = []
    for ours, theirs in zip(model, baseline, strict=True):
        for metric in ("log_loss", "average_precision", "mean_probability"):
            rows.append((f"{ours.horizon_days} days", metric, getattr(ours, metric), getattr(theirs, metric), ours.rows))
        rows.append((f"{ours.horizon_days} days", "purchase_rate", ours.purchase_rate, theirs.purchase_rate, ours.rows))
    return table(("validation", "metric", name, "baseline", "rows"), rows)
