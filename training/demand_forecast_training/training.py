"""The loop: rate, step, evaluate, keep the best; then calibrate."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from demand_forecast_training.calibration import calibrate
from demand_forecast_training.dataset import Batch, Dataset, Examples, batch_of, dealt_batches
from demand_forecast_training.figures import Figures, baseline_probability, figures
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.losses import hazard_loss, poisson_loss
from demand_forecast_training.network import Network, Rates
from demand_forecast_training.scalers import fit_scalers

WARM_UP = 0.02
"""Share of the longest training in which the rate rises."""
FIGURE_HORIZONS = (1, 7, 30)

Log = Callable[[str, float, int], None]


@dataclass(frozen=True)
class Trained:
    """A calibrated network with its validation figures and the baseline's, one for each of FIGURE_HORIZONS."""

    network: Network
    choices: HyperParameters
    epochs: int
    validation_loss: float
    uncalibrated: list[Figures]
    model: list[Figures]
    baseline: list[Figures]


def train(data: Dataset, choices: HyperParameters, log_dir: Path | None = None) -> Trained:
    """Train on role train, stop early and calibrate on role validation. Curves go to TensorBoard files in `log_dir`."""
    torch.manual_seed(choices.seed)
    torch.set_num_threads(choices.threads)
    torch.set_flush_denormal(True)
    choices = replace(choices, are_units_whole=data.are_units_whole)
    network = Network(fit_scalers(data, choices.context_bins), choices)
    with curves(log_dir) as log:
        best, epochs, loss = fit(network, data, choices, log)
        with torch.no_grad():
            rates = predicted_rates(best, data, data.validation, choices)
            before = best.forecast(rates).purchase_probability.numpy()
            calibrate(best, rates, data.validation)
            after = best.forecast(rates).purchase_probability.numpy()
        log_reliability(log, after, data.validation)
    spoken = (before, after, baseline_probability(data.validation))
    tables = [[figures(said, data.validation, days) for days in horizons_of(data)] for said in spoken]
    return Trained(best, choices, epochs, loss, *tables)


def horizons_of(data: Dataset) -> list[int]:
    return [days for days in FIGURE_HORIZONS if days <= data.days.shape[1]]


def fit(network: Network, data: Dataset, choices: HyperParameters, log: Log) -> tuple[Network, int, float]:
    """The averaged network of the best epoch, epochs run, and its validation loss."""
    random = np.random.default_rng(choices.seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=choices.learning_rate, weight_decay=choices.weight_decay)
    average, best, best_loss, best_epoch = copy.deepcopy(network), copy.deepcopy(network), math.inf, 0
    steps = 0
    bar = tqdm(range(1, choices.epochs + 1), unit="epoch", desc="training")
    for epoch in bar:
        steps += run_epoch(network, average, optimiser, data, choices, random, (epoch - 1) / choices.epochs, log, steps)
        loss = validation_loss(average, data, choices, log, epoch)
        bar.set_postfix(validation_loss=f"{loss:.5f}")
        if loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(average), loss, epoch
        if epoch - best_epoch >= choices.patience:
            break
    return best.eval(), epoch, best_loss


def learning_rate(choices: HyperParameters, progress: float) -> float:
    """Rate at a share of the whole training: a short linear rise, then half a cosine down to a hundredth."""
    fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))
    return choices.learning_rate * fall * min(1.0, 0.05 + progress / WARM_UP)


def run_epoch(
    network: Network,
    average: Network,
    optimiser: torch.optim.Optimizer,
    data: Dataset,
    choices: HyperParameters,
    random: np.random.Generator,
    progress: float,
    log: Log,
    done: int,
) -> int:
    """One pass over the training origins; returns the number of optimiser steps."""
    network.train()
    lengths = data.histories.lengths
    batches = list(dealt_batches(lengths, data.train, choices.batch_origins, choices.history_visits, random))
    for number, rows in enumerate(batches):
        rate = learning_rate(choices, progress + number / len(batches) / choices.epochs)
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = batch_of(data, data.train, rows)
        parts = losses(batch_rates(network, batch), network, batch.examples)
        total = weighted(parts, choices)
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), choices.gradient_norm)
        optimiser.step()
        follow(average, network, min(choices.average_decay, (done + number + 1) / (done + number + 10)))
        log_losses(log, "train", parts, done + number)
        log("learning_rate", rate, done + number)
    return len(batches)


@torch.no_grad()
def follow(average: Network, network: Network, decay: float) -> None:
    """Move the average of the weights a little towards the network's."""
    for kept, newest in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(newest, 1 - decay)


def batch_rates(network: Network, batch: Batch) -> Rates:
    """Rates of a batch's origins: one pass over its histories, then each origin's own state."""
    states = network.states(torch.from_numpy(batch.steps))
    place = torch.from_numpy(batch.row * states.shape[1] + np.maximum(batch.examples.position - 1, 0))
    is_known = torch.from_numpy(batch.examples.position > 0).unsqueeze(1)
    state = states.flatten(0, 1).index_select(0, place) * is_known
    return network.rates(state, torch.from_numpy(batch.examples.context), torch.from_numpy(batch.days))


def losses(rates: Rates, network: Network, examples: Examples) -> dict[str, Tensor]:
    """Parts of the loss, each a mean over the origins of a sum over the observed days. Units and revenue are counted in average
    purchase days, so that the parts weigh alike in every shop."""
    observed, said = torch.from_numpy(examples.observed_days), network.forecast(rates)
    units, revenue = torch.from_numpy(examples.units), torch.from_numpy(examples.revenue)
    return {
        "hazard": hazard_loss(rates.hazard_logit, torch.from_numpy(examples.first_purchase_day), observed),
        "units": poisson_loss(said.expected_units / network.basket_units, units / network.basket_units, observed),
        "revenue": poisson_loss(said.expected_revenue / network.basket_revenue, revenue / network.basket_revenue, observed),
    }


def weighted(parts: dict[str, Tensor], choices: HyperParameters) -> Tensor:
    """The loss: the hazard first, units and revenue beside it."""
    return parts["hazard"] + choices.units_weight * parts["units"] + choices.revenue_weight * parts["revenue"]


@torch.no_grad()
def validation_loss(network: Network, data: Dataset, choices: HyperParameters, log: Log, epoch: int) -> float:
    """Uncalibrated loss on the validation origins, up to the cut."""
    network.eval()
    sums: dict[str, Tensor] = {}
    for batch in plain_batches(data, data.validation, choices):
        parts = losses(batch_rates(network, batch), network, batch.examples)
        sums = {name: sums.get(name, torch.tensor(0.0)) + part * len(batch.rows) for name, part in parts.items()}
    means = {name: total / len(data.validation) for name, total in sums.items()}
    log_losses(log, "validation", means, epoch)
    return float(weighted(means, choices))


@torch.no_grad()
def predicted_rates(network: Network, data: Dataset, examples: Examples, choices: HyperParameters) -> Rates:
    """Rates of all examples, in their order."""
    found = [torch.empty(len(examples), data.days.shape[1]) for _ in Rates._fields]
    for batch in plain_batches(data, examples, choices):
        for whole, part in zip(found, batch_rates(network, batch), strict=True):
            whole[torch.from_numpy(batch.rows)] = part
    return Rates(*found)


def plain_batches(data: Dataset, examples: Examples, choices: HyperParameters) -> Iterator[Batch]:
    """Batches in a fixed order."""
    for rows in dealt_batches(data.histories.lengths, examples, choices.batch_origins, 1, None):
        yield batch_of(data, examples, rows)


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


def log_reliability(log: Log, probability: Any, examples: Examples) -> None:
    """Next-day probability and share of buyers by tenth of the origins, as two curves over the tenths."""
    bought = examples.first_purchase_day == 1
    for tenth, rows in enumerate(np.array_split(np.argsort(probability[:, 0], kind="stable"), 10), start=1):
        if len(rows):
            log("reliability/forecast", float(probability[rows, 0].mean()), tenth)
            log("reliability/actual", float(bought[rows].mean()), tenth)
