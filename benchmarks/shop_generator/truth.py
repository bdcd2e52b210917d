"""The probabilities behind a shop's histories, one row per customer and target day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from benchmarks.shop_generator.filtering import attainable_probability
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.process import Histories

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("target_date", pa.date32()),
        ("true_probability", pa.float64()),
        ("attainable_probability", pa.float64()),
        ("purchased", pa.bool_()),
    ]
)


def customer_ids(first: int, count: int) -> pa.Array:
    """C000001 for customer number 0."""
    return pa.array([f"C{number + 1:06d}" for number in range(first, first + count)])


def truth_table(parameters: ShopParameters, histories: Histories, through_day: int) -> pa.Table:
    """Rows of the target days after each customer's first event and before day number ``through_day`` (exclusive)."""
    attainable = attainable_probability(parameters, histories)
    days = np.arange(parameters.days)
    wanted = (days > histories.first_seen_day[:, None]) & (days < through_day)
    customer, day = np.nonzero(wanted)
    first_date = np.datetime64(parameters.first_date, "D")
    columns = [
        customer_ids(histories.first_customer, len(histories.types)).take(pa.array(customer)),
        pa.array(first_date + day),
        pa.array(histories.true_probability[wanted]),
        pa.array(attainable[wanted]),
        pa.array(histories.lines[wanted] > 0),
    ]
    return pa.table(columns, schema=SCHEMA)
