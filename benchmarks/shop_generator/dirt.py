"""Dirty rows, on purpose and counted. They stand beside the real rows and never replace one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.shop_generator.visits import uniform_integers

Row = tuple[str, ...]

# Exactly how many rows of each kind each file holds. Late rows are real rows that were loaded 2 to 40 days after.
DIRTY_ROWS: dict[str, dict[str, int]] = {
    "shop_web_events": {
        "duplicate": 40,
        "blank_id": 30,
        "unknown_event_type": 35,
        "bad_timestamp": 25,
        "future_event": 25,
        "bot": 1_890,
    },
    "shop_app_events": {
        "duplicate": 30,
        "blank_id": 25,
        "unknown_event_type": 30,
        "bad_timestamp": 25,
        "future_event": 20,
        "late": 60,
    },
    "shop_orders": {
        "duplicate": 30,
        "blank_id": 25,
        "unknown_event_type": 20,
        "bad_timestamp": 25,
        "future_event": 20,
        "negative_quantity": 30,
        "bad_quantity": 30,
        "bad_amount": 30,
        "late": 60,
    },
}
BOTS = ("C990001", "C990002", "C990003")
UNKNOWN_EVENT_TYPES = ("hover", "scroll_depth", "ping", "A/B exposure")
BAD_TIMESTAMPS = ("not a date", "0000-00-00 00:00:00", "2025-02-30 10:00:00", "yesterday")
BAD_NUMBERS = ("abc", "NaN", "1e308", "two")
LATEST_LOAD_DAYS = 40


@dataclass(frozen=True)
class Layout:
    """Which columns of a file carry what; -1 where the file has no such column."""

    key: int
    customer: int
    time: int
    kind: int
    visitor: int = -1
    quantity: int = -1
    amount: int = -1


def dirty_rows(file: str, rows: list[Row], layout: Layout, random: np.random.Generator) -> list[Row]:
    """The dirty rows to add to a file, each made from a sound row; late rows and bots are made elsewhere."""
    added: list[Row] = []
    sound = [row for row in rows if row[layout.kind] != "refund"]
    for kind, count in DIRTY_ROWS[file].items():
        if kind in ("late", "bot"):
            continue
        chosen = distinct_integers(random, count, len(sound))
        for number, row_number in enumerate(chosen):
            row = list(sound[row_number])
            if kind != "duplicate":
                row[layout.key] += {"blank_id": "b", "unknown_event_type": "u"}.get(kind, kind[0] + kind[-1])
            spoil(row, kind, number, layout)
            added.append(tuple(row))
    return added


def spoil(row: list[str], kind: str, number: int, layout: Layout) -> None:
    """Make a copy of a sound row dirty, in place."""
    if kind == "blank_id":
        row[layout.customer] = ""
        if layout.visitor >= 0:
            row[layout.visitor] = ""
    elif kind == "unknown_event_type":
        row[layout.kind] = UNKNOWN_EVENT_TYPES[number % len(UNKNOWN_EVENT_TYPES)]
    elif kind == "bad_timestamp":
        row[layout.time] = BAD_TIMESTAMPS[number % len(BAD_TIMESTAMPS)]
    elif kind == "future_event":
        row[layout.time] = "2099" + row[layout.time][4:].replace("02-29", "02-28")
    elif kind == "negative_quantity":
        row[layout.quantity] = f"-{row[layout.quantity]}"
    elif kind == "bad_quantity":
        row[layout.quantity] = BAD_NUMBERS[number % len(BAD_NUMBERS)]
    elif kind == "bad_amount":
        row[layout.amount] = BAD_NUMBERS[number % len(BAD_NUMBERS)]


def distinct_integers(random: np.random.Generator, count: int, below: int) -> list[int]:
    """``count`` different integers of 0 <= value < below, in random order."""
    return [int(value) for value in np.argsort(random.random(below), kind="stable")[:count]]


def late_days(random: np.random.Generator, count: int) -> list[int]:
    """How many days late each of ``count`` rows is loaded: 2 to LATEST_LOAD_DAYS."""
    return [int(days) for days in 2 + uniform_integers(random, count, LATEST_LOAD_DAYS - 1)]
