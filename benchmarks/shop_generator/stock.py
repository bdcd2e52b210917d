"""Weekly stock snapshots that follow what was sold."""

from __future__ import annotations

import numpy as np

from benchmarks.shop_generator.catalogue import Catalogue
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.visits import PURCHASE, RETURN, Events, uniform_integers

LEAD_TIMES = (4, 7, 10, 14, 21)
COVER_DAYS = 28


def stock_rows(
    parameters: ShopParameters, catalogue: Catalogue, events: Events, random: np.random.Generator
) -> list[tuple[str, ...]]:
    """(article, snapshot_date, on_hand, on_order, lead_time_days) at the end of every Monday and of the last whole day."""
    products, last = len(catalogue.articles), parameters.days - 2
    leaving = daily_units(parameters, products, events)
    lead = np.array(LEAD_TIMES)[uniform_integers(random, products, len(LEAD_TIMES))]
    usual = np.maximum(leaving.sum(axis=0) / parameters.days, 0.05)
    on_hand = np.ceil(usual * COVER_DAYS).astype(np.int64)
    coming = np.zeros((parameters.days + max(LEAD_TIMES) + 1, products), dtype=np.int64)
    rows: list[tuple[str, ...]] = []
    for day in range(last + 1):
        on_hand = np.maximum(on_hand - leaving[day] + coming[day], 0)
        on_order = coming[day + 1 :].sum(axis=0)
        short = on_hand + on_order < usual * (lead + 10)
        order = np.where(short, np.ceil(usual * COVER_DAYS).astype(np.int64), 0)
        coming[day + lead, np.arange(products)] += order
        if parameters.calendar.weekday[day] == 0 or day == last:
            when = str(parameters.calendar.dates[day])
            shown = zip(catalogue.articles, on_hand, on_order + order, lead, strict=True)
            rows += [(article, when, str(have), str(due), str(days)) for article, have, due, days in shown]
    return rows


def daily_units(parameters: ShopParameters, products: int, events: Events) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """[D, products]: units sold minus units that came back."""
    units = np.zeros((parameters.days, products), dtype=np.int64)
    sign = np.where(events.kind == PURCHASE, 1, np.where(events.kind == RETURN, -1, 0))
    traded = sign != 0
    np.add.at(units, (events.day[traded], events.product[traded]), (sign * events.quantity)[traded])
    return units
