"""Odd rows, several sources and half-loaded ones: a day counts as known only when it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import copied
from .user_project import EVENTS, UserProject, new_shop

Copy = Callable[[UserProject], UserProject]

ORDERS: dict[str, Any] = {
    "name": "orders",
    "source": ["shop", "orders"],
    "columns": {"event_id": "id", "customer_id": "who", "event_at": "ordered_at", "amount": "money"},
    "constants": {"event_type": "purchase", "channel": "desk"},
}
LATEST = "select latest_origin_date::varchar from seq_cut_dates"


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """Clicks and orders, built once; bots are those with more than 300 rows on a day."""
    project = new_shop(tmp_path_factory.mktemp("two"), event_sources=[EVENTS, ORDERS], max_events_per_day=300)
    project.execute(
        "create table shop.orders as select id, who, clicked_at as ordered_at, 5.0 as money from shop.clicks where id % 20 = 0",
        "insert into shop.orders select 900000 + i, 'busy', timestamp '2025-05-02 10:00', 1 from range(200) t(i)",
        "insert into shop.orders select 900000 + i, 'twice', timestamp '2025-05-02 10:00', 1 from range(200) t(i)",
    )
    project.rebuild("customer_forecasts", "data_readiness", "rejected_events", "stg_event_rows")
    return project


@pytest.fixture(scope="module")
def odd_rows(two_sources: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The two sources with rows of every odd kind, each of customers or days of their own."""
    project = copied(two_sources, tmp_path_factory.mktemp("odd_rows"))
    project.execute(
        "alter table shop.clicks alter clicked_at type varchar",
        "insert into shop.clicks select 910000 + i, 'busy', '2025-05-02 10:00', 'view', null, null, null from range(200) t(i)",
        "insert into shop.orders select * from shop.orders where who = 'twice'",
        """insert into shop.clicks values
            (930001, 'K1', '1970-01-01 00:00', 'view', null, null, null),
            (930002, 'K1', '1900-01-01 00:00', 'view', null, null, null),
            (970001, 'K1', '12025-05-01 10:00', 'view', null, null, null),
            (970002, 'K1', 'infinity', 'view', null, null, null),
            (970003, 'K1', '2025-05-01 10:00', 'view', null, null, null),
            (980001, 'price', '2025-05-01 10:00', 'buy', 'P1', 2, null),
            (980002, 'quantity', '2025-05-01 10:00', 'buy', 'P1', null, 5),
            (980003, 'zero', '2025-05-01 10:00', 'buy', 'P1', 0, 5),
            (980004, 'padded', '2025-05-01 10:00', 'buy', ' P1  ', 1, 5)""",
    )
    project.rebuild("rejected_events", "seq_origins")
    return project


def test_a_bot_is_judged_over_all_sources_also_when_one_comes_later(two_sources: UserProject, odd_rows: UserProject) -> None:
    assert two_sources.query("select count(*) from rejected_events where customer_id = 'busy'") == [(0,)]
    rejected = "select source, reason, count(*) from rejected_events where customer_id = 'busy' group by all order by all"
    assert odd_rows.query(rejected) == [("orders", "too_many_events", 200), ("web", "too_many_events", 200)]
    counted = """select source_name, sum(row_count)::int from stg_event_counts
        where event_date = '2025-05-02' and verdict = 'rejected' group by 1 order by 1"""
    assert odd_rows.query(counted) == [("orders", 200), ("web", 200)]
    assert odd_rows.query("select event_count from seq_customer_steps where customer_id = 'busy'") == [(0,)]


@pytest.mark.keeps("duplicates")
def test_copies_do_not_make_a_bot(odd_rows: UserProject) -> None:
    assert odd_rows.query("select verdict, count(*) from rejected_events where customer_id = 'twice' group by 1") == [
        ("duplicate", 200)
    ]
    assert odd_rows.query("select purchase_count from seq_customer_steps where customer_id = 'twice'") == [(200,)]


def test_a_row_from_the_epoch_is_rejected_and_changes_no_origin(two_sources: UserProject, odd_rows: UserProject) -> None:
    assert odd_rows.query("select count(*) from rejected_events where reason = 'bad_timestamp'") == [(2,)]
    origins = "select count(*), min(as_of_date) from seq_origins where customer_id like 'K%'"
    assert odd_rows.query(origins) == two_sources.query(origins)


def test_days_far_outside_the_calendar_are_rejected_and_lose_no_other_day(odd_rows: UserProject) -> None:
    assert odd_rows.query("select event_id from rejected_events where reason = 'future_event' order by 1") == [
        ("970001",),
        ("970002",),
    ]
    raw = """select (select count(*) from shop.clicks) + (select count(*) from shop.orders)
        = (select sum(row_count) from main_demand.stg_event_counts)"""
    assert odd_rows.query(raw) == [(True,)]


def test_blank_prices_bring_no_money_and_blank_quantities_one_unit(odd_rows: UserProject) -> None:
    """Nothing is guessed, and every one is a purchase: of no units where the quantity is zero."""
    steps = """select customer_id, purchase_count::int, purchased_units::int, purchased_amount::int from seq_customer_steps
        where customer_id in ('price', 'quantity', 'zero') order by 1"""
    assert odd_rows.query(steps) == [("price", 1, 2, 0), ("quantity", 1, 1, 5), ("zero", 1, 0, 5)]


def test_a_product_with_blanks_around_its_id_is_the_same_product(odd_rows: UserProject) -> None:
    assert odd_rows.query("select distinct product_id from stg_event_rows where customer_id = 'padded'") == [("P1",)]


def test_the_slowest_required_source_holds_the_origin_and_is_named(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.execute("delete from shop.orders where ordered_at >= '2025-05-20'")
    project.rebuild("data_readiness")
    assert project.query(LATEST) == [("2025-05-18",)]
    slowest = "select status, slowest_source from data_readiness where task = 'customer_demand'"
    assert project.query(slowest) == [("warning", "orders")]
    project.settings |= {"event_sources": [EVENTS, ORDERS | {"required": False}]}
    project.write().rebuild("data_readiness")
    assert project.query(LATEST) == [("2025-05-29",)]


def test_an_empty_required_source_is_refused_by_name(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.execute("delete from shop.orders")
    project.rebuild("data_readiness", "customer_forecasts")
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "refused" and "orders" in reason and "required: false" in reason
    assert project.query("select count(*) from customer_forecasts") == [(0,)]


def test_the_worst_source_is_named_with_its_reason(two_sources: UserProject, copy_of: Copy) -> None:
    """The many sound rows of another source do not hide it; nor is an id of the order taken for one of the line."""
    project = copy_of(two_sources)
    project.execute(
        "alter table shop.orders alter money type varchar",
        "update shop.orders set money = 'free' where id % 40 = 0",
        "update shop.orders set money = '-1' where id % 400 = 20",
    )
    project.rebuild("data_readiness")
    readiness = "data_readiness where task = 'customer_demand'"
    share = "select round(100 * avg((money in ('free', '-1'))::int))::int || ' % of source orders' from shop.orders"
    rejected, status, reason = project.query(f"select ({share}), status, reason from {readiness}")[0]
    assert status == "warning" and f"{rejected} was rejected, most often as bad_amount (see rejected_events)" in reason
    assert "duplicates" not in reason
    project.execute("update shop.orders set money = 5", "update shop.orders set id = id // 10 where who = 'twice'")
    project.rebuild("data_readiness")
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "warning" and "source orders is duplicates (is event_id one per order rather" in reason
    assert "rejected" not in reason


@pytest.mark.keeps("future timestamps")
def test_today_is_never_complete(two_sources: UserProject, copy_of: Copy) -> None:
    """A clock that is ahead stamps tomorrow: the row is accepted and the half-loaded today is still no origin."""
    project = copy_of(two_sources)
    project.settings |= {"run_date": "2025-05-20"}
    project.execute(
        "delete from shop.clicks where clicked_at >= '2025-05-20 12:00'",
        "delete from shop.orders where ordered_at >= '2025-05-20 12:00'",
        "insert into shop.clicks values (920001, 'K1', '2025-05-21 00:05', 'view', null, null, null)",
        "insert into shop.orders values (920001, 'K1', '2025-05-21 00:05', 5)",
    )
    project.write().rebuild("data_readiness")
    assert project.query(LATEST) == [("2025-05-19",)]


def test_a_number_with_a_point_names_the_same_customer(tmp_path: Path) -> None:
    """A load that met an empty id made numbers of them: 12.0 is the customer 12 of the other sources."""
    orders = EVENTS | {"name": "orders", "source": ["shop", "orders"]}
    project = new_shop(tmp_path, event_sources=[EVENTS, orders])
    project.execute(
        "update shop.clicks set who = replace(who, 'K', '')",
        "create table shop.orders as select * replace (who::double as who) from shop.clicks where what = 'buy'",
        "delete from shop.clicks where what = 'buy'",
        "insert into shop.orders by name select * replace (null as who, 930001 as id) from shop.orders limit 1",
    )
    project.rebuild("seq_customer_steps", "rejected_events")
    assert project.query("select count(distinct customer_id) from seq_customer_steps") == [(60,)]
    assert project.query("select count(*) from seq_customer_steps where customer_id like '%.%'") == [(0,)]
    assert project.query("select count(*) from rejected_events where reason = 'blank_customer_id'") == [(1,)]


def test_many_days_of_a_view_that_unites_tables_are_read_again(tmp_path: Path) -> None:
    """A view of one's own that brings sales and the rest together, in which each second day of a fortnight was corrected."""
    project = new_shop(tmp_path, event_sources=[EVENTS | {"source": ["shop", "orders"]}])
    sales, others = (f"select * from shop.clicks where what {sign} 'buy'" for sign in ("=", "<>"))
    project.execute(f"create view shop.orders as {sales} union all {others}")
    project.rebuild("seq_customer_steps", "seq_product_days")
    late = "select * replace (id + 700000 as id, 'late' as who) from shop.clicks where day(clicked_at) in (2, 4, 6, 7, 9, 12, 14)"
    project.execute(f"insert into shop.clicks by name {late}")
    project.rebuild("seq_customer_steps", "seq_product_days")
    told = "select sum(event_count) from seq_customer_steps where customer_id = 'late'"
    assert project.query(told) == project.query("select count(*) from shop.clicks where who = 'late'")


def test_a_link_made_later_does_not_move_the_origin(tmp_path: Path) -> None:
    entry = copy.deepcopy(EVENTS)
    entry["columns"]["visitor_id"] = "cookie"
    links = {"source": ["shop", "links"], "time_zone": "Europe/Berlin"}
    links["columns"] = {"visitor_id": "cookie", "customer_id": "who", "linked_at": "seen_at"}
    project = new_shop(tmp_path, event_sources=[entry], identity_links=links, run_date="2025-06-15")
    project.execute(
        "alter table shop.clicks add column cookie varchar",
        "insert into shop.clicks values (800001, null, '2025-05-01 10:00', 'view', 'P1', null, null, 'c-late')",
        "insert into shop.clicks values (800002, null, '2025-05-01 10:00', 'view', 'P1', null, null, 'c-never')",
        "create table shop.links as select 'c-late' as cookie, 'K1' as who, timestamp '2025-06-10 00:30' as seen_at",
        "insert into shop.links values ('c-never', 'K2', '2099-01-01 09:00')",
    )
    project.rebuild("seq_cut_dates", "seq_customer_steps", "rejected_events")
    assert project.query(LATEST) == [("2025-05-29",)]
    assert project.query("select event_date::varchar from seq_customer_steps where linked_event_count > 0") == [("2025-06-09",)]
    assert project.query("select event_id from rejected_events where reason = 'future_event'") == [("800002",)]


def test_fixed_dates_beyond_the_data_are_cut_to_it_and_said(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.settings |= {"as_of_date": "2025-12-31", "trained_through_date": "2025-11-30"}
    project.write().rebuild("data_readiness")
    dates = "select latest_origin_date::varchar, trained_through_date::varchar from seq_cut_dates"
    assert project.query(dates) == [("2025-05-30", "2025-05-30")]
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "warning" and "as_of_date" in reason and "trained_through_date" in reason


@pytest.mark.keeps("time zone and DST")
def test_a_zone_in_the_text_of_a_timestamp_is_kept(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.execute(
        "alter table shop.clicks alter clicked_at type varchar",
        "insert into shop.clicks values (940001, 'Z1', '2025-05-01T22:30:00Z', 'view', null, null, null)",
        "insert into shop.clicks values (940002, 'Z2', '2025-05-01 22:30:00+02:00', 'view', null, null, null)",
        "insert into shop.clicks values (940004, 'Z4', '2025-05-01 22:30:00.000 +0000', 'view', null, null, null)",
        "insert into shop.clicks values (940005, 'Z5', '2025-05-01 22:30:00 UTC', 'view', null, null, null)",
        "insert into shop.clicks values (940003, 'Z3', '2025-05-01 22:30:00', 'view', null, null, null)",
    )
    project.settings |= {"time_zone": "UTC", "event_sources": [EVENTS | {"time_zone": "America/New_York"}, ORDERS]}
    project.write().dbt("run", "--full-refresh", "--select", "+stg_event_rows")
    rows = "select customer_id, event_at::varchar from stg_event_rows where customer_id like 'Z%' order by 1"
    assert project.query(rows) == [
        ("Z1", "2025-05-01 22:30:00"),
        ("Z2", "2025-05-01 20:30:00"),
        ("Z3", "2025-05-02 02:30:00"),
        ("Z4", "2025-05-01 22:30:00"),
        ("Z5", "2025-05-01 22:30:00"),
    ]


@pytest.mark.keeps("NaN, infinity and overflow")
def test_an_amount_beyond_reason_is_rejected_and_every_verdict_can_be_read(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    entry = copy.deepcopy(EVENTS)
    entry["columns"]["unit_price"] = entry["columns"].pop("amount")
    project.settings |= {"event_sources": [entry, ORDERS]}
    project.execute(
        "alter table shop.clicks alter money type double",
        "insert into shop.clicks values (950001, 'K1', '2025-05-01 10:00', 'buy', 'P1', 1000000, 5e8)",
        "insert into shop.clicks values (950002, 'K1', '2025-05-01 10:00', 'buy', 'P1', 1, 'NaN'::double)",
    )
    project.write().dbt("run", "--full-refresh", "--select", "+rejected_events", "stg_event_rows")
    rows = "select event_id, reason from stg_event_rows where event_id in ('950001', '950002') order by 1"
    assert project.query(rows) == [("950001", "bad_amount"), ("950002", "bad_amount")]
    prices = "select event_id, raw_unit_price from rejected_events where event_id in ('950001', '950002') order by 1"
    assert project.query(prices) == [("950001", "500000000.0"), ("950002", "nan")]


@pytest.mark.keeps("late events")
def test_a_late_event_changes_todays_forecast_and_asks_for_no_second_backtest(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    backtests = "select count(*) from pred_customer_ledger where purpose = 'backtest'"
    before = project.query(backtests)
    project.execute("insert into shop.clicks values (960001, 'K1', '2025-05-15 10:00', 'buy', 'P1', 3, 30)")
    project.rebuild("customer_forecasts")
    assert project.query(backtests) == before
    served = "select count(*) from pred_customer_ledger where purpose = 'served' and customer_id = 'K1'"
    assert project.query(served) == [(2,)]
    assert project.query("select count(*) from customer_forecasts where customer_id = 'K1'") == [(3,)]


def test_a_raised_limit_of_events_is_applied_to_old_days_without_a_full_refresh(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.settings |= {"max_events_per_day": 100}
    project.write().rebuild("rejected_events")
    assert project.query("select count(*) from rejected_events where reason = 'too_many_events'") == [(400,)]


def test_forecasts_are_not_judged_at_horizons_that_they_do_not_reach(two_sources: UserProject, copy_of: Copy) -> None:
    project = copy_of(two_sources)
    project.settings |= {"max_horizon_days": 40, "horizons": [1, 40], "test_days": 50}
    project.write().rebuild("customer_forecasts", "pred_customer_horizons")
    assert project.query("select distinct horizon_days from customer_forecasts order by 1") == [(1,), (40,)]
    reach = """select count(*) filter (where len(ledger.purchase_probability) < 40), max(horizons.horizon_days)
        filter (where len(ledger.purchase_probability) < 40)
        from pred_customer_ledger as ledger
        join pred_customer_horizons as horizons using (customer_id, as_of_date, input_hash, model_version, purpose)"""
    short_lists, longest = project.query(reach)[0]
    assert short_lists > 0 and longest == 1


def test_a_source_that_loads_whole_days_is_known_through_its_newest_day_that_is_over(
    built_shop: UserProject, copy_of: Copy
) -> None:
    project = copy_of(built_shop)
    ((newest,),) = project.query("select max(clicked_at)::date::varchar from shop.clicks")
    ((before,),) = project.query(LATEST)
    assert before < newest
    project.settings |= {"event_sources": [EVENTS | {"loads_whole_days": True}]}
    project.write().rebuild("seq_cut_dates")
    assert project.query(LATEST) == [(newest,)]
    project.settings |= {"run_date": newest}
    project.write().rebuild("seq_cut_dates")
    assert project.query(LATEST) == [(before,)]


def test_a_corrected_mapping_of_the_same_columns_is_read_anew(built_shop: UserProject, copy_of: Copy) -> None:
    """Money was mapped as the line total and is the price of a unit: a plain build counts it so on every day."""
    project = copy_of(built_shop)
    entry = copy.deepcopy(EVENTS)
    entry["columns"]["unit_price"] = entry["columns"].pop("amount")
    project.settings |= {"event_sources": [entry]}
    project.write().rebuild("seq_customer_steps")
    expected = project.query("select sum(pieces * money)::double from shop.clicks where what = 'buy'")
    assert project.query("select sum(purchased_amount)::double from seq_customer_steps") == expected
