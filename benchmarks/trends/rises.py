"""What rises in a shop and when, what was flagged, and which of both agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LATER_WEEKS = 2


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

    def last_monday(self, weeks_after: int) -> date:
        """Monday of the week that lies so many weeks after the last one of the rise."""
        return self.first_monday + timedelta(weeks=self.weeks - 1 + weeks_after)


NO_RISE = Rise((), (), date(2025, 1, 6))


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


def share(flags: Iterable[bool]) -> float:
    """Share of true ones; NaN of none."""
    values = list(flags)
    return sum(values) / len(values) if values else float("nan")


def flagged_values(flags: Iterable[Flag], rise: Rise, dimension: str, weeks_after: int) -> set[str]:
    """Values with a flag from the rise's first week to so many after its last."""
    last = rise.last_monday(weeks_after)
    return {
        flag.value
        for flag in flags
        if flag.dimension == dimension and flag.is_trending and rise.first_monday <= flag.week_start_date <= last
    }


def found_by(run: Run, dimension: str, weeks_after: int) -> list[bool]:
    """For each value that rises: whether a week was flagged from the rise's first to so many after its last."""
    flagged = flagged_values(run.flags, run.rise, dimension, weeks_after)
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
