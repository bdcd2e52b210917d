"""A customer's own gaps and weekdays, worked out by hand from the purchases of a year, on shops built once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from math import exp
from statistics import mean, stdev

import numpy as np
import pytest

from .user_project import UserProject, make_clicks, new_shop

AS_OF = date(2025, 5, 29)


@pytest.fixture(scope="module")
def purchases(built_shop: UserProject) -> dict[str, list[date]]:
    """Purchase days of the customers whose first one lies so far back that the last 90 days alone would say something else."""
    sql = f"""
        select customer_id, list(event_date order by event_date) from seq_customer_steps
        where purchase_count > 0 and event_date <= '{AS_OF}' group by 1
        having min(event_date) < date '{AS_OF}' - 100 and count(*) > 5 order by 1"""
    found = dict(built_shop.query(sql))
    assert len(found) > 5
    return found


def known(shop: UserProject, customer: str, columns: str) -> tuple[float, ...]:
    sql = f"select {columns} from seq_customer_contexts where customer_id = '{customer}' and as_of_date = '{AS_OF}'"
    found: tuple[float, ...] = shop.query(sql)[0]
    return found


def test_gaps_of_a_year_say_how_late_a_customer_is(built_shop: UserProject, purchases: dict[str, list[date]]) -> None:
    for customer, days in purchases.items():
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        waited = (AS_OF - days[-1]).days
        sql = "mean_gap_days, gap_deviation_days, recency_by_gap, gap_lateness, own_gap_hazard_7d, weighted_purchase_rate_60d"
        usual, deviation, recency, lateness, hazard, rate = known(built_shop, customer, sql)
        assert (usual, deviation) == (pytest.approx(mean(gaps), rel=1e-5), pytest.approx(stdev(gaps), rel=1e-5))
        assert recency == pytest.approx(min(waited / usual, 20), rel=1e-5)
        assert lateness == pytest.approx((waited - usual) / (deviation + 1), rel=1e-4, abs=1e-4)
        longer = [gap for gap in gaps if gap > waited]
        ended = sum(gap <= waited + 7 for gap in longer)
        assert hazard == pytest.approx((ended + 6 * (1 - exp(-7 * rate))) / (len(longer) + 6), rel=1e-4)


def test_weekdays_of_a_year_weigh_half_after_a_year(built_shop: UserProject, purchases: dict[str, list[date]]) -> None:
    """Every same weekday since the customer was first seen counts, and sixteen made-up weeks at the overall rate."""
    for customer, days in purchases.items():
        columns = [f"yearly_weekday_rate_{number}" for number in range(1, 8)]
        *found, rate, tenure = known(built_shop, customer, ", ".join([*columns, "weighted_purchase_rate_60d", "tenure_days"]))
        for number, said in enumerate(found, start=1):
            ages = range(7 - number, int(tenure) + 1, 7)
            bought = {(AS_OF - day).days for day in days}
            weight = sum(0.5 ** (age / 365) for age in ages)
            own = sum(0.5 ** (age / 365) for age in ages if age in bought)
            assert said == pytest.approx((own + 16 * rate) / (weight + 16), rel=1e-4), (customer, number)


BOUGHT = (365, 364, 200, 90, 59, 30)
LOOKED = (380, 300, 100, 90, 89)
"""Ages in days of what one customer did, on both sides of the edges of 90 and 365 days."""


@pytest.fixture(scope="module")
def old_customer(tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop of more than a year, with the contexts of that customer."""
    project = new_shop(tmp_path_factory.mktemp("old"), as_of_date=str(AS_OF))
    rows = [(what, AS_OF - timedelta(days=age)) for what, ages in (("buy", BOUGHT), ("view", LOOKED)) for age in ages]
    few = [("none", "view", 9), ("once", "buy", 40), ("twice", "buy", 200), ("twice", "buy", 40)]
    clicks = ", ".join(f"({i}, 'old', timestamp '{day} 12:00', '{what}', 'P1', 1, 9.5)" for i, (what, day) in enumerate(rows))
    project.execute(make_clicks(customers=20, days=450, first_day="2024-03-20"), f"insert into shop.clicks values {clicks}")
    for number, (customer, what, age) in enumerate(few, start=len(rows)):
        day = AS_OF - timedelta(days=age)
        project.execute(f"insert into shop.clicks values ({number}, '{customer}', '{day} 12:00', '{what}', 'P1', 1, 9.5)")
    project.dbt("run", "--select", "+seq_customer_contexts")
    return project


def test_only_purchases_count_for_longer_than_90_days(old_customer: UserProject) -> None:
    sql = "active_day_rate_90d, purchase_day_rate_90d, weighted_purchase_rate_60d, days_since_step, tenure_days"
    active, bought, rate, waited, tenure = known(old_customer, "old", sql)
    assert (active, bought, waited, tenure) == (pytest.approx(3 / 90), pytest.approx(2 / 90), 30, 365)
    weight = sum(0.5 ** (age / 60) for age in range(90))
    assert rate == pytest.approx((0.5 ** (59 / 60) + 0.5 ** (30 / 60) + 0.3) / (weight + 10), rel=1e-4)


def test_gaps_of_more_than_a_year_ago_are_forgotten(old_customer: UserProject) -> None:
    """The gap that began 365 days ago is; the customer has waited for 30 days, and one of three longer gaps ended on the 31st."""
    sql = "mean_gap_days, own_gap_hazard_1d, own_gap_hazard_7d, weighted_purchase_rate_60d"
    usual, next_day, next_week, rate = known(old_customer, "old", sql)
    assert usual == pytest.approx(mean((164, 110, 31, 29)))
    assert next_day == pytest.approx((1 + 6 * (1 - exp(-rate))) / 9, rel=1e-4)
    assert next_week == pytest.approx((1 + 6 * (1 - exp(-7 * rate))) / 9, rel=1e-4)


def test_weekdays_of_more_than_a_year_ago_are_forgotten(old_customer: UserProject) -> None:
    for half_life, window, name in ((365, 365, "yearly_weekday_rate"), (60, 90, "weekday_rate")):
        columns = ", ".join(f"{name}_{number}" for number in range(1, 8))
        *found, rate = known(old_customer, "old", f"{columns}, weighted_purchase_rate_60d")
        for number, said in enumerate(found, start=1):
            ages = range(7 - number, window, 7)
            own = sum(0.5 ** (age / half_life) for age in ages if age in BOUGHT)
            weight = sum(0.5 ** (age / half_life) for age in ages)
            assert said == pytest.approx((own + 16 * rate) / (weight + 16), rel=1e-4), (name, number)


def test_a_customer_of_few_purchases_has_a_usual_gap(old_customer: UserProject) -> None:
    """90 and 45 days where no gap says otherwise; without a longer gap, made-up ones at the own rate are the hazard."""
    sql = "days_since_purchase, mean_gap_days, gap_deviation_days, recency_by_gap, gap_lateness, own_gap_hazard_7d"
    for customer, waited, usual, longer in (("none", 365, 90, 0), ("once", 40, 90, 0), ("twice", 40, 160, 1)):
        *found, hazard, rate = known(old_customer, customer, f"{sql}, weighted_purchase_rate_60d")
        expected = [waited, usual, 45, min(waited / usual, 20), (waited - usual) / 46]
        np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=customer)
        assert hazard == pytest.approx(6 * (1 - exp(-7 * rate)) / (longer + 6), rel=1e-4), customer
