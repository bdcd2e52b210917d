"""The intercept update: the champion as it is, at the level of the days since customers changed."""

from __future__ import annotations

import copy
from datetime import date

import numpy as np
import torch

from demand_forecast_training.customers.calibration import shift_level
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Network, Rates
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.training import Trained, figure_tables
from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.learning.fitting import prepare
from demand_forecast_training.learning.hyper_parameters import HyperParameters


@torch.no_grad()
def with_moved_level(data: CustomerData, parent: Network, choices: HyperParameters, since: date | None) -> Trained:
    """A copy whose hazards have the level of the validation origins `since` a day, or of all of them.

    Raises NothingToTrain where no such origin lies before the gate.
    """
    prepare(choices)
    network = copy.deepcopy(parent)
    rates = predicted_rates(network, data, data.validation, choices)
    before = network.forecast(rates).purchase_probability.numpy()
    recent = rows_since(data, since)
    with torch.enable_grad():
        shift_level(network, Rates(*(rate[torch.from_numpy(recent)] for rate in rates)), data.validation.take(recent))
    after = network.forecast(rates).purchase_probability.numpy()
    uncalibrated, model, baseline = figure_tables(data, before, after)
    told_since = since or data.dates[data.validation.date].min().item()
    return Trained(network, choices, 0, 0, 0.0, model[0].log_loss or 0.0, uncalibrated, model, baseline, told_since)


def rows_since(data: CustomerData, since: date | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row numbers of the validation origins since a day."""
    rows = np.flatnonzero(data.dates[data.validation.date] >= np.datetime64(since or date.min))
    if not len(rows):
        raise NothingToTrain(
            f"customers changed on {since}, and no day since then lies before the gate of {data.trained_through_date}: "
            "type demand improve again tomorrow, or lower gate_days"
        )
    return rows
