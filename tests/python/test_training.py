"""Training: losses against plain calculations, no leakage of validation days into what is learnt, calibration, export."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import torch
import yaml
from demand_forecast import __version__
from demand_forecast.model import OUTPUTS, open_session
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.losses import hazard_loss, poisson_loss
from demand_forecast_training.customers.scalers import Scalers, fit_scalers
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.errors import ExportRefused
from demand_forecast_training.learning import export as export_module
from demand_forecast_training.learning.dataset import batch_of, dealt_batches
from demand_forecast_training.learning.export import export
from demand_forecast_training.warehouse.registry import register

from .conftest import CHOICES


def test_the_hazard_loss_equals_a_plain_calculation() -> None:
    logit = torch.tensor([[0.3, -1.0, 0.5], [-0.2, 0.1, 2.0], [1.0, 1.0, 1.0]])
    first, observed = [2, 0, 0], [3, 2, 3]
    total = 0.0
    for row in range(3):
        for day in range(1, 4):
            hazard = 1 / (1 + math.exp(-float(logit[row, day - 1])))
            if first[row] == day:
                total -= math.log(hazard)
            elif (day < first[row]) if first[row] else (day <= observed[row]):
                total -= math.log(1 - hazard)
    assert float(hazard_loss(logit, torch.tensor(first), torch.tensor(observed))) == pytest.approx(total / 3, rel=1e-5)


def test_the_rate_loss_is_smallest_at_the_mean_and_ignores_unobserved_days() -> None:
    actual = torch.tensor([[0.0, 4.0, 100.0]])
    observed = torch.tensor([2])
    losses = {rate: float(poisson_loss(torch.full((1, 3), rate), actual, observed)) for rate in (1.5, 2.0, 2.5)}
    assert min(losses, key=losses.__getitem__) == 2.0


def learnt(scalers: Scalers) -> dict[str, Any]:
    return {name: values for name, values in (vars(scalers) | vars(scalers.start)).items() if name != "start"}


def test_scalers_see_training_days_only(data: CustomerData) -> None:
    """Neither contexts, outcomes, steps nor target days that only validation reads move what is learnt before training."""
    taught = np.zeros(len(data.histories.lengths), np.int64)
    known = data.train.history >= 0
    np.maximum.at(taught, data.train.history[known], data.train.position[known])
    places = np.arange(len(data.histories.steps)) - np.repeat(data.histories.starts, data.histories.lengths)
    steps, days = data.histories.steps.copy(), np.concatenate([data.days, np.full((1, 30, 2), 9.0, np.float32)])
    steps[places >= np.repeat(taught, data.histories.lengths)] += 50.0
    wild = replace(
        data.validation,
        context=data.validation.context * 1000,
        units=data.validation.units * 1000,
        revenue=data.validation.revenue * 1000,
        date=np.full(len(data.validation), len(data.days)),
    )
    after = fit_scalers(replace(data, validation=wild, histories=replace(data.histories, steps=steps), days=days), CHOICES)
    for name, values in learnt(fit_scalers(data, CHOICES)).items():
        np.testing.assert_array_equal(values, learnt(after)[name], err_msg=name)


def test_a_seed_gives_the_same_model(data: CustomerData, trained: Trained) -> None:
    again = train(data, CHOICES)
    for name, values in trained.network.state_dict().items():
        assert torch.equal(values, again.network.state_dict()[name]), name


def test_batches_hold_every_origin_once_and_shared_histories(data: CustomerData) -> None:
    batches = list(dealt_batches(data.histories.lengths, data.train, 256, 2, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(data.train)))
    batch = batch_of(data, data.train, batches[0])
    assert len(batch.steps) < len(batch.rows)


def test_calibration_makes_the_mean_right_and_keeps_the_order(trained: Trained) -> None:
    model, raw = trained.model[0], trained.uncalibrated[0]
    assert model.mean_probability == pytest.approx(model.purchase_rate, abs=0.01)
    assert model.log_loss <= raw.log_loss + 1e-4
    assert (trained.network.slopes > 0).all()


def test_a_network_that_onnx_answers_differently_is_not_exported(
    data: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "EXPORT_TOLERANCE", -1.0)
    with pytest.raises(ExportRefused):
        export(trained.network, data)


def test_the_registry_row_tells_everything(row: dict[str, Any]) -> None:
    assert row["model_version"].startswith("customer_demand-lstm-2025-06-01-")
    assert row["model_version"].endswith(row["onnx_sha256"][:8])
    assert row["training_rows"] == 1200 and row["validation_rows"] == 400
    assert len(row["golden_rows"]) > 0 and len(row["weights_bytes"]) > 0
    assert set(OUTPUTS) == {"purchase_hazard", "purchase_probability", "expected_units", "expected_revenue"}


def test_a_weight_that_moved_after_the_export_is_noticed(data: CustomerData, trained: Trained) -> None:
    network = copy.deepcopy(trained.network).eval()
    golden = export_module.inputs_of(data, export_module.golden_examples(data))
    session = open_session(export_module.onnx_bytes(network, golden), may_use_gpu=False)
    export_module.check_export(network, session, data.signature, golden)
    with torch.no_grad():
        network.day_bias[0, 0] += 0.01
    with pytest.raises(ExportRefused):
        export_module.check_export(network, session, data.signature, golden)


def test_mingled_rows_hold_the_same_values_and_nobodys_row(data: CustomerData) -> None:
    inputs = export_module.inputs_of(data, export_module.golden_examples(data))
    mingled = inputs.mingled()
    is_step = np.arange(inputs.steps.shape[1]) < inputs.position[:, None]
    np.testing.assert_array_equal(np.sort(mingled.context, axis=0), np.sort(inputs.context, axis=0))
    np.testing.assert_array_equal(np.sort(mingled.steps[is_step], axis=0), np.sort(inputs.steps[is_step], axis=0))
    assert not mingled.steps[~is_step].any()
    assert not {tuple(row) for row in mingled.context} & {tuple(row) for row in data.validation.context}


def test_a_shop_without_amounts_learns_when_customers_buy_all_the_same(data: CustomerData, trained: Trained) -> None:
    without = [replace(part, revenue=np.zeros_like(part.revenue)) for part in (data.train, data.validation)]
    other = train(replace(data, train=without[0], validation=without[1]), CHOICES)
    assert other.model[0].log_loss == pytest.approx(trained.model[0].log_loss, abs=0.005)


def test_the_version_is_the_same_in_every_place() -> None:
    root = Path(__file__).resolve().parents[2]
    project = yaml.safe_load((root / "dbt_project.yml").read_text())["version"]
    models = yaml.safe_load((root / "models/predictions/_predictions.yml").read_text())["models"]
    told = [model["config"]["package_version"] for model in models if "package_version" in model.get("config", {})]
    assert [project, *told] == [__version__, *[__version__] * len(told)] and len(told) > 1


@pytest.mark.keeps("kill -9 in promotion")
def test_a_version_and_its_promotion_are_written_together_or_not_at_all(row: dict[str, Any]) -> None:
    with duckdb.connect() as con:
        con.execute("create table registry (model_version varchar, task varchar, trained_at timestamp)")
        con.execute("create table promotions (wrong_column integer)")
        relations = {"model_registry": "registry", "model_promotions": "promotions"}
        short = {name: row[name] for name in ("model_version", "task", "trained_at")}
        with pytest.raises(duckdb.Error):
            register(con, relations, short, "a reason")
        assert con.execute("select count(*) from registry").fetchall() == [(0,)]
