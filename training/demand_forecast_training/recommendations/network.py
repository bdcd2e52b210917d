"""The network of recommendations: a repeat path over what is known of a candidate, a next-item path over the items bought."""

from __future__ import annotations

import numpy as np
import torch
from demand_forecast.arrays import Floats
from demand_forecast.model import OUTPUTS_OF
from demand_forecast.signature import Signature
from torch import Tensor, nn

from demand_forecast_training.learning.encoder import CLAMP, Graph
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.recommendations.examples import TASK, Lists

LONGEST_LIST = 100
"""Recommendations that the graph answers; more than any var may ask for."""
WEEK = 7
NOTHING = -1e4
"""Score of a place without a candidate, or with one that may not be offered."""
TIE_BREAK = 1e-4
"""Less for each later place: candidates that are alike keep the baseline's order, on every runtime."""
ITEM_UNITS = 16
MOST_ITEMS = 1 << 17
CLEAR = 1e-5
"""Logarithms of shares so far apart are in the same order on every runtime."""


class Scale(nn.Module):
    """Logarithms with mean 0 and deviation 1 on training rows, clamped."""

    mean: Tensor
    factor: Tensor

    def __init__(self, values: Floats) -> None:
        super().__init__()
        logs = np.log1p(np.maximum(values, 0)).astype(np.float64)
        deviation = logs.std(axis=0)
        self.register_buffer("mean", torch.as_tensor(logs.mean(axis=0), dtype=torch.float32))
        factor = np.where(deviation > 1e-4, 1 / np.maximum(deviation, 1e-4), 0)
        self.register_buffer("factor", torch.as_tensor(factor, dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:
        return torch.clamp((torch.log1p(torch.clamp(values, min=0)) - self.mean) * self.factor, -CLAMP, CLAMP)


class RankingNetwork(Graph):
    """Raw candidates in, places and logarithms of shares out, best first."""

    answers = OUTPUTS_OF[TASK]

    def __init__(self, lists: Lists, signature: Signature, choices: HyperParameters) -> None:
        super().__init__()
        names = signature.steps
        self.bucket_at, self.offered_at, self.bought_at = (names.index(n) for n in ("item_bucket", "is_offered", "purchase_days"))
        known = lists.steps.copy()
        known[:, self.bucket_at] = 0
        self.step_scale, self.context_scale = Scale(known), Scale(lists.context)
        self.day_scale = Scale(lists.days[:, :WEEK].mean(axis=1))
        seen = len(np.unique(lists.steps[:, self.bucket_at]))
        self.items = min(1 << int(np.ceil(np.log2(2 * seen + 2))), MOST_ITEMS)
        around = len(signature.context) + len(signature.days)
        self.candidate_layer = nn.Linear(len(names), choices.hidden_units)
        self.customer_layer = nn.Linear(around, choices.hidden_units, bias=False)
        self.repeat_path = nn.Sequential(nn.ReLU(), nn.Linear(choices.hidden_units, choices.hidden_units), nn.ReLU())
        self.repeat_score = nn.Linear(choices.hidden_units, 1, bias=False)
        self.attention = nn.Linear(choices.hidden_units, 1, bias=False)
        self.item_vectors = nn.Embedding(self.items, ITEM_UNITS)
        self.next_item = nn.Linear(ITEM_UNITS, ITEM_UNITS, bias=False)
        self.dropout = nn.Dropout(choices.dropout / 3)
        nn.init.normal_(self.item_vectors.weight, std=0.05)

    def scores(self, steps: Tensor, position: Tensor, context: Tensor, days: Tensor) -> Tensor:
        """Score of each candidate, (batch, time), of raw candidates (batch, time, F), of which `position` (batch,) count."""
        around = torch.cat([self.context_scale(context), self.day_scale(days[:, :WEEK].mean(dim=1))], dim=1)
        item = torch.remainder(steps[:, :, self.bucket_at].long(), self.items)
        keep = torch.ones(steps.shape[2], device=steps.device)
        keep[self.bucket_at] = 0
        known = self.candidate_layer(self.step_scale(steps * keep)) + self.customer_layer(around).unsqueeze(1)
        hidden = self.dropout(self.repeat_path(known))
        vectors = self.item_vectors(item)
        following = (self.next_item(self.taste(hidden, vectors, steps[:, :, self.bought_at])).unsqueeze(1) * vectors).sum(dim=2)
        scores = self.repeat_score(hidden)[:, :, 0] + following
        place = torch.cumsum(torch.ones_like(scores), dim=1)
        is_offered = (place <= position.unsqueeze(1)) & (steps[:, :, self.offered_at] > 0)
        return torch.where(is_offered, scores - TIE_BREAK * place, torch.full_like(scores, NOTHING))

    def item_parameters(self) -> list[nn.Parameter]:
        """What is known of single items; learnt slowly, since an item is rare and its vector would remember lists, not tastes."""
        return [*self.item_vectors.parameters(), *self.next_item.parameters()]

    def taste(self, hidden: Tensor, vectors: Tensor, purchase_days: Tensor) -> Tensor:
        """The items that the customer bought, weighed by what is known of each, as one vector (batch, ITEM_UNITS)."""
        weight = torch.where(purchase_days > 0, self.attention(hidden)[:, :, 0], torch.full_like(purchase_days, NOTHING))
        has_bought = (purchase_days > 0).any(dim=1, keepdim=True)
        return (torch.softmax(weight, dim=1).unsqueeze(2) * vectors).sum(dim=1) * has_bought

    def forward(self, steps: Tensor, position: Tensor, context: Tensor, days: Tensor) -> tuple[Tensor, ...]:
        """Places, counted from 1, and logarithms of shares, each (batch, LONGEST_LIST); the exported graph."""
        scores = self.scores(steps, position, context, days)
        padding = torch.full_like(scores[:, :1], NOTHING).expand(-1, LONGEST_LIST)
        best, place = torch.topk(torch.cat([scores, padding], dim=1), LONGEST_LIST, dim=1)
        is_there = best > NOTHING / 2
        share = best - torch.logsumexp(scores, dim=1, keepdim=True)
        return (place + 1) * is_there.float(), torch.where(is_there, share, torch.full_like(share, -30.0))

    def settled(self, expected: dict[str, Floats]) -> dict[str, Floats]:
        """Places are compared where the scores around them are clearly apart."""
        return {"place": is_clear(expected["score"]).astype(np.float32)}


def is_clear(score: Floats) -> Floats:
    """Whether each score of a falling list (rows, places) is clearly apart from both neighbours; what is not there is."""
    apart = (score[:, :-1] - score[:, 1:] > CLEAR) | (score[:, 1:] <= -30.0)
    edge = np.ones((len(score), 1), bool)
    clear: Floats = np.concatenate([edge, apart], axis=1) & np.concatenate([apart, edge], axis=1)
    return clear


def list_loss(scores: Tensor, is_bought: Tensor) -> Tensor:
    """Negative log likelihood of the candidates bought, a mean over lists, of scores (batch, time).

    A list counts by the root of what was bought: a large basket teaches more than a small one, and does not drown it.
    """
    shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    offered = is_bought * (scores > NOTHING / 2)
    bought = offered.sum(dim=1)
    each = -(shares * offered).sum(dim=1) / torch.sqrt(torch.clamp(bought, min=1))
    return each.sum() / torch.clamp((bought > 0).sum(), min=1)
