"""A training of product demand: the loop, calibration on validation days, and the figures that judge it beside the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demand_forecast.arrays import Floats
from torch import Tensor

from demand_forecast_training.learning.curves import curves
from demand_forecast_training.learning.dataset import horizons_of, plain_batches
from demand_forecast_training.learning.fitting import begin, fit, longest_steps, prepare
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.levels import bounded_ratio, day_groups
from demand_forecast_training.learning.scales import habits
from demand_forecast_training.products.ensemble import ProductEnsemble, untaught
from demand_forecast_training.products.examples import ProductData, ProductExamples
from demand_forecast_training.products.network import Demand, demand_losses

DEMAND: dict[str, Any] = {"members": 4, "context_bins": 12}
"""What a training of product demand chooses otherwise, chosen on the validation days of `make bench-demand`."""


@dataclass(frozen=True)
class DemandFigures:
    """Of units within `horizon_days` on `rows` origins whose window was seen whole: weighted absolute percentage error, relative
    bias, and the mean Poisson deviance of the sum; None without rows or units."""

    horizon_days: int
    rows: int
    wape: float | None
    bias: float | None
    deviance: float | None


@dataclass(frozen=True)
class TrainedDemand:
    """Calibrated networks with their figures on validation days and the baseline's, one for each horizon.

    `best_steps` of the optimiser led to it, of `longest_steps` that all epochs would have taken.
    """

    network: ProductEnsemble
    choices: HyperParameters
    epochs: int
    best_steps: int
    longest_steps: float
    validation_loss: float
    uncalibrated: list[DemandFigures]
    model: list[DemandFigures]
    baseline: list[DemandFigures]


def train_demand(data: ProductData, choices: HyperParameters, log_dir: Path | None = None) -> TrainedDemand:
    """Train on role train from nothing, stop early and calibrate on role validation. Curves go to `log_dir`."""
    prepare(choices)
    progress = begin(untaught(data, choices), choices)
    with curves(log_dir) as log:
        best = fit(progress, data, choices, log)
    demand = predicted_demand(best, data, data.validation, choices)
    means = [demand.mean.numpy(), calibrated_mean(best, demand, data.validation), baseline_mean(data, data.validation)]
    tables = [[demand_figures(mean, data.validation, days) for days in horizons_of(data)] for mean in means]
    return TrainedDemand(
        best, choices, progress.epoch, progress.best_steps, longest_steps(progress, choices), progress.best_loss, *tables
    )


@torch.no_grad()
def predicted_demand(network: ProductEnsemble, data: ProductData, examples: ProductExamples, choices: HyperParameters) -> Demand:
    """Uncalibrated demand of all examples, in their order."""
    found = [torch.empty(len(examples), data.days.shape[1]) for _ in Demand._fields]
    for batch in plain_batches(data, examples, choices):
        for whole, part in zip(found, network.batch_demand(batch), strict=True):
            whole[torch.from_numpy(batch.rows)] = part
    return Demand(*found)


def calibrated_mean(network: ProductEnsemble, demand: Demand, examples: ProductExamples) -> Floats:
    """Write scales of the mean and of the sizes, fitted on these origins, into the network; returns its means after that."""
    calibrate_level(network, demand, examples)
    network.size_scale.fill_(1.0)
    network.cumulative_size_scale.fill_(1.0)
    level = network.calibrated(demand)
    size, cumulative_size = fitted_sizes(level, examples)
    network.size_scale.fill_(size)
    network.cumulative_size_scale.fill_(cumulative_size)
    return level.mean.numpy()


def calibrate_level(network: ProductEnsemble, demand: Demand, examples: ProductExamples) -> None:
    """Write scales of the mean, fitted on these origins, into the network: expected units then sum to what was seen."""
    expected = demand.mean.numpy()
    groups = day_groups(expected.shape[1]).numpy()
    for group in np.unique(groups):
        seen = examples.is_seen * (groups == group)
        ratio = bounded_ratio(float((examples.units * seen).sum()), float((expected * seen).sum()))
        network.mean_scale[torch.from_numpy(groups == group)] = ratio


def fitted_sizes(demand: Demand, examples: ProductExamples) -> tuple[float, float]:
    """Factors of the two sizes that maximise the likelihood."""
    factors = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.LBFGS([factors], max_iter=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        size, cumulative_size = factors.exp()
        scaled = Demand(demand.mean, demand.size * size, demand.cumulative_size * cumulative_size)
        total = torch.stack(list(demand_losses(scaled, examples).values())).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    size, cumulative_size = factors.detach().exp().tolist()
    return size, cumulative_size


def baseline_mean(data: ProductData, examples: ProductExamples) -> Floats:
    """What the SQL baseline expects of each day, (origins, days): the rate on its weekday."""
    columns, _ = habits(examples.context, data.signature.context)
    return examples.context[:, columns[np.arange(data.days.shape[1]) % 7]]


def demand_figures(mean: Floats, examples: ProductExamples, horizon_days: int) -> DemandFigures:
    """Figures of daily means (origins, days) summed up to one horizon."""
    whole = examples.is_seen_whole[:, horizon_days - 1] > 0
    said = mean[whole, :horizon_days].sum(axis=1, dtype=np.float64)
    actual = examples.units[whole, :horizon_days].sum(axis=1, dtype=np.float64)
    if not actual.sum():
        return DemandFigures(horizon_days, int(whole.sum()), None, None, None)
    return DemandFigures(
        horizon_days,
        int(whole.sum()),
        float(np.abs(said - actual).sum() / actual.sum()),
        float((said - actual).sum() / actual.sum()),
        poisson_deviance(np.maximum(said, 1e-6), actual),
    )


def poisson_deviance(mean: Floats, actual: Floats) -> float:
    """Mean Poisson deviance; smallest at the mean."""
    logs = np.where(actual > 0, actual * np.log(np.maximum(actual, 1e-12) / mean), 0)
    return float(2 * (logs - actual + mean).mean())
