"""Fine-tuning: from a version on, over recent days, without forgetting the old ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from demand_forecast_training.customers.calibration import reset_calibration
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.figures import Figures, figures
from demand_forecast_training.customers.network import OUTPUTS, Network, Rates
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.training import EARLIER_DAYS, Trained, judged
from demand_forecast_training.learning.curves import curves
from demand_forecast_training.learning.dataset import horizons_of, recent_rows
from demand_forecast_training.learning.fitting import Taught, begin, fit, prepare, validation_loss, weighted
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.levels import day_groups


def finetune(data: CustomerData, parent: Network, choices: HyperParameters, log_dir: Path | None = None) -> Trained:
    """Train on from `parent`, whose scalers and sizes stay, on its last `recent_days` of training origins and some older ones.

    First the intercepts alone are moved, the cure for a drift of the level; that stands unless an epoch has a lower uncalibrated
    loss on validation days. Then it is calibrated anew.
    """
    prepare(choices)
    network = reset_calibration(copy.deepcopy(parent))
    trees, network.trees = network.trees, None
    with curves(log_dir) as log:
        loss_before = validation_loss(network, data, choices, log, 0)
        moved = with_moved_intercepts(network, data, choices)
        loss_moved = validation_loss(moved, data, choices, log, 0)
        progress = begin(moved if loss_moved < loss_before else network, choices)
        progress.best_loss = min(loss_moved, loss_before)
        best = fit(progress, data, choices, log, taught=recent_and_old(data, choices))
        best.trees = trees
        rates = predicted_rates(best, data, data.validation, choices)
        # Days before the recent ones have the level that the fine-tuning is to leave behind.
        return judged(best, rates, progress, data, choices, log, min(choices.recent_days, EARLIER_DAYS))


def recent_and_old(data: CustomerData, choices: HyperParameters) -> Taught[Examples]:
    """Examples of an epoch: every recent origin, and for each of them `replayed_share` older ones, drawn anew. Dealt at random,
    each batch holds both."""

    def taught(examples: Examples, random: np.random.Generator) -> Examples:
        is_recent = recent_rows(data, examples, choices)
        recent, old = np.flatnonzero(is_recent), np.flatnonzero(~is_recent)
        replayed = random.choice(old, min(len(old), round(choices.replayed_share * len(recent))), replace=False)
        return examples.take(np.sort(np.concatenate([recent, replayed])))

    return taught


@torch.no_grad()
def with_moved_intercepts(network: Network, data: CustomerData, choices: HyperParameters) -> Network:
    """A copy whose day biases fit the recent training origins: the hazard's by group of days, the other outputs' as a whole."""
    moved = copy.deepcopy(network)
    recent = data.train.take(np.flatnonzero(recent_rows(data, data.train, choices)))
    rates = predicted_rates(network, data, recent, choices)
    hazard, others = fitted_moves(rates, lambda said: weighted(network.losses_of(said, recent), choices))
    moved.day_bias[0] += hazard
    moved.day_bias[1:] += others.unsqueeze(1)
    return moved


@torch.enable_grad()
def fitted_moves(rates: Rates, loss_of: Callable[[Rates], Tensor]) -> tuple[Tensor, Tensor]:
    """Moves of the hazard logit by day (days,) and of the logs of the other rates (3,) that minimise a loss. None of them does
    what another does, so single precision finds them."""
    groups = day_groups(rates.hazard_logit.shape[1])
    moves = torch.zeros(int(groups.max()) + OUTPUTS, requires_grad=True)
    optimiser = torch.optim.LBFGS([moves], max_iter=20, line_search_fn="strong_wolfe")

    def split() -> tuple[Tensor, Tensor]:
        return moves[: 1 - OUTPUTS][groups], moves[1 - OUTPUTS :]

    def closure() -> Tensor:
        optimiser.zero_grad()
        hazard, others = split()
        extra, repeat, price = (rate * move for rate, move in zip(rates[1:OUTPUTS], torch.exp(others), strict=True))
        moved = {"hazard_logit": rates.hazard_logit + hazard, "extra_units": extra, "repeat_units": repeat, "price": price}
        loss = loss_of(rates._replace(**moved))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    hazard, others = split()
    return hazard.detach(), others.detach()


@torch.no_grad()
def figures_of(network: Network, data: CustomerData, choices: HyperParameters) -> list[Figures]:
    """Figures of a calibrated network on the validation days."""
    probability = network.forecast(predicted_rates(network, data, data.validation, choices)).purchase_probability.numpy()
    return [figures(probability, data.validation, days) for days in horizons_of(data)]
