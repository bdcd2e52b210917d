"""Turn Arrow columns into the network's arrays. Training and scoring both come through here."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from demand_forecast.errors import BadInput

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as a single array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def struct_matrix(column: pa.StructArray, names: tuple[str, ...]) -> Floats:
    """Fields of a struct column as a matrix, shape (rows, names), read by name.

    Raises BadInput for a null, NaN or infinite value, naming the feature.
    """
    out = np.empty((len(column), len(names)), dtype=np.float32)
    if column.null_count:
        raise BadInput(f"{column.null_count} rows have no features at all; build the package's models again")
    for position, name in enumerate(names):
        values = column.field(column.type.get_field_index(name))
        if values.null_count:
            raise BadInput(f"the feature `{name}` is null in {values.null_count} rows; every feature needs a number")
        out[:, position] = values.to_numpy(zero_copy_only=False)
    check_finite(out, names)
    return out


def check_finite(values: Floats, names: tuple[str, ...]) -> None:
    """Stop NaN and infinities at the border, naming the first feature that holds one."""
    bad = ~np.isfinite(values).all(axis=0)
    if bad.any():
        raise BadInput(f"the feature `{names[int(bad.argmax())]}` holds NaN or infinity; every feature needs a finite number")


def list_lengths(column: pa.ListArray) -> Integers:
    """Number of items of each row, shape (rows,); a null list counts as empty."""
    lengths: Integers = np.asarray(column.value_lengths().fill_null(0), dtype=np.int64)
    return lengths


def padded_lists(column: pa.ListArray, names: tuple[str, ...]) -> tuple[Floats, Integers]:
    """Lists of structs as (rows, longest, names), padded with zeros at the end, and their lengths (rows,).

    The longest is at least 1, so that a batch of empty histories is still a batch.
    """
    lengths = list_lengths(column)
    flat = struct_matrix(column.flatten(), names)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(lengths) else lengths
    places = np.arange(len(flat)) - np.repeat(starts, lengths)
    out = np.zeros((len(lengths), max(int(lengths.max(initial=1)), 1), len(names)), dtype=np.float32)
    out[rows, places] = flat
    return out, lengths
