"""A wrong mapping is refused with the thing and the remedy; odd data is counted, never lost."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..macros import DEFAULTS, Macros, Refused
from .user_project import EVENTS, UserProject, new_shop

Copy = Callable[[UserProject], UserProject]


def source(**changes: Any) -> dict[str, Any]:
    """The usual event source with changes; `columns` are merged."""
    entry = copy.deepcopy(EVENTS)
    entry["columns"] |= changes.pop("columns", {})
    return entry | changes


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    return new_shop(tmp_path_factory.mktemp("mapping"))


WRONG_IN_DBT = [
    ({"event_sources": [source(columns={"customer_id": "whoo"})]}, "`whoo`", "It has: clicked_at, id"),
    ({"event_sources": [source(source=["shop", "orders"])]}, "orders", "does not exist"),
    ({"products": {"ref": "my_products", "colunms": {}}}, "`colunms`, perhaps meant as `columns`", "known keys are ref"),
    ({"test_days": "42"}, "`test_days` is the text `42`", "without quotes"),
    ({"service_level": {"default": 0.95, "shoes": "0.98"}}, "the text `0.98` for `shoes`", "without quotes"),
]
"""What takes the warehouse to be noticed, and one of each kind of setting."""
WRONG = [
    ({"event_sources": [source(columns={"customer_id": "who; drop table x"})]}, "who; drop table x", "not an identifier"),
    ({"event_sources": [source(ref="missing_model", source=None)]}, "needs either", "ref: my_model"),
    ({"event_sources": [source(event_types={"buy": "bought"})]}, "`bought`", "known are page_view"),
    ({"event_sources": [source(time_zone="UTC'; select")]}, "`time_zone`", "Europe/Berlin"),
    ({"event_sources": [source(columns={"colour": "item"})]}, "`colour`", "known are customer_id"),
    ({"event_sources": [source(), source()]}, "`web` twice", "its own name"),
    ({"event_sources": [source(required=False)]}, "`required: false`", "leave at least one"),
    ({"event_sources": [source(timezone="UTC")]}, "`timezone`, perhaps meant as `time_zone`", "known keys are ref, source"),
    ({"event_sources": [source(constants={"event_type": "purchase"})]}, "`event_type` both under", "keep the one"),
    ({"event_sources": [source(source="shop.clicks")]}, "`shop.clicks`", "[source_name, table_name]"),
    ({"event_sources": [source(event_types=["view"])]}, "`event_types` of event source `web`", "{my_word: purchase}"),
    ({"event_sources": [source(constants=["channel"])]}, "`constants` of event source `web`", "{event_type: purchase}"),
    ({"event_sources": ["web"]}, "`web`", "{name: web, ref: my_model"),
    ({"products": ["my_products"]}, "var `products`", "{ref: my_model, columns: {product_id: my_column}}"),
    ({"customers": {"ref": "people", "columns": ["who"]}}, "`columns` of var `customers`", "{customer_id: my_column}"),
    ({"horizons": [1, 99]}, "`99`", "max_horizon_days"),
    ({"training_rows": "many"}, "`training_rows`", "whole number"),
    ({"horizons": ["7"]}, "`horizons` holds the text `7`", "without quotes"),
    ({"customer_daily_forecasts": "yes"}, "`customer_daily_forecasts` is the text `yes`", "true or false, without quotes"),
    ({"prediction_drivers": "yes"}, "`prediction_drivers` is the text `yes`", "true or false, without quotes"),
    ({"require_gpu": "false"}, "`require_gpu` is the text `false`", "true or false, without quotes"),
    ({"event_sources": [source(required="no")]}, "`required` of event source `web` is the text `no`", "true or false"),
    ({"units_basis": "brutto"}, "`units_basis`", "gross, net"),
    ({"churn_alert_probability": "0.5"}, "`churn_alert_probability` is the text `0.5`", "from 0 to 1, without quotes"),
    ({"churn_alert_probability": 50}, "`churn_alert_probability` is `50`", "a number from 0 to 1"),
    ({"as_of_date": "yesterday"}, "`as_of_date`", "YYYY-MM-DD"),
    ({"service_level": 0.999}, "`service_level` holds `0.999`", "from 0.5 to 0.99"),
    ({"service_level": {"shoes": 0.98}}, "`service_level` has no `default`", "{default: 0.95"),
]
TABLES = ("customers", "products", "stock", "calendar", "identity_links", "origins_relation")
STRUCTURED = (*TABLES, "event_sources", "horizons", "service_level", "registry", "seed_shop")


@pytest.mark.parametrize(("settings", "named", "remedy"), WRONG_IN_DBT)
def test_a_wrong_setting_stops_dbt_by_name(shop: UserProject, settings: dict[str, Any], named: str, remedy: str) -> None:
    project = UserProject(shop.folder, {"event_sources": [EVENTS]} | settings).write()
    result = project.dbt("run", "--select", "stg_source_rows+2", "seq_origin_days", "lbl_customer_outcomes", check=False)
    assert result.returncode != 0
    message = " ".join(result.stdout.split())
    assert named in message and remedy in message


@pytest.mark.keeps("SQL injection by vars")
@pytest.mark.parametrize(("settings", "named", "remedy"), WRONG)
def test_a_wrong_setting_is_refused_by_name(settings: dict[str, Any], named: str, remedy: str) -> None:
    with pytest.raises(Refused) as refused:
        read_all(Macros({"event_sources": [EVENTS]} | settings))
    assert named in str(refused.value) and remedy in str(refused.value)


def test_right_settings_are_read() -> None:
    read_all(Macros({"event_sources": [EVENTS]}))


def read_all(macros: Macros) -> None:
    """Read every setting as the models do."""
    macros.event_sources()
    macros.horizons()
    macros.service_levels()
    for name in TABLES:
        macros.optional_table(name)
    for name in DEFAULTS.keys() - set(STRUCTURED):
        macros.setting(name)


def test_a_missing_relation_of_the_users_project_is_named(shop: UserProject) -> None:
    entry = {name: value for name, value in EVENTS.items() if name != "source"} | {"ref": "no_such_model"}
    project = UserProject(shop.folder, {"event_sources": [entry]}).write()
    result = project.dbt("parse", check=False)
    assert result.returncode != 0 and "no_such_model" in result.stdout


@pytest.mark.keeps(
    "null or blank ids", "future timestamps", "NaN, infinity and overflow", "negative quantities and returns", "unknown words"
)
def test_bad_rows_are_counted_by_reason(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.execute(
        "alter table shop.clicks alter clicked_at type varchar",
        "alter table shop.clicks alter pieces type varchar",
        "alter table shop.clicks alter money type varchar",
        """insert into shop.clicks values
            (500001, 'K1', '2025-05-01 10:00', 'teleport', null, null, null),
            (500002, 'K1', 'not a date', 'view', null, null, null),
            (500003, 'K1', '2099-01-01 10:00', 'view', null, null, null),
            (500004, '  ', '2025-05-01 10:00', 'view', null, null, null),
            (500005, 'K1', '2025-05-01 10:00', 'buy', 'P1', '-2', '5'),
            (500006, 'K1', '2025-05-01 10:00', 'buy', 'P1', 'abc', '5'),
            (500007, 'K1', '2025-05-01 10:00', 'buy', 'P1', '1', 'NaN'),
            (500008, 'K1', '2025-05-01 10:00', 'buy', 'P1', '1', '1e308'),
            (500009, 'K1', '2025-05-01 10:00', 'view', null, null, null),
            (500009, 'K1', '2025-05-01 10:00', 'view', null, null, null)""",
        "insert into shop.clicks select 600000 + i, 'bot', '2025-05-02 10:00', 'view', null, null, null from range(600) t(i)",
    )
    project.rebuild("rejected_events", "customer_forecasts")
    assert dict(project.query("select reason, count(*) from rejected_events group by 1")) == {
        "unknown_event_type": 1,
        "bad_timestamp": 1,
        "future_event": 1,
        "blank_customer_id": 1,
        "negative_quantity": 1,
        "bad_quantity": 1,
        "bad_amount": 2,
        "duplicate_row": 1,
        "too_many_events": 600,
    }
    raw, judged = project.query(
        "select (select count(*) from shop.clicks), (select sum(row_count) from main_demand.stg_event_counts)"
    )[0]
    assert raw == judged
    finite = "select count(*) from customer_forecasts where not isfinite(expected_revenue) or not isfinite(expected_units)"
    assert project.query(finite) == [(0,)]


@pytest.mark.keeps("null or blank ids")
def test_a_lost_verdict_fails_the_count_identity(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.execute(
        "delete from main_demand.stg_event_counts where event_date in (select max(event_date) from main_demand.stg_event_counts)"
    )
    result = project.dbt("test", "--select", "assert_every_raw_row_has_one_verdict", check=False)
    assert result.returncode != 0 and "Got 1 result" in result.stdout


@pytest.mark.keeps("empty tables")
def test_an_empty_events_table_builds_with_zero_rows(tmp_path: Path) -> None:
    project = new_shop(tmp_path)
    project.execute("delete from shop.clicks")
    project.build()
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "refused" and "empty" in reason
    assert project.query("select count(*) from customer_forecasts") == [(0,)]
    refused = project.demand("train", check=False)
    assert refused.returncode != 0 and reason in refused.stdout + refused.stderr


def test_vars_under_another_key_are_warned_about_and_refused(shop: UserProject) -> None:
    """Nothing is mapped then, and a build of empty tables is green."""
    project = UserProject(shop.folder, {}).write()
    result = project.build("--indirect-selection", "cautious", "--select", "+data_readiness")
    output = " ".join(result.stdout.split())
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "refused" and "no event source is mapped" in reason
    assert "event_sources" in reason and "`vars: demand_forecast:`" in reason and "dbt_project.yml" in reason
    assert output.count(reason) == 1


@pytest.mark.keeps("time zone and DST")
def test_a_wrong_time_zone_is_noticed_by_the_quietest_hour(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    assert project.query("select distinct status from data_readiness where is_mapped") == [("ready",)]
    project.settings |= {"time_zone": "Asia/Tokyo"}
    result = project.write().build("--full-refresh", "--indirect-selection", "cautious", "--select", "+data_readiness")
    status, reason = project.query("select status, reason from data_readiness where task = 'customer_demand'")[0]
    assert status == "warning" and "the quietest hour of source web is 8:00" in reason
    assert "source web has no time_zone, so that clocks without one are taken for UTC" in reason
    assert "Warning in test warn_data_readiness_is_ready" in result.stdout
    assert project.demand("report").stdout.splitlines()[2] == f"data_readiness: warning: {reason}"


@pytest.mark.keeps("time zone and DST")
def test_days_are_the_shops_own(built_shop: UserProject, copy_of: Copy) -> None:
    """An event at 23:30 UTC on a winter day lies on the next day in Berlin; the raw clock of the source is its own."""
    project = copy_of(built_shop)
    project.execute("insert into shop.clicks values (700001, 'Z', '2025-01-31 23:30', 'buy', 'P1', 1, 1)")
    project.settings |= {"time_zone": "Europe/Berlin"}
    project.write().dbt("run", "--full-refresh", "--select", "+seq_customer_steps")
    assert project.query("select event_date::varchar from seq_customer_steps where customer_id = 'Z'") == [("2025-02-01",)]
    project.settings |= {"event_sources": [source(time_zone="Europe/Berlin")]}
    project.write().dbt("run", "--full-refresh", "--select", "+seq_customer_steps")
    assert project.query("select event_date::varchar from seq_customer_steps where customer_id = 'Z'") == [("2025-01-31",)]
