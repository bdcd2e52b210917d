"""What to order: the tables of plans on a shop that counts its stock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import copied
from .user_project import UserProject

Copy = Callable[[UserProject], UserProject]

STOCK = {
    "source": ["shop", "stock"],
    "columns": {"product_id": "sku", "snapshot_date": "day", "on_hand": "pieces", "on_order": "due", "lead_time_days": "lead"},
}
READINESS = "select status, is_mapped, reason from data_readiness where task = '{}'"


@pytest.fixture(scope="module")
def stocked_shop(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The shop with weekly counts of its products, one of them long without, and one that was never sold."""
    project = copied(built_shop, tmp_path_factory.mktemp("stocked"))
    project.settings |= {"stock": STOCK, "service_level": {"default": 0.9, "hats": 0.98}}
    project.settings["products"] = {"source": ["shop", "products"], "columns": {"product_id": "sku", "category": "kind"}}
    project.execute(
        """create table shop.products as
            select 'P' || i as sku, case when i % 2 = 0 then 'hats' else 'shoes' end as kind from range(20) t(i)""",
        """create table shop.stock as
            select 'P' || i as sku, max(clicked_at)::date - (7 * w)::integer as day,
                i + 4 * w as pieces, i % 3 as due, i + 5 as lead
            from shop.clicks, range(20) t(i), range(3) s(w) group by i, w""",
        "delete from shop.stock where sku = 'P3' and day > (select min(day) from shop.stock)",
        "insert into shop.stock select 'unsold', max(day), 4, 0, 2 from shop.stock",
    )
    project.write().build()
    return project


def test_without_a_stock_table_nothing_is_planned_and_nobody_is_warned(built_shop: UserProject) -> None:
    assert built_shop.query("select count(*) from inventory_plan") == [(0,)]
    assert built_shop.query(READINESS.format("inventory_plan")) == [
        ("refused", False, "no stock table is mapped: map one under var stock")
    ]
    assert built_shop.query(READINESS.format("product_demand"))[0][:2] == ("ready", True)
    assert "data_readiness:" not in built_shop.demand("report").stdout


def test_each_counted_product_has_a_row_of_its_newest_known_count(stocked_shop: UserProject) -> None:
    """The newest count of all lies on the day after the origin and is not known yet."""
    rows = stocked_shop.query("select product_id, on_hand, on_order, as_of_date - snapshot_date from inventory_plan order by all")
    expected = [(f"P{i}", i + (8.0 if i == 3 else 4.0), i % 3.0, 13 if i == 3 else 6) for i in range(20)]
    assert rows == sorted(expected)  # P3 was last counted two weeks before, and the one never sold on the day after the origin


def test_a_plan_is_made_of_the_published_quantiles(stocked_shop: UserProject) -> None:
    """At a level that is known, the reorder point is the quantile itself, and the chance of running out falls as stock rises."""
    wrong = """
        select count(*) filter (where plan.reorder_point <> demand.cumulative_units),
            count(*) filter (where is_beyond_horizon <> (plan.lead_time_days + 7 > 30)),
            count(*) filter (where suggested_order_units <> greatest(reorder_point - on_hand - on_order, 0)),
            count(*) filter (where (stockout_probability > 1.000001 - service_level) <> (suggested_order_units > 0)), count(*)
        from inventory_plan as plan
        inner join product_lead_time_demand as demand
            on plan.product_id = demand.product_id and demand.level = plan.service_level
                and demand.lead_days = least(plan.lead_time_days + 7, 30)"""
    assert stocked_shop.query(wrong) == [(0, 0, 0, 0, 20)]
    kinds = "select count(distinct service_level), count(*) filter (where suggested_order_units > 0) from inventory_plan"
    levels, ordered = stocked_shop.query(kinds)[0]
    assert levels == 2 and 0 < ordered < 20


def test_an_old_count_is_named(stocked_shop: UserProject) -> None:
    status, is_mapped, reason = stocked_shop.query(READINESS.format("inventory_plan"))[0]
    assert (status, is_mapped) == ("warning", True) and "of 1 of 20 products is older than a week" in reason
    assert f"data_readiness: warning: {reason}" in stocked_shop.demand("report").stdout
