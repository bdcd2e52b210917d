"""Products' training examples as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from demand_forecast.arrays import Floats, list_lengths
from demand_forecast.signature import Signature

from demand_forecast_training.learning.dataset import Dataset, Origins
from demand_forecast_training.learning.reading import Entity, known_arrays

TASK = "product_demand"


@dataclass(frozen=True)
class ProductExamples(Origins):
    """Products' origins with the units of each day ahead, (origins, days), zero where the day was not seen."""

    units: Floats
    is_seen: Floats  # (origins, days), 1 for a day in stock before the cut, else 0

    @property
    def cumulative_units(self) -> Floats:
        """Units of all days up to each one, (origins, days)."""
        return np.cumsum(self.units, axis=1, dtype=np.float32)

    @property
    def is_seen_whole(self) -> Floats:
        """1 where every day up to this one was seen, (origins, days)."""
        return np.cumprod(self.is_seen, axis=1)


def product_examples(batch: pa.RecordBatch, signature: Signature) -> ProductExamples:
    """Arrays of a batch of lbl_product_examples."""
    units, is_seen = outcomes(batch.column("sales"), signature.max_horizon_days)
    return ProductExamples(**known_arrays(batch, signature), units=units, is_seen=is_seen)


def outcomes(sales: pa.ListArray, days: int) -> tuple[Floats, Floats]:
    """Units by day and whether the day was seen, (rows, days), of lists of the days that were."""
    lengths, seen = list_lengths(sales), sales.flatten()
    rows, day = np.repeat(np.arange(len(lengths)), lengths), np.asarray(seen.field("day"), np.int64)
    units, is_seen = np.zeros((2, len(lengths), days), np.float32)
    units[rows, day - 1], is_seen[rows, day - 1] = np.asarray(seen.field("units"), np.float32), 1.0
    return units, is_seen


PRODUCTS = Entity("product_id", "lbl_product_examples", "lbl_product_refit_examples", "seq_product_histories", product_examples)
ProductData = Dataset[ProductExamples]
