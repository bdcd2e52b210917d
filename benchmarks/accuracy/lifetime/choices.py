"""Every choice of the forecast, made on validation cuts inside the first 39 weeks and committed before the weeks after them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Choices:
    architecture: str = "gru"
    hidden_units: int = 32
    dropout: float = 0.1
    epochs: int = 6
    batch_customers: int = 512
    learning_rate: float = 5e-3
    structural_rate_share: float = 10.0
    """Of the rate, for the few parameters that every customer shares."""
    weight_decay: float = 0.02
    week_effect_deviation: float = 0.3
    """Calendar weeks sell more or less, by a factor whose log has this deviation; weeks to come have the factor 1."""
    has_memory: bool = True
    is_corrected: bool = True
    """Without it: the few parameters alone."""
    takes_level: bool = True
    """The sum over all customers is that of the few parameters alone, which extrapolate steadier; the network deals it out."""


SYSTEM = "gru"
SEEDS = (0, 1, 2)
"""The forecast is the mean of the networks of these seeds."""
VALIDATION_WEEKS = (16, 20, 26, 32)
"""Weeks after which validation asks for the rest of the first 39."""
VARIANTS = {
    "gru": Choices(),
    "gru_own_level": replace(Choices(), takes_level=False),
    "lstm": replace(Choices(), architecture="lstm"),
    "no_memory": replace(Choices(), has_memory=False),
    "structure_alone": replace(Choices(), is_corrected=False),
}
