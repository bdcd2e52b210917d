"""Shops of many settings: inside the ranges for teaching, outside for judging, and what they record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from benchmarks.varied_shops import LATE_DAYS, TAUGHT, VariedShop, fill, generate, varied_shop, write_empty_project

RANGES = {name: span for name, span in vars(TAUGHT).items() if isinstance(span, tuple) and name != "aimless"}


def test_a_seed_gives_the_same_shop_and_another_seed_another() -> None:
    assert varied_shop(5, 300, 100) == varied_shop(5, 300, 100)
    assert varied_shop(5, 300, 100).settings != varied_shop(6, 300, 100).settings


def test_taught_settings_lie_in_their_ranges_and_unseen_ones_outside() -> None:
    for seed in range(40):
        seen, unseen = (varied_shop(seed, 300, 100, is_seen).settings for is_seen in (True, False))
        assert seen.keys() == unseen.keys() == RANGES.keys()
        for name, (low, high) in RANGES.items():
            assert low <= seen[name] <= high and not low <= unseen[name] <= high, name


def test_probabilities_stay_probabilities() -> None:
    for seed in range(30):
        for is_seen in (True, False):
            parameters = varied_shop(seed, 300, 60, is_seen).parameters
            for table in (parameters.transition, parameters.prior, parameters.purchase):
                assert table.min() >= 0 and table.max() <= 1
            assert parameters.transition.sum(axis=-1) == pytest.approx(1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[VariedShop, Path]:
    """A small shop and the folder of its files."""
    shop, folder = varied_shop(1, 200, 90), tmp_path_factory.mktemp("shop")
    generate(shop, folder)
    return shop, folder


def recorded(shop: VariedShop, folder: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of a query over the events that a shop records (shop.events) and those that it had (had)."""
    write_empty_project(folder / "project", {})
    fill(folder / "project", shop, folder)
    with duckdb.connect(str(folder / "project" / "speed.duckdb")) as con:
        con.execute(f"create or replace temp view had as select * from '{folder}/events.parquet'")
        return con.execute(query).fetchall()


def test_a_shop_without_some_events_and_a_calendar_has_the_rest(shop: tuple[VariedShop, Path]) -> None:
    poor = replace(shop[0], kinds=("purchase", "product_view"), has_calendar=False, aimless=0.0)
    kinds = "select distinct event_type from shop.events order by 1"
    assert recorded(poor, shop[1], kinds) == [("product_view",), ("purchase",)]
    assert recorded(poor, shop[1], "select count(*) from shop.calendar") == [(0,)]
    lost = (
        "select count(*) from (from had where event_type in ('purchase', 'product_view')) anti join shop.events using (event_id)"
    )
    assert recorded(poor, shop[1], lost) == [(0,)]


def test_aimless_events_come_late_and_never_early(shop: tuple[VariedShop, Path]) -> None:
    late = replace(shop[0], kinds=("purchase", "product_view"), aimless=0.5)
    delays = f"""
        select event_type, min(delay), max(delay) <= {LATE_DAYS}, round(avg((delay > 0)::integer), 1) from (
            select event_type, event.event_at::date - had.event_at::date as delay
            from shop.events as event join had using (event_id, event_type))
        group by all order by all"""
    (views, purchases) = recorded(late, shop[1], delays)
    assert views[:3] == ("product_view", 0, True) and views[3] in (0.4, 0.5)
    assert purchases == ("purchase", 0, True, 0.0)
