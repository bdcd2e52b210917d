"""A small dbt project whose events are those of the protocol's products, and a network's answers on its test origins."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from demand_forecast.model import load_model
from demand_forecast.udf import score
from demand_forecast_training.learning.export import export
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.reading import read_all_days, read_entity
from demand_forecast_training.products.examples import PRODUCTS, ProductData
from demand_forecast_training.products.refitting import refit_demand
from demand_forecast_training.products.training import train_demand
from demand_forecast_training.products.workflow import registry_row
from demand_forecast_training.warehouse.connection import Warehouse, find_warehouse

from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import ROOT
from benchmarks.accuracy.shop import CALENDAR_COLUMNS, WAREHOUSE, dbt, fill_calendar, write_yaml

MODELS = ("+lbl_product_examples", "+pred_product_inputs")
REFIT_MODELS = ("+lbl_product_refit_examples",)
"""All that a refit reads."""
VALIDATION_DAYS = 28
SCORED_ROWS = 2048
ANSWERED = ("expected_units", "units_p10", "units_p50", "units_p90", "units_p95")
EVENTS = """
    create table shop.events as
    select * from read_parquet($events)
    where event_at::date <= $last_day and product_id::varchar in (select unnest($products))
        and (event_type <> 'purchase' or quantity > 0)
"""
INPUTS = "select product_id, as_of_date, context, steps, days from {pred_product_inputs} where purpose = 'backtest'"


@dataclass(frozen=True)
class Window:
    """Target days at one horizon: the first origin, after which nothing teaches, and the last day."""

    horizon: int
    first_origin: date
    last_day: date

    @property
    def latest_origin(self) -> date:
        """One day more than the last origin that is asked, which is then a test origin of the shop."""
        return self.last_day - timedelta(days=self.horizon - 1)


def build_shop(project: Path, data_set: DataSet, events: Path, products: list[str], window: Window) -> None:
    """Write a project, fill its warehouse with the events of the products and build what training and scoring read."""
    build_project(project, data_set, events, products, window, MODELS, window.latest_origin, window.last_day)


def build_refit_shop(project: Path, data_set: DataSet, events: Path, products: list[str], window: Window) -> None:
    """The same shop as it was at the end of the first origin, with what a refit reads."""
    end = window.first_origin
    build_project(refit_shop(project), data_set, events, products, window, REFIT_MODELS, end, end)


def refit_shop(project: Path) -> Path:
    return project.with_name(f"{project.name}_refit")


def build_project(
    project: Path,
    data_set: DataSet,
    events: Path,
    products: list[str],
    window: Window,
    models: Sequence[str],
    latest_origin: date,
    last_day: date,
) -> None:
    """Write and build a project whose events end with a day."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    settings = {
        "event_sources": [{"name": "shop", "source": ["shop", "events"], "columns": data_set.columns}],
        "calendar": {"source": ["shop", "calendar"], "columns": {name: name for name in CALENDAR_COLUMNS}},
        "as_of_date": str(latest_origin),
        "trained_through_date": str(window.first_origin),
        "fitted_through_date": str(window.first_origin - timedelta(days=VALIDATION_DAYS)),
        "max_events_per_day": 1000000,
    }
    write_yaml(
        project / "dbt_project.yml",
        {"name": "shop", "version": "1.0.0", "profile": "shop", "vars": {"demand_forecast": settings}},
    )
    write_yaml(project / "packages.yml", {"packages": [{"local": os.path.relpath(ROOT, project)}]})
    output = {"type": "duckdb", "path": WAREHOUSE, "schema": "main", "threads": 2}
    write_yaml(project / "profiles.yml", {"shop": {"target": "dev", "outputs": {"dev": output}}})
    tables = [{"name": name} for name in ("events", "calendar")]
    write_yaml(project / "models" / "sources.yml", {"sources": [{"name": "shop", "tables": tables}]})
    (project / WAREHOUSE).unlink(missing_ok=True)
    with duckdb.connect(str(project / WAREHOUSE)) as con:
        con.execute("create schema shop")
        con.execute(EVENTS, {"events": str(events), "last_day": last_day, "products": products})
    fill_calendar(project / WAREHOUSE, data_set.country)
    dbt(project, "deps")
    dbt(project, "run", "--full-refresh", "--select", *models)


def answers(project: Path, choices: HyperParameters, window: Window) -> Iterator[tuple[str, pa.Table, dict[str, Any], float]]:
    """Of a network trained on the shop, and of its refit: a name, what it says of the target days, its registry row, and seconds
    of training."""
    warehouse, start = find_warehouse(project, project, None), time.monotonic()
    with warehouse.visit() as connection:
        data = read_entity(connection, warehouse.relations, PRODUCTS)
    trained = train_demand(data, choices)
    seconds, row = time.monotonic() - start, registry_row(data, trained, export(trained.network, data))
    yield choices.architecture, said_of(warehouse, row, window), row, seconds
    start, everything = time.monotonic(), everything_in(refit_shop(project))
    again = refit_demand(everything, trained)
    refit_seconds, row = time.monotonic() - start, registry_row(everything, again, export(again.network, data))
    yield "refit", said_of(warehouse, row, window), row, seconds + refit_seconds


def everything_in(project: Path) -> ProductData:
    """All examples of a shop that ends on the first origin."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return read_all_days(connection, warehouse.relations, PRODUCTS)


def said_of(warehouse: Warehouse, row: dict[str, Any], window: Window) -> pa.Table:
    """What a version says of the target days."""
    model, parts = load_model(row), []
    with warehouse.visit() as connection:
        for batch in connection.sql(INPUTS.format_map(warehouse.relations)).to_arrow_reader(SCORED_ROWS):
            said = score(model, *(batch.column(name) for name in ("context", "steps", "days")))
            parts.append(answered(batch, said, window.horizon))
    return pa.concat_tables(parts)


def answered(batch: pa.RecordBatch, said: pa.StructArray, horizon: int) -> pa.Table:
    """A row per origin: the product, the target day and what was said of it."""
    days = np.asarray(batch.column("as_of_date").cast(pa.int32())) + horizon
    columns = {"product_id": batch.column("product_id"), "target_date": pa.array(days.astype(np.int32)).cast(pa.date32())}
    for name in ANSWERED:
        values = np.asarray(said.field(name).flatten()).reshape(len(batch), -1)
        columns[name] = pa.array(values[:, horizon - 1].astype(np.float64))
    return pa.table(columns)
