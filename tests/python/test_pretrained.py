"""The shipped network and what pre-training makes of many shops: scale-free inputs, amounts in baskets, shops that keep apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from demand_forecast.errors import FeatureMismatch, ModelRefused
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Forecast, Network
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.learning.dataset import batch_of
from demand_forecast_training.pretrained import artefact as artefact_module
from demand_forecast_training.pretrained.artefact import Artefact, read_artefact
from demand_forecast_training.pretrained.basket import Basket, adapted
from demand_forecast_training.pretrained.pretraining import (
    MEMORY_SHARE,
    SCALED_CONTEXT,
    SCALED_STEPS,
    joined_shops,
    sampled,
    with_quiet_memory,
    without_scale,
)

from .conftest import CHOICES

ROOT = Path(__file__).resolve().parents[2]
DEARER = Basket(2.5, 80.0, True, 1000)


@pytest.fixture(scope="module")
def artefact() -> Artefact:
    return read_artefact()


@torch.no_grad()
def said(network: Network, artefact: Artefact, seed: int = 0) -> Forecast:
    """Forecast of 500 made-up customers: rates below 1 and anything else."""
    random, names = np.random.default_rng(seed), artefact.signature
    steps = random.poisson(1.0, (500, 9, len(names.steps))).astype(np.float32)
    rates = np.array(["rate" in name or "hazard" in name for name in names.context])
    context = np.where(rates, random.uniform(0, 0.5, (500, len(rates))), random.integers(0, 400, (500, len(rates))))
    days = random.integers(0, 2, (500, len(network.intercepts), len(names.days))).astype(np.float32)
    position = random.integers(0, 10, 500)
    inputs = (steps, position, context.astype(np.float32), days)
    found: Forecast = network(*map(torch.from_numpy, inputs))
    return found


# --- the shipped network --------------------------------------------------------------------------------------------


def test_it_reads_the_feature_set_that_the_package_builds(artefact: Artefact) -> None:
    macro = (ROOT / "macros" / "features" / "feature_set_version.sql").read_text(encoding="utf-8")
    (number,) = re.findall(r"'customer_id': (\d+)", macro)
    assert artefact.feature_set == number, "the features have changed: make pretrained"


def test_it_is_small_and_tells_what_it_was_trained_on(artefact: Artefact) -> None:
    assert (artefact_module.FOLDER / artefact_module.WEIGHTS).stat().st_size < 500_000
    told = artefact.told["trained_on"]
    assert told["shops"] >= 16 and told["training_rows"] > 100_000 and set(told["ranges"]) >= {"purchases", "visits", "missing"}


def test_it_does_not_read_what_is_counted_in_units_or_money(artefact: Artefact) -> None:
    network, names = artefact.network(30), artefact.signature
    scaled = [name for name in names.context if name.startswith(SCALED_CONTEXT)]
    assert len(scaled) >= 9 and set(SCALED_STEPS) <= set(names.steps)
    assert not {names.context[number] for number in network.bin_feature.tolist()} & set(scaled)
    assert not any(network.step_scale[names.steps.index(name)] for name in SCALED_STEPS)


def test_a_quiet_memory_moves_forecasts_by_its_share(trained: Trained) -> None:
    quiet, loud = with_quiet_memory(trained.network), trained.network
    size = loud.step_layer.out_features
    torch.testing.assert_close(quiet.joined_layer.weight[:, :size], MEMORY_SHARE * loud.joined_layer.weight[:, :size])
    for name, values in loud.state_dict().items():
        assert name == "joined_layer.weight" or torch.equal(values, quiet.state_dict()[name]), name


def test_its_forecasts_are_probabilities_that_never_fall(artefact: Artefact) -> None:
    forecast = said(adapted(artefact.network(30), DEARER), artefact)
    probability = forecast.purchase_probability
    assert probability.min() >= 0 and probability.max() <= 1 and (probability.diff(dim=1) >= 0).all()
    assert probability.std() > 0.05
    assert forecast.expected_units.min() >= 0 and forecast.expected_revenue.min() >= 0


@pytest.mark.parametrize("basket", [DEARER, Basket(0.3, 2.0, False, 9), Basket(1.0, 0.0, True, 0)])
def test_a_basket_changes_amounts_and_no_probability(artefact: Artefact, basket: Basket) -> None:
    plain, fitted = said(artefact.network(30), artefact), said(adapted(artefact.network(30), basket), artefact)
    assert torch.equal(plain.purchase_probability, fitted.purchase_probability)
    first = fitted.purchase_probability.diff(dim=1, prepend=torch.zeros(500, 1))
    assert not basket.is_whole or (fitted.expected_units >= first * (1 - 1e-6)).all()
    revenue = said(adapted(artefact.network(30), replace(basket, revenue=100 * basket.revenue)), artefact).expected_revenue
    torch.testing.assert_close(revenue, 100 * fitted.expected_revenue)


def test_expected_amounts_are_about_a_basket_for_a_purchase(artefact: Artefact) -> None:
    """In sum; a customer's own may differ."""
    plain, fitted = said(artefact.network(30), artefact), said(adapted(artefact.network(30), DEARER), artefact)
    assert float(fitted.expected_units.sum() / plain.expected_units.sum()) == pytest.approx(DEARER.units, rel=0.2)
    assert float(fitted.expected_revenue.sum() / plain.expected_revenue.sum()) == pytest.approx(DEARER.revenue, rel=0.2)


def test_a_shop_that_looks_less_far_ahead_hears_the_same(artefact: Artefact) -> None:
    week, month = (artefact.network(days) for days in (7, 30))
    assert said(week, artefact).purchase_probability.shape == (500, 7)
    random = np.random.default_rng(1)
    shapes = ((3, len(week.step_mean)), (30, len(week.day_mean)), (len(artefact.signature.context),))
    steps, days, context = (torch.from_numpy(random.random((20, *shape)).astype(np.float32)) for shape in shapes)
    position = torch.arange(20) % 4
    with torch.no_grad():
        near, far = week(steps, position, context, days[:, :7]), month(steps, position, context, days)
    torch.testing.assert_close(near.purchase_probability, far.purchase_probability[:, :7])


@pytest.mark.keeps("feature or model version mismatch")
def test_other_features_are_refused_by_name(artefact: Artefact) -> None:
    version, names = f"{artefact.feature_set}-net", artefact.signature
    artefact.check(names, version)
    with pytest.raises(FeatureMismatch, match=r"feature set .* made 0-gross"):
        artefact.check(names, "0-gross")
    with pytest.raises(FeatureMismatch, match="`steps`"):
        artefact.check(replace(names, steps=names.steps[::-1]), version)
    with pytest.raises(FeatureMismatch, match="max_horizon_days is 60"):
        artefact.check(replace(names, max_horizon_days=60), version)
    artefact.check(replace(names, max_horizon_days=7), version)


def test_weights_that_are_not_those_of_the_description_are_refused(tmp_path: Path) -> None:
    for name in (artefact_module.WEIGHTS, artefact_module.DESCRIPTION):
        (tmp_path / name).write_bytes((artefact_module.FOLDER / name).read_bytes())
    read_artefact(tmp_path)
    with (tmp_path / artefact_module.WEIGHTS).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    with pytest.raises(ModelRefused):
        read_artefact(tmp_path)


# --- many shops in one data set -------------------------------------------------------------------------------------


def renamed(data: CustomerData) -> CustomerData:
    """The shop with a context feature and a step in units or money."""
    names = data.signature
    context = tuple("revenue_rate_7d" if name == "recency" else name for name in names.context)
    return replace(data, signature=replace(names, context=context, steps=("gap", "units", "bought")))


def test_what_has_a_scale_becomes_constant_and_outcomes_are_in_baskets(data: CustomerData) -> None:
    dear = replace(data.train, units=data.train.units * 7, revenue=data.train.revenue * 100)
    for shop in (renamed(data), renamed(replace(data, train=dear))):
        free = without_scale(shop)
        assert not free.train.context[:, 0].any() and free.train.context[:, 1:].any()
        assert not free.histories.steps[:, 1].any() and free.histories.steps[:, 2].any()
        bought = free.train.units > 0
        assert free.train.units[bought].mean() == pytest.approx(1, abs=1e-3)
        assert free.train.revenue[bought].mean() == pytest.approx(1, abs=1e-3)


def test_a_sample_of_origins_reads_the_same_steps(data: CustomerData, trained: Trained) -> None:
    few = sampled(data, 30, np.random.default_rng(2))
    assert len(few.train) == 30 and len(few.histories.lengths) < len(data.histories.lengths)
    rows = np.sort(np.random.default_rng(2).permutation(len(data.train))[:30])
    whole, part = batch_of(data, data.train.take(rows), np.arange(30)), batch_of(few, few.train, np.arange(30))
    with torch.no_grad():
        torch.testing.assert_close(trained.network.batch_rates(whole), trained.network.batch_rates(part))


def test_joined_shops_answer_as_each_alone(data: CustomerData, trained: Trained) -> None:
    steps = replace(data.histories, steps=data.histories.steps + 2)
    other = replace(data, train=data.validation, histories=steps, days=data.days[::-1].copy(), fingerprint="other")
    both = joined_shops([data, other], [other])
    assert len(both.train) == len(data.train) + len(other.train) and len(both.validation) == len(other.train)
    alone = [predicted_rates(trained.network, shop, shop.train, CHOICES).hazard_logit for shop in (data, other)]
    torch.testing.assert_close(predicted_rates(trained.network, both, both.train, CHOICES).hazard_logit, torch.cat(alone))
    torch.testing.assert_close(predicted_rates(trained.network, both, both.validation, CHOICES).hazard_logit, alone[1])
