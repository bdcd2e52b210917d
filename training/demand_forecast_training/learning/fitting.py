"""The loop: rate, step, evaluate, keep the best."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from demand_forecast_training.learning.curves import Log, curves, log_losses
from demand_forecast_training.learning.dataset import Batch, Dataset, OriginsT, batch_of, dealt_batches, plain_batches
from demand_forecast_training.learning.encoder import Learner
from demand_forecast_training.learning.hyper_parameters import HyperParameters

WARM_UP = 0.02
"""Share of the longest training in which the rate rises."""
ENCODER = {"step_layer", "memory"}
"""Layers that read the steps."""


NetworkT = TypeVar("NetworkT", bound=Learner)


@dataclass
class Progress(Generic[NetworkT]):
    """A training between two epochs: all that going on needs. `average` is the moving average of the weights of `network`, and
    `best` the average of the best epoch."""

    network: NetworkT
    average: NetworkT
    best: NetworkT
    optimiser: torch.optim.Optimizer
    random: np.random.Generator
    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_steps: int = 0
    best_loss: float = math.inf


AfterEpoch = Callable[[Progress[NetworkT], float], None]
"""Called with the progress and the validation loss of the epoch that ended."""
Taught = Callable[[OriginsT, np.random.Generator], OriginsT]
"""The examples of an epoch, among all that may teach."""


def prepare(choices: HyperParameters) -> None:
    """Seed and threads. Small denormal numbers count as 0: they make a step many times slower."""
    torch.manual_seed(choices.seed)
    torch.set_num_threads(choices.threads)
    torch.set_flush_denormal(True)


def begin(network: NetworkT, choices: HyperParameters) -> Progress[NetworkT]:
    """Progress of a network that has not been trained yet."""
    average, best = copy.deepcopy(network), copy.deepcopy(network)
    return Progress(network, average, best, optimiser_of(network, choices), np.random.default_rng(choices.seed))


def longest_steps(progress: Progress[Any], choices: HyperParameters) -> float:
    """Steps of the optimiser that all epochs would have taken."""
    return progress.steps / max(progress.epoch, 1) * choices.epochs


def optimiser_of(network: Learner, choices: HyperParameters) -> torch.optim.Optimizer:
    """AdamW in two groups: what reads the steps, at its own share of the rate, and the rest."""
    groups: list[list[Tensor]] = [[], []]
    for name, parameter in network.named_parameters():
        groups[ENCODER.isdisjoint(name.split("."))].append(parameter)
    shares = (choices.encoder_rate_share, 1.0)
    return torch.optim.AdamW(
        [{"params": group, "share": share} for group, share in zip(groups, shares, strict=True)],
        lr=choices.learning_rate,
        weight_decay=choices.weight_decay,
    )


def every_example(examples: OriginsT, random: np.random.Generator) -> OriginsT:
    return examples


def fit(
    progress: Progress[NetworkT],
    data: Dataset[OriginsT],
    choices: HyperParameters,
    log: Log,
    taught: Taught[OriginsT] = every_example,
    after_epoch: AfterEpoch[NetworkT] = lambda progress, loss: None,
) -> NetworkT:
    """The averaged network of the best epoch, ready to evaluate; the progress tells its validation loss and the epochs run."""
    bar = tqdm(
        range(progress.epoch + 1, choices.epochs + 1), initial=progress.epoch, total=choices.epochs, unit="epoch", desc="training"
    )
    for epoch in bar:
        if progress.epoch - progress.best_epoch >= choices.patience:
            break
        run_epoch(progress, data, taught(data.train, progress.random), choices, log)
        loss = validation_loss(progress.average, data, choices, log, epoch)
        bar.set_postfix(validation_loss=f"{loss:.5f}")
        progress.epoch = epoch
        if loss < progress.best_loss:
            progress.best, progress.best_loss = copy.deepcopy(progress.average), loss
            progress.best_epoch, progress.best_steps = epoch, progress.steps
        after_epoch(progress, loss)
    return progress.best.eval()


def taught_again(
    network: NetworkT,
    everything: Dataset[OriginsT],
    choices: HyperParameters,
    steps: int,
    longest_steps: float,
    log_dir: Path | None,
) -> NetworkT:
    """The averaged network after so many steps of a training whose rate falls over `longest_steps`."""
    progress = begin(network, choices)
    with curves(log_dir) as log, tqdm(total=steps, unit="step", desc="refitting") as bar:
        while progress.steps < steps:
            lengths = everything.histories.lengths
            for rows in dealt_batches(lengths, everything.train, choices.batch_origins, choices.history_visits, progress.random):
                taught_step(progress, batch_of(everything, everything.train, rows), choices, progress.steps / longest_steps, log)
                bar.update()
                if progress.steps == steps:
                    break
    return progress.average.eval()


def learning_rate(choices: HyperParameters, share_done: float) -> float:
    """Rate at a share of the whole training: a short linear rise, then half a cosine down to a hundredth."""
    fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share_done))
    return choices.learning_rate * fall * min(1.0, 0.05 + share_done / WARM_UP)


def run_epoch(
    progress: Progress[NetworkT],
    data: Dataset[OriginsT],
    examples: OriginsT,
    choices: HyperParameters,
    log: Log,
) -> None:
    """One pass over the examples of an epoch."""
    lengths = data.histories.lengths
    batches = list(dealt_batches(lengths, examples, choices.batch_origins, choices.history_visits, progress.random))
    for number, rows in enumerate(batches):
        share_done = (progress.epoch + number / len(batches)) / choices.epochs
        taught_step(progress, batch_of(data, examples, rows), choices, share_done, log)


def taught_step(
    progress: Progress[NetworkT],
    batch: Batch[OriginsT],
    choices: HyperParameters,
    share_done: float,
    log: Log,
) -> None:
    """One step of the optimiser on a batch, at the rate of a share of the whole training; the average moves after it."""
    network, rate = progress.network, learning_rate(choices, share_done)
    network.train()
    for group in progress.optimiser.param_groups:
        group["lr"] = rate * group["share"]
    parts = network.losses(batch)
    progress.optimiser.zero_grad()
    weighted(parts, choices).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), choices.gradient_norm)
    progress.optimiser.step()
    follow(progress.average, network, min(choices.average_decay, (progress.steps + 1) / (progress.steps + 10)))
    log_losses(log, "train", parts, progress.steps)
    log("learning_rate", rate, progress.steps)
    progress.steps += 1


@torch.no_grad()
def follow(average: Learner, network: Learner, decay: float) -> None:
    """Move the average of the weights a little towards the network's."""
    for kept, newest in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(newest, 1 - decay)


@torch.no_grad()
def validation_loss(
    network: NetworkT,
    data: Dataset[OriginsT],
    choices: HyperParameters,
    log: Log,
    epoch: int,
) -> float:
    """Uncalibrated loss on the validation origins, up to the cut."""
    network.eval()
    sums: dict[str, Tensor] = {}
    for batch in plain_batches(data, data.validation, choices):
        parts = network.losses(batch)
        sums = {name: sums.get(name, torch.tensor(0.0)) + part * len(batch.rows) for name, part in parts.items()}
    means = {name: total / len(data.validation) for name, total in sums.items()}
    log_losses(log, "validation", means, epoch)
    return float(weighted(means, choices))


def weighted(parts: dict[str, Tensor], choices: HyperParameters) -> Tensor:
    """The loss: the likelihood of the first purchase, or of a product's units, first, and the other parts beside it."""
    weights = {"units": choices.units_weight, "revenue": choices.revenue_weight, "cumulative": choices.cumulative_weight}
    return torch.stack([part * weights.get(name, 1.0) for name, part in parts.items()]).sum()
