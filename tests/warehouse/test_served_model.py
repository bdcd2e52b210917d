"""What a champion says, and what happens where it may not speak: builds with a trained model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import torch
from demand_forecast.arrays import one_chunk
from demand_forecast.model import OUTPUTS, load_model
from demand_forecast.udf import score
from demand_forecast_training.customers.examples import CustomerData, read_dataset
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.workflow import registered_network
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.warehouse.connection import relations_of

from .conftest import copied
from .test_first_build import changed_rows, snapshot
from .user_project import DBT, PACKAGE, UserProject

Copy = Callable[[UserProject], UserProject]
Answers = dict[str, np.ndarray]

VALUES = "purchase_probability, expected_units, expected_revenue, baseline_probability, baseline_units, baseline_revenue"
A_DAY_MORE = """
    insert into shop.clicks
    select 2000000 + id, who, clicked_at + interval 7 day, what, item, pieces, money
    from shop.clicks where clicked_at::date = (select max(clicked_at)::date - 6 from shop.clicks)"""
"""A copy of the same weekday of the week before: the newest day of the shop is then complete."""


def champion_of(project: UserProject) -> dict[str, Any]:
    """Registry row of the only version."""
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        rows: list[dict[str, Any]] = con.sql("select * from main_demand.model_registry").to_arrow_table().to_pylist()
    assert len(rows) == 1
    return rows[0]


def kept_models(project: UserProject) -> list[str]:
    """Models that keep their rows from build to build: every mart, and all that is not a view."""
    manifest = json.loads((project.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted(node["name"] for node in nodes if node["config"]["materialized"] != "view" or node["path"].startswith("marts"))


@pytest.fixture(scope="module")
def built_again(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The trained shop after one more build on the same data; the tables as they were are in the schema `shop`."""
    project = copied(trained_shop, tmp_path_factory.mktemp("built_again"))
    snapshot(project, tuple(kept_models(project)))
    project.rebuild()
    return project


@pytest.fixture(scope="module")
def day_later(built_again: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The trained shop a day later."""
    project = copied(built_again, tmp_path_factory.mktemp("day_later"))
    project.execute(A_DAY_MORE)
    project.rebuild()
    return project


# --- what is published ----------------------------------------------------------------------------------------------


@pytest.mark.keeps("no GPU")
def test_every_forecast_comes_from_the_champion(trained_shop: UserProject) -> None:
    version = champion_of(trained_shop)["model_version"]
    rows = trained_shop.query("select distinct predictor, model_version, provider from customer_forecasts")
    assert rows in ([("model", version, "CPU")], [("model", version, "CUDA")])
    versions = trained_shop.query("select model_version, architecture, is_champion from model_versions")
    assert versions == [(version, "lstm", True)]


@pytest.mark.keeps("a customer with no or one event")
def test_each_eligible_customer_has_one_forecast_per_horizon(trained_shop: UserProject) -> None:
    """Eligible: a step within active_days, as the raw clicks say."""
    found = trained_shop.query("select customer_id, horizon_days from customer_forecasts order by all")
    expected = trained_shop.query("""
        select who, horizon_days from shop.clicks cross join unnest([1, 7, 30]) as horizons(horizon_days)
        where clicked_at::date <= (select max(clicked_at)::date - 1 from shop.clicks)
        group by all order by all""")
    assert len(expected) == 180
    assert found == expected


def test_forecasts_are_bounded_and_none_falls_with_the_horizon(trained_shop: UserProject) -> None:
    rows = trained_shop.query(f"select {VALUES} from customer_forecasts order by customer_id, horizon_days")
    values = np.array(rows, float).reshape(60, 3, 6)
    assert np.isfinite(values).all()
    assert (values[..., [0, 3]] <= 1).all() and (values >= 0).all()
    assert (np.diff(values, axis=1) >= 0).all()
    assert (np.diff(values, axis=1) > 0).mean() > 0.9  # and the horizons are not all the same number


@pytest.mark.keeps("arithmetic trust")
def test_the_horizons_add_up_the_days_of_the_ledger(trained_shop: UserProject) -> None:
    """P(h) = 1 - prod(1 - hazard), units and revenue are sums of days."""
    ledger = trained_shop.query("""
        select purchase_hazard, expected_units, expected_revenue
        from pred_customer_ledger where purpose = 'served' and predictor = 'model' order by customer_id""")
    days = np.array(ledger, float)  # (customers, outputs, days)
    assert days.shape == (60, 3, 30)
    said = trained_shop.query("""
        select horizon_days, purchase_probability, expected_units, expected_revenue
        from customer_forecasts order by customer_id, horizon_days""")
    for at, horizon in enumerate((1, 7, 30)):
        rows = np.array(said[at::3], float)
        assert (rows[:, 0] == horizon).all()
        np.testing.assert_allclose(rows[:, 1], 1 - np.prod(1 - days[:, 0, :horizon], axis=1), atol=3e-5)
        np.testing.assert_allclose(rows[:, 2:], days[:, 1:, :horizon].sum(axis=2), rtol=1e-5, atol=2e-5)


def test_a_model_knows_more_than_one_number(trained_shop: UserProject) -> None:
    """Customers get forecasts of their own that follow their own rates."""
    rows = np.array(trained_shop.query("select purchase_probability, baseline_probability from customer_forecasts"), float)
    assert len(np.unique(rows[:, 0])) > 150
    assert np.corrcoef(rows.T)[0, 1] > 0.5


# --- training and scoring agree -------------------------------------------------------------------------------------


def training_answers(connection: Any, network: Network, relations: dict[str, str]) -> tuple[CustomerData, Answers]:
    """What training computes for the validation origins: one pass over each history, every origin reading its own state."""
    data = read_dataset(connection, relations)
    choices = HyperParameters(batch_origins=128)
    with torch.no_grad():
        said = network.forecast(predicted_rates(network, data, data.validation, choices))
    return data, {name: values.numpy() for name, values in zip(OUTPUTS, said, strict=True)}


def scoring_answers(connection: Any, row: dict[str, Any], project: UserProject, origins: str) -> Answers:
    """What scoring computes for some origins: the package's own SQL of its inputs over them."""
    manifest = json.loads((project.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    sql = manifest["nodes"]["model.demand_forecast.seq_customer_inputs"]["compiled_code"]
    known = manifest["nodes"]["model.demand_forecast.seq_origins"]["relation_name"]
    assert known in sql
    connection.execute(f"create or replace temp table wanted as {origins}")
    inputs = f"select * from ({sql.replace(known, 'wanted')}) order by customer_id, as_of_date"
    table = connection.sql(inputs).to_arrow_table()
    found = score(load_model(row), *(one_chunk(table[part]) for part in ("context", "steps", "days")))
    return {name: np.stack(found.field(name).to_numpy(zero_copy_only=False)) for name in OUTPUTS}


def difference(found: Answers, expected: Answers) -> float:
    """Greatest difference, as a share of values above 1."""
    return max(float((np.abs(found[name] - expected[name]) / np.maximum(1, expected[name])).max()) for name in OUTPUTS)


@pytest.fixture(scope="module")
def busy_shop(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The trained shop with three customers who come every day, so that their histories span two or three blocks: on validation
    days K1 is inside of its third block, K2 at the end of its second and K3 steps from its first into its second."""
    project = copied(trained_shop, tmp_path_factory.mktemp("busy"))
    starts = {"K1": "2024-12-01", "K2": "2025-01-01", "K3": "2025-02-27"}
    for number, (customer, first) in enumerate(starts.items()):
        project.execute(
            f"delete from shop.clicks where who = '{customer}'",
            f"""insert into shop.clicks
                select 3000000 + {number} * 1000 + row_number() over (), '{customer}',
                    day + interval 9 hour + interval (i) minute,
                    case when hash(day, '{customer}') % 7 = 0 then 'buy' when hash(day, i) % 5 = 0 then 'cart' else 'view' end,
                    'P' || hash(day, i) % 20, 1 + hash(day) % 3, (1 + hash(day) % 3) * 9.5
                from generate_series(timestamp '{first}', timestamp '2025-05-30', interval 1 day) as days(day), range(3) as t(i)
                where i <= hash(day, '{customer}') % 3""",
        )
    project.rebuild("customer_forecasts", "lbl_training_examples", "seq_customer_inputs")
    return project


VALIDATION = """
    select origins.* from main_demand.seq_origins as origins where role = 'validation' order by customer_id, as_of_date"""


def test_training_and_scoring_agree_on_validation_origins(busy_shop: UserProject) -> None:
    row = champion_of(busy_shop)
    relations = relations_of(busy_shop.folder / "target" / "manifest.json")
    with duckdb.connect(str(busy_shop.warehouse), read_only=True) as con:
        data, trained = training_answers(con, registered_network(row), relations)
        scored = scoring_answers(con, row, busy_shop, VALIDATION)
    assert len(data.validation) == 840
    assert trained["purchase_hazard"].shape == scored["purchase_hazard"].shape == (840, 30)
    assert difference(scored, trained) < 1e-5
    assert trained["purchase_hazard"].std() > 1e-3


def test_validation_origins_lie_on_both_sides_of_a_block(busy_shop: UserProject) -> None:
    """So that the comparison above says something about blocks: K1 reads two whole blocks of three."""
    rows = busy_shop.query(f"""
        select customer_id, min(block), max(block), min(position), max(position) from ({VALIDATION})
        where customer_id in ('K1', 'K2', 'K3') group by 1 order by 1""")
    assert rows == [("K1", 2, 2, 82, 95), ("K2", 1, 1, 115, 128), ("K3", 0, 1, 58, 71)]


def test_an_origin_reads_its_steps_and_no_other(busy_shop: UserProject) -> None:
    """Without the newest step, or with one step too many, the numbers differ by more than the tolerance."""
    row = champion_of(busy_shop)
    busy = f"select * from ({VALIDATION}) where customer_id in ('K1', 'K2', 'K3') and position < 128"
    with duckdb.connect(str(busy_shop.warehouse), read_only=True) as con:
        exact = scoring_answers(con, row, busy_shop, busy)
        for shift in (-1, 1):
            shifted = f"select * replace (position + {shift} as position) from ({busy})"
            assert difference(scoring_answers(con, row, busy_shop, shifted), exact) > 1e-4


# --- a build with a champion ----------------------------------------------------------------------------------------


def test_a_second_build_with_a_champion_changes_nothing(built_again: UserProject) -> None:
    names = kept_models(built_again)
    assert {"pred_customer_ledger", "customer_forecasts", "prediction_errors", "forecast_accuracy"} < set(names)
    changed = {name for name in names if changed_rows(built_again, name)}
    assert changed == {"pred_customer_requests", "pred_customer_model"}  # 1260 rows then, none now
    assert built_again.query("select count(*) from shop.was_pred_customer_requests") == [(1260,)]


def test_only_what_is_not_scored_yet_is_scored(built_again: UserProject, day_later: UserProject) -> None:
    assert built_again.query("select count(*) from pred_customer_requests") == [(0,)]
    assert built_again.query("select count(*) from pred_customer_model") == [(0,)]
    assert day_later.query("select count(*), count(distinct as_of_date), any_value(purpose) from pred_customer_model") == [
        (60, 1, "served")
    ]


def test_a_build_with_a_champion_leaves_no_temporary_table(built_again: UserProject) -> None:
    listed = built_again.query("select table_name from information_schema.tables where table_schema = 'main_demand'")
    tables = {row[0] for row in listed}
    assert tables == set(relations_of(built_again.folder / "target" / "manifest.json"))


def test_a_build_never_trains(trained_shop: UserProject, built_again: UserProject, day_later: UserProject) -> None:
    for project in (trained_shop, built_again, day_later):
        assert project.query("select count(*) from model_registry") == [(1,)]
        assert project.query("select count(*) from model_promotions") == [(1,)]


def test_no_model_of_the_package_imports_what_trains() -> None:
    files = list(PACKAGE.glob("models/**/*.py"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "torch" not in text and "demand_forecast_training" not in text, path


# --- served and back-test rows --------------------------------------------------------------------------------------


def test_yesterdays_forecasts_stay_served_and_are_judged_as_such(day_later: UserProject) -> None:
    yesterday, today = day_later.query("select max(as_of_date) - 1, max(as_of_date) from customer_forecasts")[0]
    assert (yesterday.isoformat(), today.isoformat()) == ("2025-05-29", "2025-05-30")
    said = f"""select predictor, purpose, count(*) from pred_customer_ledger
        where as_of_date = date '{yesterday}' group by all order by all"""
    assert day_later.query(said) == [("baseline", "served", 60), ("model", "served", 60)]
    judged = f"""select predictor, purpose, horizon_days, count(*) from prediction_errors
        where as_of_date = date '{yesterday}' group by all order by all"""
    assert day_later.query(judged) == [("baseline", "served", 1, 60), ("model", "served", 1, 60)]


def test_the_truth_beside_a_served_forecast_is_what_the_customer_did(day_later: UserProject) -> None:
    found = day_later.query("""
        select customer_id, actual_purchased, actual_units, actual_revenue from prediction_errors
        where purpose = 'served' and predictor = 'model' order by all""")
    expected = day_later.query("""
        select who, count(*) filter (where bought) > 0, coalesce(sum(pieces) filter (where bought), 0)::double,
            coalesce(sum(money) filter (where bought), 0)::double
        from (select *, what = 'buy' and clicked_at::date = date '2025-05-30' as bought from shop.clicks)
        group by who order by all""")
    assert found == expected
    assert 0 < sum(row[1] for row in found) < 60


def test_accuracy_keeps_served_and_backtest_apart(day_later: UserProject) -> None:
    found = day_later.query("""
        select distinct model_version, predictor, purpose, horizon_days, row_count from forecast_accuracy
        where task = 'customer_demand' order by all""")
    expected = day_later.query("""
        select model_version, predictor, purpose, horizon_days, count(*) from prediction_errors group by all order by all""")
    assert found == expected
    counts = {row[1:4]: row[4] for row in found}
    assert counts[("model", "served", 1)] == 60 and counts[("model", "backtest", 1)] == 1200


# --- nothing is judged on what it was taught ------------------------------------------------------------------------


def test_an_origin_that_the_model_has_seen_is_never_judged(trained_shop: UserProject, copy_of: Copy) -> None:
    """A row a day before trained_through_date stays out, its twin on that day is in."""
    project = copy_of(trained_shop)
    row = champion_of(project)
    seen, unseen = (f"date '{row['trained_through_date']}' - {days}" for days in (1, 0))
    for number, origin in enumerate((seen, unseen)):
        project.execute(f"""
            insert into main_demand.pred_customer_ledger
            select * replace ({origin} as as_of_date, {number} as input_hash, 'shadow' as purpose)
            from main_demand.pred_customer_ledger where predictor = 'model' and purpose = 'served' and customer_id = 'K5'""")
    project.build("--select", "lbl_customer_outcomes+")
    outcomes = f"select count(*) from lbl_customer_outcomes where customer_id = 'K5' and as_of_date = {seen}"
    assert project.query(outcomes) == [(2,)]  # so that it could have been judged, at horizons 1 and 7
    judged = project.query(
        "select as_of_date, horizon_days, model_version from prediction_errors where purpose = 'shadow' order by all"
    )
    assert judged == [(row["trained_through_date"], horizon, row["model_version"]) for horizon in (1, 7)]


def test_every_judged_origin_of_the_model_is_out_of_sample(day_later: UserProject) -> None:
    first = day_later.query("select min(as_of_date) from prediction_errors where predictor = 'model'")
    assert first == [(champion_of(day_later)["trained_through_date"],)]


# --- where the model may not speak ----------------------------------------------------------------------------------


@pytest.mark.keeps("corrupt ONNX")
def test_tampered_bytes_stop_the_build_and_leave_the_forecasts(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    row = champion_of(project)
    content = bytes(row["onnx_bytes"])
    middle = len(content) // 2
    tampered = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    with duckdb.connect(str(project.warehouse)) as con:
        con.execute("update main_demand.model_registry set onnx_bytes = ?", [tampered])
        con.execute("delete from main_demand.pred_customer_ledger where predictor = 'model'")  # so that all is asked for again
    snapshot(project, ("customer_forecasts", "pred_customer_ledger"))
    result = project.build("--select", "pred_customer_requests+", check=False)
    assert project.query("select count(*) from pred_customer_requests") == [(1260,)]
    assert result.returncode != 0
    assert row["model_version"] in result.stdout and "SHA-256" in result.stdout
    assert project.query("select count(*) from customer_forecasts") == [(180,)]
    assert changed_rows(project, "customer_forecasts") == changed_rows(project, "pred_customer_ledger") == 0


def test_without_the_python_package_the_baseline_serves_and_says_what_to_type(
    trained_shop: UserProject, copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_of(trained_shop)
    project.execute(A_DAY_MORE)
    (tmp_path / "sitecustomize.py").write_text("""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "demand_forecast":
            raise ModuleNotFoundError("No module named 'demand_forecast'", name="demand_forecast")

sys.meta_path.insert(0, Missing())
""")
    with monkeypatch.context() as missing:
        missing.setenv("PYTHONPATH", str(tmp_path))
        result = project.run(DBT, "run", "--select", "+customer_forecasts")
    assert "pip install demand-forecast" in result.stdout + result.stderr
    served = "select as_of_date::varchar, predictor, model_version, provider, count(*) from customer_forecasts group by all"
    assert project.query(served) == [("2025-05-30", "baseline", "baseline", "SQL", 180)]
    project.rebuild("customer_forecasts")  # with the package the model answers what the baseline had to
    version = champion_of(project)["model_version"]
    assert [row[1:3] for row in project.query(served)] == [("model", version)]


# --- the SQL function -----------------------------------------------------------------------------------------------

MY_SCORES = """
select customer_id, score_customer_demand(context, steps, days) as answer
from {{ ref('demand_forecast', 'seq_customer_inputs') }}
where role = 'latest'
"""


def test_the_sql_function_gives_the_numbers_of_the_ledger(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    registry = {"registry": "main_demand.model_registry", "promotions": "main_demand.model_promotions"}
    plugin = {"module": "demand_forecast.dbt_plugin", "config": registry}
    output = {"type": "duckdb", "path": str(project.warehouse), "schema": "main", "threads": 1, "plugins": [plugin]}
    project.write_yaml("profiles.yml", {"my_shop": {"target": "dev", "outputs": {"dev": output}}})
    (project.folder / "models" / "my_scores.sql").write_text("{{ config(materialized='table') }}" + MY_SCORES)
    project.dbt("run", "--select", "my_scores")
    for name in OUTPUTS:
        found, expected = (
            np.array([row[1] for row in project.query(f"select customer_id, {column} from {relation} order by 1")], float)
            for column, relation in (
                (f"answer.{name}", "main.my_scores"),
                (name, "(from pred_customer_ledger where purpose = 'served' and predictor = 'model')"),
            )
        )
        assert found.shape == expected.shape == (60, 30)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_the_golden_rows_come_with_pytorchs_answers(trained_shop: UserProject) -> None:
    row = champion_of(trained_shop)
    with pa.ipc.open_stream(bytes(row["golden_rows"])) as reader:
        golden = reader.read_all()
    assert len(golden) > 30
    found = score(load_model(row), *(one_chunk(golden[part]) for part in ("context", "steps", "days")))
    answers = {name: np.stack(found.field(name).to_numpy(zero_copy_only=False)) for name in OUTPUTS}
    assert difference(answers, {name: np.stack(golden[name].to_numpy()) for name in OUTPUTS}) < row["parity_tolerance"] <= 1e-4
