"""Where a system wins and loses against one peer: log loss by weekday, week and tenth of the peer's forecast."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

metrics: Any = import_module("metrics")


def slices(rows: Any, said: Any, peer: Any) -> dict[str, dict[str, dict[str, float]]]:
    """By kind and slice: rows, gain in log loss (above 0: the system is better), expected over actual purchases, less one."""
    label = rows["label"].to_numpy()
    gain = metrics.log_losses(label, peer) - metrics.log_losses(label, said)
    kinds = {
        "weekday": rows["as_of_date"].dt.day_name().str[:3],
        "week": rows["as_of_date"].dt.to_period("W").astype(str).str[:10],
        "tenth": pd.Series(metrics.calibration_bins(peer)),
    }
    table = pd.DataFrame({"rows": 1, "gain": gain, "said": said, "came": label})
    return {kind: summary(table, np.asarray(values)) for kind, values in kinds.items()}


def summary(table: Any, values: Any) -> dict[str, dict[str, float]]:
    found = {}
    for value, part in table.groupby(values):
        bias = float(part["said"].sum() / max(part["came"].sum(), 1) - 1)
        found[str(value)] = {"rows": len(part), "gain": float(part["gain"].mean()), "bias": bias}
    return found
