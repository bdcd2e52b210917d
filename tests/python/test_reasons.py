"""Reasons add up to the forecast, are fair, and cost one pass of the memory."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from demand_forecast import __version__
from demand_forecast.dbt_models import explain_requests
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import load_model
from demand_forecast.reasons import HISTORY, Explainer, explain, explainer
from demand_forecast.shapley import coalitions, shapley_values
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.scalers import fit_scalers
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.learning.export import export, export_with, golden_examples, inputs_of
from demand_forecast_training.learning.hyper_parameters import ARCHITECTURES

from .conftest import CHOICES, CONTEXT, HyperParameters

GROUPS = {
    HISTORY: [],
    "recency": ["recency"],
    "habit": ["rate", *(name for name in CONTEXT if name.startswith("weekday"))],
    "nothing": ["constant"],
}
HORIZONS = (1, 7, 30)


@pytest.fixture(scope="module")
def row(data: CustomerData, trained: Trained) -> dict[str, Any]:
    """A registry row whose golden rows are origins as they were: of mingled ones, rate and weekdays contradict each other."""
    return registry_row(data, trained, export_with(trained.network, inputs_of(data, golden_examples(data)), data.signature))


def by_all_orders(answer: Any, groups: int) -> Any:
    """The definition: what each group adds on average when groups become known in every order."""
    found = np.zeros(groups)
    orders = list(itertools.permutations(range(groups)))
    for order in orders:
        for place, group in enumerate(order):
            found[group] += answer(frozenset(order[: place + 1])) - answer(frozenset(order[:place]))
    return found / len(orders)


def test_values_are_those_of_all_orders() -> None:
    random = np.random.default_rng(3)
    known = coalitions(4)
    table = {frozenset(np.flatnonzero(row)): random.normal() for row in known}
    answers = np.array([[table[frozenset(np.flatnonzero(row))]] for row in known])[None]
    assert shapley_values(answers)[0, :, 0] == pytest.approx(by_all_orders(table.__getitem__, 4))


def column_of(row: dict[str, Any]) -> dict[str, pa.Array]:
    table = pa.ipc.open_stream(row["golden_rows"]).read_all().combine_chunks()
    return {name: table.column(name).chunk(0) for name in table.column_names}


def explainer_of(row: dict[str, Any], reference: float = 0.5) -> Explainer:
    return explainer(load_model(row), row["onnx_bytes"], GROUPS, dict.fromkeys(CONTEXT, reference), HORIZONS)


@pytest.fixture(scope="module")
def answers(row: dict[str, Any]) -> Any:
    columns = column_of(row)
    return explain(explainer_of(row), columns["context"], columns["steps"], columns["days"])


def lists(answers: Any, name: str) -> Any:
    return np.array(answers.field(name).to_pylist())


def test_contributions_and_base_add_up_to_the_probability(row: dict[str, Any], answers: Any) -> None:
    said = np.array(column_of(row)["purchase_probability"].to_pylist())[:, [days - 1 for days in HORIZONS]]
    total = lists(answers, "base_value") + sum(lists(answers, name) for name in GROUPS)
    assert np.abs(total - said).max() < 1e-5
    assert len(np.unique(lists(answers, "base_value").round(6), axis=0)) > 1  # days differ, and nothing else does


def test_a_group_that_is_as_the_references_adds_nothing(row: dict[str, Any]) -> None:
    columns = column_of(row)
    found = explain(explainer_of(row, 1.0), columns["context"], columns["steps"], columns["days"])
    assert np.abs(lists(found, "nothing")).max() < 1e-7  # the feature is 1 for everyone
    has_steps = np.array([len(steps) > 0 for steps in columns["steps"].to_pylist()])
    assert np.abs(lists(found, HISTORY)[~has_steps]).max() < 1e-7 < np.abs(lists(found, HISTORY)[has_steps]).min(axis=0).max()


def test_a_higher_rate_adds_more(row: dict[str, Any], answers: Any) -> None:
    rate = np.array(column_of(row)["context"].field("rate"))
    habit = lists(answers, "habit")[:, 2]
    assert habit[rate > 0.25].mean() > habit[rate < 0.1].mean() + 0.02


def test_one_call_explains_at_a_time(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine calls from several threads, and a batch of reasons is 256 times a batch of customers."""
    running, most, explained = [0], [0], Explainer.explained

    def counted(*arguments: Any) -> Any:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        answer = explained(*arguments)
        running[0] -= 1
        return answer

    columns, explaining = column_of(row), explainer_of(row)
    monkeypatch.setattr(Explainer, "explained", counted)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: explain(explaining, *(columns[name] for name in ("context", "steps", "days"))), range(4)))
    assert most == [1]


def test_no_customers_have_no_reasons(row: dict[str, Any]) -> None:
    columns = column_of(row)
    found = explain(explainer_of(row), *(columns[name].slice(0, 0) for name in ("context", "steps", "days")))
    assert len(found) == 0 and [field.name for field in found.type] == ["base_value", *GROUPS]


def test_a_horizon_that_is_named_twice_counts_once(row: dict[str, Any], answers: Any) -> None:
    session = duckdb.connect()
    golden = pa.ipc.open_stream(row["golden_rows"]).read_all()
    inputs = golden.append_column("number", [range(len(golden))])
    inputs = inputs.append_column("feature_set_version", [[row["feature_set_version"]] * len(golden)])
    groups = [{"driver_group": name, "feature": feature} for name, features in GROUPS.items() for feature in features or [None]]
    found = explain_requests(
        session,
        keys=("number",),
        inputs=session.from_arrow(inputs),
        champion=session.from_arrow(pa.Table.from_pylist([row])),
        groups=session.from_arrow(pa.Table.from_pylist(groups)),
        reference=session.from_arrow(pa.Table.from_pylist([dict.fromkeys(CONTEXT, 0.5)])),
        horizons=[30, 7, 1, 7],
        dbt_version=__version__,
    )
    said = found.order("number").to_arrow_table()
    for name in ("base_value", *GROUPS):
        assert np.abs(np.array(said[name].to_pylist()) - lists(answers, name)).max() < 1e-6


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_can_be_cut(data: CustomerData, trained: Trained, architecture: str) -> None:
    choices = HyperParameters(**(vars(CHOICES) | {"architecture": architecture}))
    network = Network(fit_scalers(data, choices), choices).eval()
    exported = export(network, data)
    row = registry_row(data, trained, exported)
    columns = column_of(row)
    found = explain(explainer_of(row), columns["context"], columns["steps"], columns["days"])
    said = np.array(columns["purchase_probability"].to_pylist())[:, 0]
    total = lists(found, "base_value")[:, 0] + sum(lists(found, name)[:, 0] for name in GROUPS)
    assert np.abs(total - said).max() < 1e-5


def test_a_feature_without_a_group_is_named(row: dict[str, Any]) -> None:
    with pytest.raises(DemandForecastError, match="constant"):
        explainer(load_model(row), row["onnx_bytes"], GROUPS | {"nothing": []}, dict.fromkeys(CONTEXT, 0.5), HORIZONS)
