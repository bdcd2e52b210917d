"""The package is a good guest in a project that has models, words and tables of its own."""

from __future__ import annotations

from pathlib import Path

from .user_project import EVENTS, UserProject, new_shop

OPTIONAL = {
    "products": {"source": ["shop", "products"], "columns": {"product_id": "sku", "category": "kind"}},
    "stock": {"source": ["shop", "stock"], "columns": {"product_id": "sku", "on_hand": "pieces"}},
    "customers": {"source": ["shop", "customers"], "columns": {"customer_id": "who"}},
    "calendar": {
        "source": ["shop", "calendar"],
        "columns": {"calendar_date": "day", "is_holiday": "closed", "is_major_holiday": "feast"},
    },
    "identity_links": {
        "source": ["shop", "links"],
        "columns": {"visitor_id": "cookie", "customer_id": "who", "linked_at": "seen_at"},
    },
}


def test_installed_with_events_only(built_shop: UserProject) -> None:
    for name in ("stg_products", "stg_stock", "stg_customers", "stg_calendar", "stg_identity_links"):
        assert built_shop.query(f"select count(*) from {name}") == [(0,)]
    assert built_shop.query("select count(*) from market_trends") == [(0,)]


def test_installed_with_all_inputs(tmp_path: Path) -> None:
    project = new_shop(tmp_path, **OPTIONAL)
    project.settings["event_sources"] = [EVENTS | {"columns": EVENTS["columns"] | {"visitor_id": "cookie"}}]
    project.write().execute(
        "alter table shop.clicks add column cookie varchar",
        "update shop.clicks set cookie = 'c-' || who",
        "create table shop.products as select 'P1' as sku, 'shoes' as kind",
        "create table shop.stock as select 'P1' as sku, 5 as pieces",
        "create table shop.customers as select distinct who from shop.clicks",
        "create table shop.calendar as select date '2025-05-01' as day, true as closed, true as feast",
        "create table shop.links as select 'c-new' as cookie, 'K1' as who, timestamp '2025-05-03 09:00' as seen_at",
        "insert into shop.clicks values (800001, null, '2025-05-01 10:00', 'view', 'P1', null, null, 'c-new')",
        "insert into shop.clicks values (800002, null, '2025-05-01 10:00', 'view', 'P1', null, null, 'c-nobody')",
        "insert into shop.clicks values (800003, null, '2025-05-01 11:00', 'buy', 'P1', 2, 19, 'c-new')",
        "insert into shop.clicks values (800004, null, '2025-05-01 11:00', 'buy', 'P1', 3, 28, 'c-nobody')",
    )
    project.build()
    trends = "select dimension_type, dimension_value, count(expected_units) from market_trends group by all"
    assert project.query(trends) == [("category", "shoes", 9)]  # of 20 whole weeks, eleven teach
    # A linked event lies on the day of linking, in a column of its own; an unlinked one is anonymous.
    linked = "select event_date::varchar, linked_event_count from seq_customer_steps where linked_event_count > 0"
    assert project.query(linked) == [("2025-05-03", 2)]
    anonymous = "select event_id from rejected_events where verdict = 'anonymous' order by event_id"
    assert project.query(anonymous) == [("800002",), ("800004",)]
    # What guests buy is in neither forecast; data_readiness counts it, and recommendations know what a linked one bought.
    both = "select sum(purchased_units) from seq_customer_steps union all select sum(purchased_units) from seq_product_days"
    assert len(set(project.query(both))) == 1
    bought = "select sum(purchase_count) from seq_customer_items where customer_id = 'K1' and event_date = '2025-05-03'"
    assert project.query(bought) == [(1,)]
    assert project.query("select guest_purchase_count from err_input_facts") == [(2,)]
    days = "days[1].is_holiday, days[1].is_major_holiday, days[2].days_since_major_holiday"
    assert project.query(f"select {days} from seq_target_days where as_of_date = date '2025-04-30'") == [(1.0, 1.0, 1.0)]


def test_models_of_the_user_with_the_same_names_are_left_alone(tmp_path: Path) -> None:
    project = new_shop(tmp_path)
    models = project.folder / "models"
    (models / "customer_segments.sql").write_text("select 'mine' as owner")
    (models / "events.sql").write_text("select 'my events' as owner")
    (models / "stg_events.sql").write_text("select 'my staging' as owner")
    (models / "seq_customer_steps.sql").write_text("select 'my steps' as owner")
    project.dbt("run")
    for name, owner in (("customer_segments", "mine"), ("stg_events", "my staging"), ("seq_customer_steps", "my steps")):
        assert project.query(f"select owner from main.{name}") == [(owner,)]
    assert project.query("select count(*) from customer_forecasts") == [(180,)]
