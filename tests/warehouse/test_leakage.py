"""No feature at an origin changes when any later event changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .user_project import UserProject

ORIGINS = "as_of_date <= date '2025-04-20'"


def features_through(project: UserProject) -> list[tuple[object, ...]]:
    """Everything a forecast reads at the origins up to 2025-04-20, without the running fingerprint of later days."""
    return project.query(f"""
        select contexts.*, histories.steps[1:origins.position] as steps, target_days.days, origins.input_hash
        from seq_customer_contexts as contexts
        join seq_origins as origins using (customer_id, as_of_date)
        join seq_target_days as target_days using (as_of_date)
        left join seq_customer_histories as histories
            on origins.customer_id = histories.customer_id and origins.block = histories.block
        where {ORIGINS} order by all""")


def product_features_through(project: UserProject) -> list[tuple[object, ...]]:
    """The same of products."""
    return project.query(f"""
        select inputs.*, origins.input_hash
        from seq_product_inputs as inputs join seq_product_origins as origins using (product_id, as_of_date)
        where {ORIGINS} order by all""")


def without_role(row: tuple[object, ...]) -> tuple[object, ...]:
    return row[:2] + row[3:]


@pytest.mark.keeps("leakage")
def test_no_feature_changes_when_later_events_change(
    built_shop: UserProject, copy_of: Callable[[UserProject], UserProject]
) -> None:
    project = copy_of(built_shop)
    before, products_before = features_through(project), product_features_through(project)
    project.execute(
        "delete from shop.clicks where clicked_at >= '2025-04-21' and hash(id) % 3 = 0",
        "update shop.clicks set what = 'buy', pieces = 50, money = 5000 where clicked_at >= '2025-04-21' and hash(id) % 3 = 1",
        "insert into shop.clicks select 1000000 + id, who, clicked_at + interval 30 day, what, item, pieces, money"
        " from shop.clicks where clicked_at >= '2025-04-21' and clicked_at < '2025-05-01'",
    )
    project.dbt("run", "--full-refresh", "--exclude", "pred_customer_ledger+", "pred_product_ledger+")
    after, products_after = features_through(project), product_features_through(project)
    assert len(before) > 1000
    # Later events move the cut dates and so which customers and days are origins; every origin in both is unchanged.
    shared = {row[:2] for row in before} & {row[:2] for row in after}
    assert len(shared) > 1000
    assert [row for row in before if row[:2] in shared] == [row for row in after if row[:2] in shared]
    assert len(products_before) > 1000
    assert [without_role(row) for row in products_before] == [without_role(row) for row in products_after]


def test_days_since_is_measured_to_the_origin(built_shop: UserProject) -> None:
    wrong = built_shop.query("""
        with truth as (
            select any_value(contexts.days_since_step) as found,
                   any_value(contexts.as_of_date) - max(steps.event_date) as expected
            from seq_customer_contexts as contexts
            join seq_customer_steps as steps
                on contexts.customer_id = steps.customer_id and steps.event_date <= contexts.as_of_date
            group by contexts.customer_id, contexts.as_of_date)
        select count(*) filter (where found <> expected), count(*) > 1000 from truth""")
    assert wrong == [(0, True)]


def test_rates_equal_a_plain_recomputation(built_shop: UserProject) -> None:
    """An independent calculation, one origin at a time, of sums that join fan-out would multiply."""
    rows = built_shop.query("""
        select contexts.customer_id, contexts.as_of_date, contexts.unit_rate_30d, contexts.purchase_day_rate_7d
        from seq_customer_contexts as contexts using sample reservoir(40 rows) repeatable (7)""")
    for customer, origin, unit_rate, purchase_rate in rows:
        expected = built_shop.query(f"""
            select
                coalesce(sum(pieces) filter (where clicked_at::date > date '{origin}' - 30), 0)
                    / least(30, date '{origin}' - (select min(clicked_at)::date from shop.clicks where who = '{customer}') + 1),
                count(distinct clicked_at::date) filter (where clicked_at::date > date '{origin}' - 7)
                    / least(7, date '{origin}' - (select min(clicked_at)::date from shop.clicks where who = '{customer}') + 1)
            from shop.clicks where who = '{customer}' and what = 'buy' and clicked_at::date <= date '{origin}'""")[0]
        assert abs(unit_rate - expected[0]) < 1e-5 and abs(purchase_rate - expected[1]) < 1e-5


def test_an_origin_reads_every_step_up_to_its_own_day(built_shop: UserProject) -> None:
    """Counted anew: all steps where there are fewer than 65, so that one block holds them."""
    wrong, rows, most = built_shop.query("""
        with counted as (
            select any_value(origins.position) as position, count(steps.event_date) as expected
            from seq_origins as origins
            left join seq_customer_steps as steps
                on origins.customer_id = steps.customer_id and steps.event_date <= origins.as_of_date
            group by origins.customer_id, origins.as_of_date)
        select count(*) filter (where position <> expected), count(*), max(expected) from counted""")[0]
    assert (wrong, rows > 1000, 10 < most < 65) == (0, True, True)
