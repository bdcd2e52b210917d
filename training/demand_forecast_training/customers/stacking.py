"""Whether boosted trees beside the network are worth their time: judged on customers that did not fit their weights."""

from __future__ import annotations

import copy

import numpy as np
import torch
from demand_forecast.arrays import Floats

from demand_forecast_training.customers.calibration import Line, fitted_line, write_line
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.figures import figures
from demand_forecast_training.customers.network import Network, Rates
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.trees import TREE_HORIZONS, Trees, fit_trees
from demand_forecast_training.learning.hyper_parameters import HyperParameters

LEAST_GAIN = 0.002
"""Relative gain in log loss, averaged over TREE_HORIZONS, from which on the trees serve."""


def with_useful_trees(network: Network, data: CustomerData, choices: HyperParameters) -> tuple[Network, Rates]:
    """A copy with trees fitted on the same days, where they help enough, else the network itself; and its rates on validation
    days."""
    nodes = fit_trees(data, choices.seed, choices.threads) if choices.are_trees_tried else None
    if nodes is None:
        return network, predicted_rates(network, data, data.validation, choices)
    stacked = copy.deepcopy(network)
    stacked.trees = Trees(nodes)
    rates = predicted_rates(stacked, data, data.validation, choices)
    alone = rates._replace(tree_logit=torch.zeros_like(rates.tree_logit))
    gain = relative_gain(network, rates, alone, data.validation)
    return (stacked, rates) if gain >= LEAST_GAIN else (network, alone)


def relative_gain(network: Network, rates: Rates, alone: Rates, examples: Examples) -> float:
    """Share of the log loss that rates save over others, averaged over TREE_HORIZONS, both calibrated on the other half."""
    ours, theirs = (cross_fitted_log_losses(network, said, examples) for said in (rates, alone))
    return float(np.mean(1 - ours / theirs))


def cross_fitted_log_losses(network: Network, rates: Rates, examples: Examples) -> Floats:
    """Log loss within each of TREE_HORIZONS; each half of the customers is calibrated on the other."""
    is_first = np.arange(len(examples)) < len(examples) // 2  # examples come customer by customer
    probability = np.empty(rates.hazard_logit.shape, np.float32)
    for half in (is_first, ~is_first):
        line = fitted_line(part_of(rates, ~half), examples.take(~half))
        probability[half] = calibrated(network, line, part_of(rates, half))
    found = [figures(probability, examples, days).log_loss for days in TREE_HORIZONS]
    return np.array([np.nan if loss is None else loss for loss in found], np.float32)


def part_of(rates: Rates, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rates:
    return Rates(*(values[torch.from_numpy(rows)] for values in rates))


@torch.no_grad()
def calibrated(network: Network, line: Line, rates: Rates) -> Floats:
    """Probability of a purchase up to each day (rows, days), with a line that is not the network's own."""
    other = copy.deepcopy(network)
    write_line(other, line)
    return np.asarray(other.forecast(rates).purchase_probability.numpy(), np.float32)
