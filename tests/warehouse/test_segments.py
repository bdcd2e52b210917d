"""Who is leaving and which segment everyone is in: agreement with the forecasts, on a shop built once."""

from __future__ import annotations

from .user_project import UserProject


def test_churn_is_what_the_purchase_forecast_leaves(built_shop: UserProject) -> None:
    sql = """
        select count(*), max(abs(1 - churn.churn_probability - said.purchase_probability)), min(churn_days), max(churn_days)
        from pred_customer_churn as churn
        join customer_forecasts as said using (customer_id, as_of_date) where horizon_days = 30"""
    rows, difference, *days = built_shop.query(sql)[0]
    assert rows == 60 and difference < 1e-6 and days == [30, 30]


def test_everyone_above_the_threshold_who_ever_bought_has_an_alert(built_shop: UserProject) -> None:
    sql = """
        with bought as (
            select customer_id, max(event_date) as last_purchase_date, sum(purchased_amount) as money,
                any_value(known_days) as known_days
            from seq_customer_steps
            join (select customer_id, date '2025-05-29' - min(event_date) + 1 as known_days from seq_customer_steps group by 1)
                using (customer_id)
            where purchase_count > 0 and event_date <= '2025-05-29' group by 1)
        select customer_id, last_purchase_date, round(30 * money / known_days * (1 - purchase_probability), 4)
        from customer_forecasts join bought using (customer_id)
        where horizon_days = 30 and purchase_probability <= 0.5 order by 1"""
    found = built_shop.query("select customer_id, last_purchase_date, round(revenue_at_risk, 4) from churn_alerts order by 1")
    assert len(found) > 5
    assert found == built_shop.query(sql)


def test_movements_add_up_to_the_segments_of_both_sundays(built_shop: UserProject) -> None:
    """Every customer of a Sunday's segment goes somewhere in the week after it, and came from somewhere in the week before."""
    sql = """
        with moved as (
            select week_start_date + day as as_of_date, segment, day, sum(customers) as customers
            from (
                select week_start_date, -1 as day, from_segment as segment, customers from customer_segment_movements
                union all select week_start_date, 6, to_segment, customers from customer_segment_movements)
            where segment not in ('unknown', 'inactive') group by all),
        counted as (
            select as_of_date, segment, count(*) as customers from pred_customer_segments where segment is not null group by all)
        select count(*), count(distinct moved.as_of_date), count(*) filter (moved.customers = counted.customers),
            count(distinct segment)
        from moved join counted using (as_of_date, segment)"""
    rows, sundays, equal, segments = built_shop.query(sql)[0]
    assert rows == equal and sundays == 3 and segments >= 3
