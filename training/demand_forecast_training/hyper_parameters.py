"""Every choice of a training, in one place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

ARCHITECTURES = ("lstm", "gru", "rnn", "transformer")
"""What remembers the steps; memories.py says how each is built."""


@dataclass(frozen=True)
class HyperParameters:
    """Defaults serve a shop of thousands to a million customers; `demand train` overrides a few by option."""

    architecture: str = "lstm"
    hidden_units: int = 64
    context_units: int = 64
    rank: int = 16
    """Products of customer and day behind each output; above 8, since a customer has seven weekdays of his own."""
    context_bins: int = 12
    dropout: float = 0.1
    epochs: int = 30
    patience: int = 4
    """Epochs without a better validation loss before training stops."""
    batch_origins: int = 4096
    history_visits: int = 2
    """Parts into which an epoch deals the origins of a history: more parts, more customers in a batch."""
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    gradient_norm: float = 1.0
    average_decay: float = 0.98
    """Decay of the moving average of the weights; the average is what is evaluated and kept."""
    units_weight: float = 0.1
    revenue_weight: float = 0.1
    are_units_whole: bool = True
    """Units are pieces: expected units are then never below the purchase probability. Read from the data."""
    seed: int = 0
    threads: int = 2

    def to_json(self) -> str:
        return json.dumps(asdict(self))
