"""What has an absolute scale in a shop: the units and the money of an average purchase day."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import torch

from demand_forecast_training.customers.network import Network
from demand_forecast_training.errors import NothingToTrain

LEAST_PURCHASE_DAYS = 50
"""So many say what a basket holds; where fewer came before the first cut, validation days are read too."""
SMALLEST_UNITS = 0.01
"""Least units of a basket, since a shop may sell what it does not count."""


@dataclass(frozen=True)
class Basket:
    """Average of `purchase_days` (of a customer each); without any, one unit and no money."""

    units: float
    revenue: float
    is_whole: bool
    """Every purchase day holds at least one unit."""
    purchase_days: int


@dataclass(frozen=True)
class KnownBasket:
    """A basket of the days before `known_before`, and the cut dates of a version that knows it."""

    basket: Basket
    known_before: date
    fitted_through_date: date
    trained_through_date: date


CUT_DATES = "select fitted_through_date, trained_through_date, latest_origin_date from {seq_cut_dates}"
AVERAGE = """
    select round(avg(units), 6), round(avg(revenue), 6), coalesce(min(units) >= 1, true), count(*)
    from {lbl_purchase_days} where event_date < ?
"""


def read_basket(connection: Any, relations: Mapping[str, str]) -> KnownBasket:
    """The basket of the days before the first cut; where these hold too few purchases, of the days before the test days. Where
    there is none either, of all days, and then the version that knows it is judged on later days alone.

    Raises NothingToTrain without any day.
    """
    fitted, trained, latest = connection.execute(CUT_DATES.format_map(relations)).fetchall()[0]
    if latest is None:
        raise NothingToTrain("the last build knows no day at all: load events and type dbt build (see data_readiness)")
    first, second = (average_before(connection, relations, day) for day in (fitted, trained))
    if first.purchase_days >= LEAST_PURCHASE_DAYS:
        return KnownBasket(first, fitted, fitted, trained)
    if second.purchase_days:
        return KnownBasket(second, trained, fitted, trained)
    after = latest + timedelta(days=1)
    return KnownBasket(average_before(connection, relations, after), after, latest, latest)


def average_before(connection: Any, relations: Mapping[str, str], day: date) -> Basket:
    """The basket of the purchase days before a day."""
    ((units, revenue, is_whole, count),) = connection.execute(AVERAGE.format_map(relations), [day]).fetchall()
    return Basket(max(units, SMALLEST_UNITS), revenue, is_whole, count) if count else Basket(1.0, 0.0, True, 0)


@torch.no_grad()
def adapted(network: Network, basket: Basket) -> Network:
    """A copy whose units and money are a shop's; its amounts were counted in baskets. Probabilities stay as they are."""
    network = copy.deepcopy(network)
    first_unit = float(basket.is_whole)
    network.extra_units.fill_(max(float(network.extra_units) * basket.units - first_unit, 1e-3))
    network.first_unit.fill_(first_unit)
    for name in ("repeat_units", "unitless"):
        getattr(network, name).mul_(basket.units)
    network.price.mul_(basket.revenue / basket.units)
    network.basket_units.fill_(basket.units)
    network.basket_revenue.fill_(basket.revenue or 1.0)
    return network
