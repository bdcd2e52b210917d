"""What remembers the steps: each takes (rows, time, size) and answers with its state after every step, of the same shape."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from demand_forecast_training.errors import WrongChoice

HEADS = 4
LAYERS = 2


class Recurrent(nn.Module):
    """An LSTM, a GRU or a plain RNN, one layer; ONNX has an operator for each."""

    def __init__(self, cell: nn.RNNBase) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, steps: Tensor) -> Tensor:
        states: Tensor = self.cell(steps)[0]
        return states


class CausalLayer(nn.Module):
    """Self-attention over the steps so far, then a small network at each step; norms first.

    Steps know how long ago they were by a penalty that grows with the distance, at another rate in each head, and not by their
    place: an origin's state must not depend on where its history was cut. Source: Press, Smith, Lewis, "Train Short, Test Long:
    Attention with Linear Biases Enables Input Length Extrapolation" (2022).
    """

    slopes: Tensor

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("slopes", 2.0 ** (-8.0 * torch.arange(1, HEADS + 1) / HEADS), persistent=False)
        self.attention_norm, self.step_norm = nn.LayerNorm(size), nn.LayerNorm(size)
        self.questions, self.keys, self.values = (nn.Linear(size, size) for _ in range(3))
        self.answer = nn.Linear(size, size)
        self.step_network = nn.Sequential(nn.Linear(size, 2 * size), nn.GELU(), nn.Linear(2 * size, size))
        self.dropout = nn.Dropout(dropout)

    def forward(self, steps: Tensor) -> Tensor:
        steps = steps + self.dropout(self.attended(self.attention_norm(steps)))
        changed: Tensor = steps + self.dropout(self.step_network(self.step_norm(steps)))
        return changed

    def attended(self, steps: Tensor) -> Tensor:
        """What each step takes from itself and the steps before it, (rows, time, size)."""
        asked, offered, worth = (self.heads(part(steps)) for part in (self.questions, self.keys, self.values))
        places = torch.arange(steps.shape[1], device=steps.device)
        distance = (places.unsqueeze(1) - places.unsqueeze(0)).to(steps.dtype)
        penalty = torch.where(distance >= 0, -distance, torch.full_like(distance, -1e9))
        scores = asked @ offered.transpose(2, 3) / math.sqrt(asked.shape[3])
        weights = torch.softmax(scores + self.slopes.reshape(-1, 1, 1) * penalty, dim=3)
        answer: Tensor = self.answer((weights @ worth).transpose(1, 2).flatten(2))
        return answer

    def heads(self, values: Tensor) -> Tensor:
        """(rows, time, size) as (rows, heads, time, size / heads)."""
        rows, time, size = values.shape
        return values.reshape(rows, time, HEADS, size // HEADS).transpose(1, 2)


def transformer(size: int, dropout: float) -> nn.Module:
    """A causal Transformer encoder. Raises WrongChoice where the heads do not divide the size."""
    if size % HEADS:
        raise WrongChoice(f"hidden_units is {size}: a transformer needs a multiple of its {HEADS} heads")
    return nn.Sequential(*(CausalLayer(size, dropout) for _ in range(LAYERS)), nn.LayerNorm(size))


MEMORIES: dict[str, Callable[[int, float], nn.Module]] = {
    "lstm": lambda size, dropout: Recurrent(nn.LSTM(size, size, batch_first=True)),
    "gru": lambda size, dropout: Recurrent(nn.GRU(size, size, batch_first=True)),
    "rnn": lambda size, dropout: Recurrent(nn.RNN(size, size, batch_first=True)),
    "transformer": transformer,
}
"""How each of the architectures is built from a size and a dropout."""
