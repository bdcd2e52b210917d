"""Where a system wins and loses against one peer: log loss by weekday, week, tenth of the forecast and kind of customer."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

metrics: Any = import_module("metrics")


SLICED = ("tenure_days", "days_since_purchase", "purchase_day_rate_90d")
"""Own columns whose fifths are slices."""
FIFTHS = 5


def slices(rows: Any, columns: dict[str, Any], said: Any, peer: Any) -> dict[str, dict[str, dict[str, float]]]:
    """By kind and slice: rows, gain in log loss (above 0: the system is better), expected over actual purchases, less one."""
    label = rows["label"].to_numpy()
    gain = metrics.log_losses(label, peer) - metrics.log_losses(label, said)
    kinds = {
        "as-of weekday": rows["as_of_date"].dt.day_name().str[:3],
        "week": rows["as_of_date"].dt.to_period("W").astype(str).str[:10],
        "tenth": pd.Series(metrics.calibration_bins(peer)),
    }
    kinds |= {name: fifths(values) for name, values in columns.items()}
    table = pd.DataFrame({"rows": 1, "gain": gain, "said": said, "came": label})
    return {kind: summary(table, np.asarray(values)) for kind, values in kinds.items()}


def fifths(values: Any) -> Any:
    """Each row's fifth of a column, by its bounds."""
    cut = pd.qcut(values, FIFTHS, duplicates="drop", precision=3)
    return np.array([f"{each.left:g} to {each.right:g}" for each in cut])


def summary(table: Any, values: Any) -> dict[str, dict[str, float]]:
    found = {}
    for value, part in table.groupby(values, sort=False):
        bias = float(part["said"].sum() / max(part["came"].sum(), 1) - 1)
        found[str(value)] = {"rows": len(part), "gain": float(part["gain"].mean()), "bias": bias}
    return found
