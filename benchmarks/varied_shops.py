"""Generated shops of many settings, and how each becomes a data set: every setting is drawn from a documented range.

`TAUGHT` are the ranges of the pre-training. A shop of `UNSEEN` settings has most of them outside of these ranges, on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from demand_forecast_training.customers.examples import CustomerData, read_everything
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.shop import REFIT_MODELS, dbt
from benchmarks.shop_generator.days import DayDemand
from benchmarks.shop_generator.parameters import COUNT_KINDS, TYPES, CustomerType, ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop
from benchmarks.speed import EVENT_COLUMNS, execute, write_project

Range = tuple[float, float]
CALENDAR_COLUMNS = ("calendar_date", "is_holiday", "is_promotion", "is_major_holiday")
FIRST_DATES = (date(2021, 1, 1), date(2024, 12, 31))
LATE_DAYS = 30
OUTER = 0.25
"""Unseen settings lie beyond an end of their range by up to this share of its length, counted in logs."""


@dataclass(frozen=True)
class Ranges:
    """From and to of every setting; each is drawn evenly in its log. Factors multiply the generator's own numbers."""

    visits: Range = (0.4, 3.0)
    """Views, searches, favourites and cart changes."""
    purchases: Range = (0.2, 1.6)
    """Probabilities of a purchase."""
    eagerness: Range = (0.5, 1.8)
    """Probabilities of waking up, browsing and becoming ready to buy."""
    leaving: Range = (0.5, 2.0)
    """Probabilities of going away."""
    lookers: Range = (0.3, 3.0)
    """Share of customers who look and hardly buy."""
    loyal: Range = (0.4, 2.0)
    """Share of frequent and weekly customers."""
    weekdays: Range = (0.3, 1.5)
    """Contrast of the week: the power of each weekday's factor. The week is turned by a number of days."""
    joining_share: Range = (0.1, 0.7)
    promotion: Range = (1.05, 2.2)
    holiday: Range = (0.4, 1.1)
    major_holiday: Range = (0.02, 0.6)
    eve: Range = (1.0, 1.8)
    lines: Range = (0.4, 2.5)
    """Lines of a purchase beyond the first."""
    missing: float = 0.3
    """Chance of each kind of event but purchases that the shop does not record it."""
    only_purchases: float = 0.12
    """Chance that it records purchases alone."""
    without_calendar: float = 0.3
    aimless: Range = (0.2, 1.0)
    """Share of the other events that say nothing of a present intent, drawn evenly: they come up to LATE_DAYS days late."""
    with_aim: float = 0.5
    """Chance that there are none of these."""


TAUGHT = Ranges()


@dataclass(frozen=True)
class VariedShop:
    """A shop with its settings by name, the kinds of events that it records, and whether it maps a calendar."""

    parameters: ShopParameters
    settings: dict[str, float]
    kinds: tuple[str, ...]
    has_calendar: bool
    aimless: float


def seen(low: float, high: float, random: np.random.Generator) -> float:
    """A setting inside its range, evenly in its log."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def unseen(low: float, high: float, random: np.random.Generator) -> float:
    """A setting outside of its range, below or above it."""
    beyond = random.uniform(0.05, OUTER) * np.log(high / low)
    return float(low * np.exp(-beyond) if random.random() < 0.5 else high * np.exp(beyond))


def varied_shop(seed: int, customers: int, days: int, is_seen: bool = True, ranges: Ranges = TAUGHT) -> VariedShop:
    """The shop of a seed."""
    random = np.random.default_rng(seed)
    draw = seen if is_seen else unseen
    spans = {name: span for name, span in vars(ranges).items() if isinstance(span, tuple) and name != "aimless"}
    settings = {name: draw(low, high, random) for name, (low, high) in spans.items()}
    turn, late = int(random.integers(7)), int(random.integers((FIRST_DATES[1] - FIRST_DATES[0]).days))
    demand = DayDemand(*(settings[name] for name in ("holiday", "promotion", "major_holiday", "eve")))
    parameters = ShopParameters(
        customers,
        days,
        seed,
        first_date=FIRST_DATES[0] + timedelta(days=late),
        activity=settings["visits"],
        joining_share=min(settings["joining_share"], 0.9),
        demand=demand,
        types=tuple(varied_type(kind, settings, turn, random) for kind in TYPES),
    )
    kinds, has_calendar = recorded_kinds(ranges, random), random.random() >= ranges.without_calendar
    aimless = 0.0 if random.random() < ranges.with_aim else float(random.uniform(*ranges.aimless))
    return VariedShop(parameters, settings, kinds, has_calendar, aimless)


def varied_type(kind: CustomerType, settings: dict[str, float], turn: int, random: np.random.Generator) -> CustomerType:
    """A type of customer under the settings, and a little of its own. A day's probabilities of leaving a state stay below 1."""

    def chance(value: float, factor: float) -> float:
        return min(value * factor * float(random.lognormal(0, 0.3)), 0.45)

    week = np.roll(np.array(kind.weekdays) ** settings["weekdays"], turn)
    share = {"browser": "lookers", "frequent": "loyal", "weekend_regular": "loyal", "midweek_regular": "loyal"}.get(kind.name)
    weight = (settings[share] if share else 1.0) * float(random.lognormal(0, 0.4))
    return replace(
        kind,
        share=kind.share * weight,
        new_share=kind.new_share * weight,
        wake=chance(kind.wake, settings["eagerness"]),
        browse=chance(kind.browse, settings["eagerness"]),
        ripen=chance(kind.ripen, settings["eagerness"]),
        leave=chance(kind.leave, settings["leaving"]),
        quit=chance(kind.quit, settings["leaving"]),
        give_up=chance(kind.give_up, settings["leaving"]),
        # The generator multiplies purchases by the rate of visits; here each has a factor of its own.
        purchase=tuple(value * settings["purchases"] / settings["visits"] for value in kind.purchase),  # type: ignore[arg-type]
        weekdays=tuple(week / week.mean()),
        extra_lines=kind.extra_lines * settings["lines"],
    )


def recorded_kinds(ranges: Ranges, random: np.random.Generator) -> tuple[str, ...]:
    """Kinds of events that a shop records."""
    chosen = random.random(len(COUNT_KINDS)) >= ranges.missing
    is_alone = random.random() < ranges.only_purchases
    return ("purchase", "return", *(() if is_alone else np.array(COUNT_KINDS)[chosen].tolist()))


def write_empty_project(project: Path, chosen: dict[str, Any]) -> None:
    """A project that maps events and a calendar, with vars of one's own."""
    calendar = {"source": ["shop", "calendar"], "columns": {name: name for name in CALENDAR_COLUMNS}}
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, {"calendar": calendar, **chosen})


def generate(shop: VariedShop, folder: Path) -> None:
    """Write the shop's events and calendar."""
    write_shop(shop.parameters, folder, truth=False, next_day=False)


EVENTS = """
    create or replace table shop.events as
    with recorded as (
        select {columns}, event_type not in ('purchase', 'return')
            and md5_number_lower(event_id::varchar) % 1000 < {aimless} as is_aimless
        from read_parquet('{folder}/events.parquet') where event_type in ({kinds}) and {condition}
    ),
    moved as (
        select *, event_at + to_days((1 + md5_number_lower('late' || event_id) % {late})::integer) as late_at from recorded
    )
    select * exclude (is_aimless, late_at) replace (case when is_aimless then late_at else event_at end as event_at)
    from moved where not is_aimless or late_at <= (select max(event_at) from recorded)
"""
"""An aimless event comes later than it was meant, never earlier, so that it knows nothing of days to come."""


def fill(project: Path, shop: VariedShop, folder: Path, condition: str = "true") -> None:
    """Put what the shop records into the project's warehouse: events of an SQL condition, and the calendar if it has one."""
    recorded = {
        "columns": ", ".join(EVENT_COLUMNS),
        "kinds": ", ".join(f"'{kind}'" for kind in shop.kinds),
        "condition": condition,
        "folder": folder,
        "aimless": round(1000 * shop.aimless),
        "late": LATE_DAYS,
    }
    execute(
        project,
        "create schema if not exists shop",
        EVENTS.format_map(recorded),
        f"""create or replace table shop.calendar as select {", ".join(CALENDAR_COLUMNS)}
            from read_parquet('{folder}/calendar.parquet') where {shop.has_calendar}""",
    )


def built_everything(project: Path, models: Sequence[str] = REFIT_MODELS) -> CustomerData:
    """Build the project's models and read every origin with all that came true after it."""
    dbt(project, "run", "--full-refresh", "--select", *models)
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return read_everything(connection, warehouse.relations)
