"""What an epoch costs beside the network's own arithmetic: forward, loss, backward and the optimiser's step on the same batches.

Usage: ``python -m benchmarks.training PROJECT`` with the folder of a dbt project that is built. Writes
benchmarks/results/training.md.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from demand_forecast_training.customers.examples import CustomerData, are_units_whole, read_dataset
from demand_forecast_training.customers.losses import losses
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.scalers import fit_scalers
from demand_forecast_training.learning.dataset import Batch, batch_of, dealt_batches
from demand_forecast_training.learning.fitting import Progress, begin, prepare, run_epoch, validation_loss, weighted
from demand_forecast_training.learning.hyper_parameters import ARCHITECTURES, HyperParameters
from demand_forecast_training.warehouse.connection import find_warehouse

RESULTS = Path(__file__).resolve().parent / "results" / "training.md"
ROUNDS = 3


def nowhere(name: str, value: float, step: int) -> None:
    """A log that keeps nothing."""


def epoch_seconds(progress: Progress, data: CustomerData, choices: HyperParameters) -> float:
    """Seconds of an epoch as training runs it, with its evaluation on validation days."""
    start = time.monotonic()
    run_epoch(progress, data, data.train, choices, nowhere)
    validation_loss(progress.average, data, choices, nowhere, 0)
    return time.monotonic() - start


def bare_seconds(progress: Progress, batches: list[Batch], judged: list[Batch], choices: HyperParameters) -> float:
    """Seconds of the arithmetic alone, on batches that lie ready."""
    start, network = time.monotonic(), progress.network.train()
    for batch in batches:
        loss = weighted(losses(network.batch_rates(batch), network, batch.examples), choices)
        progress.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        progress.optimiser.step()
    network.eval()
    for batch in judged:
        with torch.no_grad():
            losses(network.batch_rates(batch), network, batch.examples)
    return time.monotonic() - start


def dealt(data: CustomerData, choices: HyperParameters) -> tuple[list[Batch], list[Batch]]:
    """The batches of an epoch and of its evaluation."""
    lengths, random = data.histories.lengths, np.random.default_rng(0)
    taught = dealt_batches(lengths, data.train, choices.batch_origins, choices.history_visits, random)
    judged = dealt_batches(lengths, data.validation, choices.batch_origins, 1, None)
    return [batch_of(data, data.train, rows) for rows in taught], [batch_of(data, data.validation, rows) for rows in judged]


def compared(data: CustomerData, choices: HyperParameters) -> tuple[float, float]:
    """Median seconds of an epoch and of the bare loop, taken in turn."""
    prepare(choices)
    progress = begin(Network(fit_scalers(data, choices), choices), choices)
    ready, bare = dealt(data, choices), copy.deepcopy(progress)
    pairs = [(epoch_seconds(progress, data, choices), bare_seconds(bare, *ready, choices)) for _ in range(ROUNDS)]
    epoch, alone = zip(*pairs, strict=True)
    return median(epoch), median(alone)


def report(title: str, data: CustomerData, figures: dict[str, tuple[float, float]]) -> str:
    """The results as Markdown."""
    lines = [
        f"# An epoch of training, {title}",
        "",
        f"{len(data.train):,} training and {len(data.validation):,} validation origins, 2 threads, median of {ROUNDS} epochs",
        "of each in turn. The bare loop does the network's arithmetic alone, on batches that lie ready in memory.",
        "",
        "| architecture | seconds an epoch | bare loop | ratio |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {name} | {epoch:.2f} | {bare:.2f} | {epoch / bare:.2f} |" for name, (epoch, bare) in figures.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path, help="folder of a built dbt project")
    parser.add_argument("--title", default=None, help="what the shop is called in the report")
    options = parser.parse_args()
    project = options.project.resolve()
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        data = read_dataset(connection, warehouse.relations)
    choices = replace(HyperParameters(), are_units_whole=are_units_whole(data.train))
    figures = {name: compared(data, replace(choices, architecture=name)) for name in ARCHITECTURES}
    text = report(options.title or project.name, data, figures)
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
