"""The seed shop: three channels of different shape as CSV files, with dirty rows on purpose."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.shop_generator.catalogue import make_catalogue
from benchmarks.shop_generator.channel_rows import (
    anonymous_events,
    bot_events,
    calendar_rows,
    channel_rows,
    customer_rows,
    half_loaded,
    product_rows,
)
from benchmarks.shop_generator.dirt import Row
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.process import Histories, random_stream, simulate
from benchmarks.shop_generator.stock import stock_rows
from benchmarks.shop_generator.truth import truth_table
from benchmarks.shop_generator.visits import APP, DESK, WEB, joined_events, make_events

SEED_SHOP = ShopParameters(customers=480, days=300, seed=20250101, time_zone="Europe/Berlin")
HEADERS = {
    "shop_web_events": ("event_key", "visitor", "user_id", "ts", "action", "sku", "query", "session_id"),
    "shop_app_events": (
        "id", "member", "occurred_at", "event", "item", "search_text", "received_at",
    ),
    "shop_orders": (
        "order_line", "customer_no", "ordered_at", "line_type", "article", "qty", "line_total", "loaded_at",
    ),
    "shop_customers": ("customer_no", "signup_date", "country"),
    "shop_products": ("article", "category", "brand", "list_price"),
    "shop_stock": ("article", "snapshot_date", "on_hand", "on_order", "lead_time_days"),
    "shop_calendar": ("calendar_date", "is_holiday", "holiday_name", "is_promotion"),
    "shop_identity_links": ("visitor", "customer_no", "linked_at"),
}  # fmt: skip


def write_seeds(folder: Path, truth: Path | None = None, parameters: ShopParameters = SEED_SHOP) -> dict[str, int]:
    """Write every CSV file of the seed shop and, where a path is given, its truth. Returns rows by file."""
    folder.mkdir(parents=True, exist_ok=True)
    histories = simulate(parameters, 0, parameters.customers)
    if truth is not None:
        pq.write_table(truth_table(parameters, histories, parameters.days - 1), truth)
    files = seed_rows(parameters, histories)
    for name, rows in files.items():
        lines = [",".join(row) for row in [HEADERS[name], *rows]]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return {name: len(rows) for name, rows in files.items()}


def seed_rows(parameters: ShopParameters, histories: Histories) -> dict[str, list[Row]]:
    """Rows of every file, without headers."""
    random = random_stream(parameters, 0, 2)
    catalogue = make_catalogue(random)
    events = half_loaded(parameters, make_events(parameters, catalogue, histories))
    anonymous, links = anonymous_events(parameters, histories, random)
    web = joined_events([events.take(events.channel == WEB), bot_events(parameters, random), anonymous])
    return {
        "shop_web_events": channel_rows("shop_web_events", parameters, catalogue, web, random),
        "shop_app_events": channel_rows("shop_app_events", parameters, catalogue, events.take(events.channel == APP), random),
        "shop_orders": channel_rows("shop_orders", parameters, catalogue, events.take(events.channel == DESK), random),
        "shop_customers": customer_rows(parameters, histories, random),
        "shop_products": product_rows(catalogue),
        "shop_stock": stock_rows(parameters, catalogue, events, random),
        "shop_calendar": calendar_rows(parameters),
        "shop_identity_links": links,
    }
