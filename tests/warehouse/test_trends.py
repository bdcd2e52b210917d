"""Trend flags on a small generated shop (`make bench-trends` is the large version), and beside an independent calculation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm  # type: ignore[import-untyped]

from benchmarks.accuracy.shop import dbt
from benchmarks.speed import execute
from benchmarks.trends.rises import NO_RISE, Run, found_by, share
from benchmarks.trends.shops import generate, prepare_project, random_rise, trend_flags

CUSTOMERS, SEED, START = 8_000, 301, 30
Array = NDArray[np.float64]


@dataclass
class Shops:
    """A project whose warehouse holds the rising shop, and the flags of that and of the same shop without a rise."""

    project: Path
    trendless: Run
    rising: Run

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return execute(self.project, "set schema = 'main_demand'", sql)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    work = tmp_path_factory.mktemp("trends")
    generate(CUSTOMERS, SEED, work / "shop")
    prepare_project(work / "project")
    runs = [
        Run(CUSTOMERS, SEED, rise, trend_flags(work / "project", work / "shop", rise))
        for rise in (NO_RISE, random_rise(SEED, START))
    ]
    return Shops(work / "project", *runs)


@pytest.mark.parametrize("dimension", ["category", "search_term"])
def test_at_most_one_week_in_twenty_is_flagged_where_nothing_trends(shops: Shops, dimension: str) -> None:
    flags = [flag.is_trending for flag in shops.trendless.flags if flag.dimension == dimension]
    assert len(flags) > 250 and share(flags) <= 0.05


def test_a_rise_over_four_weeks_is_found_within_two_more(shops: Shops) -> None:
    assert len(shops.rising.rise.categories) == 2
    assert share(found_by(shops.rising, "category", 2)) >= 0.8


def test_what_will_rise_is_not_flagged_in_the_four_weeks_before(shops: Shops) -> None:
    rise = shops.rising.rise
    before = [
        flag.is_trending
        for flag in shops.rising.flags
        if flag.dimension == "category"
        and flag.value in rise.categories
        and rise.first_monday - timedelta(weeks=4) <= flag.week_start_date < rise.first_monday
    ]
    assert len(before) == 8 and not any(before)


def surprises_of(purchases: Array) -> Array:
    """[K, W] purchases -> [K, W] surprises of the last four weeks beside the eight before; NaN in the first eleven."""
    others = purchases.sum(axis=0) - purchases
    found = np.full(purchases.shape, np.nan)
    for week in range(11, purchases.shape[1]):
        recent, reference = slice(week - 3, week + 1), slice(week - 11, week - 3)
        factor = others[:, recent].sum(axis=1) / others[:, reference].sum(axis=1)
        expected = factor * (purchases[:, reference].sum(axis=1) + 0.375)
        found[:, week] = 2 * (np.sqrt(purchases[:, recent].sum(axis=1) + 0.375) - np.sqrt(expected)) / np.sqrt(1 + factor)
    return found


def strengths_of(surprises: Array) -> Array:
    """[K, W]: surprises by their usual size in the 26 weeks before."""
    found = np.full(surprises.shape, np.nan)
    for week in range(15, surprises.shape[1]):
        before = surprises[:, max(11, week - 26) : week]
        usual = max(1.4826 * float(np.median(np.abs(before))), 1.0)
        own = np.sqrt((20 * usual**2 + (before**2).sum(axis=1)) / (20 + before.shape[1]))
        found[:, week] = surprises[:, week] / np.maximum(own, 1)
    return found


def is_discovery(chances: Array, rate: float = 0.1) -> NDArray[np.bool_]:
    """[K] -> [K], by Benjamini and Hochberg."""
    ordered = np.sort(chances)
    allowed = ordered <= rate * np.arange(1, len(chances) + 1) / len(chances)
    return np.asarray(chances <= (ordered[allowed].max() if allowed.any() else -1))


def test_strengths_and_flags_agree_with_an_independent_calculation(shops: Shops) -> None:
    rows = shops.query("""
        with purchases as (
            select category as dimension_value, cast(date_trunc('week', event_at) as date) as week_start_date,
                count(*) as purchases
            from shop.events inner join shop.products using (product_id) where event_type = 'purchase' group by all
        )
        select dimension_value, purchases, coalesce(strength, 'nan'), is_trending
        from market_trends inner join purchases using (dimension_value, week_start_date)
        where dimension_type = 'category' order by dimension_value, week_start_date""")
    count = len({row[0] for row in rows})
    purchases, strengths, flags = (np.array([row[column] for row in rows], float).reshape(count, -1) for column in (1, 2, 3))
    wanted = strengths_of(surprises_of(purchases))
    assert count == 8 and purchases.shape[1] == 52
    np.testing.assert_allclose(strengths, wanted, atol=1e-6)
    for week in range(15, purchases.shape[1]):
        np.testing.assert_array_equal(flags[:, week] > 0, is_discovery(norm.sf(wanted[:, week])))


def test_searches_of_changed_days_alone_are_counted_again(shops: Shops) -> None:
    """Case and outer blanks do not make another term; an incremental run and a clean one agree."""
    term, day, count = shops.query("select search_term, event_date, search_count from seq_search_days order by all limit 1")[0]
    execute(
        shops.project,
        f"""insert into shop.events (event_id, customer_id, event_at, event_type, search_term)
            select 900000000, 'C1', date '{day}', 'search', ' {term.upper()} '""",
    )
    dbt(shops.project, "run", "--select", "+seq_search_days")
    found = f"select search_count from seq_search_days where search_term = '{term}' and event_date = '{day}'"
    assert shops.query(found) == [(count + 1,)]
    compiled = (shops.project / "target/compiled/demand_forecast/models/sequences/seq_search_days.sql").read_text()
    assert f"and (event_date between cast('{day}' as date) and cast('{day}' as date))" in compiled
    kept = shops.query("select * from seq_search_days order by all")
    dbt(shops.project, "run", "--full-refresh", "--select", "+seq_search_days")
    assert shops.query("select * from seq_search_days order by all") == kept
