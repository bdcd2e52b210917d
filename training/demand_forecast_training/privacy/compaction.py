"""A DuckDB file written anew.

Rows that were deleted stay readable in the file's bytes, also after a checkpoint. A copy has none of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from demand_forecast_training.errors import EraseRefused
from demand_forecast_training.publishing.files import sync
from demand_forecast_training.warehouse.words import quoted, text


def rewrite(connection: Any, path: Path) -> None:
    """Put a copy of all tables and views in the place of a file that the connection holds open to write, by one rename.

    The connection keeps the file locked until the copy has its place; close it then. What a copy that was killed left behind
    goes first. Raises EraseRefused where the disk has no room for a second file.
    """
    connection.execute("checkpoint")
    name, storage_version = current_database(connection)
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    refuse_if_full(path)
    connection.execute(f"attach {text(beside)} as rewritten (storage_version {text(storage_version)})")
    connection.execute(f"copy from database {quoted(name)} to rewritten")
    connection.execute("detach rewritten")
    shutil.copymode(path, beside)
    sync(beside)
    beside.replace(path)
    sync(path.parent)


def current_database(connection: Any) -> tuple[str, str]:
    """Name and storage version of the open file."""
    sql = "select database_name, tags['storage_version'] from duckdb_databases() where database_name = current_database()"
    ((name, storage_version),) = connection.execute(sql).fetchall()
    return name, storage_version.rstrip("+")


def refuse_if_full(path: Path) -> None:
    """Raise EraseRefused where the file would not fit a second time."""
    needed, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise EraseRefused(
            f"the disk of {path} has {free:,} bytes left, and a second {needed:,} are needed: make room, type this again"
        )
