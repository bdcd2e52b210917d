"""How hard is the shop? Next-day log loss on its last days, from a constant to the best possible, without a warehouse.

``benchmarks.attainable`` asks the same of the whole package; this takes a minute and serves to choose the parameters.
"""

from __future__ import annotations

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.filtering import attainable_probability
from benchmarks.shop_generator.parameters import COUNT_KINDS, ShopParameters
from benchmarks.shop_generator.process import Histories, simulate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TEST_DAYS = 40
WARM_UP_DAYS = 20
TRAINING_SHARE = 0.6
WINDOWS = (1, 3, 7, 14, 30, 90)
DECAY = 0.97
WEEKDAY_DECAY = 0.92
USUAL_RATE, USUAL_DAYS = 0.05, 20


def report(parameters: ShopParameters) -> str:
    """Log loss of each forecaster and the share of the gap between the constant and the attainable score that it closes."""
    histories = simulate(parameters, 0, parameters.customers)
    bought = histories.lines > 0
    test, train = test_and_train(parameters, histories)
    forecasts = {
        "constant": np.full(bought.shape, bought[train].mean()),
        "own rate by weekday": rate_by_weekday(parameters, histories, train),
        "trees on window counts": trees(parameters, histories, train),
        "attainable": attainable_probability(parameters, histories),
        "true": histories.true_probability,
    }
    losses = {name: log_loss(probability[test], bought[test]) for name, probability in forecasts.items()}
    gap = losses["constant"] - losses["attainable"]
    lines = [f"{int(test.sum()):,} customer-days, purchases on {bought[test].mean():.2%} of them"]
    lines += [f"{name:24}{loss:9.5f}{(losses['constant'] - loss) / gap:9.1%}" for name, loss in losses.items()]
    return "\n".join(lines)


def test_and_train(parameters: ShopParameters, histories: Histories) -> tuple[Flags, Flags]:
    """[n, D] target days after each customer's first event: the last TEST_DAYS, and those before them."""
    day = np.arange(parameters.days)[None, :]
    known = day > histories.first_seen_day[:, None]
    is_test = day >= parameters.days - TEST_DAYS
    return known & is_test, known & ~is_test & (day >= WARM_UP_DAYS)


def log_loss(probability: Floats, bought: Flags) -> float:
    """Mean, in nats."""
    return float(-np.mean(np.log(np.where(bought, probability, 1 - probability))))


def rate_by_weekday(parameters: ShopParameters, histories: Histories, train: Flags) -> Floats:
    """[n, D]: the customer's own rate so far, shrunk, times the shop's weekday factor of the training days."""
    bought = histories.lines > 0
    weekday = parameters.calendar.weekday
    factor = np.array([bought[:, weekday == number][train[:, weekday == number]].mean() for number in range(7)])
    known_days = np.maximum(np.arange(parameters.days)[None, :] - histories.first_seen_day[:, None], 0)
    rate = (window_sum(bought, parameters.days) + USUAL_RATE * USUAL_DAYS) / (known_days + USUAL_DAYS)
    return np.asarray(np.clip(rate * (factor / factor.mean())[weekday], 1e-4, 0.95))


def trees(parameters: ShopParameters, histories: Histories, train: Flags) -> Floats:
    """[n, D]: LightGBM on window counts, recency, decayed and own-weekday rates and the calendar (test days only)."""
    columns = features(parameters, histories)
    random = np.random.default_rng(parameters.seed)
    taught = train & (random.random(train.shape) < TRAINING_SHARE)
    data = lightgbm.Dataset(np.stack([column[taught] for column in columns], axis=1), histories.lines[taught] > 0)
    settings = {"objective": "binary", "learning_rate": 0.05, "min_data_in_leaf": 200, "feature_fraction": 0.5}
    booster = lightgbm.train(settings | {"verbose": -1, "seed": 1}, data, 200)
    probability = np.full(train.shape, np.nan)
    last = slice(parameters.days - TEST_DAYS, None)
    asked = np.stack([column[:, last].ravel() for column in columns], axis=1)
    probability[:, last] = np.asarray(booster.predict(asked)).reshape(len(train), -1)
    return probability


def features(parameters: ShopParameters, histories: Histories) -> list[Floats]:
    """[n, D] each; what day d reads ends with day d-1, but for the calendar of d."""
    bought = (histories.lines > 0).astype(np.float64)
    kinds = [histories.counts[:, :, kind].astype(np.float64) for kind in range(len(COUNT_KINDS))]
    active = ((histories.counts.sum(axis=2) + histories.lines) > 0).astype(np.float64)
    facts = [*kinds, bought, histories.lines.astype(np.float64), active]
    calendar = parameters.calendar
    known_ahead = [np.asarray(days, dtype=np.float64) for days in (calendar.weekday, calendar.promotion, calendar.holiday)]
    found = [window_sum(fact, days) for fact in facts for days in WINDOWS]
    found += [days_since(fact) for fact in (bought, active, *kinds)]
    found += [decayed_sum(fact) for fact in (bought, active, *kinds)]
    found += [own_weekday_sum(bought, calendar.weekday), window_sum(bought, parameters.days)]
    found += [np.broadcast_to(days, bought.shape) for days in known_ahead]
    known_days: Floats = np.arange(float(parameters.days))[None, :] - histories.first_seen_day[:, None]
    return [*found, known_days]


def window_sum(fact: NDArray[np.generic], days: int) -> Floats:
    """[n, D]: the sum over the ``days`` days before each day."""
    total = np.concatenate([np.zeros((len(fact), 1)), np.cumsum(fact, axis=1, dtype=np.float64)], axis=1)[:, :-1]
    start = np.maximum(np.arange(fact.shape[1]) - days, 0)
    return np.asarray(total - total[:, start])


def days_since(fact: Floats) -> Floats:
    """[n, D]: days since the last day before with any; 365 where there is none."""
    day = np.arange(fact.shape[1])
    last = np.maximum.accumulate(np.where(fact > 0, day, -365), axis=1)
    before = np.concatenate([np.full((len(fact), 1), -365), last[:, :-1]], axis=1)
    return np.asarray(np.minimum(day - before, 365), dtype=np.float64)


def decayed_sum(fact: Floats) -> Floats:
    """[n, D]: the sum over all days before, each day of age weighing DECAY."""
    total = np.zeros_like(fact)
    for day in range(1, fact.shape[1]):
        total[:, day] = DECAY * total[:, day - 1] + fact[:, day - 1]
    return total


def own_weekday_sum(bought: Floats, weekday: NDArray[np.int64]) -> Floats:
    """[n, D]: purchases on the same weekday in the weeks before, each week of age weighing WEEKDAY_DECAY."""
    total, kept = np.zeros_like(bought), np.zeros((len(bought), 7))
    for day, number in enumerate(weekday):
        total[:, day] = kept[:, number]
        kept[:, number] = WEEKDAY_DECAY * kept[:, number] + bought[:, day]
    return total
