"""A small dbt project for one pair of cut dates: installs this package by path and maps the canonical events by vars alone."""

from __future__ import annotations

import os
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from benchmarks.accuracy.calendars import holidays
from benchmarks.accuracy.cells import Cell, Place
from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import ROOT

WAREHOUSE = "demand.duckdb"
MODELS = ("+lbl_training_examples", "+seq_customer_histories", "+pred_customer_inputs")
"""All that training and scoring read."""
REFIT_MODELS = ("+lbl_refit_examples", "+seq_customer_histories")
"""All that a refit reads."""


def build_shop(data_set: DataSet, place: Place, cells: list[Cell]) -> Path:
    """Build what training and scoring of cells read that share their cut dates; returns the project's folder."""
    last_day = max(cell.last_judged for cell in cells) + timedelta(days=1)
    return build_project(place.shop(cells[0]), data_set, place, cells, last_day, MODELS)


def build_refit_shop(data_set: DataSet, place: Place, cells: list[Cell]) -> Path:
    """The same shop on the first judged as-of day: nothing later is there. Returns the project's folder."""
    return build_project(place.refit_shop(cells[0]), data_set, place, cells, cells[0].trained_through, REFIT_MODELS)


def build_project(
    project: Path, data_set: DataSet, place: Place, cells: list[Cell], last_day: date, models: tuple[str, ...]
) -> Path:
    """Write a project whose latest origin is `last_day`, fill its warehouse and build some models."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    write_yaml(project / "dbt_project.yml", project_settings(data_set, cells[0], str(last_day)))
    write_yaml(project / "packages.yml", {"packages": [{"local": os.path.relpath(ROOT, project)}]})
    output = {"type": "duckdb", "path": WAREHOUSE, "schema": "main", "threads": 2}
    write_yaml(project / "profiles.yml", {"shop": {"target": "dev", "outputs": {"dev": output}}})
    tables = [{"name": name} for name in ("events", "origins", "calendar")]
    write_yaml(project / "models" / "sources.yml", {"sources": [{"name": "shop", "tables": tables}]})
    fill(project / WAREHOUSE, place, cells, last_day)
    fill_calendar(project / WAREHOUSE, data_set.country)
    dbt(project, "deps")
    dbt(project, "run", "--full-refresh", "--select", *models)
    return project


def project_settings(data_set: DataSet, cell: Cell, latest_origin: str) -> dict[str, Any]:
    """dbt_project.yml."""
    settings = {
        "event_sources": [{"name": "shop", "source": ["shop", "events"], "columns": data_set.columns}],
        "origins_relation": {
            "source": ["shop", "origins"],
            "columns": {"customer_id": "customer_id", "as_of_date": "as_of_date"},
        },
        "calendar": {"source": ["shop", "calendar"], "columns": {name: name for name in CALENDAR_COLUMNS}},
        "as_of_date": latest_origin,
        "fitted_through_date": str(cell.fitted_through),
        "trained_through_date": str(cell.trained_through),
    }
    return {"name": "shop", "version": "1.0.0", "profile": "shop", "vars": {"demand_forecast": settings}}


def write_yaml(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))


CALENDAR_COLUMNS = ("calendar_date", "is_holiday", "is_major_holiday")
NEAR, AHEAD = timedelta(days=7), timedelta(days=37)
"""How far before a target day, and after an origin, a holiday may lie that its forecast knows."""

ORIGINS = """
    create or replace table shop.origins as
    with active_days as (
        select distinct customer_id, event_at::date as event_date from shop.events where {active}
    ),
    days as (
        select unnest(range(min(event_at)::date + 30, $trained_through::date, interval 1 day))::date as as_of_date
        from shop.events
    )
    select distinct active_days.customer_id, days.as_of_date
    from days
    inner join active_days on active_days.event_date between days.as_of_date - $look_back + 1 and days.as_of_date
    union
    select customer_id, as_of_date::date from read_parquet($rows, union_by_name = true) where as_of_date < $trained_through
    union
    select customer_id, as_of_date::date from read_parquet($judged, union_by_name = true) where part = 'test'
"""
"""Every day before the cut by the protocol's own rule, also those on which it fits no peer (a window that crosses a cut is
censored there), its rows of earlier days, and the judged rows of the cells. So the training depends on the cut dates alone."""

RULES = {"p1": ("event_type <> 'return'", 30), "p5": ("event_type = 'purchase'", 90)}
"""Who has a row on a day, by protocol: customers with such an event in as many days up to it."""

EVENTS = """
    create or replace table shop.events as
    select * from read_parquet($events) where event_at::date <= $last_day
"""
"""The shop ends with its latest origin: what came later is not even there."""


def fill(warehouse: Path, place: Place, cells: list[Cell], last_day: date) -> None:
    """Put events and origins into a new warehouse."""
    warehouse.unlink(missing_ok=True)
    judged = [str(place.rows(cell.name)) for cell in cells]
    rows = [str(file) for file in sorted(place.folder.glob(f"rows_{cells[0].protocol}_h*.parquet"))]
    active, look_back = RULES[cells[0].protocol]
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema shop")
        con.execute(EVENTS, {"events": str(place.events), "last_day": last_day})
        wanted = {"look_back": look_back, "rows": rows, "judged": judged, "trained_through": cells[0].trained_through}
        con.execute(ORIGINS.format(active=active), wanted)


def fill_calendar(warehouse: Path, country: str | None) -> None:
    """Put the country's holidays from the first event to the last day ahead and a week more into the warehouse; none without a
    country."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create table shop.calendar (calendar_date date, is_holiday boolean, is_major_holiday boolean)")
        ((first, last),) = con.execute("select min(event_at)::date, max(event_at)::date from shop.events").fetchall()
        known = holidays(country, first - NEAR, last + AHEAD) if country else ()
        for day, is_major in known:
            con.execute("insert into shop.calendar values (?, true, ?)", [day, is_major])


def dbt(project: Path, *arguments: str) -> None:
    """Run dbt in the project; raises CalledProcessError where it fails."""
    environment = os.environ | {"DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    subprocess.run(["dbt", "--quiet", *arguments], cwd=project, env=environment, check=True)
