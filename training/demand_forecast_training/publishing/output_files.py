"""Files that a user asks a command to write, and CSV that a spreadsheet opens without running what a shop's words say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from demand_forecast_training.errors import FileRefused
from demand_forecast_training.publishing.files import DATABASE
from demand_forecast_training.warehouse.connection import NO_EXTENSIONS
from demand_forecast_training.warehouse.words import quoted, text

FORMULA = "^[=+@\\-\\t\\r]"
"""How a cell begins that a spreadsheet takes for a formula."""


def output_path(path: Path) -> Path:
    """The path, if it names a place as it stands. Raises FileRefused for a way upwards, a link or a null byte."""
    if "\0" in str(path):
        raise FileRefused("the name of the file holds a null byte: name another")
    if ".." in path.parts:
        raise FileRefused(f"{path} goes upwards: name the file without ..")
    if path.is_symlink():
        raise FileRefused(f"{path} is a link to another file: remove it or name another")
    return path


def write_csv(published: Path, table: str, path: Path) -> int:
    """Write a published table as CSV and return its rows; words that would be formulas have a ' before them.

    Raises FileRefused where there is no such table or file.
    """
    target = output_path(path)
    database = published / DATABASE
    if not database.exists():
        raise FileRefused(f"there is no {database}: type demand publish first")
    try:
        with duckdb.connect(str(database), read_only=True, config=NO_EXTENSIONS) as connection:
            return copy_guarded(connection, table, target)
    except (duckdb.Error, OSError) as error:
        raise FileRefused(f"{target} was not written: {error}") from error


def write_receipt(path: Path, receipt: Mapping[str, Any]) -> None:
    """Write a receipt as JSON that its owner alone may read. Raises FileRefused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(receipt, indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        raise FileRefused(f"{path} was not written: {error}; the customer is erased. {json.dumps(receipt)}") from error


def copy_guarded(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    """Write a table of the open file, with a guard before its words."""
    sql = "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index"
    columns = connection.execute(sql, [table]).fetchall()
    if not columns:
        tables = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        raise FileRefused(f"there is no table `{table}`; there are: {', '.join(name for (name,) in tables)}")
    cells = ", ".join(guarded(name) if kind == "VARCHAR" else quoted(name) for name, kind in columns)
    copy = f"copy (select {cells} from {quoted(table)}) to {text(path)} (format csv, header)"
    ((rows,),) = connection.execute(copy).fetchall()
    return int(rows)


def guarded(column: str) -> str:
    """A column of words in SQL, with a ' before what would be a formula."""
    name = quoted(column)
    return f"case when regexp_matches({name}, '{FORMULA}') then '''' || {name} else {name} end as {name}"
