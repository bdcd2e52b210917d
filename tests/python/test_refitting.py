"""A refit takes as many steps as the evaluated version took, on all days, and keeps its slopes; its level is its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from demand_forecast_training.customers import refitting
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import network_of_weights
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.refitting import KEPT, refit
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.customers.trees import Trees, fit_trees
from demand_forecast_training.learning import fitting
from demand_forecast_training.learning.dataset import joined

RECENT_DAYS = 10
LEVEL = ("intercepts", "units_scale", "revenue_scale")


@pytest.fixture(scope="module")
def everything(data: CustomerData) -> CustomerData:
    """The validation origins teach as well; nothing is left to validate on."""
    return replace(data, train=joined([data.train, data.validation]), validation=data.validation.take(np.zeros(400, bool)))


def test_a_refit_takes_as_many_steps_at_the_same_rates(
    data: CustomerData, everything: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    asked = fitting.learning_rate
    monkeypatch.setattr(fitting, "learning_rate", lambda choices, share: rates.append(share) or asked(choices, share))
    again = refit(everything, trained)
    assert len(rates) == trained.best_steps > 0 and rates == [step / trained.longest_steps for step in range(len(rates))]
    weights = trained.network.state_dict()
    for name, values in again.network.state_dict().items():
        assert name not in KEPT or torch.equal(values, weights[name]), name
    assert not torch.equal(again.network.day_vectors, trained.network.day_vectors)
    assert not torch.equal(again.network.bin_left, trained.network.bin_left)
    assert again.model == trained.model


def test_a_refit_of_the_same_examples_is_the_evaluated_network(data: CustomerData, trained: Trained) -> None:
    """Seed, steps, rates and batches are the same ones, so on the same days the same weights come out; but for the level."""
    again = refit(data, trained)
    for name, values in again.network.state_dict().items():
        assert name in LEVEL or torch.equal(values, trained.network.state_dict()[name]), name


def test_the_level_of_a_refit_is_that_of_the_newest_days(data: CustomerData, everything: CustomerData, trained: Trained) -> None:
    """On these as many first purchases, units and revenue are expected as there were."""
    newest = replace(everything, fitted_through_date=everything.dates.max().item())
    network = refit(newest, replace(trained, choices=replace(trained.choices, recent_days=RECENT_DAYS))).network
    recent = everything.train.take(everything.dates[everything.train.date] >= everything.dates.max() - RECENT_DAYS)
    assert 0 < len(recent) < len(everything.train)
    with torch.no_grad():
        said = network.forecast(predicted_rates(network, everything, recent, trained.choices))
    days = np.arange(1, said.purchase_hazard.shape[1] + 1)
    first, observed = recent.first_purchase_day[:, None], recent.observed_days[:, None]
    at_risk = (days <= observed) & ((first == 0) | (days <= first))
    for group in ((days == 1), (days > 1) & (days <= 7)):
        expected = said.purchase_hazard.numpy().sum(where=at_risk & group)
        assert expected == pytest.approx((days == first).sum(where=at_risk & group), rel=0.02)
    revenue = said.expected_revenue.numpy().sum(where=days <= observed)
    assert revenue == pytest.approx(recent.revenue.sum(where=days <= observed), rel=0.01)


def test_trees_are_fitted_again_in_the_same_number(
    data: CustomerData, everything: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LEAST_ROWS", 10), ("SETTINGS", {"objective": "binary", "min_data_in_leaf": 20, "verbosity": -1})):
        monkeypatch.setattr(f"demand_forecast_training.customers.trees.{name}", value)
    nodes = fit_trees(data, 0, 2)
    assert nodes is not None
    stacked = network_of_weights(trained.network.state_dict(), trained.choices)
    stacked.trees = Trees(nodes)
    other = network_of_weights(stacked.state_dict(), trained.choices)
    again = refitting.finished(other, stacked, everything, trained.choices)
    assert again.trees is not None
    assert torch.equal(again.trees.target, stacked.trees.target) and not torch.equal(again.trees.value, stacked.trees.value)
