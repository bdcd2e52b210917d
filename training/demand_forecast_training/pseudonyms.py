"""Which customer each pseudonym means, in a file of its own: the one way back, for whoever may read the shop's own tables."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
from demand_forecast.secret_hash import pseudonym

from demand_forecast_training.errors import FileRefused
from demand_forecast_training.output_files import output_path
from demand_forecast_training.warehouse import Warehouse

KEYS = "stg_customer_keys"
"""The model that knows both names; the package makes it under var pseudonymous_customers alone."""
OWNER_ONLY = 0o600


def key_of(warehouse: Warehouse, customer: str) -> str:
    """How the package's tables name a customer of the shop. Raises SecretRefused where that takes a secret and there is none."""
    return pseudonym(customer) if KEYS in warehouse.relations else customer


def write_keys(warehouse: Warehouse, path: Path) -> int:
    """Write customer_id and own_customer_id as Parquet that its owner alone may read; returns the customers.

    Raises FileRefused where customers are no pseudonyms, or the file cannot be made; SecretRefused without the secret.
    """
    target = output_path(path)
    if KEYS not in warehouse.relations:
        raise FileRefused("customers have their own ids here: nothing is to be translated (var pseudonymous_customers is false)")
    pseudonym("")
    with warehouse.visit() as connection:
        rows = connection.sql(f"from {warehouse.relations[KEYS]} order by all").to_arrow_table()
    write_for_owner(rows, target)
    return int(rows.num_rows)


def write_for_owner(rows: pa.Table, path: Path) -> None:
    """Write a new file with the rights of its owner from its first byte on. Raises FileRefused."""
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            parquet.write_table(rows, file)
    except OSError as error:
        raise FileRefused(f"{path} was not written: {error}") from error
