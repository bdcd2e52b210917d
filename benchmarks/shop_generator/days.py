"""The shop's days: weekdays, holidays, promotions, the yearly wave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

HOLIDAY_DEMAND = 0.5
PROMOTION_DEMAND = 1.6
PROMOTION_DISCOUNT_PERCENT = 15
FIXED_HOLIDAYS = {
    (1, 1): "New Year",
    (5, 1): "Labour Day",
    (10, 3): "German Unity Day",
    (12, 25): "Christmas Day",
    (12, 26): "Second Christmas Day",
}
HOLIDAYS_AFTER_EASTER = {-2: "Good Friday", 1: "Easter Monday", 39: "Ascension Day", 50: "Whit Monday"}
MAJOR_HOLIDAYS = {"New Year", "Good Friday", "Easter Monday", "Christmas Day", "Second Christmas Day"}


@dataclass(frozen=True)
class DayDemand:
    """What each kind of day multiplies purchase probabilities by; a major holiday's factor stands instead of a holiday's."""

    holiday: float = HOLIDAY_DEMAND
    promotion: float = PROMOTION_DEMAND
    major_holiday: float = HOLIDAY_DEMAND
    eve: float = 1.0
    """The day before a major holiday."""


USUAL_DEMAND = DayDemand()


def easter(year: int) -> date:
    """Easter Sunday of a Gregorian year of 1900..2199 (Gauss, as corrected)."""
    shift = 24 if year < 2100 else 0 + 25
    n = 5 if year < 2100 else 6
    d = (19 * (year % 19) + shift) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + n) % 7
    days = 22 + d + e
    if (d == 29 and e == 6) or (d == 28 and e == 6 and year % 19 > 10):
        days -= 7
    return date(year, 3, 1) + timedelta(days=days - 1)


def holiday_name(day: date) -> str:
    """The holiday's name, or '' on other days."""
    moving = HOLIDAYS_AFTER_EASTER.get((day - easter(day.year)).days, "")
    return FIXED_HOLIDAYS.get((day.month, day.day), moving)


def is_promotion(day: date) -> bool:
    """Thursday to Sunday of every fourth ISO week."""
    return day.isocalendar().week % 4 == 2 and day.weekday() >= 3


@dataclass(frozen=True)
class ShopDays:
    """``count`` days from ``first``; arrays below have one entry per day."""

    first: date
    count: int
    factors: DayDemand = USUAL_DEMAND

    @cached_property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.count)]

    @cached_property
    def weekday(self) -> NDArray[np.int64]:
        """Monday is 0."""
        return np.array([day.weekday() for day in self.dates])

    @cached_property
    def yearly_wave(self) -> NDArray[np.float64]:
        """-1..1, highest at the start of December."""
        of_year = np.array([day.timetuple().tm_yday for day in self.dates])
        return np.cos(2 * np.pi * (of_year - 335) / 365.25)

    @cached_property
    def promotion(self) -> NDArray[np.bool_]:
        return np.array([is_promotion(day) for day in self.dates])

    @cached_property
    def holiday(self) -> NDArray[np.bool_]:
        return np.array([bool(holiday_name(day)) for day in self.dates])

    @cached_property
    def major_holiday(self) -> NDArray[np.bool_]:
        return np.array([holiday_name(day) in MAJOR_HOLIDAYS for day in self.dates])

    @cached_property
    def eve(self) -> NDArray[np.bool_]:
        """Days before a major holiday, which the days after the window count for too."""
        return np.array([holiday_name(day + timedelta(days=1)) in MAJOR_HOLIDAYS for day in self.dates])

    @cached_property
    def demand(self) -> NDArray[np.float64]:
        """What holidays and promotions multiply purchase probabilities by."""
        factors = self.factors
        holidays = np.where(self.major_holiday, factors.major_holiday, np.where(self.holiday, factors.holiday, 1.0))
        eves = np.where(self.eve & ~self.major_holiday, factors.eve, 1.0)
        return np.asarray(holidays * eves * np.where(self.promotion, factors.promotion, 1.0))
