"""Rises injected into complete_journey: 300 categories with seasons, promotions and one year of history."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.trends.rises import LATER_WEEKS, NO_RISE, Flag, Rise, flagged_values, share
from benchmarks.trends.shops import prepare_project, trend_flags, write_journey

FIRST_MONDAY = date(2017, 1, 2)
STARTS = (30, 44)
"""A rise begins in one of these weeks, so that its last weeks and two after them lie in the year."""
RISES = 12
BAND_EDGES = (40, 100, 300, 1_000_000)
RISING = 5
"""Categories of each band that rise in one run."""


@dataclass(frozen=True)
class Band:
    """Categories with so many units in a mean week, and their flags where nothing was injected."""

    lowest: int
    highest: int
    categories: tuple[str, ...]
    flags: tuple[Flag, ...]

    @property
    def title(self) -> str:
        return f"{self.lowest} to {self.highest}" if self.highest < BAND_EDGES[-1] else f"{self.lowest} and more"


def bands_of(flags: Sequence[Flag]) -> list[Band]:
    """The judged categories by the units of their mean week."""
    units: dict[str, list[float]] = {}
    for flag in flags:
        units.setdefault(flag.value, []).append(flag.actual_units)
    mean = {value: sum(weeks) / len(weeks) for value, weeks in units.items()}
    bands = []
    for lowest, highest in itertools.pairwise(BAND_EDGES):
        categories = tuple(sorted(value for value, size in mean.items() if lowest <= size < highest))
        bands.append(Band(lowest, highest, categories, tuple(flag for flag in flags if flag.value in categories)))
    return bands


def drawn_rise(bands: Sequence[Band], number: int) -> Rise:
    """A rise of a few categories of each band, from a week that the number draws as well."""
    random = np.random.default_rng(number)
    start = int(random.integers(*STARTS))
    chosen = [value for band in bands for value in random.choice(band.categories, RISING, replace=False).tolist()]
    return Rise(tuple(chosen), (), FIRST_MONDAY + timedelta(weeks=start))


def band_line(band: Band, rises: Sequence[tuple[Rise, tuple[Flag, ...]]]) -> str:
    """How often categories of the band are flagged, with a rise and in the same weeks without one."""
    pairs = [(rise, flags, value) for rise, flags in rises for value in rise.categories if value in band.categories]

    def found(without: bool, weeks_after: int) -> str:
        return f"{share(v in flagged_values(band.flags if without else f, r, 'category', weeks_after) for r, f, v in pairs):.0%}"

    hits = " | ".join(found(False, weeks_after) for weeks_after in range(LATER_WEEKS + 1))
    flagged = share(flag.is_trending for flag in band.flags)
    return f"| {band.title} | {len(band.categories)} | {flagged:.1%} | {len(pairs)} | {hits} | {found(True, LATER_WEEKS)} |"


def journey_lines(work: Path) -> list[str]:
    """The section of complete_journey."""
    project, folder = work / "journey_project", work / "journey"
    prepare_project(project)
    write_journey(project, folder)
    flags = trend_flags(project, folder, NO_RISE)
    bands, rises = bands_of(flags), []
    for number in range(RISES):
        rise = drawn_rise(bands, number)
        rises.append((rise, trend_flags(project, folder, rise, draw=str(number))))
        print(f"complete_journey, rise {number + 1} of {RISES}, from {rise.first_monday}", flush=True)
    count = len({flag.value for flag in flags})
    columns = (
        "units a week",
        "categories",
        "weeks flagged",
        "rises",
        "found by its last week",
        "a week later",
        "two weeks later",
    )
    return [
        "## complete_journey",
        "",
        f"One year of real purchases in {count} categories, with no year before it to tell their seasons. In each of {RISES}",
        f"runs {RISING} categories of each size rise by 30 % over four weeks. The last column has the flags of the same",
        "categories and weeks where nothing was injected: what trended by itself.",
        "",
        f"| {' | '.join(columns)} | without the rise |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(band_line(band, rises) for band in bands),
        "",
    ]
