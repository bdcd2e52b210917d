"""Simulates the daily process of ``benchmarks.shop_generator`` for one chunk of customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.parameters import COUNT_KINDS, ShopParameters

CHUNK_CUSTOMERS = 5_000
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Histories:
    """What happened to a chunk of n customers on D days, and what an oracle knew before each day.

    ``counts`` [n, D, 6] in the order of COUNT_KINDS: free counts, without the cart add of each purchased line;
    ``lines`` [n, D] purchased lines (0 = no purchase); ``first_day`` [n]: 0, or the day of joining; ``joined`` [n] bool;
    ``true_probability`` [n, D], NaN before first_day.
    """

    first_customer: int
    counts: NDArray[np.int8]
    lines: NDArray[np.int8]
    first_day: Integers
    joined: NDArray[np.bool_]
    types: Integers
    true_probability: Floats

    @property
    def first_seen_day(self) -> Integers:
        """[n]: day of the first event; D where there is none."""
        seen = (self.counts.sum(axis=2) + self.lines) > 0
        return np.asarray(np.where(seen.any(axis=1), seen.argmax(axis=1), seen.shape[1]))


def simulate_chunks(parameters: ShopParameters) -> Iterator[Histories]:
    """Histories of all customers, CHUNK_CUSTOMERS at a time; each chunk has its own random stream."""
    for first in range(0, parameters.customers, CHUNK_CUSTOMERS):
        size = min(CHUNK_CUSTOMERS, parameters.customers - first)
        yield simulate(parameters, first, size)


def random_stream(parameters: ShopParameters, first_customer: int, purpose: int) -> np.random.Generator:
    """The stream of one chunk and purpose (0 process, 1 visits, 2 dirt, ...)."""
    return np.random.Generator(np.random.PCG64([parameters.seed, first_customer, purpose]))


def draw(uniforms: Floats, mass: Floats) -> Integers:
    """[n] uniforms, [n, m] probabilities -> [n] drawn indices, by inverse CDF."""
    cumulative = np.cumsum(mass, axis=1)
    return np.asarray(np.minimum((uniforms[:, None] >= cumulative).sum(axis=1), mass.shape[1] - 1))


def simulate(parameters: ShopParameters, first_customer: int, size: int) -> Histories:
    """Run the process for ``size`` customers from number ``first_customer``."""
    random = random_stream(parameters, first_customer, 0)
    days, states = parameters.days, parameters.prior.shape[2]
    joined = random.random(size) < parameters.joining_share
    first_day = np.where(joined, (random.random(size) * (days - 1)).astype(np.int64), 0)
    start = draw(random.random(size), parameters.prior.reshape(2, -1)[joined.astype(int)])
    types, state = np.divmod(start, states)
    counts = np.zeros((size, days, len(COUNT_KINDS)), dtype=np.int8)
    lines = np.zeros((size, days), dtype=np.int8)
    true_probability = np.full((size, days), np.nan)
    begin = parameters.prior[joined.astype(int), types]  # [n, S], of the first day
    expected_state = begin / begin.sum(axis=1, keepdims=True)
    for day in range(days):
        present = day >= first_day
        true_probability[present, day] = (expected_state * parameters.purchase[day, types]).sum(axis=1)[present]
        uniforms = random.random((len(COUNT_KINDS) + 3, size))
        state = np.where(present & (day > first_day), draw(uniforms[0], expected_state), state)
        counts[:, day] = day_counts(parameters, day, uniforms[3:], types, state, joined & (day == first_day))
        bought = uniforms[1] < parameters.purchase[day, types, state]
        lines[:, day] = np.where(bought, 1 + draw(uniforms[2], parameters.line_mass[types]), 0)
        counts[~present, day], lines[~present, day] = 0, 0
        following = parameters.transition[bought.astype(int), types, state]
        expected_state = np.where(present[:, None], following, expected_state)
    return Histories(first_customer, counts, lines, first_day, joined, types, true_probability)


def day_counts(
    parameters: ShopParameters,
    day: int,
    uniforms: Floats,
    types: Integers,
    state: Integers,
    joins: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """[n, 6] counts of one day; whoever joins has one page view more."""
    mass = parameters.count_mass[parameters.calendar.weekday[day]]
    drawn = [draw(uniforms[kind], mass[kind, types, state]) for kind in range(len(COUNT_KINDS))]
    drawn[0] = drawn[0] + joins
    return np.stack(drawn, axis=1).astype(np.int8)
