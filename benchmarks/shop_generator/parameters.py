"""The numbers of the process, and the tables that simulation and filter share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.days import USUAL_DEMAND, DayDemand, ShopDays

Array = NDArray[np.float64]

COUNT_KINDS = ("page_view", "search", "product_view", "favourite", "add_to_cart", "remove_from_cart")
STATES = ("away", "idle", "browsing", "ready")
MOST_COUNT = 15
HIGHEST_PURCHASE_PROBABILITY = 0.95
VISIT_RHYTHM = (0.9, 0.9, 0.95, 1.0, 1.0, 1.15, 1.25)  # Monday first

# Daily rates of each kind of count in each state, of a customer type of pace 1.
RATES = {
    "page_view": (0.002, 0.05, 0.25, 0.30),
    "search": (0.001, 0.015, 0.18, 0.25),
    "product_view": (0.001, 0.035, 0.60, 0.80),
    "favourite": (0.001, 0.005, 0.06, 0.06),
    "add_to_cart": (0.001, 0.005, 0.07, 0.45),
    "remove_from_cart": (0.001, 0.002, 0.03, 0.07),
}


@dataclass(frozen=True)
class CustomerType:
    """One latent type. ``wake``..``give_up`` are daily transition probabilities of a day without a purchase."""

    name: str
    share: float  # of customers who were there before the first day
    new_share: float  # of customers who join later
    wake: float  # away -> idle or browsing
    leave: float  # idle -> away
    browse: float  # idle -> browsing
    quit: float  # browsing -> idle
    ripen: float  # browsing -> ready
    give_up: float  # ready -> browsing or idle
    purchase: tuple[float, float, float, float]  # by state
    pace: float = 1.0  # multiplies the rates of views and searches
    extra_lines: float = 0.3
    weekdays: tuple[float, ...] = (0.9, 0.9, 0.95, 1.0, 1.1, 1.15, 1.0)
    season: float = 0.05  # amplitude of the yearly wave
    starts_active: bool = False  # otherwise in the type's own equilibrium

    def transition(self) -> Array:
        """[2, S, S]: rows of a day without (0) and with (1) a purchase."""
        stay_idle = 1 - self.leave - self.browse
        stay_browsing = 1 - self.quit - self.ripen
        without = [
            [1 - self.wake, 0.6 * self.wake, 0.4 * self.wake, 0.0],
            [self.leave, stay_idle, self.browse, 0.0],
            [0.0, self.quit, stay_browsing, self.ripen],
            [0.0, 0.6 * self.give_up, 0.4 * self.give_up, 1 - self.give_up],
        ]
        bought = [[0.3, 0.6, 0.1, 0.0], [0.1, 0.8, 0.1, 0.0], [0.05, 0.75, 0.15, 0.05], [0.05, 0.75, 0.12, 0.08]]
        return np.array([without, bought])


WEEKEND = (0.45, 0.35, 0.4, 0.6, 1.3, 2.0, 1.5)
MIDWEEK = (0.9, 1.7, 1.8, 1.6, 0.6, 0.3, 0.3)
TYPES = (
    CustomerType("frequent", 0.10, 0.08, 0.30, 0.02, 0.26, 0.18, 0.30, 0.15, (0.002, 0.02, 0.06, 0.60), extra_lines=0.6),
    CustomerType(
        "weekend_regular", 0.16, 0.12, 0.20, 0.03, 0.20, 0.15, 0.30, 0.10, (0.001, 0.01, 0.04, 0.50),
        pace=0.8, weekdays=WEEKEND, extra_lines=0.5,
    ),
    CustomerType(
        "midweek_regular", 0.12, 0.10, 0.20, 0.03, 0.20, 0.15, 0.30, 0.10, (0.001, 0.01, 0.04, 0.50),
        pace=0.8, weekdays=MIDWEEK,
    ),
    CustomerType("browser", 0.12, 0.15, 0.15, 0.04, 0.20, 0.15, 0.03, 0.30, (0.001, 0.002, 0.01, 0.35), pace=1.3),
    CustomerType("seasonal", 0.18, 0.10, 0.02, 0.12, 0.10, 0.15, 0.25, 0.12, (0.0005, 0.004, 0.03, 0.45), season=0.3),
    CustomerType("occasional", 0.20, 0.20, 0.05, 0.10, 0.07, 0.20, 0.18, 0.15, (0.0005, 0.003, 0.02, 0.40)),
    CustomerType(
        "leaver", 0.12, 0.25, 0.003, 0.05, 0.22, 0.18, 0.28, 0.15, (0.0002, 0.01, 0.05, 0.50), starts_active=True
    ),
)  # fmt: skip


@dataclass(frozen=True)
class ShopParameters:
    """A shop of ``customers`` over ``days`` days from ``first_date``, reproducible from ``seed``.

    ``activity`` multiplies every rate of events (1 = the natural shop); ``joining_share`` of the customers join
    inside the window.
    """

    customers: int
    days: int
    seed: int = 20250101
    first_date: date = date(2025, 1, 1)
    time_zone: str = "UTC"
    activity: float = 1.0
    joining_share: float = 0.4
    demand: DayDemand = USUAL_DEMAND
    types: tuple[CustomerType, ...] = field(default=TYPES, repr=False)

    @cached_property
    def calendar(self) -> ShopDays:
        return ShopDays(self.first_date, self.days, self.demand)

    @cached_property
    def transition(self) -> Array:
        """[2, K, S, S]."""
        return np.stack([kind.transition() for kind in self.types], axis=1)

    @cached_property
    def prior(self) -> Array:
        """[2, K, S]: of a customer who was there before (0) and of one who joins (1); each sums to 1."""
        shares = np.array([[t.share for t in self.types], [t.new_share for t in self.types]])
        start = np.stack([[start_of(t) for t in self.types], [(0.0, 0.25, 0.5, 0.25) for t in self.types]])
        joint = (shares / shares.sum(axis=1, keepdims=True))[:, :, None] * start
        return np.asarray(joint, dtype=np.float64)

    @cached_property
    def purchase(self) -> Array:
        """[D, K, S]: probability of a purchase on each day, given type and state of that day."""
        calendar = self.calendar
        base = np.array([t.purchase for t in self.types]) * self.activity
        weekday = np.array([t.weekdays for t in self.types])[:, calendar.weekday]
        season = 1 + np.array([t.season for t in self.types])[:, None] * calendar.yearly_wave
        daily = (weekday * season * calendar.demand).T  # [D, K]
        return np.minimum(HIGHEST_PURCHASE_PROBABILITY, daily[:, :, None] * base)

    @cached_property
    def count_mass(self) -> Array:
        """[7, kinds, K, S, MOST_COUNT + 1]: probability of each count, by weekday."""
        rates = np.array([RATES[kind] for kind in COUNT_KINDS])[:, None, :]
        pace = np.array([t.pace for t in self.types])[None, :, None]
        rhythm = np.array(VISIT_RHYTHM)[:, None, None, None]
        return poisson_mass(rhythm * rates * pace * self.activity)

    @cached_property
    def line_mass(self) -> Array:
        """[K, MOST_COUNT + 1]: probability of each number of lines beyond the first of a purchase."""
        return poisson_mass(np.array([t.extra_lines for t in self.types]))


def start_of(kind: CustomerType) -> Array:
    """[S]: state of a customer who was there before the first day."""
    if kind.starts_active:
        return np.array([0.0, 0.5, 0.3, 0.2])
    # A day's chain: bought or not, weighted by the purchase probability of the state.
    bought = np.minimum(HIGHEST_PURCHASE_PROBABILITY, kind.purchase)[:, None]
    without, after = kind.transition()
    step = (1 - bought) * without + bought * after
    state = np.full(len(STATES), 1 / len(STATES))
    for _ in range(2000):
        state = state @ step
    return np.asarray(state / state.sum())


def poisson_mass(rates: Array) -> Array:
    """Poisson probabilities of 0..MOST_COUNT in a new last axis, renormalised to 1."""
    counts = np.arange(1, MOST_COUNT + 1)
    ratios = rates[..., None] / counts
    mass = np.concatenate([np.ones((*rates.shape, 1)), np.cumprod(ratios, axis=-1)], axis=-1)
    return np.asarray(mass / mass.sum(axis=-1, keepdims=True), dtype=np.float64)
