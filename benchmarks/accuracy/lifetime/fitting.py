"""Fit on every pair of a known week and a later one inside the cut; forecast the weeks after it in closed form."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from demand_forecast_training.customers.losses import poisson_loss
from torch import Tensor, nn

from benchmarks.accuracy.lifetime.choices import Choices
from benchmarks.accuracy.lifetime.network import LifetimeNetwork, Past
from benchmarks.accuracy.lifetime.weeks import Known, Weeks, known_weeks, read_weeks

WARM_UP_STEPS = 30
GRADIENT_NORM = 1.0


class Taught(NamedTuple):
    """Customers to learn from; tables are (customers, weeks)."""

    past: Past
    purchases: Tensor
    is_known: Tensor

    def rows(self, chosen: Tensor) -> Taught:
        return Taught(Past(*(table[chosen] for table in self.past)), self.purchases[chosen], self.is_known[chosen])


def past_of(known: Known) -> Past:
    return Past(*map(torch.from_numpy, (known.repeats, known.recency, known.age, known.features)))


def later_weeks(weeks: int) -> tuple[Tensor, Tensor]:
    """For each origin but the last: the places of the weeks after it, (weeks - 1, weeks - 1), and their counts, (weeks - 1,)."""
    origins = torch.arange(weeks - 1)
    places = origins.unsqueeze(1) + torch.arange(1, weeks)
    return torch.clamp(places, max=weeks - 1), weeks - 1 - origins


def loss_of(network: LifetimeNetwork, taught: Taught, customers: int, choices: Choices) -> Tensor:
    """Poisson loss (smallest at the mean, whatever the distribution) of an origin, and its share of the prior of the week
    effects; `customers` is how many there are in all."""
    weeks = taught.purchases.shape[1]
    places, left = later_weeks(weeks)
    past = Past(*(table[:, :-1] for table in taught.past))
    log_expected = network(past).log_expected(torch.arange(1, weeks)) + network.week_effects[places]
    observed = (left * taught.is_known[:, :-1]).flatten()
    fit = poisson_loss(torch.exp(log_expected).flatten(0, 1), taught.purchases[:, places].flatten(0, 1), observed)
    prior = (network.week_effects**2).sum() / (2 * choices.week_effect_deviation**2)
    return fit + prior / (customers * (weeks - 1))


def optimiser_of(network: LifetimeNetwork, choices: Choices) -> torch.optim.Optimizer:
    """AdamW; the shared parameters move faster and do not decay."""
    shared = network.structural_parameters()
    names = {id(parameter) for parameter in shared}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in names]
    groups = [
        {"params": rest, "share": 1.0, "weight_decay": choices.weight_decay},
        {"params": shared, "share": choices.structural_rate_share, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=choices.learning_rate)


def rate_at(step: int, steps: int, choices: Choices) -> float:
    """A short linear rise, then half a cosine down to a hundredth."""
    fall = 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * step / steps))
    return float(choices.learning_rate * fall * min(1.0, (step + 1) / WARM_UP_STEPS))


def fit(weeks: Weeks, choices: Choices, seed: int) -> LifetimeNetwork:
    """A network of everything in `weeks`; the caller cuts."""
    torch.manual_seed(seed)
    known, random, customers = known_weeks(weeks), np.random.default_rng(seed), len(weeks.customer_id)
    taught = Taught(past_of(known), torch.from_numpy(weeks.purchase_days), torch.from_numpy(known.is_known))
    seen = taught.past.features[taught.is_known]
    network = LifetimeNetwork(seen.mean(dim=0), seen.std(dim=0) + 1e-6, choices)
    optimiser, parts = optimiser_of(network, choices), -(-customers // choices.batch_customers)
    batches = (rows for _ in range(choices.epochs) for rows in np.array_split(random.permutation(customers), parts))
    for step, rows in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = group["share"] * rate_at(step, choices.epochs * parts, choices)
        loss = loss_of(network, taught.rows(torch.from_numpy(rows)), customers, choices)
        take_step(network, optimiser, loss)
    return network.eval()


def take_step(network: LifetimeNetwork, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
    optimiser.step()


@torch.no_grad()
def forecast(network: LifetimeNetwork, weeks: Weeks, ahead: int) -> Any:
    """Expected purchase days in the next `ahead` weeks after the last one known, (customers,)."""
    future = network(past_of(known_weeks(weeks)))
    expected = torch.exp(future.log_expected(torch.arange(1, ahead + 1))[:, -1])
    return expected.sum(dim=1).numpy()


@lru_cache
def level(events: Path, cut: int, ahead: int, choices: Choices, seed: int) -> float:
    """Expected purchase days of all customers together."""
    weeks = read_weeks(events, cut)
    return float(forecast(fit(weeks, choices, seed), weeks, ahead).sum())


def seed_forecast(events: Path, weeks: Weeks, ahead: int, choices: Choices, seed: int) -> Any:
    """The forecast of one network, (customers,), of `weeks`, the first ones of the events."""
    said = forecast(fit(weeks, choices, seed), weeks, ahead)
    if not (choices.takes_level and choices.is_corrected):
        return said
    steady = replace(choices, architecture=Choices.architecture, has_memory=False, is_corrected=False)
    return said * (level(events, weeks.purchase_days.shape[1], ahead, steady, seed) / said.sum())


def mean_forecast(events: Path, cut: int, ahead: int, choices: Choices, seeds: tuple[int, ...]) -> tuple[Any, Any]:
    """Customers, and their expected purchase days in the `ahead` weeks after week `cut`; only weeks up to the cut are read."""
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    weeks = read_weeks(events, cut)
    said = [seed_forecast(events, weeks, ahead, choices, seed) for seed in seeds]
    return weeks.customer_id, np.mean(said, axis=0)
