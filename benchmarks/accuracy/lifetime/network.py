"""A recurrent network that says, after each week, how often a customer buys now and how surely he drops out later."""

from __future__ import annotations

from typing import NamedTuple

import torch
from demand_forecast_training.learning.encoder import CLAMP
from demand_forecast_training.learning.memories import MEMORIES
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.accuracy.lifetime.choices import Choices

START = (0.25, 4.0, 0.7, 1.8)
"""r, alpha (weeks), a and b of the rate that the network starts from; learnt with the rest."""
START_LOG_BETA = 2.5
LAST_WEEKS = 39
OUTPUTS = 3


class Past(NamedTuple):
    """What is known at the end of each week, tensors (rows, weeks), and features (rows, weeks, F)."""

    repeats: Tensor
    recency: Tensor
    age: Tensor
    features: Tensor


class Future(NamedTuple):
    """After each week (rows, weeks): log purchases a week now, and shape and scale (weeks) of the time until drop-out."""

    log_rate: Tensor
    shape: Tensor
    scale: Tensor

    def log_expected(self, ahead: Tensor) -> Tensor:
        """Log of the expected purchases in each of the weeks `ahead` (from 1), (rows, weeks, ahead).

        Drop-out rates are gamma distributed, so a customer who is active now still is after u weeks with probability
        (scale / (scale + u)) ** shape, the Pareto law of Schmittlein, Morrison, Colombo, "Counting Your Customers: Who Are They
        and What Will They Do Next?" (1987); a week counts at its middle.
        """
        scale = self.scale.unsqueeze(-1)
        return self.log_rate.unsqueeze(-1) - self.shape.unsqueeze(-1) * torch.log1p((ahead - 0.5) / scale)


class LifetimeNetwork(nn.Module):
    """Starts from the posterior mean rate of BG/NBD (`START`) and learns what differs from it."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor, choices: Choices) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        hidden, self.is_corrected = choices.hidden_units, choices.is_corrected
        self.logs = nn.Parameter(torch.log(torch.tensor(START)))
        self.level = nn.Parameter(torch.tensor([0.0, 0.0, START_LOG_BETA]))
        self.week_effects = nn.Parameter(torch.zeros(LAST_WEEKS))
        self.step_layer = nn.Linear(len(mean), hidden)
        self.memory = MEMORIES[choices.architecture](hidden, choices.dropout) if choices.has_memory else None
        seen = len(mean) + (hidden if choices.has_memory else 0)
        layers = nn.Dropout(choices.dropout), nn.Linear(seen, hidden), nn.ReLU(), nn.Dropout(choices.dropout)
        self.head = nn.Sequential(*layers, nn.Linear(hidden, OUTPUTS))

    def structural_parameters(self) -> list[nn.Parameter]:
        """The few that every customer shares."""
        return [self.logs, self.level, self.week_effects]

    def forward(self, past: Past) -> Future:
        said = self.level + (self.corrections(past.features) if self.is_corrected else torch.zeros(*past.age.shape, OUTPUTS))
        scale = torch.exp(said[..., 2]) + past.age
        return Future(said[..., 0] + self.start(past), torch.exp(said[..., 1]), scale)

    def corrections(self, features: Tensor) -> Tensor:
        """(rows, weeks, OUTPUTS)."""
        scaled = torch.clamp((features - self.mean) / self.deviation, -CLAMP, CLAMP)
        if self.memory is not None:
            scaled = torch.cat([self.memory(torch.relu(self.step_layer(scaled))), scaled], dim=2)
        said: Tensor = self.head(scaled)
        return said

    def start(self, past: Past) -> Tensor:
        """Log of P(alive) times the mean rate of the living, (rows, weeks): Fader, Hardie, Lee (2005), and "Computing P(alive)
        Using the BG/NBD Model" (2008)."""
        r, alpha, a, b = torch.exp(self.logs)
        odds = torch.log(a / (b + torch.clamp(past.repeats - 1, min=0)))
        odds = odds + (r + past.repeats) * torch.log((alpha + past.age) / (alpha + past.recency))
        dead = torch.where(past.repeats > 0, functional.softplus(odds), torch.zeros_like(odds))
        return torch.log((r + past.repeats) / (alpha + past.age)) - dead
