"""Levels by group of days: what is corrected after training is shared by days that lie alike far ahead."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

GROUP_ENDS = (1, 7)
"""Slopes, intercepts and weights are shared by day 1, days 2-7 and the days after them."""
LARGEST_SCALE = 2.0


def day_groups(days: int) -> Tensor:
    """Group of each day, (days,)."""
    return torch.bucketize(torch.arange(1, days + 1), torch.tensor(GROUP_ENDS))


def bounded_ratio(actual: float, expected: float) -> float:
    """actual / expected, kept within a factor of LARGEST_SCALE; 1 where nothing is expected."""
    if expected <= 0:
        return 1.0
    return float(np.clip(actual / expected, 1 / LARGEST_SCALE, LARGEST_SCALE))
