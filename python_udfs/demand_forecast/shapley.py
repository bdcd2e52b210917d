"""Exact Shapley values of groups of inputs: what each adds on average over all orders in which they could have become known.

Source: Shapley (1953); for forecasts, Lundberg and Lee (2017). With G groups a value is a weighted sum over all 2^G coalitions.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def coalitions(groups: int) -> NDArray[np.bool_]:
    """Which groups are known, (2^groups, groups), from none to all."""
    found: NDArray[np.bool_] = (np.arange(2**groups)[:, None] >> np.arange(groups)) & 1 == 1
    return found


def shapley_weights(groups: int) -> Doubles:
    """Weight of each coalition in the value of each group, (groups, 2^groups). Rows sum to 0, and all of them together leave the
    whole coalition less the empty one."""
    known = coalitions(groups)
    sizes = known.sum(axis=1)
    joining = np.array([1 / (groups * comb(groups - 1, size)) if size < groups else 0.0 for size in range(groups + 1)])
    weights: Doubles = np.where(known, joining[np.maximum(sizes - 1, 0)][:, None], -joining[sizes][:, None]).T
    return weights


def shapley_values(answers: Doubles) -> Doubles:
    """Values (rows, groups, outputs) of answers (rows, 2^groups, outputs) in the order of `coalitions`."""
    groups = int(np.log2(answers.shape[1]))
    values: Doubles = np.einsum("gc,rco->rgo", shapley_weights(groups), answers)
    return values
