"""Customers' training examples as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from demand_forecast.arrays import Floats, Integers, check_finite, list_lengths
from demand_forecast.signature import Signature

from demand_forecast_training.learning.dataset import Dataset, Origins
from demand_forecast_training.learning.reading import ROLES, Entity, known_arrays, read_all_days, read_entity


@dataclass(frozen=True)
class Examples(Origins):
    """Customers' origins. Outcomes are by day, (origins, days), zero after `observed_days`."""

    observed_days: Integers  # (origins,)
    first_purchase_day: Integers  # (origins,) 1 for the next day, 0 for none observed
    units: Floats
    revenue: Floats
    baseline_rates: Floats


def are_units_whole(train: Examples) -> bool:
    """Whether every purchase day that teaches has at least one unit."""
    rows = np.flatnonzero(train.first_purchase_day)
    first = train.units[rows, train.first_purchase_day[rows] - 1]
    bought = train.units[train.units > 0]
    return bool(len(first) and first.min() >= 1 and bought.min() >= 1)


def examples_of(batch: pa.RecordBatch, signature: Signature) -> Examples:
    """Arrays of a batch of examples."""
    units, revenue, first = outcomes(batch.column("purchases"), signature.max_horizon_days)
    rates = np.asarray(batch.column("baseline_rates").flatten(), np.float32).reshape(-1, signature.max_horizon_days)
    check_finite(rates, tuple(f"baseline_rates[{day}]" for day in range(1, rates.shape[1] + 1)))
    return Examples(
        **known_arrays(batch, signature),
        observed_days=np.asarray(batch.column("observed_days"), np.int64),
        first_purchase_day=first,
        units=units,
        revenue=revenue,
        baseline_rates=rates,
    )


def outcomes(purchases: pa.ListArray, days: int) -> tuple[Floats, Floats, Integers]:
    """Units and revenue by day, (rows, days), and the day of the first purchase, (rows,), 0 for none."""
    lengths, bought = list_lengths(purchases), purchases.flatten()
    rows, day = np.repeat(np.arange(len(lengths)), lengths), np.asarray(bought.field("day"), np.int64)
    amounts = np.zeros((2, len(lengths), days), np.float32)
    for amount, name in zip(amounts, ("units", "revenue"), strict=True):
        np.add.at(amount, (rows, day - 1), np.asarray(bought.field(name), np.float32))
    first = np.full(len(lengths), days + 1)
    np.minimum.at(first, rows, day)
    return amounts[0], amounts[1], np.where(first > days, 0, first)


CUSTOMERS = Entity("customer_id", "lbl_training_examples", "lbl_refit_examples", "seq_customer_histories", examples_of)
CustomerData = Dataset[Examples]


def read_dataset(connection: Any, relations: Mapping[str, str], roles: Sequence[str] = ROLES) -> CustomerData:
    """Arrays of the customers' training examples. `relations` maps model names to SQL. Raises as `read_entity`."""
    return read_entity(connection, relations, CUSTOMERS, roles)


def read_everything(connection: Any, relations: Mapping[str, str]) -> CustomerData:
    """The customers' examples of all days, as `read_all_days`."""
    return read_all_days(connection, relations, CUSTOMERS)
