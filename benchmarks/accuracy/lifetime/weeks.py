"""Purchases by customer and calendar week up to a cut, and what is known at the end of each week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

FIRST_DAY = date(1997, 1, 1)
"""First day of the data; week 1 starts here."""
CALIBRATION_WEEKS = 39
READ = """
    select customer_id, event_at::date - $first as day, sum(quantity) as units, sum(revenue) as revenue
    from read_parquet($events)
    where event_type = 'purchase' and event_at::date <= $cut
    group by all order by customer_id, day
"""


@dataclass(frozen=True)
class Weeks:
    """Customers whose first purchase lies at or before the cut. Tables are (customers, weeks)."""

    customer_id: Any
    purchase_days: Any
    units: Any
    revenue: Any
    first_day: Any
    """Day of the first purchase, (customers,), 0 for FIRST_DAY."""
    last_day: Any
    """Day of the latest purchase at the end of each week; below 0 before the first."""


@dataclass(frozen=True)
class Known:
    """What is known at the end of each week, (customers, weeks): `features` has one more axis. Before the first purchase nothing
    is, `is_known` is false, and the rest is 0."""

    repeats: Any
    """Purchase days after the first."""
    recency: Any
    """Weeks from the first purchase to the latest."""
    age: Any
    """Weeks since the first purchase."""
    features: Any
    is_known: Any


def last_day_of(week: int) -> date:
    return FIRST_DAY + timedelta(days=7 * week - 1)


def read_weeks(events: Path, weeks: int) -> Weeks:
    """The first `weeks` weeks of the canonical events; no later event is read."""
    given = {"events": str(events), "first": FIRST_DAY, "cut": last_day_of(weeks)}
    with duckdb.connect() as con:
        found = con.execute(READ, given).fetchnumpy()
    names, customer = np.unique(found["customer_id"].astype(str), return_inverse=True)
    day = found["day"].astype(np.int64)
    place, shape = customer * weeks + day // 7, (len(names), weeks)
    counted = (np.ones(len(day)), found["units"], found["revenue"])
    bought, units, revenue = (np.bincount(place, each, np.prod(shape)).reshape(shape).astype(np.float32) for each in counted)
    first, last = np.full(len(names), weeks * 7), np.full(len(names) * weeks, -1)
    np.minimum.at(first, customer, day)
    np.maximum.at(last, place, day)
    return Weeks(names, bought, units, revenue, first, np.maximum.accumulate(last.reshape(shape), axis=1))


def known_weeks(weeks: Weeks) -> Known:
    """Facts at the end of each week, from that week and those before alone."""
    end = np.arange(1, weeks.purchase_days.shape[1] + 1) * 7 - 1
    first = weeks.first_day[:, None]
    is_known = end >= first
    repeats, recency, age, since = (
        np.where(is_known, values, 0).astype(np.float32)
        for values in (
            weeks.purchase_days.cumsum(axis=1) - 1,
            (weeks.last_day - first) / 7,
            (end - first) / 7,
            (end - weeks.last_day) / 7,
        )
    )
    is_first = end // 7 == first // 7
    features = [is_first, np.log1p(repeats), np.log1p(age), np.log1p(since), repeats / (age + 8), since / (age + 4)]
    features += [np.log1p(weeks.purchase_days - is_first), *amounts(weeks)]
    return Known(repeats, recency, age, np.stack(features, axis=2).astype(np.float32), is_known)


def amounts(weeks: Weeks) -> list[Any]:
    """Logs of units and revenue: of the week, of all weeks so far, and revenue of a purchase day so far."""
    units, revenue = weeks.units.cumsum(axis=1), weeks.revenue.cumsum(axis=1)
    mean = revenue / np.maximum(weeks.purchase_days.cumsum(axis=1), 1)
    return [np.log1p(values) for values in (weeks.units, weeks.revenue, units, revenue, mean)]
