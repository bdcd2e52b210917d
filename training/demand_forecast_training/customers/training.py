"""A training from beginning to end: scalers, the loop, calibration, and the figures that judge it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import torch
from demand_forecast.arrays import Floats

from demand_forecast_training.customers.calibration import Seen, calibrate
from demand_forecast_training.customers.examples import CustomerData, are_units_whole
from demand_forecast_training.customers.figures import Figures, baseline_probability, figures, log_reliability
from demand_forecast_training.customers.network import Network, Rates
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.scalers import fit_scalers
from demand_forecast_training.customers.stacking import with_useful_trees
from demand_forecast_training.learning import checkpoint
from demand_forecast_training.learning.curves import Log, curves
from demand_forecast_training.learning.dataset import horizons_of
from demand_forecast_training.learning.fitting import AfterEpoch, Progress, begin, fit, longest_steps, prepare
from demand_forecast_training.learning.hyper_parameters import HyperParameters

EARLIER_DAYS, MOST_EARLIER_ROWS = 120, 50_000
"""Training origins that tell the level of units and revenue beside validation days."""


@dataclass(frozen=True)
class Trained:
    """A calibrated network with its validation figures and the baseline's, one for each of FIGURE_HORIZONS.

    `best_steps` of the optimiser led to it, of `longest_steps` that all epochs would have taken.
    """

    network: Network
    choices: HyperParameters
    epochs: int
    best_steps: int
    longest_steps: float
    validation_loss: float
    uncalibrated: list[Figures]
    model: list[Figures]
    baseline: list[Figures]
    level_since: date | None = None
    """Where only the level was moved: the first of the origins that told it."""


def train(
    data: CustomerData,
    choices: HyperParameters,
    log_dir: Path | None = None,
    is_resumed: bool = False,
    after_epoch: AfterEpoch[Network] = lambda progress, loss: None,
) -> Trained:
    """Train on role train from nothing, stop early and calibrate on role validation. TensorBoard curves and a checkpoint after
    each epoch go to `log_dir`; `is_resumed` goes on from the checkpoint there, with its hyper-parameters.

    Raises NothingToResume, and WrongChoice for hyper-parameters that do not go together.
    """
    saved = checkpoint.read(checkpoint_path(log_dir), data.fingerprint) if is_resumed else None
    choices = checkpoint.chosen(saved) if saved else replace(choices, are_units_whole=are_units_whole(data.train))
    prepare(choices)
    network = Network(fit_scalers(data, choices), choices)
    progress = checkpoint.resumed(saved, network) if saved else begin(network, choices)

    def keep(progress: Progress[Network], loss: float) -> None:
        if log_dir is not None:
            checkpoint.save(progress, choices, data.fingerprint, checkpoint_path(log_dir))
        after_epoch(progress, loss)

    with curves(log_dir) as log:
        best = fit(progress, data, choices, log, after_epoch=keep)
        return judged(*with_useful_trees(best, data, choices), progress, data, choices, log)


def checkpoint_path(log_dir: Path | None) -> Path:
    return (log_dir or Path()) / checkpoint.FILE_NAME


@torch.no_grad()
def judged(
    network: Network,
    rates: Rates,
    progress: Progress[Network],
    data: CustomerData,
    choices: HyperParameters,
    log: Log,
    earlier_days: int = EARLIER_DAYS,
) -> Trained:
    """Calibrate a network on its rates on the validation days, leaning on so many training days, and its figures there before
    and after."""
    before = network.forecast(rates).purchase_probability.numpy()
    calibrate(network, Seen(rates, data.validation), seen_before(network, data, choices, earlier_days))
    after = network.forecast(rates).purchase_probability.numpy()
    log_reliability(log, after, data.validation)
    uncalibrated, model, baseline = figure_tables(data, before, after)
    return Trained(
        network,
        choices,
        progress.epoch,
        progress.best_steps,
        longest_steps(progress, choices),
        progress.best_loss,
        uncalibrated,
        model,
        baseline,
    )


def seen_before(network: Network, data: CustomerData, choices: HyperParameters, days: int = EARLIER_DAYS) -> Seen:
    """The newest training origins, thinned evenly where there are many: enough to tell the level of units and revenue."""
    dates = data.dates[data.train.date]
    newest = np.flatnonzero(dates >= dates.max() - days)
    rows = newest[np.unique(np.linspace(0, len(newest) - 1, MOST_EARLIER_ROWS).astype(np.int64))]
    examples = data.train.take(rows)
    return Seen(predicted_rates(network, data, examples, choices), examples)


def figure_tables(data: CustomerData, before: Floats, after: Floats) -> tuple[list[Figures], list[Figures], list[Figures]]:
    """Figures on the validation days of probabilities (rows, days) before and after calibration, and of the baseline's."""

    def table_of(said: Floats) -> list[Figures]:
        return [figures(said, data.validation, days) for days in horizons_of(data)]

    return table_of(before), table_of(after), table_of(baseline_probability(data.validation))
