"""Where the curves of a training go: TensorBoard files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from demand_forecast_training.dataset import Examples

Log = Callable[[str, float, int], None]
"""Name of a curve, value, place on its axis."""


@contextmanager
def curves(log_dir: Path | None) -> Iterator[Log]:
    """Where the curves of a training go: TensorBoard files, or without a folder nowhere."""
    if log_dir is None:
        yield lambda name, value, at: None
        return
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(log_dir))
    try:
        yield writer.add_scalar
    finally:
        writer.close()


def log_losses(log: Log, role: str, parts: dict[str, Tensor], at: int) -> None:
    for name, part in parts.items():
        log(f"loss_{name}/{role}", float(part.detach()), at)


def log_reliability(log: Log, probability: Any, examples: Examples) -> None:
    """Next-day probability and share of buyers by tenth of the origins, as two curves over the tenths."""
    bought = examples.first_purchase_day == 1
    for tenth, rows in enumerate(np.array_split(np.argsort(probability[:, 0], kind="stable"), 10), start=1):
        if len(rows):
            log("reliability/forecast", float(probability[rows, 0].mean()), tenth)
            log("reliability/actual", float(bought[rows].mean()), tenth)
