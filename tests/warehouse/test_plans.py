"""What to order and what to expect in all: the tables of plans on a shop that counts its stock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

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
    project.write().dbt("run")
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


def test_what_was_sold_since_the_count_is_the_raw_rows_sum(stocked_shop: UserProject) -> None:
    raw = """
        select product_id, coalesce(sum(pieces), 0) from inventory_plan
        left join shop.clicks
            on item = product_id and what = 'buy' and clicked_at::date > snapshot_date and clicked_at::date <= as_of_date
        group by product_id order by product_id"""
    found = stocked_shop.query("select product_id, sold_since_count from inventory_plan order by product_id")
    assert found == stocked_shop.query(raw) and sum(units for _, units in found) > 20


def test_a_plan_is_made_of_the_published_quantiles(stocked_shop: UserProject) -> None:
    """At a level that is known, the reorder point is the quantile itself, and the chance of running out falls as stock rises."""
    wrong = """
        select count(*) filter (where plan.reorder_point <> demand.cumulative_units),
            count(*) filter (where is_beyond_horizon <> (plan.lead_time_days + 7 > 30)),
            count(*) filter (
                where suggested_order_units <> greatest(reorder_point - greatest(on_hand - sold_since_count, 0) - on_order, 0)),
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


def test_a_total_agrees_with_weighted_least_squares_of_both_sides(stocked_shop: UserProject) -> None:
    """Against scikit-learn: variances are each side's mean squared errors over closed windows, the products' split by shares.
    Either side is at its level: what came of what it said in the closed weeks, and eight weeks that were right."""
    errors = stocked_shop.query("""
        select target, avg(pow(customer_error, 2)), avg(pow(product_error, 2)) from err_outlook_sides
        where horizon_days = 7 and customer_error is not null and product_error is not null group by target order by target""")
    assert [row[0] for row in errors] == ["revenue", "units"]
    weeks, customer_ratio, product_ratio = stocked_shop.query("""
        select (count(*) + 6) / 7, sum(customer_actual) / sum(customer_expected), sum(product_actual) / sum(product_expected)
        from err_outlook_sides
        where horizon_days = 7 and target = 'units' and customer_actual is not null and product_actual is not null""")[0]
    customer_level, product_level = ((ratio * weeks + 8) / (weeks + 8) for ratio in (customer_ratio, product_ratio))
    for target, customer_variance, product_variance in errors:
        sides = (
            f"select customer_expected from err_outlook_sides where actual is null and target = '{target}' and horizon_days = 7"
        )
        latest = "(select latest_origin_date from seq_cut_dates)"
        customers = stocked_shop.query(f"{sides} and as_of_date = {latest}")[0][0] * customer_level
        parts = stocked_shop.query(f"""
            select product_expected, expected from err_outlook
            where as_of_date = {latest} and target = '{target}' and horizon_days = 7 order by category""")
        said, found = np.array(parts).T * np.array([[product_level], [1]])
        structure = np.vstack([np.ones(len(said)), np.eye(len(said))])
        variances = np.array([customer_variance, *(product_variance * said / said.sum())])
        oracle = LinearRegression(fit_intercept=False).fit(structure, np.array([customers, *said]), sample_weight=1 / variances)
        assert len(said) == 2 and abs(said.sum() - customers) > 0.1
        np.testing.assert_allclose(found, oracle.coef_, rtol=0, atol=1e-6)


def test_the_outlook_adds_up_and_its_customers_are_the_published_ones(stocked_shop: UserProject) -> None:
    """Either side without those who are not known yet is what its own mart says; the total lies between both at their levels."""
    found = """
        select outlook.customer_side_units * (1 - sides.new_share), customers.units, products.expected_units,
            outlook.expected_units, outlook.customer_side_units * customer_level, outlook.product_side_units * product_level,
            (select sum(units.expected_units) from product_forecasts as units
                where units.forecast_date <= outlook.as_of_date + outlook.horizon_days)
        from demand_outlook as outlook
        inner join err_outlook_sides as sides using (as_of_date, horizon_days)
        inner join (select horizon_days, sum(expected_units) as units from customer_forecasts group by all) as customers
            using (horizon_days)
        inner join (
            select as_of_date, horizon_days, sum(expected_units) as expected_units from err_outlook_known_products group by all
        ) as products using (as_of_date, horizon_days)
        where outlook.is_total and sides.target = 'units'"""
    known, published, said, expected, customers, products, daily = np.array(stocked_shop.query(found)).T
    assert len(known) == 3
    np.testing.assert_allclose(known, published, rtol=1e-5)
    np.testing.assert_allclose(said, daily, rtol=1e-5)
    assert np.all((expected > np.minimum(customers, products) - 1e-6) & (expected < np.maximum(customers, products) + 1e-6))
    kinds = "select category, count(*) from demand_outlook where not is_total group by category order by category"
    assert stocked_shop.query(kinds) == [("hats", 3), ("shoes", 3)]


def test_buyers_of_a_category_are_counted_once_in_a_window(stocked_shop: UserProject) -> None:
    """Against the raw rows: windows of a week, over the 28 days up to the latest origin."""
    raw = """
        select kind, count(distinct (who, (latest_origin_date - clicked_at::date) // 7)), sum(pieces)
        from shop.clicks inner join shop.products on item = sku, seq_cut_dates
        where what = 'buy' and clicked_at::date between latest_origin_date - 27 and latest_origin_date
        group by kind order by kind"""
    found = "select category, buyers, units from lbl_category_buyers where horizon_days = 7 order by category"
    assert stocked_shop.query(found) == stocked_shop.query(raw)


def test_who_names_no_product_buys_of_no_category(stocked_shop: UserProject, tmp_path: Path) -> None:
    project = copied(stocked_shop, tmp_path / "unnamed")
    project.execute(
        "delete from shop.products where sku = 'P1'",
        "insert into shop.clicks by name select * replace (id + 500000 as id, null as item) from shop.clicks where what = 'buy'",
    )
    project.dbt("run", "-s", "+lbl_category_buyers")
    raw = """
        select count(distinct (who, (latest_origin_date - clicked_at::date) // 7)) from shop.clicks, seq_cut_dates
        where item = 'P1' and what = 'buy' and clicked_at::date between latest_origin_date - 27 and latest_origin_date"""
    found = "select buyers from lbl_category_buyers where horizon_days = 7 and category = 'unknown'"
    assert project.query(found) == project.query(raw)


def test_without_categories_all_is_of_one_and_readiness_says_why(built_shop: UserProject) -> None:
    assert built_shop.query("select distinct category from demand_outlook where not is_total") == [("unknown",)]
    status, is_mapped, reason = built_shop.query(READINESS.format("demand_outlook"))[0]
    assert (status, is_mapped) == ("warning", False) and "map a table under var products" in reason
