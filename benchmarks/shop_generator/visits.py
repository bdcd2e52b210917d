"""Turns daily counts into events with a time, a session, a product, a price. Nothing here looks at type or state."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.catalogue import CATEGORIES, PRODUCTS_PER_CATEGORY, SEARCH_WORDS, Catalogue
from benchmarks.shop_generator.days import PROMOTION_DISCOUNT_PERCENT
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.process import Histories, random_stream

Integers = NDArray[np.int64]

KINDS = (
    "page_view",
    "search",
    "product_view",
    "favourite",
    "add_to_cart",
    "remove_from_cart",
    "purchase",
    "return",
)
PAGE_VIEW, SEARCH, PRODUCT_VIEW, PURCHASE, RETURN = 0, 1, 2, 6, 7
WEB, APP, DESK = 0, 1, 2
# Weights of a visit's hour on the shop's clock. None from two to five, where clocks are changed.
HOURS = (2, 1, 0, 0, 0, 1, 3, 6, 9, 10, 10, 11, 13, 12, 10, 9, 10, 12, 15, 18, 20, 18, 12, 0)
RETURN_SHARE = 0.06
OWN_CATEGORY_SHARE = 0.7
LAST_VIEWED_SHARE = 0.6
APP_SHARES = (0.0, 0.35, 0.9)
LAST_SECOND = 24 * 3600 - 1


@dataclass(frozen=True)
class Events:
    """Columns of m events: who, when on the shop's clock, what. ``product``, ``term`` are -1 where there is none."""

    customer: Integers
    day: Integers
    second: Integers
    kind: Integers
    product: Integers
    term: Integers
    quantity: Integers
    cents: Integers
    session: Integers
    channel: Integers

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Events:
        """The chosen rows."""
        return Events(*(getattr(self, field.name)[rows] for field in fields(self)))

    def in_time(self) -> Events:
        """Sorted by day and second; ties keep the customer's own order."""
        return self.take(np.lexsort((np.arange(len(self)), self.second, self.day)))


def joined_events(parts: list[Events]) -> Events:
    return Events(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Events)))


def make_events(parameters: ShopParameters, catalogue: Catalogue, histories: Histories) -> Events:
    """All events of a chunk of customers, in time."""
    random = random_stream(parameters, histories.first_customer, 1)
    visits = visit_events(parameters, catalogue, histories, random)
    return joined_events([visits, return_events(parameters, visits, random)]).in_time()


def visit_events(parameters: ShopParameters, catalogue: Catalogue, histories: Histories, random: np.random.Generator) -> Events:
    """Every counted event of every customer-day; a day's events are one session."""
    customer, day, kind = spread_counts(histories)
    starts = np.flatnonzero(np.diff(customer * parameters.days + day, prepend=-1))
    session = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(day)))
    second = visit_seconds(random, starts, session)
    app_share = np.array(APP_SHARES)[uniform_integers(random, len(histories.types), len(APP_SHARES))]
    uses_app = random.random(len(starts)) < app_share[customer[starts]]
    product, term = choose_products(random, catalogue, histories, customer, kind)
    quantity = np.where(kind == PURCHASE, 1 + draw_quantity(random, len(kind)), 0)
    discount = np.where(parameters.calendar.promotion[day], PROMOTION_DISCOUNT_PERCENT, 0)
    price = catalogue.list_cents[np.maximum(product, 0)] * (100 - discount) // 100
    channel = np.where(kind == PURCHASE, DESK, np.where(uses_app[session], APP, WEB))
    return Events(
        customer + histories.first_customer,
        day,
        second,
        kind,
        product,
        term,
        quantity,
        price * quantity,
        starts[session] + histories.first_customer * 1000,
        channel,
    )


def spread_counts(histories: Histories) -> tuple[Integers, Integers, Integers]:
    """(customer, day, kind) of each event, in the order of a visit; a line is added to the cart before it is bought."""
    counts = np.concatenate([histories.counts, histories.lines[:, :, None]], axis=2)
    counts[:, :, KINDS.index("add_to_cart")] += histories.lines
    customer, day, kind = np.nonzero(counts)
    repeats = counts[customer, day, kind]
    return np.repeat(customer, repeats), np.repeat(day, repeats), np.repeat(kind, repeats)


def visit_seconds(random: np.random.Generator, starts: Integers, session: Integers) -> Integers:
    """Second of the day: a visit starts at a human hour; its events follow each other by 10 to 100 seconds."""
    hours = np.array(HOURS, dtype=np.float64)
    hour = draw_from(random, len(starts), hours / hours.sum())
    start = hour * 3600 + uniform_integers(random, len(starts), 3600)
    elapsed = np.cumsum(10 + uniform_integers(random, len(session), 90))
    return np.asarray(np.minimum(start[session] + elapsed - elapsed[starts][session], LAST_SECOND))


def choose_products(
    random: np.random.Generator,
    catalogue: Catalogue,
    histories: Histories,
    customer: Integers,
    kind: Integers,
) -> tuple[Integers, Integers]:
    """Products and search terms, mostly of the customer's own category; carts and purchases follow the last view."""
    own = uniform_integers(random, len(histories.types), len(CATEGORIES))[customer]
    other = uniform_integers(random, len(kind), len(CATEGORIES))
    category = np.where(random.random(len(kind)) < OWN_CATEGORY_SHARE, own, other)
    rank = draw_from(random, len(kind), catalogue.popularity[0])
    fresh = category * PRODUCTS_PER_CATEGORY + rank
    rows = np.arange(len(kind))
    last_view = np.maximum.accumulate(np.where(kind == PRODUCT_VIEW, rows, -1))
    follows = (last_view >= 0) & (customer[last_view] == customer) & (kind != PRODUCT_VIEW)
    follows &= random.random(len(kind)) < LAST_VIEWED_SHARE
    product = np.where(follows, fresh[last_view], fresh)
    term = category * len(SEARCH_WORDS) + uniform_integers(random, len(kind), len(SEARCH_WORDS))
    return np.where(kind >= PRODUCT_VIEW, product, -1), np.where(kind == SEARCH, term, -1)


def return_events(parameters: ShopParameters, visits: Events, random: np.random.Generator) -> Events:
    """A few purchased lines come back whole, 3 to 14 days later, inside the window."""
    chosen = (visits.kind == PURCHASE) & (random.random(len(visits)) < RETURN_SHARE)
    lines = visits.take(chosen)
    day = lines.day + 3 + uniform_integers(random, len(lines), 12)
    second = 10 * 3600 + uniform_integers(random, len(lines), 8 * 3600)
    back = Events(
        lines.customer,
        day,
        second,
        np.full(len(lines), RETURN),
        lines.product,
        lines.term,
        lines.quantity,
        lines.cents,
        np.full(len(lines), -1),
        lines.channel,
    )
    return back.take(day < parameters.days)


def draw_quantity(random: np.random.Generator, count: int) -> Integers:
    """Units of a line beyond the first."""
    return draw_from(random, count, np.array([0.82, 0.13, 0.04, 0.01]))


def draw_from(random: np.random.Generator, count: int, mass: NDArray[np.float64]) -> Integers:
    """``count`` draws from one distribution, by inverse CDF."""
    found = np.searchsorted(np.cumsum(mass), random.random(count), side="right")
    return np.minimum(found, len(mass) - 1).astype(np.int64)


def uniform_integers(random: np.random.Generator, count: int, below: int) -> Integers:
    """``count`` integers of 0 <= value < below."""
    return (random.random(count) * below).astype(np.int64)
