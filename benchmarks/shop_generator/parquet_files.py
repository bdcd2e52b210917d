"""Writes a shop of any size as Parquet, chunk by chunk, in the package's own words."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.shop_generator.catalogue import Catalogue, make_catalogue
from benchmarks.shop_generator.days import ShopDays
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.process import Histories, random_stream, simulate, simulate_chunks
from benchmarks.shop_generator.truth import SCHEMA as TRUTH_SCHEMA
from benchmarks.shop_generator.truth import customer_ids, truth_table
from benchmarks.shop_generator.visits import KINDS, PRODUCT_VIEW, Events, make_events

CALENDAR_DAYS_AHEAD = 60
PILOT_CUSTOMERS = 2_000
LATE_ROWS = 50
LATE_DAYS = 40
EVENT_SCHEMA = pa.schema(
    [
        ("event_id", pa.int64()),
        ("customer_id", pa.string()),
        ("event_at", pa.timestamp("us")),
        ("event_type", pa.string()),
        ("product_id", pa.string()),
        ("quantity", pa.int32()),
        ("amount", pa.decimal128(12, 2)),
        ("search_term", pa.string()),
        ("session_id", pa.string()),
    ]
)


def write_shop(parameters: ShopParameters, folder: Path, *, truth: bool, next_day: bool) -> int:
    """Write events, calendar and, if asked, truth, the day after the last (``events_next_day``) and rows that come
    40 days late (``events_late``). Returns the number of events in ``events.parquet``."""
    folder.mkdir(parents=True, exist_ok=True)
    days = parameters.days
    write_calendar(parameters, folder / "calendar.parquet")
    run = replace(parameters, days=days + 1) if next_day else parameters
    catalogue = make_catalogue(random_stream(run, 0, 2))
    written = 0
    with ExitStack() as files:
        main = files.enter_context(pq.ParquetWriter(folder / "events.parquet", EVENT_SCHEMA))
        extra = next_day and files.enter_context(pq.ParquetWriter(folder / "events_next_day.parquet", EVENT_SCHEMA))
        known = truth and files.enter_context(pq.ParquetWriter(folder / "truth.parquet", TRUTH_SCHEMA))
        for histories in simulate_chunks(run):
            events = make_events(run, catalogue, histories)
            table = event_table(run, catalogue, histories, events)
            before = pa.array(events.day < days)
            main.write_table(table.filter(before))
            written += pc.sum(before).as_py() or 0
            if extra:
                extra.write_table(table.filter(pc.invert(before)))
            if known:
                known.write_table(truth_table(run, histories, days))
    if next_day:
        write_late_rows(run, catalogue, days, folder / "events_late.parquet")
    return written


def event_table(parameters: ShopParameters, catalogue: Catalogue, histories: Histories, events: Events) -> pa.Table:
    """Events in the package's words; identifiers are distinct over all chunks."""
    ids = customer_ids(histories.first_customer, len(histories.types))
    first = np.datetime64(parameters.first_date, "us")
    at = first + (events.day * 86_400 + events.second) * np.timedelta64(1_000_000, "us")
    line = events.quantity > 0
    session = pa.array(events.session, mask=events.session < 0).cast(pa.string())
    columns = [
        pa.array(np.arange(len(events)) + histories.first_customer * 10_000),
        ids.take(pa.array(events.customer - histories.first_customer)),
        pa.array(at),
        pa.array(KINDS).take(pa.array(events.kind)),
        pa.array(catalogue.articles).take(pa.array(events.product, mask=events.product < 0)),
        pa.array(events.quantity, mask=~line).cast(pa.int32()),
        money(pa.array(events.cents, mask=~line)),
        pa.array(catalogue.search_terms).take(pa.array(events.term, mask=events.term < 0)),
        pc.binary_join_element_wise(pa.scalar("S"), session, ""),
    ]
    return pa.table(columns, schema=EVENT_SCHEMA)


def money(cents: pa.Array) -> pa.Array:
    """Whole cents as DECIMAL(12, 2), exactly."""
    exact = cents.cast(pa.decimal128(19, 0)).cast(pa.decimal128(21, 2))
    return pc.multiply(exact, pa.scalar(Decimal("0.01"))).cast(EVENT_SCHEMA.field("amount").type)


def write_late_rows(parameters: ShopParameters, catalogue: Catalogue, days: int, path: Path) -> None:
    """Product views of 40 days before the last day, of customers who were there by then."""
    random = random_stream(parameters, 0, 3)
    histories = next(simulate_chunks(parameters))
    events = make_events(parameters, catalogue, histories)
    day = days - 1 - LATE_DAYS
    views = np.flatnonzero((events.kind == PRODUCT_VIEW) & (events.day < day))
    chosen = views[np.argsort(random.random(len(views)))[:LATE_ROWS]]
    late = replace(events.take(chosen), day=np.full(len(chosen), day))
    table = event_table(parameters, catalogue, histories, late)
    ids = pa.array(np.arange(len(late)) + parameters.customers * 10_000 + 10_000)
    pq.write_table(table.set_column(0, EVENT_SCHEMA.field(0), ids), path)


def write_calendar(parameters: ShopParameters, path: Path) -> None:
    """Days of the window and CALENDAR_DAYS_AHEAD more, as known ahead."""
    ahead = ShopDays(parameters.first_date, parameters.days + CALENDAR_DAYS_AHEAD)
    columns = {
        "calendar_date": pa.array(ahead.dates, pa.date32()),
        "is_holiday": pa.array(ahead.holiday),
        "is_major_holiday": pa.array(ahead.major_holiday),
        "is_promotion": pa.array(ahead.promotion),
    }
    pq.write_table(pa.table(columns), path)


def activity_for(parameters: ShopParameters, events_per_customer: float) -> float:
    """The activity at which customers have about that many events, by pilots (events are nearly linear in it)."""
    size = min(parameters.customers, PILOT_CUSTOMERS)
    activity = parameters.activity
    for _ in range(3):
        histories = simulate(replace(parameters, activity=activity), 0, size)
        mean = (histories.counts.sum(dtype=np.int64) + 2 * histories.lines.sum(dtype=np.int64)) / size
        activity *= events_per_customer / float(mean)
    return activity
