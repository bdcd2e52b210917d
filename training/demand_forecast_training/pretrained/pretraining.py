"""One data set of many shops, without anything whose scale differs by shop and does not bear on purchases."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from demand_forecast.arrays import Floats

from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.scalers import starting_rates
from demand_forecast_training.learning.dataset import NO_HISTORY, Histories, joined

SCALED_CONTEXT = ("unit_rate_", "revenue_rate_", "return_rate_", "weighted_unit_rate_", "weighted_revenue_rate_")
"""Beginnings of context features in units or money."""
MEMORY_SHARE = 0.5
"""What follows on a sequence of steps is in part the generator's own, so that a shop is told it more quietly."""
SCALED_STEPS = ("units", "revenue", "returned_units")


def without_scale(data: CustomerData) -> CustomerData:
    """The data set with constant zeros for features in units or money, which the network then does not read, and with outcomes
    counted in the shop's average baskets."""
    context = np.array([name.startswith(SCALED_CONTEXT) for name in data.signature.context])
    steps = np.isin(data.signature.steps, SCALED_STEPS)
    basket = starting_rates(data.train, 0.0)
    train = replace(
        data.train,
        context=np.where(context, np.float32(0), data.train.context),
        units=data.train.units / np.float32(basket.basket_units),
        revenue=data.train.revenue / np.float32(basket.basket_revenue),
    )
    histories = replace(data.histories, steps=np.where(steps, np.float32(0), data.histories.steps))
    return replace(data, train=train, histories=histories)


@torch.no_grad()
def with_quiet_memory(network: Network) -> Network:
    """A copy whose memory of the steps moves a forecast only by a share of what it did: MEMORY_SHARE."""
    network = copy.deepcopy(network)
    network.joined_layer.weight[:, : network.step_layer.out_features] *= MEMORY_SHARE
    return network


def sampled(data: CustomerData, most_origins: int, random: np.random.Generator) -> CustomerData:
    """At most so many of the training origins, and the histories that they read."""
    rows = np.sort(random.permutation(len(data.train))[:most_origins])
    train = data.train.take(rows)
    kept = np.unique(train.history[train.history != NO_HISTORY])
    places = np.isin(np.repeat(np.arange(len(data.histories.lengths)), data.histories.lengths), kept)
    histories = Histories(data.histories.steps[places], data.histories.lengths[kept])
    numbers = np.where(train.history == NO_HISTORY, NO_HISTORY, np.searchsorted(kept, train.history))
    return replace(data, train=replace(train, history=numbers), histories=histories)


def joined_shops(taught: Sequence[CustomerData], held_back: Sequence[CustomerData]) -> CustomerData:
    """One data set: the training origins of some shops teach, those of others validate."""
    shops = [*taught, *held_back]
    histories = np.cumsum([0, *(len(shop.histories.lengths) for shop in shops)])
    dates = np.cumsum([0, *(len(shop.dates) for shop in shops)])
    moved = [moved_examples(*each) for each in zip((shop.train for shop in shops), histories[:-1], dates[:-1], strict=True)]
    fingerprints = " ".join(shop.fingerprint for shop in shops)
    return replace(
        shops[0],
        train=joined(moved[: len(taught)]),
        validation=joined(moved[len(taught) :]),
        histories=Histories(stacked([shop.histories.steps for shop in shops]), lengths_of(shops)),
        days=stacked([shop.days for shop in shops]),
        dates=np.concatenate([shop.dates for shop in shops]),
        fingerprint=hashlib.sha256(fingerprints.encode()).hexdigest(),
    )


def moved_examples(examples: Examples, histories: int, dates: int) -> Examples:
    """Examples whose histories and dates are numbered after so many others."""
    history = np.where(examples.history == NO_HISTORY, NO_HISTORY, examples.history + histories)
    return replace(examples, history=history, date=examples.date + dates)


def stacked(parts: Sequence[Floats]) -> Floats:
    found: Floats = np.concatenate(parts)
    return found


def lengths_of(shops: Sequence[CustomerData]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate([shop.histories.lengths for shop in shops])
