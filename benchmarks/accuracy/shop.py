"""A small dbt project for one pair of cut dates: installs this package by path and maps the canonical events by vars alone."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from benchmarks.accuracy.cells import Cell, Place
from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import ROOT

WAREHOUSE = "demand.duckdb"
MODELS = ("+lbl_training_examples", "+pred_customer_inputs")
"""All that training and scoring read."""


def build_shop(data_set: DataSet, place: Place, cells: list[Cell]) -> Path:
    """Write the project of cells that share their cut dates, fill its warehouse and build what training and scoring read."""
    project = place.shop(cells[0])
    last_judged = max(cell.last_judged for cell in cells)
    (project / "models").mkdir(parents=True, exist_ok=True)
    write_yaml(project / "dbt_project.yml", project_settings(data_set, cells[0], str(last_judged + timedelta(days=1))))
    write_yaml(project / "packages.yml", {"packages": [{"local": os.path.relpath(ROOT, project)}]})
    output = {"type": "duckdb", "path": WAREHOUSE, "schema": "main", "threads": 2}
    write_yaml(project / "profiles.yml", {"shop": {"target": "dev", "outputs": {"dev": output}}})
    tables = [{"name": "events"}, {"name": "origins"}]
    write_yaml(project / "models" / "sources.yml", {"sources": [{"name": "shop", "tables": tables}]})
    fill(project / WAREHOUSE, place, cells)
    dbt(project, "deps")
    dbt(project, "run", "--full-refresh", "--select", *MODELS)
    return project


def project_settings(data_set: DataSet, cell: Cell, latest_origin: str) -> dict[str, Any]:
    """dbt_project.yml."""
    settings = {
        "event_sources": [{"name": "shop", "source": ["shop", "events"], "columns": data_set.columns}],
        "origins_relation": {
            "source": ["shop", "origins"],
            "columns": {"customer_id": "customer_id", "as_of_date": "as_of_date"},
        },
        "as_of_date": latest_origin,
        "fitted_through_date": str(cell.fitted_through),
        "trained_through_date": str(cell.trained_through),
    }
    return {"name": "shop", "version": "1.0.0", "profile": "shop", "vars": {"demand_forecast": settings}}


def write_yaml(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))


ORIGINS = """
    create or replace table shop.origins as
    select distinct customer_id, as_of_date::date as as_of_date from read_parquet($rows, union_by_name = true)
    where as_of_date::date < $trained_through
    union
    select customer_id, as_of_date::date from read_parquet($judged, union_by_name = true) where part = 'test'
"""
"""Every row of the protocol known before the cut, whatever its horizon (a window that crosses a cut is censored there), and the
judged rows of the cells. So the training depends on the cut dates alone."""

EVENTS = """
    create or replace table shop.events as
    select * from read_parquet($events) where event_at::date <= $last_judged::date + 1
"""
"""The shop ends the day after the last judged as-of day: what came later is not even there."""


def fill(warehouse: Path, place: Place, cells: list[Cell]) -> None:
    """Put events and origins into a new warehouse."""
    warehouse.unlink(missing_ok=True)
    judged = [str(place.rows(cell.name)) for cell in cells]
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema shop")
        con.execute(EVENTS, {"events": str(place.events), "last_judged": max(cell.last_judged for cell in cells)})
        rows = [str(file) for file in sorted(place.folder.glob(f"rows_{cells[0].protocol}_h*.parquet"))]
        con.execute(ORIGINS, {"rows": rows, "judged": judged, "trained_through": cells[0].trained_through})


def dbt(project: Path, *arguments: str) -> None:
    """Run dbt in the project; raises CalledProcessError where it fails."""
    environment = os.environ | {"DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    subprocess.run(["dbt", "--quiet", *arguments], cwd=project, env=environment, check=True)
