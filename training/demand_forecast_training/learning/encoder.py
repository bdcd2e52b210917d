"""What every network has: what the loop and the export ask of it, scales inside the graph, a memory of the steps, and the context
in bins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from demand_forecast.arrays import Floats
from torch import Tensor, nn

from demand_forecast_training.learning.dataset import Batch, OriginsT
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.memories import MEMORIES
from demand_forecast_training.learning.scales import Scales

CLAMP = 5.0


class Graph(nn.Module):
    """What can be exported: raw steps, their number, context and days in, answers out."""

    answers: ClassVar[tuple[str, ...]]
    """Names of the outputs of the graph, in their order."""
    operators: ClassVar[dict[str, int]] = {}
    """Sets of operators beside ONNX's own that the graph may use, with their versions."""

    def settled(self, expected: dict[str, Floats]) -> dict[str, Floats]:
        """Of some outputs, 1 where two runtimes must agree and 0 elsewhere; of all others they must agree everywhere."""
        return {}


class Learner(Graph, ABC):
    """A graph that the loop can teach."""

    @abstractmethod
    def losses(self, batch: Any) -> dict[str, Tensor]:
        """Parts of the loss of a batch, each a mean over its origins."""


class Encoder(Learner):
    """Raw steps, context and days in, one vector an origin out; a head of its own speaks about each of the next days."""

    step_mean: Tensor
    step_scale: Tensor
    day_mean: Tensor
    day_scale: Tensor
    bin_feature: Tensor
    bin_left: Tensor
    bin_width: Tensor

    def __init__(self, scales: Scales, choices: HyperParameters) -> None:
        super().__init__()
        for name in (
            "step_mean",
            "step_scale",
            "day_mean",
            "day_scale",
            "bin_feature",
            "bin_left",
            "bin_width",
        ):
            self.register_buffer(name, torch.as_tensor(getattr(scales, name)).clone())
        self.step_layer = nn.Linear(len(scales.step_mean), choices.hidden_units)
        self.memory = MEMORIES[choices.architecture](choices.hidden_units, choices.dropout)
        self.context_layer = nn.Linear(len(scales.bin_feature), choices.context_units)
        self.joined_layer = nn.Linear(choices.hidden_units + choices.context_units, choices.context_units)
        self.dropout = nn.Dropout(choices.dropout)

    def states(self, steps: Tensor) -> Tensor:
        """Memory after each step, (rows, time, hidden), of raw steps (rows, time, F)."""
        logs = torch.sign(steps) * torch.log1p(torch.abs(steps))
        scaled = torch.clamp((logs - self.step_mean) * self.step_scale, -CLAMP, CLAMP)
        states: Tensor = self.memory(torch.relu(self.step_layer(scaled)))
        return states

    def encoded_context(self, context: Tensor) -> Tensor:
        """How far each bin is filled, 0 to 1, (batch, bins), of the raw context (batch, C)."""
        values = torch.index_select(context, 1, self.bin_feature)
        return torch.clamp((values - self.bin_left) / self.bin_width, 0, 1)

    def encoded_days(self, days: Tensor) -> Tensor:
        """Scaled and clamped days, of the raw ones (batch, days, K)."""
        return torch.clamp((days - self.day_mean) * self.day_scale, -CLAMP, CLAMP)

    def joined(self, state: Tensor, context: Tensor) -> Tensor:
        """Memory (batch, hidden) and raw context (batch, C) as one vector (batch, context_units)."""
        known = torch.relu(self.context_layer(self.encoded_context(context)))
        joined: Tensor = self.dropout(torch.relu(self.joined_layer(self.dropout(torch.cat([state, known], dim=1)))))
        return joined

    def last_state(self, steps: Tensor, position: Tensor) -> Tensor:
        """Memory after the last of the `position` (batch,) steps that count, (batch, hidden); zeros where none does."""
        states = self.states(steps)
        last = torch.clamp(position - 1, min=0).reshape(-1, 1, 1).expand(-1, 1, states.shape[2])
        return torch.gather(states, 1, last)[:, 0] * (position > 0).unsqueeze(1)

    def batch_state(self, batch: Batch[OriginsT]) -> Tensor:
        """Memory of each origin of a batch, (origins, hidden): one pass over its histories, then each origin's own state."""
        states = self.states(torch.from_numpy(batch.steps))
        place = torch.from_numpy(batch.row * states.shape[1] + np.maximum(batch.examples.position - 1, 0))
        is_known = torch.from_numpy(batch.examples.position > 0).unsqueeze(1)
        return states.flatten(0, 1).index_select(0, place) * is_known
