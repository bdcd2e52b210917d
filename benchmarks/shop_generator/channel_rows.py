"""The events of the seed shop as rows of its three channels, each with columns and words of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from benchmarks.shop_generator.catalogue import BRANDS, CATEGORIES, Catalogue
from benchmarks.shop_generator.clocks import spelled, utc_times, wall_times
from benchmarks.shop_generator.days import ShopDays, holiday_name
from benchmarks.shop_generator.dirt import BOTS, DIRTY_ROWS, Layout, Row, dirty_rows, distinct_integers, late_days
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import CALENDAR_DAYS_AHEAD
from benchmarks.shop_generator.process import Histories
from benchmarks.shop_generator.visits import PAGE_VIEW, PRODUCT_VIEW, PURCHASE, WEB, Events, uniform_integers

MIDDAY = 12 * 3600
COUNTRIES = ("DE", "AT", "CH")
ANONYMOUS_VISITORS = 160
LINKED_VISITORS = 90
WEB_WORDS = ("page", "search", "view", "wish", "cart", "uncart")
APP_WORDS = ("screen_view", "item_search", "item_view", "item_like", "basket_add", "basket_remove")
LAYOUTS = {
    "shop_web_events": Layout(key=0, visitor=1, customer=2, time=3, kind=4),
    "shop_app_events": Layout(key=0, customer=1, time=2, kind=3),
    "shop_orders": Layout(key=0, customer=1, time=2, kind=3, quantity=5, amount=6),
}


def customer_name(number: int) -> str:
    """C000001 for customer number 0; blank for an anonymous visitor, whose number is negative."""
    return f"C{number + 1:06d}" if number >= 0 else ""


def visitor_name(number: int) -> str:
    """A cookie: v000001 for customer number 0, a000001 for anonymous visitor -1."""
    return f"v{number + 1:06d}" if number >= 0 else f"a{-number:06d}"


def half_loaded(parameters: ShopParameters, events: Events) -> Events:
    """Everything before midday of the last day."""
    return events.take((events.day < parameters.days - 1) | (events.second < MIDDAY))


def plain_views(customer: list[int], day: list[int], second: list[int], kind: int, product: int) -> Events:
    """Web events of one kind without a session."""
    count = len(customer)
    same = {name: np.full(count, value) for name, value in {"kind": kind, "product": product, "term": -1, "session": -1}.items()}
    zero = np.zeros(count, dtype=np.int64)
    return Events(
        customer=np.array(customer),
        day=np.array(day),
        second=np.array(second),
        kind=same["kind"],
        product=same["product"],
        term=same["term"],
        quantity=zero,
        cents=zero,
        session=same["session"],
        channel=np.full(count, WEB),
    )


def bot_events(parameters: ShopParameters, random: np.random.Generator) -> Events:
    """Each bot reads pages for a quarter of a day, one every half minute or so."""
    pages = DIRTY_ROWS["shop_web_events"]["bot"] // len(BOTS)
    customer = [int(name[1:]) - 1 for name in BOTS for _ in range(pages)]
    day = [100 + 40 * bot for bot in range(len(BOTS)) for _ in range(pages)]
    second = [6 * 3600 + 34 * page + int(jitter) for page, jitter in enumerate(uniform_integers(random, pages, 20))] * len(BOTS)
    return plain_views(customer, day, second, PAGE_VIEW, -1)


def anonymous_events(parameters: ShopParameters, histories: Histories, random: np.random.Generator) -> tuple[Events, list[Row]]:
    """Product views of visitors without a name, and the links of those who turned out to be customers up to two days later."""
    days = parameters.days - 5
    first = 5 + uniform_integers(random, ANONYMOUS_VISITORS, days - 5)
    views = 2 + uniform_integers(random, ANONYMOUS_VISITORS, 5)
    start = 9 * 3600 + uniform_integers(random, ANONYMOUS_VISITORS, 10 * 3600)
    known = histories.first_customer + uniform_integers(random, LINKED_VISITORS, len(histories.types))
    delay = uniform_integers(random, LINKED_VISITORS, 3)
    numbers = [-1 - visitor for visitor in range(ANONYMOUS_VISITORS) for _ in range(views[visitor])]
    day = [int(first[-1 - number]) for number in numbers]
    second = [int(start[visitor]) + 40 * view for visitor in range(ANONYMOUS_VISITORS) for view in range(views[visitor])]
    links: list[Row] = []
    for visitor in range(LINKED_VISITORS):
        linked = parameters.first_date + timedelta(days=int(first[visitor] + delay[visitor]))
        links.append((visitor_name(-1 - visitor), customer_name(int(known[visitor])), f"{linked} 20:30:00"))
    return plain_views(numbers, day, second, PRODUCT_VIEW, 3), links


def channel_rows(
    name: str, parameters: ShopParameters, catalogue: Catalogue, events: Events, random: np.random.Generator
) -> list[Row]:
    """Rows of a channel in the order of time, its dirty rows in between."""
    events = events.in_time()
    maker = {"shop_web_events": web_rows, "shop_app_events": app_rows, "shop_orders": order_rows}[name]
    rows = maker(parameters, catalogue, events, loading_delays(name, len(events), random))
    dirty = dirty_rows(name, rows, LAYOUTS[name], random)
    places = sorted(int(place) for place in uniform_integers(random, len(dirty), len(rows)))
    for offset, (place, row) in enumerate(zip(places, dirty, strict=True)):
        rows.insert(place + offset, row)
    return rows


def loading_delays(name: str, count: int, random: np.random.Generator) -> list[int]:
    """Minutes until each row was loaded: an hour, or days for the late ones."""
    delays = [60] * count
    late = DIRTY_ROWS[name].get("late", 0)
    for row, days in zip(distinct_integers(random, late, count), late_days(random, late), strict=True):
        delays[row] = days * 24 * 60
    return delays


def named(values: tuple[str, ...], numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    """The value of each number, blank for -1."""
    return [values[number] if number >= 0 else "" for number in numbers]


def loaded_times(parameters: ShopParameters, events: Events, delays: list[int]) -> list[str]:
    return spelled(utc_times(parameters, events) + np.array(delays) * np.timedelta64(60, "s"), " ")


def web_rows(parameters: ShopParameters, catalogue: Catalogue, events: Events, delays: list[int]) -> list[Row]:
    times = spelled(utc_times(parameters, events), " ")
    products, terms = named(catalogue.articles, events.product), named(catalogue.search_terms, events.term)
    rows: list[Row] = []
    for number, customer in enumerate(events.customer.tolist()):
        session = events.session[number]
        rows.append((
            f"w{number + 1}", visitor_name(customer), customer_name(customer), times[number], WEB_WORDS[events.kind[number]],
            products[number], terms[number], f"s{session}" if session >= 0 else "",
        ))  # fmt: skip
    return rows


def app_rows(parameters: ShopParameters, catalogue: Catalogue, events: Events, delays: list[int]) -> list[Row]:
    times, loaded = spelled(wall_times(parameters, events), "T"), loaded_times(parameters, events, delays)
    products, terms = named(catalogue.articles, events.product), named(catalogue.search_terms, events.term)
    return [
        (
            f"a{number + 1}",
            customer_name(customer),
            times[number],
            APP_WORDS[events.kind[number]],
            products[number],
            terms[number],
            loaded[number],
        )
        for number, customer in enumerate(events.customer.tolist())
    ]


def order_rows(parameters: ShopParameters, catalogue: Catalogue, events: Events, delays: list[int]) -> list[Row]:
    times, loaded = spelled(wall_times(parameters, events), " "), loaded_times(parameters, events, delays)
    products = named(catalogue.articles, events.product)
    rows: list[Row] = []
    for number, customer in enumerate(events.customer.tolist()):
        word = "sale" if events.kind[number] == PURCHASE else "refund"
        money = f"{int(events.cents[number]) / 100:.2f}"
        rows.append(
            (
                f"o{number + 1}",
                customer_name(customer),
                times[number],
                word,
                products[number],
                str(events.quantity[number]),
                money,
                loaded[number],
            )
        )
    return rows


def customer_rows(parameters: ShopParameters, histories: Histories, random: np.random.Generator) -> list[Row]:
    country = uniform_integers(random, len(histories.types), len(COUNTRIES))
    rows: list[Row] = []
    for number, day in enumerate(np.minimum(histories.first_seen_day, parameters.days - 1).tolist()):
        signup: date = parameters.first_date + timedelta(days=day)
        rows.append((customer_name(histories.first_customer + number), str(signup), COUNTRIES[country[number]]))
    return rows


def product_rows(catalogue: Catalogue) -> list[Row]:
    return [
        (
            article,
            CATEGORIES[catalogue.category[number]],
            BRANDS[catalogue.brand[number]],
            f"{int(catalogue.list_cents[number]) / 100:.2f}",
        )
        for number, article in enumerate(catalogue.articles)
    ]


def calendar_rows(parameters: ShopParameters) -> list[Row]:
    """Days of the window and some more, as they are known ahead."""
    days = replace(ShopDays(parameters.first_date, parameters.days + CALENDAR_DAYS_AHEAD))
    return [
        (str(day), str(bool(days.holiday[number])).lower(), holiday_name(day), str(bool(days.promotion[number])).lower())
        for number, day in enumerate(days.dates)
    ]
