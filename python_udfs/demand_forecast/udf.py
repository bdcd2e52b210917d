"""score_customer_demand(context, steps, days): the network as a vectorised SQL function over Arrow columns."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from demand_forecast.arrays import Floats, Integers, list_lengths, one_chunk
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import COUNT_QUANTILES, Model
from demand_forecast.signature import PARTS

FUNCTION_NAME = "score_customer_demand"
ROUND_DIGITS = 6
BATCH_ROWS = 2048
"""Most rows of one batch: as many as DuckDB hands over in a call; larger padded batches are slower on a CPU (page faults)."""

BATCH_STEPS = 128 * BATCH_ROWS
"""Most steps of one batch, padding included: what a full batch of the longest histories holds. Lists of candidates are longer."""

COUNT_SLACK = 1e-4
"""How far providers may differ about the quantile of a count before another count is served."""

one_at_a_time = threading.Lock()
"""The engine calls from several threads; a network that uses every core runs once at a time."""


def return_type(outputs: tuple[str, ...]) -> str:
    """SQL type of an answer: a list of days for each output."""
    return "STRUCT(" + ", ".join(f"{name} FLOAT[]" for name in outputs) + ")"


def length_batches(lengths: Integers, batch_rows: int) -> Iterator[Integers]:
    """Row numbers of batches of similar length, shortest first: a batch ends when it is full, in rows or in steps, or when its
    steps double."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        shortest = lengths[order[start]]
        end = min(start + batch_rows, int(np.searchsorted(lengths[order], max(8, 2 * shortest), side="right")))
        while end - start > 1 and (end - start) * lengths[order[end - 1]] > BATCH_STEPS:
            end = start + max(1, min(end - start - 1, int(BATCH_STEPS // lengths[order[end - 1]])))
        yield order[start:end]
        start = end


def score(model: Model, context: pa.Array, steps: pa.Array, days: pa.Array) -> pa.StructArray:
    """Forecasts of Arrow columns, one struct a row with a list of values for each output: of each day, or of each rank.

    A row's score does not depend on the rows beside it. Raises FeatureMismatch or BadInput by name, and
    DemandForecastError where the network's own answer is not finite.
    """
    columns = [one_chunk(column) for column in (context, steps, days)]
    for name, column in zip(PARTS, columns, strict=True):  # before a length is read of what is no list
        model.signature.check(name, column.type, model.model_version)
    batches = list(length_batches(list_lengths(columns[1]), BATCH_ROWS)) or [np.zeros(0, np.int64)]
    with one_at_a_time:
        parts = [predicted(model, columns, rows) for rows in batches]
    order = np.argsort(np.concatenate(batches))
    found = {name: np.concatenate([part[name] for part in parts])[order] for name in model.outputs}
    return pa.StructArray.from_arrays(
        [rounded_lists(found[name], name, model) for name in model.outputs], names=list(model.outputs)
    )


def predicted(model: Model, columns: list[pa.Array], rows: Integers) -> dict[str, Floats]:
    """Outputs of some rows; where a batch does not fit into the device's memory, of one half after the other."""
    try:
        return model.predict(*(column.take(pa.array(rows)) for column in columns))
    except Exception as error:  # ONNX Runtime's own errors have no common base
        if "memory" not in str(error).lower():
            raise
        if len(rows) == 1:
            raise DemandForecastError(f"{model.model_version} does not fit into memory for one row: {error}") from error
    halves = [predicted(model, columns, half) for half in np.array_split(rows, 2)]
    return {name: np.concatenate([half[name] for half in halves]) for name in model.outputs}


def rounded_lists(values: Floats, name: str, model: Model) -> pa.ListArray:
    """Rows of a matrix as lists, as they are served; refuses NaN and infinity."""
    if not np.isfinite(values).all():
        raise DemandForecastError(f"{model.model_version} answered with NaN or infinity in {name}; roll back (demand rollback)")
    flat = np.round(served(values.astype(np.float64), name), ROUND_DIGITS).astype(np.float32).ravel()
    offsets = np.arange(0, flat.size + 1, values.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))


def served(values: Floats, name: str) -> Floats:
    """Values of an output as they are served. The quantile of a count is a whole number, which a graph that must answer alike on
    every provider cannot step to: it answers a number in (count, count + 1]."""
    return np.maximum(np.ceil(values - COUNT_SLACK) - 1, 0) if name in COUNT_QUANTILES else values
