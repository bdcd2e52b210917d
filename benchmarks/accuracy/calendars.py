"""Holidays that everyone knew ahead, as a shop of the country would map them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pandas.tseries.holiday import AbstractHolidayCalendar, Holiday, USLaborDay, USMemorialDay, USThanksgivingDay
from pandas.tseries.offsets import Easter

MAJOR = {
    "New Year's Day": Holiday("New Year's Day", month=1, day=1),
    "Easter": Holiday("Easter", month=1, day=1, offset=[Easter()]),
    "Thanksgiving": USThanksgivingDay,
    "Christmas": Holiday("Christmas", month=12, day=25),
}
"""Feasts of the United States on which most shops close or close early."""
OTHERS = {"Memorial Day": USMemorialDay, "Independence Day": Holiday("Independence Day", month=7, day=4), "Labor Day": USLaborDay}
"""Days off of nearly everyone in the United States on which people shop."""
COUNTRIES = {"United States": (MAJOR, OTHERS)}


def holidays(country: str, first: date, last: date) -> Iterator[tuple[date, bool]]:
    """Every holiday from `first` to `last` and whether it is a major one. Raises KeyError for a country without a calendar."""
    major, others = COUNTRIES[country]
    for rules, is_major in ((major, True), (others, False)):
        for day in AbstractHolidayCalendar(country, list(rules.values())).holidays(first, last):
            yield day.date(), is_major
