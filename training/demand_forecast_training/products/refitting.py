"""A refit of product demand: the training of an evaluated version once more, on all the days there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from demand_forecast_training.finetuning import recent_rows
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.products.ensemble import ProductEnsemble
from demand_forecast_training.products.network import ProductNetwork, fit_product_scales
from demand_forecast_training.products.training import (
    Data,
    Taught,
    TrainedDemand,
    calibrate_level,
    choices_of_members,
    predicted_demand,
)
from demand_forecast_training.refitting import taught_again
from demand_forecast_training.training import prepare

KEPT = ("size_scale", "cumulative_size_scale")
"""Calibration of the evaluated networks that its refit keeps: days that taught it look surer than days to come."""


def refit_demand(everything: Data, evaluated: TrainedDemand, log_dir: Path | None = None) -> TrainedDemand:
    """For each network as many steps of the optimiser as led to the evaluated one, at the same rates, on examples of all days.

    The number of steps, the sizes and the figures are the evaluated ones; its level is its own.
    """
    members = zip(choices_of_members(evaluated.choices), evaluated.trainings, strict=True)
    networks = [
        again(everything, choices, training, log_dir and log_dir / f"network_{choices.seed}") for choices, training in members
    ]
    network = ProductEnsemble(networks)
    return replace(evaluated, network=finished(network, evaluated.network, everything, evaluated.choices))


def again(everything: Data, choices: HyperParameters, training: Taught, log_dir: Path | None) -> ProductNetwork:
    """One network, taught as another was."""
    prepare(choices)
    start = ProductNetwork(fit_product_scales(everything, choices), choices)
    return taught_again(start, everything, choices, training.best_steps, training.longest_steps, log_dir)


@torch.no_grad()
def finished(network: ProductEnsemble, evaluated: ProductEnsemble, everything: Data, choices: HyperParameters) -> ProductEnsemble:
    """The networks with the evaluated sizes, at the level of its newest `recent_days`."""
    for name in KEPT:
        getattr(network, name).copy_(getattr(evaluated, name))
    recent = everything.train.take(np.flatnonzero(recent_rows(everything, everything.train, choices)))
    calibrate_level(network, predicted_demand(network, everything, recent, choices), recent)
    return network
