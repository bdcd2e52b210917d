"""Register the scoring function on a DuckDB connection."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa

from demand_forecast.model import OUTPUTS
from demand_forecast.udf import FUNCTION_NAME, return_type

Score = Callable[[pa.Array, pa.Array, pa.Array], pa.StructArray]


def register(connection: Any, score: Score, name: str = FUNCTION_NAME, outputs: tuple[str, ...] = OUTPUTS) -> None:
    """Make `name(context, steps, days)` callable in SQL on this connection, replacing an earlier one of that name.

    Rows with a null reach it too, and are refused by name: without that they would get a null forecast.
    """
    with suppress(duckdb.InvalidInputException, duckdb.CatalogException):  # there was none
        connection.remove_function(name)
    connection.create_function(name, score, None, return_type(outputs), type="arrow", null_handling="special")
