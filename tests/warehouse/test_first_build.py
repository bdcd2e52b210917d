"""What holds after a build without a champion, and what a second build may change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from .user_project import UserProject

Copy = Callable[[UserProject], UserProject]

PUBLISHED = (
    "customer_forecasts",
    "churn_alerts",
    "customer_segments",
    "customer_segment_movements",
    "market_trends",
    "prediction_errors",
    "forecast_accuracy",
    "forecast_calibration",
    "model_versions",
    "data_readiness",
    "rejected_events",
    "product_forecasts",
    "product_lead_time_demand",
    "inventory_plan",
    "product_recommendations",
    "demand_outlook",
)
KEPT = (
    *PUBLISHED,
    "pred_customer_ledger",
    "pred_product_ledger",
    "seq_customer_steps",
    "seq_customer_timeline",
    "seq_customer_contexts",
    "seq_origins",
    "seq_product_days",
    "seq_product_contexts",
    "seq_customer_items",
)


def snapshot(project: UserProject, names: tuple[str, ...] = KEPT) -> None:
    project.execute(*(f"create or replace table shop.was_{name} as select * from main_demand.{name}" for name in names))


def changed_rows(project: UserProject, name: str) -> int:
    sql = f"""select count(*) from (
        (select * from main_demand.{name} except all select * from shop.was_{name})
        union all (select * from shop.was_{name} except all select * from main_demand.{name}))"""
    return int(project.query(sql)[0][0])


def days_read(project: UserProject, model: str) -> set[str]:
    """Days that the last build asked the raw rows for; a build that reads them all names none."""
    sql = (project.folder / f"target/compiled/demand_forecast/models/{model}.sql").read_text()
    range_of_days = r"event_date between cast\('(\S+)' as date\) and cast\('(\S+)' as date\)"
    named = re.findall(rf"{range_of_days} and \(((?:{range_of_days}(?: or )?)+)\)", sql)
    ranges = [pair for one in named for pair in re.findall(range_of_days, one[2])]
    return {str(day) for first, last in ranges for day in days_between(first, last)}


def days_between(first: str, last: str) -> list[date]:
    """All days of a range."""
    start = date.fromisoformat(first)
    return [start + timedelta(days=number) for number in range((date.fromisoformat(last) - start).days + 1)]


def test_every_forecast_comes_from_the_baseline_without_a_champion(built_shop: UserProject) -> None:
    assert built_shop.query("select distinct predictor, model_version, provider from customer_forecasts") == [
        ("baseline", "baseline", "SQL")
    ]
    assert built_shop.query("select count(*) from model_versions") == [(0,)]


def test_each_eligible_customer_has_one_row_per_horizon(built_shop: UserProject) -> None:
    rows = built_shop.query(
        "select count(*), count(distinct (customer_id, horizon_days)), count(distinct customer_id) from customer_forecasts"
    )
    assert rows == [(180, 180, 60)]


def test_backtests_fill_the_error_tables_and_stay_apart_from_served_rows(built_shop: UserProject) -> None:
    assert built_shop.query("select distinct purpose from prediction_errors") == [("backtest",)]
    horizons = built_shop.query("select horizon_days, count(distinct as_of_date) from prediction_errors group by 1 order by 1")
    assert horizons == [(1, 20), (7, 14)]  # 20 test days; a 30-day window is never whole within them


def test_a_build_leaves_no_temporary_table(built_shop: UserProject) -> None:
    assert built_shop.query("select table_name from information_schema.tables where table_name like '%__dbt_%'") == []


def test_a_second_build_changes_nothing(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    snapshot(project)
    project.dbt("run")
    assert {name: changed_rows(project, name) for name in KEPT} == dict.fromkeys(KEPT, 0)


@pytest.mark.keeps("late events")
def test_only_changed_days_are_built_again_however_old(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    snapshot(project)
    days = project.query("select max(clicked_at)::date - 40, min(clicked_at) filter (where who = 'K2')::date from shop.clicks")[0]
    touched = {str(day) for day in days}
    project.execute(
        "insert into shop.clicks select 900001, 'K1', max(clicked_at) - interval 40 day, 'buy', 'P1', 7, 70 from shop.clicks",
        "delete from shop.clicks where who = 'K2' and clicked_at::date ="
        " (select min(clicked_at)::date from shop.clicks where who = 'K2')",
    )
    project.rebuild("seq_customer_contexts", "seq_product_days", "stg_event_counts")
    readers = ("sequences/seq_customer_steps", "sequences/seq_product_days", "staging/stg_event_counts")
    assert {name: days_read(project, name) for name in readers} == dict.fromkeys(readers, touched)
    changed = """select customer_id, count(*) from (
        (select * from main_demand.seq_customer_steps except all select * from shop.was_seq_customer_steps)) group by 1"""
    assert sorted(project.query(changed)) == [("K1", 1), ("K2", 1)]
    contexts = """select distinct customer_id from (
        (select * from main_demand.seq_customer_contexts except all select * from shop.was_seq_customer_contexts))"""
    assert {row[0] for row in project.query(contexts)} <= {"K1", "K2"}
    assert project.query("select event_count from seq_customer_steps where customer_id = 'K2' and event_count = 0") == [(0,)]


@pytest.mark.keeps("late events")
def test_a_customer_who_lost_all_days_comes_back_alone(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    table = "seq_customer_ordered_steps"
    project.execute("create table shop.gone as from shop.clicks where who = 'K3'", "delete from shop.clicks where who = 'K3'")
    snapshot(project, ("seq_customer_timeline",))
    project.rebuild("seq_customer_timeline")
    assert project.query(f"select count(*), count(event_date) from {table} where customer_id = 'K3'") == [(1, 0)]
    assert project.query("select count(*) from seq_customer_timeline where customer_id = 'K3'") == [(0,)]
    project.rebuild("seq_customer_timeline")
    assert project.query(f"select count(*) from {table} where customer_id = 'K3'") == [(1,)]
    tables = (f"main_demand.{table}", "shop.was_seq_customer_timeline")
    project.execute(*(f"update {name} set channel = 'kept' where customer_id <> 'K3'" for name in tables))
    project.execute("insert into shop.clicks from shop.gone")
    project.rebuild("seq_customer_timeline")
    assert changed_rows(project, "seq_customer_timeline") == 0


@pytest.mark.keeps("late events")
def test_changed_data_and_a_clean_build_agree(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.execute(
        "insert into shop.clicks select 900001, 'K1', max(clicked_at) - interval 40 day, 'buy', 'P1', 7, 70 from shop.clicks",
        "delete from shop.clicks where who = 'K3'",
        "update shop.clicks set pieces = 9 where id = (select max(id) from shop.clicks where what = 'buy')",
    )
    tables = (
        "seq_customer_timeline",
        "seq_origins",
        "seq_customer_contexts",
        "seq_target_days",
        "data_readiness",
        "rejected_events",
    )
    tables += ("seq_product_days", "seq_product_contexts", "seq_product_origins", "seq_customer_items")
    project.rebuild(*tables)
    snapshot(project, tables)
    project.dbt("run", "--full-refresh", "--select", *(f"+{name}" for name in tables))
    assert {name: changed_rows(project, name) for name in tables} == dict.fromkeys(tables, 0)


def test_the_half_loaded_last_day_is_not_an_origin(built_shop: UserProject) -> None:
    last_day, origin = built_shop.query(
        "select max(clicked_at)::date, (select max(as_of_date) from customer_forecasts) from shop.clicks"
    )[0]
    assert (last_day - origin).days == 1


def test_training_origins_lie_on_every_weekday(built_shop: UserProject) -> None:
    rows = built_shop.query("select count(distinct isodow(as_of_date)) from seq_origins where role = 'train'")
    assert rows == [(7,)]


def test_customers_without_recent_steps_or_purchases_keep_their_rows(built_shop: UserProject) -> None:
    silent = "(select customer_id from seq_customer_steps group by 1 having sum(purchase_count) = 0)"
    expected = built_shop.query(f"select count(*) from seq_origins where role = 'train' and customer_id in {silent}")
    found = built_shop.query(f"select count(*) from lbl_training_examples where role = 'train' and customer_id in {silent}")
    assert expected == found
    everyone = built_shop.query("select count(*) from seq_origins where role in ('train', 'validation')")
    assert everyone == built_shop.query("select count(*) from lbl_training_examples")
    assert built_shop.query("select count(*) > 0 from lbl_training_examples where len(purchases) = 0") == [(True,)]
