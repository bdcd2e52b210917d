"""The process and its exact filter: against enumeration, against what happened, against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from benchmarks.shop_generator.days import easter, holiday_name
from benchmarks.shop_generator.filtering import attainable_probability
from benchmarks.shop_generator.parameters import COUNT_KINDS, TYPES, ShopParameters
from benchmarks.shop_generator.process import Histories, simulate

SHOP = ShopParameters(customers=1500, days=150, seed=11)


def likelihood_of_day(shop: ShopParameters, one: Histories, customer: int, day: int, kind: int, state: int) -> float:
    """P(everything seen on the day | type, state), spelled out."""
    mass = shop.count_mass[shop.calendar.weekday[day]]
    counts = one.counts[customer, day].astype(int)
    if one.joined[customer] and day == one.first_day[customer]:
        counts[0] -= 1
    seen = float(np.prod([mass[number, kind, state, counts[number]] for number in range(len(COUNT_KINDS))]))
    lines, buys = int(one.lines[customer, day]), float(shop.purchase[day, kind, state])
    return seen * (buys * float(shop.line_mass[kind, lines - 1]) if lines else 1 - buys)


def enumerated_probability(shop: ShopParameters, one: Histories, customer: int, target: int) -> float:
    """P(purchase on the target day | everything before), by summing over every type and every path of states."""
    first, joins = int(one.first_day[customer]), int(one.joined[customer])
    bought, seen = 0.0, 0.0
    for kind in range(len(shop.types)):
        for path in product(range(4), repeat=target - first + 1):
            weight = float(shop.prior[joins, kind, path[0]])
            for step, day in enumerate(range(first, target)):
                weight *= likelihood_of_day(shop, one, customer, day, kind, path[step])
                after = int(one.lines[customer, day] > 0)
                weight *= float(shop.transition[after, kind, path[step], path[step + 1]])
            seen += weight
            bought += weight * float(shop.purchase[target, kind, path[-1]])
    return bought / seen


def test_filter_equals_enumeration_of_every_path() -> None:
    shop = ShopParameters(customers=40, days=6, seed=3, activity=1.5, types=TYPES[:3])
    histories = simulate(shop, 0, shop.customers)
    attainable = attainable_probability(shop, histories)
    buyers = np.flatnonzero((histories.lines[:, :4] > 0).any(axis=1))[:3]
    joiners = np.flatnonzero(histories.joined & (histories.first_day < 3))[:3]
    assert len(buyers) and len(joiners)
    for customer in {*buyers.tolist(), *joiners.tolist(), 0}:
        for target in range(int(histories.first_day[customer]), shop.days):
            expected = enumerated_probability(shop, histories, customer, target)
            assert attainable[customer, target] == pytest.approx(expected, rel=1e-10)


@pytest.fixture(scope="module")
def judged() -> dict[str, np.ndarray]:
    """Target days after each customer's first event, from day 30."""
    histories = simulate(SHOP, 0, SHOP.customers)
    day = np.arange(SHOP.days)
    rows = (day > histories.first_seen_day[:, None]) & (day >= 30)
    attainable = attainable_probability(SHOP, histories)
    return {
        "bought": histories.lines[rows] > 0,
        "true": histories.true_probability[rows],
        "attainable": attainable[rows],
    }


def log_loss(probability: np.ndarray, bought: np.ndarray) -> float:
    return float(-np.mean(np.log(np.where(bought, probability, 1 - probability))))


@pytest.mark.parametrize("name", ["true", "attainable"])
def test_probabilities_are_calibrated(judged: dict[str, np.ndarray], name: str) -> None:
    """In each tenth of the rows, by probability, purchases are as many as promised, within four standard errors."""
    order = np.argsort(judged[name])
    for part in np.array_split(order, 10):
        promised, happened = judged[name][part], judged["bought"][part]
        error = np.sqrt((promised * (1 - promised)).sum())
        assert abs(happened.sum() - promised.sum()) < 4 * error + 1


def test_attainable_lies_between_the_oracle_and_a_constant(judged: dict[str, np.ndarray]) -> None:
    bought = judged["bought"]
    constant = log_loss(np.full(len(bought), bought.mean()), bought)
    attainable, true = log_loss(judged["attainable"], bought), log_loss(judged["true"], bought)
    assert true < attainable < constant
    assert 0.15 < (constant - attainable) / constant < 0.5  # neither hopeless nor trivial
    assert 0.03 < bought.mean() < 0.08


def test_the_past_does_not_look_ahead() -> None:
    """What happens on a day changes no probability of that day or before."""
    histories = simulate(SHOP, 0, 300)
    before = attainable_probability(SHOP, histories)
    lines, counts = histories.lines.copy(), histories.counts.copy()
    lines[:, 100:] = 1 - np.minimum(lines[:, 100:], 1)
    counts[:, 100:] = counts[:, 100:][::-1] + 1
    after = attainable_probability(SHOP, replace(histories, lines=lines, counts=counts))
    np.testing.assert_array_equal(before[:, :101], after[:, :101])
    assert not np.allclose(before[:, 101], after[:, 101], equal_nan=True)


def test_who_joins_is_seen_on_the_first_day() -> None:
    histories = simulate(SHOP, 0, 500)
    np.testing.assert_array_equal(histories.first_seen_day[histories.joined], histories.first_day[histories.joined])


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two, other = (simulate(replace(SHOP, seed=seed), 0, 200) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.counts, two.counts)
    assert (one.counts != other.counts).any()


@pytest.mark.parametrize(("year", "expected"), [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5))])
def test_easter(year: int, expected: date) -> None:
    assert easter(year) == expected


def test_holidays() -> None:
    assert holiday_name(date(2025, 4, 18)) == "Good Friday"
    assert holiday_name(date(2025, 6, 9)) == "Whit Monday"
    assert holiday_name(date(2025, 6, 10)) == ""
