"""The user's warehouse: where it is, what dbt called its relations, and short visits to it."""

from __future__ import annotations

import json
import os
import re
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast.dbt_models import check_version
from demand_forecast.secret_hash import set_pads

from demand_forecast_training.errors import WarehouseUnavailable

PACKAGE = "demand_forecast"
LOCK_SECONDS = 20.0
IS_HELD = re.compile("set lock on|lock is held|used by another process")
"""What DuckDB says where another process holds the file; its words hold the path as well, which may say anything."""
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is fetched from the network because a query names it."""


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file and the package's relations in it, SQL text by model name."""

    path: Path
    relations: dict[str, str]

    @contextmanager
    def visit(self, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is closed at the end: nobody else can build while it is open."""
        connection = connect(self.path, read_only)
        try:
            set_pads(connection)
            yield connection
        finally:
            connection.close()


def connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file; waits for another process to let go of it."""
    return when_free(path, lambda: duckdb.connect(str(path), read_only=read_only, config=NO_EXTENSIONS))


def when_free(path: Path, open_file: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """What `open_file` returns; waits for another process to let go of the file, for LOCK_SECONDS."""
    if not path.exists():
        raise WarehouseUnavailable(f"there is no warehouse at {path}: type dbt build first")
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return open_file()
        except duckdb.IOException as error:
            if not IS_HELD.search(str(error)):
                raise WarehouseUnavailable(f"the warehouse {path} cannot be opened: {error}") from error
            if time.monotonic() > give_up:
                raise WarehouseUnavailable(
                    f"another process holds the warehouse {path}; end it (a dbt build, an open SQL shell) and try again"
                ) from error
        time.sleep(0.2)


def find_warehouse(project_dir: Path, profiles_dir: Path | None, target: str | None) -> Warehouse:
    """Warehouse of a dbt project, from its profile and the manifest of its last build. Raises WarehouseUnavailable."""
    path = find_path(project_dir, profiles_dir, target)
    return Warehouse(path, relations_of(manifest_path(project_dir)))


def find_path(project_dir: Path, profiles_dir: Path | None, target: str | None) -> Path:
    """The DuckDB file of a dbt project, from its profile alone. Raises WarehouseUnavailable."""
    if not (project_dir / "dbt_project.yml").exists():
        raise WarehouseUnavailable(f"{project_dir} holds no dbt_project.yml: name your dbt project with --project-dir")
    credentials = read_credentials(project_dir, profiles_dir, target)
    if credentials.type != "duckdb":
        raise WarehouseUnavailable(f"the profile is of type {credentials.type}; training reads duckdb")
    if credentials.path.startswith((":memory:", "md:", "motherduck:")):
        raise WarehouseUnavailable(f"the profile's path is {credentials.path}; training needs a DuckDB file")
    return Path(project_dir / credentials.path)


def read_credentials(project_dir: Path, profiles_dir: Path | None, target: str | None) -> Any:
    """The profile's output as dbt reads it, environment variables included."""
    from dbt.config.runtime import load_profile
    from dbt.exceptions import DbtRuntimeError
    from dbt.flags import set_from_args

    set_from_args(Namespace(PROFILES_DIR=str(profiles_dir or default_profiles_dir(project_dir))), None)
    try:
        return load_profile(str(project_dir), {}, target_override=target).credentials
    except DbtRuntimeError as error:
        raise WarehouseUnavailable(f"dbt cannot read the profile of {project_dir}: {error}") from error


def default_profiles_dir(project_dir: Path) -> Path:
    """Where dbt looks: DBT_PROFILES_DIR, the project, then ~/.dbt."""
    if named := os.environ.get("DBT_PROFILES_DIR"):
        return Path(named)
    return project_dir if (project_dir / "profiles.yml").exists() else Path.home() / ".dbt"


def manifest_path(project_dir: Path) -> Path:
    """dbt's list of what it built."""
    return project_dir / os.environ.get("DBT_TARGET_PATH", "target") / "manifest.json"


def relations_of(manifest: Path) -> dict[str, str]:
    """Quoted names of the package's models by model name, as dbt built them. Raises VersionMismatch for another minor version."""
    if not manifest.exists():
        raise WarehouseUnavailable(f"there is no {manifest}: type dbt build first")
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    own = [node for node in nodes if node["resource_type"] == "model" and node["package_name"] == PACKAGE]
    if not own:
        raise WarehouseUnavailable(
            f"{manifest} knows no model of the package {PACKAGE}: add it to packages.yml, type dbt deps and dbt build"
        )
    check_version(next(node["config"]["package_version"] for node in own if "package_version" in node["config"]))
    return {node["name"]: node["relation_name"] for node in own if node["relation_name"]}
