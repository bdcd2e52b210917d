"""Do the probabilities mean what they say? Error by quantile bins beside what chance allows, slope, and sums."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

metrics: Any = import_module("metrics")
CLIP = 1e-6


def calibration(rows: Any, said: Any, replicates: int) -> dict[str, Any]:
    """Figures of one forecaster. `chance` is the 95th percentile of the error of a calibrated one on the same rows."""
    label, codes = rows["label"].to_numpy(dtype=float), rows["customer_id"].astype("category").cat.codes.to_numpy()
    bins = metrics.calibration_bins(said)
    sums = [summed(label, said, codes, bins == number) for number in np.unique(bins)]
    return {
        "error": float(np.abs(np.bincount(bins, label - said)).sum() / len(said)),
        "chance": chance_error(label - said, codes, bins, replicates),
        "slope": slope(label, said),
        "sum": summed(label, said, codes, np.ones(len(said), bool)),
        "deciles": sums,
    }


def summed(label: Any, said: Any, customer: Any, chosen: Any) -> dict[str, float]:
    """Expected over actual purchases of some rows, less one, and its standard error over customers."""
    actual = max(float(label[chosen].sum()), 1e-9)
    ratio = float(said[chosen].sum()) / actual
    by_customer = np.bincount(customer[chosen], (said - ratio * label)[chosen])
    return {"excess": ratio - 1, "standard_error": float(np.sqrt((by_customer**2).sum()) / actual)}


def chance_error(residual: Any, customer: Any, bins: Any, replicates: int) -> float:
    """A calibrated forecaster's residuals average 0 in every bin. Those of a customer hang together, so they are taken from the
    forecaster, less the mean of their bin, and each customer's get one random sign."""
    count = np.maximum(np.bincount(bins, minlength=metrics.CALIBRATION_BINS), 1)
    centred = residual - (np.bincount(bins, residual, metrics.CALIBRATION_BINS) / count)[bins]
    table = np.zeros((customer.max() + 1, metrics.CALIBRATION_BINS))
    np.add.at(table, (customer, bins), centred)
    signs = np.random.default_rng(1).choice([-1.0, 1.0], (replicates, len(table)))
    return float(np.quantile(np.abs(signs @ table).sum(axis=1) / len(residual), 0.95))


def slope(label: Any, said: Any) -> float:
    """Slope of the logistic regression of the outcome on the logit of the forecast; 1 is right, below 1 is too bold."""
    clipped = np.clip(said, CLIP, 1 - CLIP)
    x = np.column_stack([np.ones(len(said)), np.log(clipped / (1 - clipped))])
    line = np.array([0.0, 1.0])
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-x @ line))
        curvature = x.T @ (x * (fitted * (1 - fitted) + 1e-12)[:, None]) + 1e-9 * np.eye(2)
        line = line + np.linalg.solve(curvature, x.T @ (label - fitted))
    return float(line[1])
