"""Trend flags of ``market_trends`` on generated shops: how often nothing is flagged as a trend, and how soon an injected rise is.

Usage: ``python -m benchmarks.trends``. Writes benchmarks/results/trends.md. The flags are those of the package's own SQL. Its
windows and scale were chosen on shops of seeds 101 to 106; those that are reported are of others.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy.shop import dbt
from benchmarks.shop_generator.catalogue import CATEGORIES, make_catalogue
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop
from benchmarks.shop_generator.process import random_stream
from benchmarks.speed import EVENT_COLUMNS, RESULTS, ROOT, execute, write_project

SEEDS = (201, 202, 203, 204, 205)
SIZES = (1_000, 5_000, 10_000)
FIRST_DATE = date(2025, 1, 6)  # a Monday
WEEKS = 52
STARTS = (28, 38)
RISING_CATEGORIES, RISING_TERMS = 2, 5
LATER_WEEKS = 2
PRODUCTS = {"ref": "products", "columns": {"product_id": "product_id", "category": "category"}}
EVENTS = """
    create or replace table shop.events as
    select {columns} from read_parquet('{folder}/events.parquet') as events
    left join read_parquet('{folder}/products.parquet') as products using (product_id)
    where event_type in ('purchase', 'search') and hash(customer_id) % 10000 < {customers_share}
        and ({rising} is not true or hash(event_id, 'kept') % 10000 < 10000 / {full} *
            (1 + {level} * greatest(least((event_at::date - date '{first_monday}') // 7 + 1, {weeks}), 0) / {weeks}))"""
"""Before a rise, events of what will rise are thinned out, so that every event is one that the generator made."""


@dataclass(frozen=True)
class Rise:
    """Level of some categories and search terms, up by ``level`` in equal steps over ``weeks`` weeks from a Monday on."""

    categories: tuple[str, ...]
    terms: tuple[str, ...]
    first_monday: date
    weeks: int = 4
    level: float = 0.3

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        return {"category": self.categories, "search_term": self.terms}


NO_RISE = Rise((), (), FIRST_DATE)


@dataclass(frozen=True)
class Flag:
    """A judged week of a category or search term."""

    dimension: str
    value: str
    week_start_date: date
    is_trending: bool
    actual_units: float


@dataclass(frozen=True)
class Run:
    """The flags of one shop of ``customers`` with a rise, or none."""

    customers: int
    seed: int
    rise: Rise
    flags: tuple[Flag, ...]


def random_rise(seed: int, start: int, weeks: int = 4) -> Rise:
    """A rise of a few categories and terms that the seed draws, from week number ``start`` on."""
    random = np.random.default_rng([seed, start])
    terms = make_catalogue(random_stream(parameters_of(1, seed), 0, 2)).search_terms
    return Rise(
        tuple(random.choice(CATEGORIES, RISING_CATEGORIES, replace=False).tolist()),
        tuple(random.choice(terms, RISING_TERMS, replace=False).tolist()),
        FIRST_DATE + timedelta(weeks=start),
        weeks,
    )


def parameters_of(customers: int, seed: int) -> ShopParameters:
    return ShopParameters(customers, 7 * WEEKS + 1, seed, FIRST_DATE)


def generate(customers: int, seed: int, folder: Path) -> None:
    """Events and products of a shop."""
    parameters = parameters_of(customers, seed)
    write_shop(parameters, folder, truth=False, next_day=False)
    catalogue = make_catalogue(random_stream(parameters, 0, 2))
    names = [CATEGORIES[number] for number in catalogue.category]
    pq.write_table(pa.table({"product_id": catalogue.articles, "category": names}), folder / "products.parquet")


def prepare_project(project: Path) -> None:
    """A project that maps events and products."""
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, {"products": PRODUCTS, "calendar": None})
    (project / "models" / "products.sql").write_text("select * from shop.products\n")
    execute(project, "create schema if not exists shop")


def quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values) or "''"


def trend_flags(project: Path, folder: Path, rise: Rise, customers_share: float = 1.0) -> tuple[Flag, ...]:
    """Put a share of a shop's customers with a rise into the warehouse, run the models, and read every judged week."""
    rising = f"(event_type = 'purchase' and category in ({quoted(rise.categories)}) or search_term in ({quoted(rise.terms)}))"
    chosen = {
        "columns": ", ".join(EVENT_COLUMNS),
        "folder": folder,
        "customers_share": round(10_000 * customers_share),
        "rising": rising,
        "full": 1 + rise.level,
        "level": rise.level,
        "weeks": rise.weeks,
        "first_monday": rise.first_monday,
    }
    products = f"create or replace table shop.products as select * from read_parquet('{folder}/products.parquet')"
    execute(project, EVENTS.format_map(chosen), products)
    dbt(project, "run", "--full-refresh", "--select", "+market_trends")
    rows = execute(
        project,
        """select dimension_type, dimension_value, week_start_date, is_trending, actual_units
            from main_demand.market_trends where strength is not null""",
    )
    return tuple(Flag(*row) for row in rows)


def share(flags: Iterable[bool]) -> float:
    """Share of true ones; NaN of none."""
    values = list(flags)
    return sum(values) / len(values) if values else float("nan")


def found_by(run: Run, dimension: str, weeks_after: int) -> list[bool]:
    """For each value that rises: whether a week was flagged from the rise's first to so many after its last."""
    last = run.rise.first_monday + timedelta(weeks=run.rise.weeks - 1 + weeks_after)
    flagged = {
        flag.value
        for flag in run.flags
        if flag.dimension == dimension and flag.is_trending and run.rise.first_monday <= flag.week_start_date <= last
    }
    return [value in flagged for value in run.rise.values[dimension]]


def others_flagged(run: Run, dimension: str) -> list[bool]:
    """Flags of values that do not rise, from the rise's first week on."""
    return [
        flag.is_trending
        for flag in run.flags
        if flag.dimension == dimension
        and flag.value not in run.rise.values[dimension]
        and flag.week_start_date >= run.rise.first_monday
    ]


def trendless_lines(runs: Sequence[Run], sizes: Sequence[int]) -> list[str]:
    """False alarms by size and dimension."""
    lines = []
    for customers in sizes:
        for dimension in ("category", "search_term"):
            shops = [[f for f in run.flags if f.dimension == dimension] for run in runs if run.customers == customers]
            every = [flag for shop in shops for flag in shop]
            mean = sum(flag.actual_units for flag in every) / len(every)
            worst = max(share(flag.is_trending for flag in shop) for shop in shops)
            flagged = share(flag.is_trending for flag in every)
            lines.append(f"| {customers:,} | {dimension} | {mean:,.0f} | {len(every):,} | {flagged:.1%} | {worst:.1%} |")
    return lines


def rise_lines(runs: Sequence[Run], sizes: Sequence[int], name: str) -> list[str]:
    """Detection by size and dimension."""
    lines = []
    for customers in sizes:
        for dimension in ("category", "search_term"):
            shops = [run for run in runs if run.customers == customers]
            if not shops:
                continue
            found = [[hit for run in shops for hit in found_by(run, dimension, after)] for after in range(LATER_WEEKS + 1)]
            others = share(flag for run in shops for flag in others_flagged(run, dimension))
            cells = " | ".join(f"{share(hits):.0%}" for hits in found)
            lines.append(f"| {name} | {customers:,} | {dimension} | {len(found[0])} | {cells} | {others:.1%} |")
    return lines


def report(runs: Sequence[Run], sizes: Sequence[int]) -> str:
    """The results as Markdown."""
    trendless = [run for run in runs if run.rise is NO_RISE]
    ramps = [run for run in runs if run.rise is not NO_RISE and run.rise.weeks > 1]
    steps = [run for run in runs if run.rise is not NO_RISE and run.rise.weeks == 1]
    lines = [
        "# Trend flags",
        "",
        f"Generated shops of {WEEKS} weeks, seeds {', '.join(map(str, SEEDS))}, {len(CATEGORIES)} categories and 48 search",
        "terms; their holidays, promotions and yearly wave move all of them. The flags are those of `market_trends` with its",
        "default settings. Smaller shops are a part of the customers of the largest.",
        "",
        "## Where nothing trends",
        "",
        "| customers | dimension | units or searches a week | weeks judged | flagged | flagged, worst seed |",
        "|---:|---|---:|---:|---:|---:|",
        *trendless_lines(trendless, sizes),
        "",
        "## A rise by 30 %",
        "",
        f"Of {RISING_CATEGORIES} of {len(CATEGORIES)} categories and {RISING_TERMS} of 48 search terms in each run. Found are",
        "those with a flag from the first week of the rise to its last week, or to one or two weeks after it. Others are weeks",
        "of values that do not rise, from the first week of the rise on.",
        "",
        "| rise | customers | dimension | rises | found by its last week | a week later | two weeks later | others flagged |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
        *rise_lines(ramps, sizes, "over four weeks"),
        *rise_lines(steps, sizes, "at once"),
        "",
    ]
    return "\n".join(lines)


def run_seed(seed: int, sizes: Sequence[int], work: Path) -> list[Run]:
    """All runs of one seed: trendless, rises over four weeks, and one at once in the middle size."""
    folder, project = work / f"shop_{seed}", work / "project"
    generate(max(sizes), seed, folder)
    prepare_project(project)
    rises = [NO_RISE, *(random_rise(seed, start) for start in STARTS)]
    wanted = [(customers, rise) for customers in sizes for rise in rises]
    wanted.append((sorted(sizes)[len(sizes) // 2], random_rise(seed, STARTS[0], weeks=1)))
    runs = []
    for customers, rise in wanted:
        runs.append(Run(customers, seed, rise, trend_flags(project, folder, rise, customers / max(sizes))))
        print(f"seed {seed}, {customers:,} customers, rising {rise.categories or 'nothing'}", flush=True)
    (folder / "events.parquet").unlink()
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="customers")
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "trends", help="folder for data and warehouse")
    arguments = parser.parse_args()
    runs = [run for seed in SEEDS for run in run_seed(seed, arguments.sizes, arguments.work.resolve())]
    text = report(runs, arguments.sizes)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trends.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
