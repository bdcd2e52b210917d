"""The exact forward filter: what the observable history says about tomorrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.parameters import COUNT_KINDS, ShopParameters
from benchmarks.shop_generator.process import Histories

Floats = NDArray[np.float64]


def attainable_probability(parameters: ShopParameters, histories: Histories) -> Floats:
    """[n, D]: P(purchase on day d | daily counts through d-1), NaN before a customer's first day.

    The belief over (type, state) of day d before its events is multiplied by the likelihood of the day's counts and
    lines, normalised, and moved one day on by the transition that belongs to buying or not buying.
    """
    size, days = histories.lines.shape
    belief = np.moveaxis(parameters.prior[histories.joined.astype(int)], 0, -1).copy()  # [K, S, n]
    probability = np.full((size, days), np.nan)
    for day in range(days):
        here = np.flatnonzero(day >= histories.first_day)
        now = belief[:, :, here]
        probability[here, day] = np.einsum("ksn,ks->n", now, parameters.purchase[day])
        posterior = now * day_likelihood(parameters, histories, day, here)
        posterior /= posterior.sum(axis=(0, 1))
        belief[:, :, here] = next_belief(parameters, posterior, histories.lines[here, day] > 0)
    return probability


def day_likelihood(parameters: ShopParameters, histories: Histories, day: int, here: NDArray[np.int64]) -> Floats:
    """[K, S, n]: probability of everything seen on one day, given type and state."""
    mass = parameters.count_mass[parameters.calendar.weekday[day]]  # [kinds, K, S, counts]
    counts = histories.counts[here, day].astype(np.int64)
    counts[:, 0] -= histories.joined[here] & (histories.first_day[here] == day)
    likelihood = mass[0][:, :, counts[:, 0]]
    for kind in range(1, len(COUNT_KINDS)):
        likelihood = likelihood * mass[kind][:, :, counts[:, kind]]
    return np.asarray(likelihood * purchase_likelihood(parameters, day, histories.lines[here, day].astype(np.int64)))


def purchase_likelihood(parameters: ShopParameters, day: int, lines: NDArray[np.int64]) -> Floats:
    """[K, S, n]: probability of buying that many lines, given type and state."""
    purchase = parameters.purchase[day][:, :, None]
    of_lines = parameters.line_mass[:, np.maximum(lines - 1, 0)][:, None, :]
    return np.asarray(np.where(lines > 0, purchase * of_lines, 1 - purchase))


def next_belief(parameters: ShopParameters, posterior: Floats, bought: NDArray[np.bool_]) -> Floats:
    """[K, S, n]: the belief of the next day before its events."""
    following = np.einsum("ksn,kst->ktn", posterior, parameters.transition[0])
    after = np.einsum("ksn,kst->ktn", posterior[:, :, bought], parameters.transition[1])
    following[:, :, bought] = after
    return np.asarray(following)
