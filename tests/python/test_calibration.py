"""The level of units and revenue, and what a customer's own price is worth."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from demand_forecast_training.customers import calibration
from demand_forecast_training.customers.calibration import (
    Seen,
    calibrate,
    reset_calibration,
    revenue_ratios,
    units_ratios,
    write_scale,
)
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.network import Network, network_of_weights
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.refitting import refit
from demand_forecast_training.customers.scalers import MONEY, fit_scalers
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.learning.export import export, golden_examples, inputs_of
from safetensors.torch import load

from .conftest import CHOICES

PRICE = 9.5


def seen_by(network: Network, data: CustomerData, examples: Examples) -> Seen:
    return Seen(predicted_rates(network, data, examples, CHOICES), examples)


@torch.no_grad()
def test_on_enough_days_sums_of_units_and_revenue_are_right_where_customers_buy_again(
    data: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first purchase's hazard times a basket would miss the later ones: here most customers buy several times in 30 days."""
    monkeypatch.setattr(calibration, "LARGEST_SCALE", 10)
    network = reset_calibration(copy.deepcopy(trained.network))
    seen = seen_by(network, data, data.validation)
    calibrate(network, seen)
    said = network.forecast(seen.rates)
    for days in (slice(0, 1), slice(1, 7), slice(7, 30)):
        for expected, actual in ((said.expected_units, seen.examples.units), (said.expected_revenue, seen.examples.revenue)):
            assert float(expected[:, days].sum()) == pytest.approx(float(actual[:, days].sum()), rel=1e-4)


@torch.no_grad()
def test_few_purchases_lean_on_the_days_before(data: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "LARGEST_SCALE", 10)
    network = copy.deepcopy(trained.network)
    seen, earlier = (seen_by(network, data, part) for part in (data.validation, data.train))
    earlier = Seen(earlier.rates, replace(earlier.examples, units=earlier.examples.units * 1.3))
    own, before = units_ratios(network, seen), units_ratios(network, earlier)
    assert np.all(before > own + 0.05)
    purchases = int((data.validation.first_purchase_day == 1).sum())
    for weight, share in ((0, 1.0), (purchases, 0.5), (1e9, 0.0)):
        monkeypatch.setattr(calibration, "EARLIER_WEIGHT", weight)
        write_scale(network, "units_scale", units_ratios, seen, earlier)
        wanted = (share * own + (1 - share) * before)[[0, *[1] * 6, *[2] * 23]]
        np.testing.assert_allclose(network.units_scale.numpy(), wanted, rtol=1e-4)


def with_prices(data: CustomerData, is_lasting: bool) -> CustomerData:
    """The same customers, who pay from a third to three times the usual price: always, or each time anew. Contexts tell units and
    revenue of 90 days."""
    random = np.random.default_rng(5)

    def priced(examples: Examples) -> Examples:
        price = np.exp(random.uniform(-1.1, 1.1, (len(examples), 1)))
        others = price if is_lasting else np.exp(random.uniform(-1.1, 1.1, (len(examples), 1)))
        units = random.poisson(20, (len(examples), 1)) / 90
        money = np.hstack([units, units * PRICE * price, np.full_like(units, 200)])
        context = np.hstack([examples.context, money]).astype(np.float32)
        return replace(examples, context=context, revenue=(examples.units * PRICE * others).astype(np.float32))

    signature = replace(data.signature, context=(*data.signature.context, *MONEY))
    return replace(data, train=priced(data.train), validation=priced(data.validation), signature=signature)


@torch.no_grad()
def untaught(data: CustomerData) -> Network:
    """A network that knows averages alone, calibrated."""
    torch.manual_seed(0)
    network = Network(fit_scalers(data, CHOICES), CHOICES).eval()
    network.day_vectors.zero_()
    network.calendar_vectors.zero_()
    calibrate(network, seen_by(network, data, data.validation))
    return network


def test_a_price_that_lasts_is_expected_again(data: CustomerData) -> None:
    priced = with_prices(data, is_lasting=True)
    network = untaught(priced)
    assert float(network.own_price_weight) >= 1 / 4
    with torch.no_grad():
        seen = seen_by(network, priced, priced.validation)
        price = network.credible_price(seen.rates)[:, 0].numpy()
    own = priced.validation.context[:, -2] / priced.validation.context[:, -3]
    assert np.corrcoef(price, own)[0, 1] > 0.99 and price.std() > 0.7 * own.std()


def test_a_price_that_does_not_last_weighs_nothing(data: CustomerData) -> None:
    assert float(untaught(with_prices(data, is_lasting=False)).own_price_weight) <= 1 / 64


@torch.no_grad()
def test_a_new_customers_price_is_the_networks(data: CustomerData) -> None:
    """One purchase on the first day is one unit, not ninety; without units nothing is divided."""
    priced = with_prices(data, is_lasting=True)
    network = untaught(priced)
    network.own_price_weight.fill_(1.0)
    context = torch.zeros(2, priced.validation.context.shape[1])
    context[0, -3:] = torch.tensor([1.0, 40.0, 0.0])
    own_units, own_revenue = network.own_money(context)
    assert own_units.flatten().tolist() == [1, 0] and own_revenue.flatten().tolist() == [40, 0]
    rates = seen_by(network, priced, priced.validation.take(np.arange(2))).rates
    rates = rates._replace(price=torch.full_like(rates.price, 10.0), own_units=own_units, own_revenue=own_revenue)
    assert network.credible_price(rates)[:, 0].tolist() == [25, 10]


def test_the_graph_and_the_registrys_weights_know_the_own_price(data: CustomerData) -> None:
    priced = with_prices(data, is_lasting=True)
    network = untaught(priced)
    exported: Any = export(network, priced)  # refused unless ONNX Runtime answers as PyTorch does
    again = network_of_weights(load(exported.weights_bytes), CHOICES)
    inputs = inputs_of(priced, golden_examples(priced)).tensors()
    with torch.no_grad():
        for values, others in zip(network(*inputs), again(*inputs), strict=True):
            assert torch.equal(values, others)


def test_without_money_in_the_context_a_price_is_the_networks(data: CustomerData, trained: Trained) -> None:
    assert not trained.network.has_money and "own_price_weight" not in trained.network.state_dict()
    with torch.no_grad():
        rates = seen_by(trained.network, data, data.validation).rates
        assert torch.equal(trained.network.credible_price(rates), rates.price)
        assert revenue_ratios(copy.deepcopy(trained.network), Seen(rates, data.validation)).shape == (3,)


@pytest.fixture(scope="module")
def priced(data: CustomerData) -> CustomerData:
    return with_prices(data, is_lasting=True)


@pytest.fixture(scope="module")
def trained_on_prices(priced: CustomerData) -> Trained:
    return train(priced, CHOICES)


def units_beside(network: Network, data: CustomerData, examples: Examples) -> float:
    """Expected units over those that came."""
    with torch.no_grad():
        said = network.forecast(predicted_rates(network, data, examples, CHOICES))
    return float(said.expected_units.sum()) / float(examples.units.sum())


def test_a_training_leans_on_its_own_days_where_validation_holds_few_purchases(
    priced: CustomerData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "LARGEST_SCALE", 10)
    other = replace(priced, train=replace(priced.train, units=priced.train.units * 3, revenue=priced.train.revenue * 3))
    for weight, part in ((0, other.validation), (1e9, other.train)):
        monkeypatch.setattr(calibration, "EARLIER_WEIGHT", weight)
        assert units_beside(train(other, CHOICES).network, other, part) == pytest.approx(1, rel=0.01)


def test_a_fine_tuning_leans_on_recent_days_alone(
    priced: CustomerData, trained_on_prices: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Customers who buy three times as much since six days are expected to do so, however few they are."""
    monkeypatch.setattr(calibration, "EARLIER_WEIGHT", 1e9)
    monkeypatch.setattr(calibration, "LARGEST_SCALE", 10)
    dates = priced.dates[priced.train.date]
    growth = np.where(dates >= dates.max() - 6, 3, 1)[:, None].astype(np.float32)
    grown = replace(
        priced,
        train=replace(priced.train, units=priced.train.units * growth, revenue=priced.train.revenue * growth),
        fitted_through_date=dates.max().item(),
    )
    tuned = finetune(grown, trained_on_prices.network, replace(CHOICES, recent_days=6))
    recent = grown.train.take(dates >= dates.max() - 6)
    assert units_beside(tuned.network, grown, recent) == pytest.approx(1, rel=0.01)


def test_a_refit_keeps_the_own_price_and_leans_on_more_than_its_recent_days(
    priced: CustomerData, trained_on_prices: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert float(trained_on_prices.network.own_price_weight) > 0
    monkeypatch.setattr(calibration, "EARLIER_WEIGHT", 1e9)
    monkeypatch.setattr(calibration, "LARGEST_SCALE", 10)
    dates = priced.dates[priced.train.date]
    growth = np.where(dates >= dates.max() - 2, 1, 3)[:, None].astype(np.float32)
    train_rows = replace(priced.train, units=priced.train.units * growth, revenue=priced.train.revenue * growth)
    newest = replace(priced, train=train_rows, fitted_through_date=priced.dates.max().item())
    evaluated = replace(trained_on_prices, choices=replace(trained_on_prices.choices, recent_days=2))
    network = refit(newest, evaluated).network
    assert float(network.own_price_weight) == float(trained_on_prices.network.own_price_weight)
    assert units_beside(network, newest, newest.train) == pytest.approx(1, rel=0.01)


def test_days_that_no_window_reaches_have_the_scale_of_those_before(data: CustomerData, trained: Trained) -> None:
    network = copy.deepcopy(trained.network)
    short = replace(data.validation, observed_days=np.full(len(data.validation.units), 7))
    with torch.no_grad():
        seen, earlier = seen_by(network, data, short), seen_by(network, data, data.train)
        wanted = units_ratios(network, earlier)[2]
        assert np.isnan(units_ratios(network, seen)[2])
        write_scale(network, "units_scale", units_ratios, seen, earlier)
        assert float(network.units_scale[20]) == pytest.approx(wanted, rel=1e-5) != 1
        write_scale(network, "units_scale", units_ratios, seen, None)
        assert float(network.units_scale[20]) == 1


def test_money_without_units_moves_no_price_and_little_with_few(priced: CustomerData, trained_on_prices: Trained) -> None:
    network = copy.deepcopy(trained_on_prices.network)
    with torch.no_grad():
        network.own_price_weight.fill_(1.0)
        rates = seen_by(network, priced, priced.validation.take(np.arange(2))).rates
        own = {"own_units": torch.tensor([[0.0], [1.0]]), "own_revenue": torch.tensor([[5000.0], [5000.0]])}
        price = network.credible_price(rates._replace(price=torch.full_like(rates.price, 10.0), **own))
    assert price[:, 0].tolist() == [10, 100]


def test_a_version_of_one_scale_for_all_days_may_still_be_a_parent(trained: Trained) -> None:
    weights = dict(trained.network.state_dict())
    for name in ("units_scale", "revenue_scale"):
        weights[name] = torch.tensor(0.8)
    network = network_of_weights(weights, CHOICES)
    assert network.units_scale.shape == network.intercepts.shape and float(network.revenue_scale[7]) == pytest.approx(0.8)
