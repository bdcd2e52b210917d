"""Where the curves of a training go: TensorBoard files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor

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
