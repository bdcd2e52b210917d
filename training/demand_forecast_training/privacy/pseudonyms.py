"""Which customer each pseudonym means, in a file of its own: the one way back, for whoever may read the shop's own tables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet
from demand_forecast.errors import SecretRefused
from demand_forecast.secret_hash import SECRET, customer_key, pseudonym

from demand_forecast_training.errors import FileRefused
from demand_forecast_training.publishing.output_files import output_path
from demand_forecast_training.warehouse.connection import Warehouse

KEYS = "stg_customer_keys"
"""The model that knows both names; the package makes it under var pseudonymous_customers alone."""
OWNER_ONLY = 0o600
BATCH_ROWS = 65536


def names_of(connection: Any, relations: Mapping[str, str], customer: str) -> list[str]:
    """The customer's own id, and its pseudonym where customers have one: what was said before the option was on has the former.

    Raises SecretRefused as `check_secret` does.
    """
    if KEYS not in relations:
        return [customer]
    check_secret(connection, relations)
    return [customer, pseudonym(customer)]


def check_secret(connection: Any, relations: Mapping[str, str]) -> None:
    """Raise SecretRefused where there is no secret, one under which no customer is in the steps, or no table to compare with."""
    customer_key()
    keys, steps = relations[KEYS], relations["seq_customer_steps"]
    sql = f"select count(*), count(*) filter (customer_id in (select customer_id from {steps})) from {keys}"
    try:
        ((named, known),) = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        raise SecretRefused(
            f"pseudonyms cannot be compared through {KEYS}: {str(error).splitlines()[0]}. Type dbt build"
        ) from error
    if named and not known:
        raise SecretRefused(f"under the secret in {SECRET} no customer is one of the last build: set it as it was then, or build")


def write_keys(warehouse: Warehouse, path: Path) -> int:
    """Write customer_id and own_customer_id as Parquet that its owner alone may read; returns the customers.

    Raises FileRefused where customers are no pseudonyms, or the file cannot be made; SecretRefused as `check_secret` does.
    """
    target = output_path(path)
    if KEYS not in warehouse.relations:
        raise FileRefused("customers have their own ids here: nothing is to be translated (var pseudonymous_customers is false)")
    with warehouse.visit() as connection:
        check_secret(connection, warehouse.relations)
        rows = connection.sql(f"from {warehouse.relations[KEYS]} order by all").to_arrow_reader(BATCH_ROWS)
        return write_for_owner(rows, target)


def write_for_owner(rows: pa.RecordBatchReader, path: Path) -> int:
    """Write a file with the rights of its owner from its first byte on, beside its place, and rename it; returns its rows.

    Raises FileRefused.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            count = write_batches(rows, file)
        part.replace(path)
    except OSError as error:
        raise FileRefused(f"{path} was not written: {error}") from error
    return count


def write_batches(rows: pa.RecordBatchReader, file: BinaryIO) -> int:
    """Write batches one by one, so that no more than one is held, and return their rows."""
    count = 0
    with parquet.ParquetWriter(file, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)
            count += batch.num_rows
    return count
