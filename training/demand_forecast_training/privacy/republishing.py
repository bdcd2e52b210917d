"""What is published, without one customer: the run that readers see is written anew, older runs that name the customer go."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from demand_forecast_training.errors import EraseRefused
from demand_forecast_training.publishing.files import (
    CURRENT,
    DATABASE,
    FRESHNESS,
    MANIFEST,
    RUN_TABLE,
    STORAGE_VERSION,
    collect_leftovers,
    finish,
    only_publisher,
    remove,
    runs_in,
    show,
    write_manifest,
)
from demand_forecast_training.warehouse.connection import NO_EXTENSIONS
from demand_forecast_training.warehouse.package_tables import CUSTOMER, NAMED, base_tables
from demand_forecast_training.warehouse.words import quoted, text


@dataclass
class Republished:
    """What became of a folder: rows that went by table of the shown run, its new folder, and the runs that were removed."""

    rows: dict[str, int] = field(default_factory=dict)
    written: str | None = None
    removed: list[str] = field(default_factory=list)


def republish_without(folder: Path, names: Sequence[str]) -> Republished:
    """Take a customer, under each of its names, out of a folder of published runs.

    Readers see the run as it was, then as it is, and nothing in between. A run of the same id and day stays, so
    sums over all customers stay as they were said. Raises EraseRefused.
    """
    done = Republished()
    if not folder.is_dir():
        return done
    try:
        with only_publisher(folder):
            collect_leftovers(folder)
            shown = (folder / CURRENT).resolve()
            naming = {run: rows for run in runs_in(folder) if (rows := rows_of(run, names))}
            if shown in naming:
                done.rows, done.written = naming[shown], rewritten(shown, names).name
            for run in naming:
                remove(run)
                done.removed.append(run.name)
    except (OSError, duckdb.Error) as error:
        raise EraseRefused(f"{folder} was not cleaned to its end: {error}. Type this again") from error
    return done


def rows_of(run: Path, names: Sequence[str]) -> dict[str, int]:
    """Rows of a customer by table of a published run; tables without one are left out."""
    with duckdb.connect(str(run / DATABASE), read_only=True, config=NO_EXTENSIONS) as connection:
        tables = [table for _, table, columns in base_tables(connection) if CUSTOMER in columns]
        counts = {table: count_of(connection, quoted(table), names) for table in tables}
    return {table: count for table, count in counts.items() if count}


def count_of(connection: Any, relation: str, names: Sequence[str]) -> int:
    ((count,),) = connection.execute(f"select count(*) from {relation} where {NAMED}", [list(names)]).fetchall()
    return int(count)


def rewritten(shown: Path, names: Sequence[str]) -> Path:
    """Write the shown run without the customer beside it and show that; returns its folder."""
    facts = json.loads((shown / MANIFEST).read_text(encoding="utf-8"))
    part = shown.parent / ".new.part"
    part.mkdir(mode=0o700)
    facts["row_counts"] |= copy_without(shown / DATABASE, part, names)
    facts["rewritten_at"] = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    write_manifest(part, facts)
    is_group_readable = bool(shown.stat().st_mode & 0o040)
    run_folder = finish(part, unused_name(shown.parent, facts["run_id"]), is_group_readable)
    show(run_folder)
    return run_folder


def copy_without(database: Path, part: Path, names: Sequence[str]) -> Mapping[str, int]:
    """Copy a published file and its Parquet files without a customer; returns the rows that are left by table."""
    config = NO_EXTENSIONS | {"temp_directory": str(part / "spill")}
    with duckdb.connect(config=config) as connection:
        connection.execute(f"attach {text(database)} as shown (read_only)")
        connection.execute("use shown")
        tables = base_tables(connection)
        connection.execute(f"attach {text(part / DATABASE)} as published (storage_version '{STORAGE_VERSION}')")
        connection.execute("use published")
        for _, table, columns in tables:
            copy_table(connection, table, columns, part, names)
        connection.execute(FRESHNESS)
        sql = "select count(*) from {}"
        rows = {table: connection.execute(sql.format(quoted(table))).fetchall()[0][0] for _, table, _ in tables}
        connection.execute("use memory; detach published")
    return {table: count for table, count in rows.items() if table != RUN_TABLE}


def copy_table(connection: Any, table: str, columns: list[str], part: Path, names: Sequence[str]) -> None:
    """Copy one table to the new file and to Parquet, without the rows of the customer."""
    others = f"where not coalesce({NAMED}, false)" if CUSTOMER in columns else ""
    connection.execute(
        f"create table {quoted(table)} as select * from shown.{quoted(table)} {others}", [list(names)] if others else []
    )
    connection.execute(f"copy {quoted(table)} to {text(part / f'{table}.parquet')} (format parquet)")


def unused_name(folder: Path, run_id: str) -> str:
    """Name for another state of a run: its id and the first number that is free."""
    number = 1
    while os.path.lexists(folder / f"{run_id}-{number}"):
        number += 1
    return f"{run_id}-{number}"
