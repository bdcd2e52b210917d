"""A refit: the training of an evaluated version once more, on all the days there are. It serves; the evaluated version's
back-tests speak for it, since it has seen the test days itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from demand_forecast_training.customers.calibration import Seen, calibrate_level
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.scalers import fit_scalers
from demand_forecast_training.customers.training import Trained, seen_before
from demand_forecast_training.customers.trees import Trees, refit_trees
from demand_forecast_training.learning.dataset import recent_rows
from demand_forecast_training.learning.fitting import prepare, taught_again
from demand_forecast_training.learning.hyper_parameters import HyperParameters

KEPT = ("slopes", "tree_weights", "own_price_weight")
"""Calibration of the evaluated network that its refit keeps; a fit on days that taught it would find too steep a line."""


def refit(everything: CustomerData, evaluated: Trained, log_dir: Path | None = None) -> Trained:
    """As many steps of the optimiser as led to the evaluated network, at the same rates, on examples of all days.

    Nothing is left to stop early on: the number of steps, the slopes of the calibration and the figures are the evaluated ones.
    Its level is its own, since the refit has learnt from the days that corrected the evaluated one's.
    """
    choices = evaluated.choices
    prepare(choices)
    start = Network(fit_scalers(everything, choices), choices)
    taught = taught_again(start, everything, choices, evaluated.best_steps, evaluated.longest_steps, log_dir)
    return replace(evaluated, network=finished(taught, evaluated.network, everything, choices))


@torch.no_grad()
def finished(network: Network, evaluated: Network, everything: CustomerData, choices: HyperParameters) -> Network:
    """The network with trees where the evaluated one has some: as many, fitted on all days. It is calibrated with the evaluated
    slopes and weights. Its hazards have the level of its newest `recent_days`; units and revenue lean on the days before these
    where purchases are few."""
    state, kept = network.state_dict(), evaluated.state_dict()
    for name in KEPT:
        if name in state:
            state[name].copy_(kept[name])
    if evaluated.trees is not None:
        network.trees = Trees(refit_trees(everything, evaluated.trees, choices.seed, choices.threads))
    recent = everything.train.take(np.flatnonzero(recent_rows(everything, everything.train, choices)))
    seen = Seen(predicted_rates(network, everything, recent, choices), recent)
    calibrate_level(network, seen, seen_before(network, everything, choices))
    return network
