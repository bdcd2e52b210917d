"""One page about a project: what is well, what is doubtful and what stops it, each with the remedy."""

from __future__ import annotations

import difflib
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb
import yaml
from demand_forecast import __version__
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import load_model
from demand_forecast.secret_hash import SECRET, set_pads

from demand_forecast_training.privacy.pseudonyms import KEYS, check_secret
from demand_forecast_training.publishing.files import CURRENT, DATABASE
from demand_forecast_training.publishing.finished_run import failures, finished_run
from demand_forecast_training.warehouse.connection import NO_EXTENSIONS, Warehouse, find_path, manifest_path, relations_of
from demand_forecast_training.warehouse.package_tables import mapped_relations
from demand_forecast_training.warehouse.registry import BASELINE, TASK, TASKS, champion, version_row

PACKAGE = "demand_forecast"
OK, WARNING, ERROR = "ok", "warning", "error"
STATUS_OF = {"ready": OK, "warning": WARNING, "refused": ERROR}
"""How the words of data_readiness are said here."""
NIGHT = range(7)
"""Hours in which a shop is expected to be quietest."""


COUNT_VERSIONS = "select count(*) from {model_registry} where task = ?"


@dataclass(frozen=True)
class Line:
    """A finding: ok, warning or error, about what, and in words with the remedy."""

    status: str
    about: str
    words: str


def examine(project_dir: Path, profiles_dir: Path | None, target: str | None) -> list[Line]:
    """All findings. What cannot be looked at, because something before it failed, is left out."""
    lines = [versions_line()]
    try:
        path = find_path(project_dir, profiles_dir, target)
    except DemandForecastError as error:
        return [*lines, Line(ERROR, "profile", str(error))]
    lines += [Line(OK, "profile", f"duckdb, {path}"), disk_line(path)]
    try:
        lines += opened(Warehouse(path, relations_of(manifest_path(project_dir))), manifest_path(project_dir))
    except DemandForecastError as error:
        return [*lines, Line(ERROR, "build", str(error))]
    target_folder = manifest_path(project_dir).parent
    lines += [*var_lines(project_dir), *unread_lines(project_dir, target_folder)]
    return [*lines, run_line(target_folder), published_line(project_dir)]


def versions_line() -> Line:
    """Versions of what runs; another minor version of the dbt side is an error of the build, since it is seen there."""
    found = ", ".join(f"{name} {installed(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb"))
    if importlib.util.find_spec("torch") is None:
        remedy = 'forecasts run, training does not: pip install "demand-forecast[training]"'
        return Line(WARNING, "versions", f"demand-forecast {__version__}, {found}; {remedy}")
    return Line(OK, "versions", f"demand-forecast {__version__}, {found}")


def installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "missing"


def disk_line(path: Path) -> Line:
    """Room on the warehouse's disk, beside its size: a build and a publish write as much again."""
    if not path.exists():
        return Line(ERROR, "disk", f"there is no warehouse at {path}: type dbt build")
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    words = f"{free / 1e9:.1f} GB free, the warehouse has {size / 1e9:.2f} GB"
    if free < size:
        return Line(ERROR, "disk", f"{words}: make room for as much again before the next build")
    return Line(
        WARNING if free < 3 * size else OK, "disk", words + (": make room for three times as much" if free < 3 * size else "")
    )


def opened(warehouse: Warehouse, manifest: Path) -> Iterator[Line]:
    """Findings inside of the warehouse, if nobody else holds it."""
    try:
        connection = duckdb.connect(str(warehouse.path), read_only=True, config=NO_EXTENSIONS)
    except duckdb.Error as error:
        yield Line(
            ERROR, "lock", f"{str(error).splitlines()[0]}. End that process (a dbt build, an open SQL shell) or wait for it"
        )
        return
    with connection:
        yield Line(OK, "lock", "nobody holds the warehouse to write")
        set_pads(connection)
        yield from secret_lines(connection, warehouse)
        yield from mapping_lines(connection, warehouse, manifest)
        for look in (readiness_lines, time_zone_lines, champion_lines, health_lines):
            yield from looked(look, connection, warehouse)


def secret_lines(connection: Any, warehouse: Warehouse) -> Iterator[Line]:
    """Whether the secret is that of the last build, where customers are pseudonyms."""
    if KEYS not in warehouse.relations:
        return
    try:
        check_secret(connection, warehouse.relations)
    except DemandForecastError as error:
        yield Line(ERROR, "secret", str(error))
    else:
        yield Line(OK, "secret", f"customers are pseudonyms under the secret in {SECRET}")


def looked(look: Callable[[Any, Warehouse], Iterator[Line]], connection: Any, warehouse: Warehouse) -> list[Line]:
    """What a look at the package's tables finds; a table that is not there is a finding."""
    try:
        return list(look(connection, warehouse))
    except (duckdb.Error, KeyError) as error:
        return [Line(ERROR, "tables", f"{str(error).splitlines()[0]}: type dbt build")]


def mapping_lines(connection: Any, warehouse: Warehouse, manifest: Path) -> Iterator[Line]:
    """Each mapped relation with its rows, and whether the mapped columns are there."""
    relations = sorted(set(mapped_relations(manifest).values()))
    if not relations:
        yield Line(ERROR, "mapping", "no event table is mapped: demand doctor --map SCHEMA.TABLE writes a first block")
    for relation in relations:
        yield mapped_line(connection, relation)
    try:
        connection.execute(f"select * from {warehouse.relations['stg_source_rows']} limit 0")
    except (duckdb.Error, KeyError) as error:
        words = str(error).splitlines()[0]
        yield Line(ERROR, "mapping", f"the mapped columns cannot be read: {words}. Correct the mapping, type dbt build")


def mapped_line(connection: Any, relation: str) -> Line:
    name = ".".join(f'"{part}"' for part in relation.split("."))
    try:
        ((rows,),) = connection.execute(f"select count(*) from {name}").fetchall()
    except duckdb.Error as error:
        return Line(ERROR, "mapping", f"{relation} cannot be read: {str(error).splitlines()[0]}. Load it, or correct the mapping")
    return Line(OK if rows else WARNING, "mapping", f"{relation}: {rows:,} rows" + ("" if rows else ": load it"))


def readiness_lines(connection: Any, warehouse: Warehouse) -> Iterator[Line]:
    """What data_readiness says of each task that is mapped."""
    sql = f"select task, status, reason from {warehouse.relations['data_readiness']} where is_mapped order by task"
    for task, status, reason in connection.execute(sql).fetchall():
        yield Line(STATUS_OF[status], "data", f"{task}: {reason}")


def time_zone_lines(connection: Any, warehouse: Warehouse) -> Iterator[Line]:
    """The quietest hour of a source: not at night, and a time zone is likely to be wrong."""
    sql = f"select quietest_hour from {warehouse.relations['data_readiness']} where task = '{TASK}'"
    ((hour,),) = connection.execute(sql).fetchall()
    if hour is None:
        yield Line(OK, "time zones", "not to be told: few events, or none with a time of day")
    elif hour in NIGHT:
        yield Line(OK, "time zones", f"the quietest hour of every source is at night ({hour}:00 of the largest)")
    else:
        words = f"the quietest hour of a source is {hour}:00: check time_zone, that of the shop and of each source"
        yield Line(WARNING, "time zones", words)


def champion_lines(connection: Any, warehouse: Warehouse) -> Iterator[Line]:
    """Who serves each task, and whether the network answers its golden rows."""
    for task in TASKS:
        yield from lines_of_champion(connection, warehouse, task)


def lines_of_champion(connection: Any, warehouse: Warehouse, task: str) -> Iterator[Line]:
    """Of a task that was never trained there is nothing to say, but of customer demand."""
    about, option = ("champion", "") if task == TASK else (f"champion of {task}", f" --task {task}")
    serving = champion(connection, warehouse.relations, task)
    if serving in (None, BASELINE):
        ((known,),) = connection.execute(COUNT_VERSIONS.format(**warehouse.relations), [task]).fetchall()
        remedy = f"{known} versions are registered: demand promote VERSION insists on one" if known else f"demand train{option}"
        if known or task == TASK:
            yield Line(WARNING, about, f"none, the baseline serves: {remedy}")
        return
    try:
        load_model(version_row(connection, warehouse.relations, str(serving)))
    except DemandForecastError as error:
        yield Line(ERROR, about, f"{error}. Let another serve: demand rollback{option}, or demand promote baseline{option}")
    else:
        yield Line(OK, about, f"{serving}, and it answers its stored rows")


def health_lines(connection: Any, warehouse: Warehouse) -> Iterator[Line]:
    """What model_health says of each network that serves."""
    sql = f"select task, status, reasons from {warehouse.relations['model_health']} where status <> 'ok' order by task"
    for task, status, reasons in connection.execute(sql).fetchall():
        remedy = ": demand improve" if status == "retrain" else ""
        yield Line(WARNING, "health", f"{task}: {reasons}{remedy}")


def var_lines(project_dir: Path) -> Iterator[Line]:
    """Vars for this package that it does not have: dbt ignores them, and the defaults hold."""
    known = known_vars(project_dir)
    for name in sorted(set(package_vars(project_dir)) - set(known)) if known else ():
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"perhaps meant as {near[0]}" if near else f"known are {', '.join(sorted(known))}"
        yield Line(ERROR, "mapping", f"there is no var {name}, so it does nothing: {remedy}")


def known_vars(project_dir: Path) -> dict[str, Any]:
    """Vars of the package with their defaults, as it is installed in a project, or as the project itself is it."""
    places = (project_dir / "dbt_packages" / PACKAGE, project_dir)
    return next((found for found in map(package_vars, places) if found), {})


def package_vars(folder: Path) -> dict[str, Any]:
    """Vars that a project's dbt_project.yml sets for this package; none where there is no such file."""
    path = folder / "dbt_project.yml"
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    except yaml.YAMLError:
        return {}  # dbt says what is wrong with it
    return dict((told.get("vars") or {}).get(PACKAGE) or {})


def unread_lines(project_dir: Path, target: Path) -> Iterator[Line]:
    """Whether the project has changed since dbt ran it; dbt itself checks the values of vars."""
    project, results = project_dir / "dbt_project.yml", target / "run_results.json"
    if project.exists() and results.exists() and project.stat().st_mtime > results.stat().st_mtime:
        yield Line(WARNING, "mapping", "dbt_project.yml has changed since the last run: type dbt build, which checks the mapping")


def run_line(target: Path) -> Line:
    """Whether the last run of dbt may be published."""
    try:
        run = finished_run(target)
    except DemandForecastError as error:
        why = "".join(f" | {failure}" for failure in failures(target, began=0))
        return Line(ERROR if why else WARNING, "last run", f"not to be published: {error}{why}")
    return Line(OK, "last run", f"{run.run_id}, whole and tested")


def published_line(project_dir: Path) -> Line:
    """What readers see, and how old its data is."""
    file = project_dir / "published" / DATABASE
    if not (project_dir / "published" / CURRENT / DATABASE).exists():
        return Line(WARNING, "published", f"nothing in {file.parent}: demand publish")
    try:
        with duckdb.connect(str(file), read_only=True, config=NO_EXTENSIONS) as connection:
            ((run_id, cut_off),) = connection.execute("select run_id, data_cut_off from freshness").fetchall()
    except duckdb.Error as error:
        return Line(ERROR, "published", f"{str(error).splitlines()[0]}: type demand publish")
    days, most = (date.today() - cut_off).days, (known_vars(project_dir) | package_vars(project_dir)).get("health_stale_days")
    words = f"run {run_id}, data through {cut_off}, {days} days old"
    if isinstance(most, int) and days > most:
        return Line(WARNING, "published", f"{words}, more than health_stale_days: load events, dbt build, demand publish")
    return Line(OK, "published", words)


def page(lines: list[Line]) -> str:
    """The findings as a page, the gravest kind named last."""
    width = max(len(line.about) for line in lines)
    counts = ", ".join(f"{sum(line.status == status for line in lines)} {status}" for status in (OK, WARNING, ERROR))
    return "\n".join([*(f"{line.status:<7}  {line.about:<{width}}  {line.words}" for line in lines), "", counts])
