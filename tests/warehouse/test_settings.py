"""Settings that change what is read or who is forecast take hold in the next build, and nothing stale stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from demand_forecast_training.warehouse.connection import relations_of

from .user_project import EVENTS, PACKAGE, UserProject

Copy = Callable[[UserProject], UserProject]


@pytest.mark.keeps("negative quantities and returns")
def test_another_units_basis_makes_every_context_anew_and_asks_again(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.settings |= {
        "event_sources": [EVENTS | {"event_types": EVENTS["event_types"] | {"back": "return"}}],
        "units_basis": "net",
    }
    project.execute("insert into shop.clicks select id + 500000, who, clicked_at, 'back', item, pieces, money from shop.clicks"
                    " where what = 'buy' and who = 'K1'")  # fmt: skip
    project.write().rebuild("customer_forecasts", "lbl_customer_outcomes")
    assert project.query("select distinct feature_set_version from seq_customer_contexts") == [("3-net",)]
    assert project.query("select sum(unit_rate_90d) from seq_customer_contexts where customer_id = 'K1'") == [(0.0,)]
    assert project.query("select sum(return_rate_90d) > 0 from seq_customer_contexts where customer_id = 'K1'") == [(True,)]
    served = "select count(*), count(distinct input_hash) from pred_customer_ledger where purpose = 'served'"
    assert project.query(served) == [(120, 120)]
    assert project.query("select sum(units) from lbl_customer_outcomes where customer_id = 'K1'") == [(0.0,)]


@pytest.mark.keeps("feature or model version mismatch")
def test_a_model_of_another_units_basis_is_refused_by_name(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    before = project.query("select * from customer_forecasts order by all")
    project.settings |= {"units_basis": "net"}
    result = project.write().rebuild("customer_forecasts", check=False)
    assert result.returncode != 0
    message = " ".join(result.stdout.split())
    assert "3-gross" in message and "3-net" in message and "demand train --promote" in message
    assert project.query("select * from customer_forecasts order by all") == before


def test_a_sample_keeps_whole_customers_and_the_same_ones(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.settings |= {"customer_sample_percent": 50}
    project.write().rebuild("customer_forecasts")
    kept = project.query("select distinct customer_id from customer_forecasts")
    assert 15 < len(kept) < 45
    whole = "select count(*) from shop.clicks where who in (select customer_id from main_demand.customer_forecasts)"
    assert project.query("select sum(event_count) from seq_customer_steps") == project.query(whole)
    project.settings |= {"customer_sample_percent": 100}
    project.write().rebuild("customer_forecasts")
    assert project.query("select count(distinct customer_id) from customer_forecasts") == [(60,)]


def test_origins_of_a_users_relation_replace_the_packages_own(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.execute(
        "create table shop.orders as select 'K1' as who, date '2025-05-20' as day union all select 'K2', date '2025-03-01'"
        " union all select 'nobody', date '2025-05-20' union all select 'K3', date '2031-01-01'"
        " union all select 'K1', date '2025-05-20'"
    )
    project.settings |= {
        "origins_relation": {"source": ["shop", "orders"], "columns": {"customer_id": "who", "as_of_date": "day"}}
    }
    project.write().rebuild("seq_customer_contexts", "lbl_customer_outcomes")
    own = "select customer_id, as_of_date::varchar, role from seq_origins where role <> 'latest' order by 1"
    assert project.query(own) == [("K1", "2025-05-20", "test"), ("K2", "2025-03-01", "train"), ("nobody", "2025-05-20", "test")]
    judged = """select customer_id, count(*) from lbl_customer_outcomes
        where as_of_date = '2025-05-20' and customer_id in ('K1', 'nobody') group by 1 order by 1"""
    assert project.query(judged) == [("K1", 2), ("nobody", 2)]
    assert project.query("select count(*) from seq_customer_contexts where customer_id = 'nobody'") == [(1,)]
    known = """select last_event_date, position, history_fingerprint from seq_origins
        where as_of_date = '2025-05-20' and customer_id = """
    last = """select event_date, step_number::integer, history_fingerprint from seq_customer_timeline
        where customer_id = 'K1' and event_date <= '2025-05-20' order by event_date desc limit 1"""
    assert project.query(f"{known} 'K1'") == project.query(last)
    assert project.query(f"{known} 'nobody'") == [(None, 0, 0)]


def test_another_registrys_champion_serves(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    version = project.query("select model_version from model_versions")
    project.execute(
        "create schema prod",
        "create table prod.model_registry as select * from main_demand.model_registry",
        "create table prod.model_promotions as select * from main_demand.model_promotions",
        "delete from main_demand.model_registry",
        "delete from main_demand.model_promotions",
    )
    project.rebuild("customer_forecasts", "model_versions")
    assert project.query("select distinct predictor from customer_forecasts") == [("baseline",)]
    project.settings |= {"registry": ["warehouse", "prod"]}
    project.write().rebuild("customer_forecasts", "model_versions")
    assert project.query("select distinct model_version from customer_forecasts") == version
    assert project.query("select model_version from model_versions where is_champion") == version


def test_after_a_corrected_mapping_back_tests_are_made_and_judged_anew(built_shop: UserProject, copy_of: Copy) -> None:
    """Units were mapped to the wrong column for a build: what was said then stays in the ledger and out of the figures."""
    figures = "select * from forecast_accuracy order by all"
    backtests = "select count(*) from pred_customer_ledger where purpose = 'backtest'"
    project = copy_of(built_shop)
    project.settings |= {"event_sources": [EVENTS | {"columns": EVENTS["columns"] | {"quantity": "money"}}]}
    project.execute("drop table main_demand.pred_customer_ledger")
    project.write().rebuild("forecast_accuracy")
    ((said_wrongly,),) = project.query(backtests)
    assert project.query(figures) != built_shop.query(figures)
    project.settings |= {"event_sources": [EVENTS]}
    project.write().rebuild("forecast_accuracy")
    assert project.query(figures) == built_shop.query(figures)
    assert project.query(backtests) == [(2 * said_wrongly,)]


def test_a_champion_of_another_mapping_is_named_in_readiness(trained_shop: UserProject, copy_of: Copy) -> None:
    warned = "select reason like '%mapped otherwise: demand train --promote%' from data_readiness where task = 'customer_demand'"
    assert trained_shop.query(warned) == [(False,)]
    project = copy_of(trained_shop)
    project.settings |= {"event_sources": [EVENTS | {"event_types": EVENTS["event_types"] | {"cart": "favourite"}}]}
    project.write().rebuild("customer_forecasts", "data_readiness")
    assert project.query(warned) == [(True,)]
    assert project.query("select distinct predictor from customer_forecasts") == [("model",)]


def test_origins_of_a_shop_that_is_too_large_lie_on_different_weekdays(built_shop: UserProject, copy_of: Copy) -> None:
    """Weekly for each customer, and on every weekday over all of them."""
    project = copy_of(built_shop)
    project.settings |= {"training_rows": 700}
    project.write().rebuild("seq_origins")
    rows = project.query("""
        select count(distinct isodow(as_of_date)), count(*) from seq_origins where role = 'train'
        union all
        select max(weekdays), min(rows) from (
            select count(distinct isodow(as_of_date)) as weekdays, count(*) as rows
            from seq_origins where role = 'train' group by customer_id)""")
    assert rows[0][0] == 7 and 300 < rows[0][1] < 1400
    assert rows[1][0] == 1


def test_ledger_and_registry_survive_a_full_refresh(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    kept = ("pred_customer_ledger", "model_registry", "model_promotions")
    before = {name: project.query(f"select * from {name} order by all") for name in kept}
    assert all(before.values())
    project.dbt("run", "--full-refresh", "--select", "+customer_forecasts")
    assert {name: project.query(f"select * from {name} order by all") for name in kept} == before


@pytest.mark.keeps("no GPU")
def test_a_required_gpu_stops_the_build_by_name(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    project.settings |= {"require_gpu": True}
    result = project.write().rebuild("customer_forecasts", check=False)
    assert result.returncode != 0 and "require_gpu" in result.stdout


def test_daily_forecasts_are_published_where_a_var_asks_for_them(built_shop: UserProject, copy_of: Copy) -> None:
    tables = "select count(*) from duckdb_tables() where table_name = 'customer_daily_forecasts'"
    assert built_shop.query(tables) == [(0,)]
    project = copy_of(built_shop)
    project.settings |= {"customer_daily_forecasts": True, "prediction_drivers": True}
    project.write().rebuild("customer_daily_forecasts", "prediction_drivers")
    assert project.query("select count(*), count(distinct target_date) from customer_daily_forecasts") == [(1800, 30)]
    assert project.query("select count(*) from prediction_drivers") == [(0,)]  # the baseline has no groups of features
    project.settings |= {"as_of_date": "2025-05-20"}
    project.write().rebuild("customer_daily_forecasts", "prediction_drivers")
    assert project.query("select count(*) from customer_daily_forecasts") == [(1800,)]


def test_the_selectors_of_the_docs_build_everything_in_three_parts(trained_shop: UserProject, copy_of: Copy) -> None:
    project, example = copy_of(trained_shop), PACKAGE / "examples" / "complete_journey" / "selectors.yml"
    page = (PACKAGE / "docs" / "selectors.md").read_text(encoding="utf-8")
    assert f"```yaml\n{example.read_text(encoding='utf-8')}```" in page
    shutil.copy(example, project.folder)
    listed = ("--quiet", "ls", "--resource-type", "model", "--output", "name", "--selector")
    parts = {name: set(project.dbt(*listed, name).stdout.split()) for name in ("score", "monitor", "marts")}
    assert set.union(*parts.values()) == set(relations_of(project.folder / "target" / "manifest.json"))
    assert not parts["score"] & (parts["monitor"] | parts["marts"]) and len(parts["monitor"] - parts["marts"]) > 20
    project.build("--selector", "score", "--vars", "{customer_sample_percent: 50}")
    results = json.loads((project.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    built = {result["unique_id"].split(".")[-1] for result in results if result["unique_id"].startswith("model.")}
    assert built == parts["score"]
    ((customers,),) = project.query("select count(distinct customer_id) from seq_origins")
    assert 15 < customers < 45  # of 60


def test_metrics_are_defined_where_a_var_asks_for_them(trained_shop: UserProject, copy_of: Copy) -> None:
    """Every measure is a query that its table answers."""
    project = copy_of(trained_shop)

    def defined() -> dict[str, Any]:
        found: dict[str, Any] = json.loads((project.folder / "target" / "semantic_manifest.json").read_text(encoding="utf-8"))
        return found

    assert not defined()["semantic_models"] and not defined()["metrics"]
    project.settings |= {"semantic_layer": True}
    project.write().build("-s", "demand_days")
    names = {metric["name"] for metric in defined()["metrics"]}
    assert {"demand_forecast_units", "demand_wape", "demand_bias", "demand_calibration_gap", "demand_log_loss"} < names
    functions = {"average": "avg", "sum": "sum", "count": "count"}
    for model in defined()["semantic_models"]:
        for measure in model["measures"]:
            sql = f"select {functions[measure['agg']]}({measure['expr']}) from {model['node_relation']['alias']}"
            assert project.query(sql)[0][0] is not None, measure["name"]
    days = "count(*) = max(date_day) - min(date_day) + 1, max(date_day) - max(latest_origin_date)"
    assert project.query(f"select {days} from demand_days, seq_cut_dates") == [(True, 30)]
