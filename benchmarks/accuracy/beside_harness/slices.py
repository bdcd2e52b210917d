"""Where a system wins and loses against one peer: log loss by weekday, week, tenth of the forecast and kind of customer."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pandas as pd

metrics: Any = import_module("metrics")


SLICED = ("tenure_days", "days_since_purchase", "purchase_day_rate_90d")
"""Own columns whose fifths are slices."""
FIFTHS = 5
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def slices(rows: Any, columns: dict[str, Any], said: Any, peer: Any) -> dict[str, dict[str, dict[str, float]]]:
    """By kind and slice: rows, gain in log loss (above 0: the system is better), expected over actual purchases, less one."""
    label = rows["label"].to_numpy()
    gain = metrics.log_losses(label, peer) - metrics.log_losses(label, said)
    day = rows["as_of_date"]
    kinds = {
        "as-of weekday": pd.Categorical(day.dt.day_name().str[:3], WEEKDAYS, ordered=True),
        "week": day.dt.to_period("W").astype(str).str[:10].to_numpy(),
        "tenth": metrics.calibration_bins(peer),
    }
    kinds |= {name: pd.qcut(values, FIFTHS, duplicates="drop", precision=3) for name, values in columns.items()}
    table = pd.DataFrame({"rows": 1, "gain": gain, "said": said, "came": label})
    return {kind: summary(table, values) for kind, values in kinds.items()}


def summary(table: Any, values: Any) -> dict[str, dict[str, float]]:
    """Figures of each slice, in the order of the slices."""
    found = {}
    for value, part in table.groupby(values, observed=True):
        bias = float(part["said"].sum() / max(part["came"].sum(), 1) - 1)
        name = f"{value.left:g} to {value.right:g}" if isinstance(value, pd.Interval) else str(value)
        found[name] = {"rows": len(part), "gain": float(part["gain"].mean()), "bias": bias}
    return found
