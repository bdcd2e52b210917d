"""Who is leaving and which segment everyone is in: agreement with the forecasts, on a shop built once."""

from __future__ import annotations

from .user_project import UserProject


def test_churn_is_what_the_purchase_forecast_leaves(built_shop: UserProject) -> None:
    sql = """
        select count(*), max(abs(1 - churn.churn_probability - said.purchase_probability)), min(churn_days), max(churn_days)
        from pred_customer_churn as churn
        join customer_forecasts as said on churn.customer_id = said.customer_id and said.horizon_days = 30"""
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
