"""A finished run as files for readers: written beside what is published, then shown by one rename.

    published/
        forecast.duckdb -> current/forecast.duckdb
        current -> <run_id>                  the only thing that changes under a reader, by one rename
        <run_id>/forecast.duckdb, <table>.parquet, manifest.json

A folder has its name only when everything in it is on disk. What begins with a dot is unfinished or unwanted, and goes next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast import __version__
from filelock import FileLock, Timeout

from demand_forecast_training.errors import PublishRefused
from demand_forecast_training.publishing.aggregates import aggregates, visible_rows
from demand_forecast_training.publishing.finished_run import FinishedRun, finished_run
from demand_forecast_training.warehouse.connection import LOCK_SECONDS, NO_EXTENSIONS, Warehouse, when_free
from demand_forecast_training.warehouse.registry import TASK
from demand_forecast_training.warehouse.words import quoted, text

DATABASE = "forecast.duckdb"
MANIFEST = "manifest.json"
CURRENT = "current"
STORAGE_VERSION = "v1.0.0"
"""The oldest format that the engine writes: drivers of every later DuckDB open it."""
RUN_TABLE = "published_run"
SPEAKING = ("customer_forecasts", "product_forecasts", "product_recommendations")
"""Tables that between them name every version that speaks in a run; a project may have disabled some."""
FRESHNESS = f"""
    create view freshness as
    select run_id, data_cut_off, published_at, current_date - data_cut_off as days_old from {RUN_TABLE}"""
"""The reader's own clock says how old the data is, also when nothing runs any more."""


def publish(
    warehouse: Warehouse,
    target: Path,
    folder: Path,
    keep: int = 3,
    is_group_readable: bool = False,
    smallest_group: int | None = None,
) -> Path:
    """Show dbt's last run, whose artefacts are in `target`, to the readers of a folder; returns the run's own folder in it.

    The newest `keep` runs stay. A run that is there already is checked and shown. With a `smallest_group`, only tables that may
    leave the house are written, and nothing of a smaller group of customers. Raises PublishRefused; readers then see what they
    saw before.
    """
    try:
        folder.mkdir(mode=0o750 if is_group_readable else 0o700, parents=True, exist_ok=True)
        with only_publisher(folder):
            collect_leftovers(folder)
            refuse_other_readers(folder, smallest_group)
            run_folder = written(warehouse, target, folder, is_group_readable, smallest_group)
            show(run_folder)
            drop_old(run_folder, keep)
    except (OSError, duckdb.Error) as error:
        raise PublishRefused(f"not published: {error}") from error
    return run_folder


@contextmanager
def only_publisher(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the operating system takes from a process that dies."""
    try:
        with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise PublishRefused(f"another demand publish writes to {folder}: wait for it to end") from error


def collect_leftovers(folder: Path) -> None:
    """Remove what a publisher that was killed left behind."""
    for path in [*folder.glob(".*.part"), *folder.glob(".*.gone")]:
        path.unlink() if path.is_symlink() else shutil.rmtree(path)


def refuse_other_readers(folder: Path, smallest_group: int | None) -> None:
    """Refuse a folder of readers who may see other groups than those that are asked for."""
    for run in runs_in(folder):
        given = json.loads((run / MANIFEST).read_text(encoding="utf-8")).get("smallest_group")
        if given != smallest_group:
            was = "every customer" if given is None else f"groups of {given} customers or more"
            raise PublishRefused(f"{folder} shows its readers {was}: name another folder with --to, or remove that one")


def written(warehouse: Warehouse, target: Path, folder: Path, is_group_readable: bool, smallest_group: int | None = None) -> Path:
    """Folder of the last run with all its files on disk; one that is there already is checked against its manifest."""
    run = finished_run(target)
    run_folder = folder / run.run_id
    if run_folder.exists():
        check_files(run_folder)
        return run_folder
    part = folder / ".new.part"
    part.mkdir(mode=0o700)
    try:
        write_files(warehouse.path, target, run, part, smallest_group)
        return finish(part, run_folder.name, is_group_readable)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def finish(part: Path, name: str, is_group_readable: bool) -> Path:
    """Give a folder its name once all of its files are on disk; returns it."""
    protect(part, is_group_readable)
    sync(*part.iterdir(), part)
    run_folder = part.rename(part.with_name(name))
    sync(run_folder.parent)
    return run_folder


def write_files(warehouse: Path, target: Path, run: FinishedRun, part: Path, smallest_group: int | None = None) -> None:
    """Write the tables and the manifest. No build can end while the warehouse is open, and none may have ended since."""
    with opened(warehouse, run.database, part) as connection:
        if finished_run(target) != run:
            raise PublishRefused("mixed run: a build ended just now. Type demand publish again")
        check_agreement(connection, run.tables)
        facts = write_tables(connection, run, part, smallest_group)
    write_manifest(part, facts)


def write_manifest(part: Path, facts: dict[str, Any]) -> None:
    """Write the facts of a run and the hashes of its files."""
    files = sorted(path for path in part.iterdir() if path.is_file())
    facts["files"] = {path.name: {"sha256": sha256(path), "bytes": path.stat().st_size} for path in files}
    (part / MANIFEST).write_text(json.dumps(facts, indent=2, default=str) + "\n", encoding="utf-8")


@contextmanager
def opened(warehouse: Path, name: str, part: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the warehouse, read-only and under the name that dbt gave it, and the new file as `published`."""
    attach = f"attach {text(warehouse)} as {quoted(name)} (read_only)"
    with duckdb.connect(config=NO_EXTENSIONS | {"temp_directory": str(part / "spill")}) as connection:
        when_free(warehouse, lambda: connection.execute(attach))
        connection.execute(f"attach {text(part / DATABASE)} as published (storage_version '{STORAGE_VERSION}')")
        connection.execute("use published; set preserve_insertion_order = false")
        yield connection
        connection.execute("use memory; detach published")


def write_tables(connection: Any, run: FinishedRun, part: Path, smallest_group: int | None) -> dict[str, Any]:
    """Copy the public marts into the new file and to Parquet; returns what the manifest says about them."""
    tables = run.tables if smallest_group is None else aggregates(run.tables)
    hidden_rows: dict[str, int] = {}
    for name, relation in tables.items():
        select = f"select * from {relation}"
        if smallest_group is not None:
            select, hidden_rows[name] = visible_rows(connection, name, relation, smallest_group)
        connection.execute(f"create table {quoted(name)} as {select}")
    facts = facts_of(connection, run, tables)
    if smallest_group is not None:
        facts |= {"smallest_group": smallest_group, "hidden_rows": hidden_rows}
    write_run_table(connection, facts)
    for name in (*tables, RUN_TABLE):
        connection.execute(f"copy {quoted(name)} to {text(part / f'{name}.parquet')} (format parquet)")
    return facts


def check_agreement(connection: Any, tables: Mapping[str, str]) -> None:
    """Refuse forecasts of different days, or of data that will not do: the last good run then stays."""
    sql = f"select status, reason, latest_origin_date from {tables['data_readiness']} where task = '{TASK}'"
    ((status, reason, origin),) = connection.execute(sql).fetchall()
    if status == "refused":
        raise PublishRefused(f"data_readiness refuses: {reason}")
    for name in (name for name in tables if name.endswith(("_forecasts", "_plan", "_outlook"))):
        days = [day for (day,) in connection.execute(f"select distinct as_of_date from {tables[name]}").fetchall()]
        if days != [origin] and (days or name == "customer_forecasts"):
            found = ", ".join(map(str, sorted(days))) or "no day"
            raise PublishRefused(f"mixed run: {name} is of {found}, data_readiness of {origin}. Type dbt build")


def facts_of(connection: Any, run: FinishedRun, tables: Iterable[str]) -> dict[str, Any]:
    """What the manifest says of a run whose tables are in the new file."""
    rows = {name: connection.execute(f"select count(*) from {quoted(name)}").fetchall()[0][0] for name in tables}
    said = " union ".join(f"select model_version from {run.tables[name]}" for name in SPEAKING if name in run.tables)
    spoke = connection.execute(f"select * from ({said}) where model_version is not null order by model_version").fetchall()
    ((cut_off,),) = connection.execute(f"select max(as_of_date) from {run.tables['customer_forecasts']}").fetchall()
    return {
        "run_id": run.run_id,
        "data_cut_off": cut_off,
        "model_versions": [version for (version,) in spoke],
        "package_version": __version__,
        "storage_version": STORAGE_VERSION,
        "published_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "row_counts": rows,
    }


def write_run_table(connection: Any, facts: dict[str, Any]) -> None:
    """One row that says which run this is, so that a query can show it."""
    names = ("run_id", "data_cut_off", "model_versions", "package_version", "published_at")
    columns = "run_id varchar, data_cut_off date, model_versions varchar[], package_version varchar, published_at timestamp"
    connection.execute(f"create table {RUN_TABLE} ({columns})")
    connection.execute(f"insert into {RUN_TABLE} values (?, ?, ?, ?, ?)", [facts[name] for name in names])
    connection.execute(FRESHNESS)


def check_files(run_folder: Path) -> None:
    """Refuse a published run whose files are not the ones of its manifest."""
    files = json.loads((run_folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    wrong = [name for name, file in files.items() if sha256(run_folder / name) != file["sha256"]]
    if wrong:
        raise PublishRefused(f"{run_folder} was changed after it was published ({', '.join(wrong)}): build and publish anew")


def protect(part: Path, is_group_readable: bool) -> None:
    """Nobody writes to what is published, its owner neither; readers of the group only where that is asked for."""
    for path in part.iterdir():
        path.chmod(0o440 if is_group_readable else 0o400)
    part.chmod(0o750 if is_group_readable else 0o700)


def show(run_folder: Path) -> None:
    """Let readers see a run, by one rename. Who has the run before open keeps reading it."""
    folder = run_folder.parent
    if not (folder / DATABASE).is_symlink():
        link(folder / DATABASE, f"{CURRENT}/{DATABASE}")
    link(folder / CURRENT, run_folder.name)
    sync(folder)


def link(path: Path, to: str) -> None:
    """Make a link, or let it point elsewhere, in one step."""
    beside = path.with_name(f".{path.name}.part")
    beside.symlink_to(to)
    beside.replace(path)


def drop_old(run_folder: Path, keep: int) -> None:
    """Remove all but the newest runs."""
    others = sorted((run for run in runs_in(run_folder.parent) if run != run_folder), key=published_at)
    for old in others[: max(0, len(others) - keep + 1)]:
        remove(old)


def runs_in(folder: Path) -> list[Path]:
    """Folders of the runs that are whole."""
    return [path.parent for path in folder.glob(f"[!.]*/{MANIFEST}") if path.parent.name != CURRENT]


def remove(run_folder: Path) -> None:
    """Remove a run. The folder loses its name first, so that none with a name is half there."""
    gone = run_folder.with_name(f".{run_folder.name}.gone")
    run_folder.rename(gone)
    shutil.rmtree(gone)


def published_at(run_folder: Path) -> str:
    return str(json.loads((run_folder / MANIFEST).read_text(encoding="utf-8"))["published_at"])


def sync(*paths: Path) -> None:
    """Wait until files or folders are on disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
