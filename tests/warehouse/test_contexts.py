"""A customer's own gaps and weekdays, worked out by hand from the purchases of a year, on a shop built once."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from statistics import mean, stdev

import pytest

from .user_project import UserProject

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
        assert hazard == pytest.approx((ended + 6 * (1 - 2.718281828 ** (-7 * rate))) / (len(longer) + 6), rel=1e-4)


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
