"""Every choice of a training, in one place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

ARCHITECTURES = ("lstm", "gru", "rnn", "transformer")
"""What remembers the steps; memories.py says how each is built."""
ACTIONS = ("intercept", "finetune", "train", "tune")
"""What `demand improve` may do about a champion, from the least to the most."""


RANGES: dict[str, list[int] | tuple[float, float]] = {
    "hidden_units": [32, 64, 96],
    "context_units": [32, 64, 128],
    "rank": [9, 16, 24],
    "context_bins": [6, 12, 24],
    "history_visits": [1, 2, 4],
    "learning_rate": (5e-4, 1e-2),
    "weight_decay": (1e-3, 1.0),
    "dropout": (0.02, 0.5),
}
"""What `demand tune` searches: a list of choices, or the ends of a range."""
FINETUNING: dict[str, Any] = {
    "epochs": 4,
    "patience": 2,
    "learning_rate": 6e-3,
    "encoder_rate_share": 0.5,
    "batch_origins": 2048,
    "history_visits": 1,
    "recent_days": 42,
    "replayed_share": 1.0,
}
"""What fine-tuning chooses otherwise than the training that it goes on from: few epochs, of many small steps, each of which reads
a history once. Where a network has not followed a drift far enough, its calibration pulls all customers after it: more epochs
of fewer older origins keep better what did not change. Chosen on the shops of seeds 1, 4, 5 and 6 of `benchmarks/drift`, the
epochs also by their time on those that it reports."""
FIRST_FINETUNING = FINETUNING | {"epochs": 8, "learning_rate": 3e-3, "encoder_rate_share": 0.3, "recent_days": 36500}
"""The same from the network that ships with the package, to which every day of a shop is new: all of them teach. Chosen on the
last days of history of the second and third shop of `benchmarks/pretrained_worth.py`, which reports the first."""


def finetuning(predictor: str) -> dict[str, Any]:
    """What fine-tuning chooses for a version of a registry row's predictor: model or pretrained."""
    return FIRST_FINETUNING if predictor == "pretrained" else FINETUNING


@dataclass(frozen=True)
class HyperParameters:
    """Defaults serve a shop of thousands to a million customers; `demand train` overrides a few by option."""

    architecture: str = "lstm"
    hidden_units: int = 64
    context_units: int = 64
    rank: int = 16
    """Products of customer and day behind each output; above 8, since a customer has seven weekdays of his own."""
    context_bins: int = 6
    dropout: float = 0.3
    epochs: int = 30
    patience: int = 4
    """Epochs without a better validation loss before training stops."""
    batch_origins: int = 4096
    history_visits: int = 2
    """Parts into which an epoch deals the origins of a history: more parts, more customers in a batch."""
    learning_rate: float = 3e-3
    encoder_rate_share: float = 1.0
    """Share of the rate for what reads the steps."""
    weight_decay: float = 0.02
    gradient_norm: float = 1.0
    average_decay: float = 0.98
    """Decay of the moving average of the weights; the average is what is evaluated and kept."""
    recent_days: int = 56
    """Fine-tuning teaches the origins of that many days before the first cut, with older ones; they tell a refit's level."""
    replayed_share: float = 1.0
    """Older origins that fine-tuning teaches for each recent one."""
    units_weight: float = 0.02
    revenue_weight: float = 0.02
    members: int = 1
    """Networks of product demand that differ by where they began; the graph answers what they say together."""
    cumulative_weight: float = 0.1
    """Of the likelihood of a product's units summed over the days ahead, beside that of each day's."""
    are_units_whole: bool = True
    """Units are pieces: expected units are then never below the purchase probability. Read from the data."""
    are_trees_tried: bool = True
    """Whether boosted trees may stand beside the network; they do where they help on validation days."""
    seed: int = 0
    threads: int = 2

    def to_json(self) -> str:
        return json.dumps(asdict(self))
