"""A refit of product demand: the training of an evaluated version once more, on all the days there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from demand_forecast_training.learning.dataset import recent_rows
from demand_forecast_training.learning.fitting import prepare, taught_again
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.products.ensemble import ProductEnsemble, untaught
from demand_forecast_training.products.examples import ProductData
from demand_forecast_training.products.training import TrainedDemand, calibrate_level, predicted_demand

KEPT = ("size_scale", "cumulative_size_scale")
"""Calibration of the evaluated network that its refit keeps: days that taught it look surer than days to come."""


def refit_demand(everything: ProductData, evaluated: TrainedDemand, log_dir: Path | None = None) -> TrainedDemand:
    """As many steps of the optimiser as led to the evaluated network, at the same rates, on examples of all days.

    The number of steps, the sizes and the figures are the evaluated ones; its level is its own.
    """
    choices = evaluated.choices
    prepare(choices)
    taught = taught_again(
        untaught(everything, choices), everything, choices, evaluated.best_steps, evaluated.longest_steps, log_dir
    )
    return replace(evaluated, network=finished(taught, evaluated.network, everything, choices))


@torch.no_grad()
def finished(
    network: ProductEnsemble, evaluated: ProductEnsemble, everything: ProductData, choices: HyperParameters
) -> ProductEnsemble:
    """The network with the evaluated sizes, at the level of its newest `recent_days`."""
    for name in KEPT:
        getattr(network, name).copy_(getattr(evaluated, name))
    recent = everything.train.take(np.flatnonzero(recent_rows(everything, everything.train, choices)))
    calibrate_level(network, predicted_demand(network, everything, recent, choices), recent)
    return network
