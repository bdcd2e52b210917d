"""Product demand: the distribution of counts against scipy's, and a small network from training to scoring."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from demand_forecast.model import CUMULATIVE_QUANTILES, DAILY_QUANTILES, load_model
from demand_forecast.signature import Signature
from demand_forecast.udf import score
from demand_forecast_training.learning import fitting
from demand_forecast_training.learning.dataset import Histories, batch_of, joined
from demand_forecast_training.learning.export import export, golden_examples, inputs_of, list_of, struct_of
from demand_forecast_training.learning.fitting import optimiser_of, weighted
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.products.counts import masses, negative_log_likelihood, quantiles, running_maximum
from demand_forecast_training.products.ensemble import untaught
from demand_forecast_training.products.examples import ProductData, ProductExamples
from demand_forecast_training.products.network import demand_losses
from demand_forecast_training.products.refitting import KEPT, refit_demand
from demand_forecast_training.products.training import TrainedDemand, predicted_demand, train_demand
from demand_forecast_training.products.workflow import beats_baseline, lost_to_baseline, registry_row
from scipy.stats import nbinom

CONTEXT = ("unit_rate_7d", "unit_rate_28d", "noise", *(f"weekday_rate_{number}" for number in range(1, 8)))
SIGNATURE = Signature(context=CONTEXT, steps=("units", "views"), days=("is_sunday", "is_holiday"), max_horizon_days=30)
CHOICES = HyperParameters(
    hidden_units=8, context_units=16, rank=4, context_bins=4, epochs=9, batch_origins=256, seed=3, members=2
)
MEANS = (0.02, 0.4, 3.0, 11.0)
SIZES = (0.3, 1.0, 20.0)
LEVELS = (0.1, 0.5, 0.9, 0.95, 0.99)


def random_products(random: np.random.Generator, rows: int) -> ProductExamples:
    """Origins whose units are negative binomial around their rate, twice as many on Sundays; every ninth day is not seen."""
    rate = random.gamma(2.0, 0.6, rows)
    start = random.integers(0, 7, rows)
    is_sunday = (start[:, None] + np.arange(30)) % 7 == 0
    mean = rate[:, None] * np.where(is_sunday, 2.0, 1.0)
    seen = random.random((rows, 30)) > 1 / 9
    units = random.negative_binomial(1.5, 1.5 / (1.5 + mean)) * seen
    noisy = rate * random.uniform(0.7, 1.3, rows)
    weekdays = [noisy * random.uniform(0.8, 1.2, rows) for _ in range(7)]
    return ProductExamples(
        context=np.stack([noisy, rate, random.random(rows), *weekdays], axis=1).astype(np.float32),
        history=random.integers(0, 30, rows),
        position=random.integers(1, 60, rows),
        date=start,
        units=units.astype(np.float32),
        is_seen=seen.astype(np.float32),
    )


@pytest.fixture(scope="module")
def data() -> ProductData:
    random = np.random.default_rng(5)
    lengths = random.integers(60, 129, 30)
    days = np.zeros((7, 30, 2), np.float32)
    days[:, :, 0] = (np.arange(7)[:, None] + np.arange(30)) % 7 == 0
    return ProductData(
        train=random_products(random, 1500),
        validation=random_products(random, 500),
        histories=Histories(random.poisson(1.0, (int(lengths.sum()), 2)).astype(np.float32), lengths.astype(np.int64)),
        days=days,
        dates=np.datetime64("2025-04-01") + np.arange(7),
        signature=SIGNATURE,
        mapping_hash="0",
        feature_set_version="3-gross",
        fitted_through_date=date(2025, 5, 1),
        trained_through_date=date(2025, 6, 1),
        fingerprint="test",
    )


@pytest.fixture(scope="module")
def trained(data: ProductData) -> TrainedDemand:
    return train_demand(data, CHOICES)


@pytest.fixture(scope="module")
def everything(data: ProductData) -> ProductData:
    """The validation origins teach as well."""
    return replace(data, train=joined([data.train, data.validation]))


@pytest.fixture(scope="module")
def row(data: ProductData, trained: TrainedDemand) -> dict[str, Any]:
    return registry_row(data, trained, export(trained.network, data))


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("size", SIZES)
def test_the_distribution_is_scipys(mean: float, size: float) -> None:
    oracle = nbinom(size, size / (size + mean))
    counts = torch.arange(64, dtype=torch.float64)
    whole = [torch.full((1,), value, dtype=torch.float64) for value in (mean, size)]
    np.testing.assert_allclose(masses(*whole)[0].numpy(), oracle.pmf(counts), rtol=1e-6, atol=1e-12)
    found = negative_log_likelihood(whole[0], whole[1], counts[:40])
    np.testing.assert_allclose(found.numpy(), -oracle.logpmf(counts[:40]), rtol=1e-6)
    served = [max(math.ceil(float(value) - 1e-4) - 1, 0) for value in quantiles(*whole, LEVELS)]
    expected = oracle.ppf(LEVELS)
    inside = expected < 30  # where a count is gone to one by one
    assert inside.sum() >= 2
    np.testing.assert_array_equal(np.array(served)[inside], expected[inside])


def test_far_quantiles_are_near_and_none_falls() -> None:
    """Beyond the grid a gamma distribution stands in, within 3 % of scipy's; a higher level or mean never has a lower number."""
    means = torch.linspace(0.01, 900, 4000, dtype=torch.float64)
    found = torch.stack(quantiles(means, torch.full_like(means, 4.0), LEVELS)).numpy()
    assert (np.diff(found, axis=0) >= 0).all() and (np.diff(found, axis=1) > -1e-4).all()
    expected = nbinom(4.0, 4.0 / (4.0 + means.numpy())).ppf(np.array(LEVELS)[:, None])
    far = expected > 60
    assert (np.abs(found - 0.5 - expected)[far] / expected[far]).max() < 0.03


def test_a_running_maximum_never_falls() -> None:
    values = torch.tensor([[1.0, 3.0, 2.0, 5.0, 4.0]])
    assert running_maximum(values).tolist() == [[1.0, 3.0, 3.0, 5.0, 5.0]]


def test_days_that_were_not_seen_teach_nothing(data: ProductData, trained: TrainedDemand) -> None:
    examples = data.train.take(np.arange(100))
    wild = replace(examples, units=np.where(examples.is_seen > 0, examples.units, 1000).astype(np.float32))
    demand = predicted_demand(trained.network, data, examples, CHOICES)
    ours, theirs = demand_losses(demand, examples), demand_losses(demand, wild)
    assert ours["daily"] == theirs["daily"] and ours["cumulative"] == theirs["cumulative"]


def test_a_network_learns_the_weekday_and_is_calibrated(data: ProductData, trained: TrainedDemand) -> None:
    assert beats_baseline(trained)
    assert trained.model[0].bias is not None and abs(trained.model[0].bias) < 1e-3
    with torch.no_grad():
        batch = batch_of(data, data.validation, np.arange(500))
        mean = trained.network.calibrated(trained.network.batch_demand(batch)).mean.numpy()
    is_sunday = data.days[data.validation.date][:, :, 0] > 0
    assert 1.6 < mean[is_sunday].mean() / mean[~is_sunday].mean() < 2.4


def test_a_network_serves_only_where_it_is_better_within_every_horizon(trained: TrainedDemand) -> None:
    *earlier, last = trained.uncalibrated
    baseline = trained.baseline[-1].deviance
    assert baseline is not None
    worse = replace(trained, uncalibrated=[*earlier, replace(last, deviance=baseline * 1.01)])
    assert not beats_baseline(worse)
    assert f"within {last.horizon_days} days" in lost_to_baseline(worse)
    unseen = replace(trained, uncalibrated=[*earlier, replace(last, deviance=None)])
    assert beats_baseline(unseen)


def test_quantiles_hold_what_they_promise(data: ProductData, trained: TrainedDemand, row: dict[str, Any]) -> None:
    """On 500 origins: the level lies between the shares below and at or below the served quantile, within 3 points."""
    answers = scored(data, data.validation, row)
    seen = data.validation.is_seen > 0
    for name, level in DAILY_QUANTILES.items():
        below, through = (
            (data.validation.units < answers[name])[seen].mean(),
            (data.validation.units <= answers[name])[seen].mean(),
        )
        assert below - 0.03 <= level <= through + 0.03, name
    for name in CUMULATIVE_QUANTILES:
        assert (np.diff(answers[name], axis=1) >= 0).all(), name
        assert (answers[name] == np.round(answers[name])).all(), name


def test_it_is_scored_by_the_same_code(data: ProductData, trained: TrainedDemand, row: dict[str, Any]) -> None:
    golden = golden_examples(data)
    with torch.no_grad():
        expected = trained.network(*inputs_of(data, golden).tensors())[0].numpy()
    np.testing.assert_allclose(scored(data, golden, row)["expected_units"], expected, atol=1e-5, rtol=1e-4)
    assert row["task"] == "product_demand" and row["model_version"].startswith("product_demand-lstm-2025-06-01-")


def scored(data: ProductData, examples: ProductExamples, row: dict[str, Any]) -> dict[str, Any]:
    """Answers of the scoring package by output, (origins, days)."""
    inputs, model = inputs_of(data, examples), load_model(row)
    columns = (
        struct_of(inputs.context, SIGNATURE.context),
        pa.chunked_array([list_of(inputs.steps, inputs.position, SIGNATURE.steps)]).combine_chunks(),
        list_of(inputs.days, np.full(len(inputs.days), 30), SIGNATURE.days),
    )
    found = score(model, *columns)
    return {name: np.stack(found.field(name).to_numpy(zero_copy_only=False)) for name in model.outputs}


def test_several_networks_speak_as_one(data: ProductData, trained: TrainedDemand) -> None:
    """The mean is that of their means, a size lies between theirs."""
    batch = batch_of(data, data.validation, np.arange(50))
    with torch.no_grad():
        first, second = (network.batch_demand(batch) for network in trained.network.members)
        both = trained.network.batch_demand(batch)
    assert not torch.allclose(first.mean, second.mean, rtol=1e-3)
    torch.testing.assert_close(both.mean, (first.mean + second.mean) / 2)
    torch.testing.assert_close(both.size, torch.sqrt(first.size * second.size))
    torch.testing.assert_close(both.cumulative_size, torch.sqrt(first.cumulative_size * second.cumulative_size))


def test_what_reads_the_steps_learns_at_its_own_rate(data: ProductData) -> None:
    """In each network the layer and the memory of the steps, and nothing else, are of the first group of the optimiser."""
    network = untaught(data, CHOICES)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    reading, rest = ({names[id(one)] for one in group["params"]} for group in optimiser_of(network, CHOICES).param_groups)
    assert {name.split(".")[2] for name in reading} == {"step_layer", "memory"}
    assert {name.split(".")[1] for name in reading} == {"0", "1"} and len(reading) + len(rest) == len(names)
    assert not {name.split(".")[2] for name in rest} & {"step_layer", "memory"}


def test_each_network_learns_for_itself(data: ProductData) -> None:
    """The gradient of one, before the clip, knows nothing of the other: where they learn, the loss is the mean of their own."""
    torch.manual_seed(1)
    network = untaught(data, CHOICES).train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    batch = batch_of(data, data.train, np.arange(200))
    weighted(network.losses(batch), CHOICES).backward()  # type: ignore[no-untyped-call]
    together = [parameter.grad.clone() for parameter in network.members[0].parameters() if parameter.grad is not None]
    network.zero_grad()
    weighted(network.members[0].losses(batch), CHOICES).backward()  # type: ignore[no-untyped-call]
    alone = [parameter.grad for parameter in network.members[0].parameters() if parameter.grad is not None]
    assert len(together) == len(alone) > 0
    for ours, theirs in zip(together, alone, strict=True):
        torch.testing.assert_close(ours * 2, theirs, rtol=1e-4, atol=1e-7)


def test_a_refit_takes_as_many_steps_and_keeps_the_sizes(
    everything: ProductData, trained: TrainedDemand, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    asked = fitting.learning_rate
    monkeypatch.setattr(fitting, "learning_rate", lambda choices, share: shares.append(share) or asked(choices, share))
    again = refit_demand(everything, trained)
    assert shares == [step / trained.longest_steps for step in range(trained.best_steps)] and shares
    for name in KEPT:
        assert torch.equal(getattr(again.network, name), getattr(trained.network, name)), name
    for ours, theirs in zip(again.network.members, trained.network.members, strict=True):
        assert not torch.equal(ours.day_vectors, theirs.day_vectors)
    assert again.model == trained.model


def test_a_refit_of_the_same_examples_is_the_evaluated_network(data: ProductData, trained: TrainedDemand) -> None:
    """But for its level, which is that of the newest days that taught it."""
    again = refit_demand(data, trained)
    for name, values in again.network.state_dict().items():
        assert name == "mean_scale" or torch.equal(values, trained.network.state_dict()[name]), name


def test_the_level_of_a_refit_is_that_of_the_newest_days(everything: ProductData, trained: TrainedDemand) -> None:
    """On these as many units are expected as there were."""
    newest = replace(everything, fitted_through_date=everything.dates.max().item())
    choices = replace(trained.choices, recent_days=3)
    network = refit_demand(newest, replace(trained, choices=choices)).network
    recent = everything.train.take(everything.dates[everything.train.date] >= everything.dates.max() - 3)
    assert 0 < len(recent) < len(everything.train)
    said = network.calibrated(predicted_demand(network, everything, recent, choices)).mean.detach().numpy()
    assert (said * recent.is_seen).sum() == pytest.approx((recent.units * recent.is_seen).sum(), rel=1e-3)


def test_how_sure_a_sum_is_does_not_hang_on_the_calendar_of_its_last_day(data: ProductData, trained: TrainedDemand) -> None:
    batch = batch_of(data, data.validation, np.arange(8))
    plain = trained.network.batch_demand(batch)
    marked = trained.network.batch_demand(replace(batch, days=1 - batch.days))
    assert torch.equal(marked.cumulative_size, plain.cumulative_size)
    assert not torch.equal(marked.mean, plain.mean) and not torch.equal(marked.size, plain.size)
