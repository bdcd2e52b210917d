"""A small dbt project that ends with a cut, and what a trained ranking and the SQL baseline recommend there."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from demand_forecast.arrays import list_lengths
from demand_forecast.model import load_model
from demand_forecast.udf import score
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.recommendations.examples import read_lists
from demand_forecast_training.recommendations.training import export_ranking, train_ranking
from demand_forecast_training.recommendations.workflow import registry_row
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import ROOT
from benchmarks.accuracy.shop import CALENDAR_COLUMNS, WAREHOUSE, dbt, fill_calendar, write_yaml

MODELS = ("+lbl_recommendation_examples", "+pred_recommendation_inputs")
VALIDATION_DAYS = 14
SHOWN = 20
SCORED_ROWS = 1024
EVENTS = "create table shop.events as select * from read_parquet($events) where event_at::date <= $cut"
PRODUCTS = """
    create table shop.products as
    select product_id, any_value(category) as category from shop.events where product_id is not null group by product_id
"""
INPUTS = "select customer_id, as_of_date, context, steps, days from {pred_recommendation_inputs}"
BASELINE = """
    select customer_id, place::integer as rank, product_id from {pred_recommendation_candidates}
    where place <= 20 and is_offered > 0
"""
NAMED = """
    select said.customer_id, said.rank, candidates.product_id
    from said inner join {pred_recommendation_candidates} as candidates using (customer_id, place)
"""


def build_shop(project: Path, data_set: DataSet, events: Path, cut: date) -> None:
    """Write a project whose last day is the cut, and build what training, scoring and the baseline read."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    settings = {
        "event_sources": [{"name": "shop", "source": ["shop", "events"], "columns": data_set.columns}],
        "products": {"source": ["shop", "products"], "columns": {"product_id": "product_id", "category": "category"}},
        "calendar": {"source": ["shop", "calendar"], "columns": {name: name for name in CALENDAR_COLUMNS}},
        "as_of_date": str(cut),
        "trained_through_date": str(cut),
        "fitted_through_date": str(cut - timedelta(days=VALIDATION_DAYS)),
    }
    write_yaml(
        project / "dbt_project.yml",
        {"name": "shop", "version": "1.0.0", "profile": "shop", "vars": {"demand_forecast": settings}},
    )
    write_yaml(project / "packages.yml", {"packages": [{"local": os.path.relpath(ROOT, project)}]})
    output = {"type": "duckdb", "path": WAREHOUSE, "schema": "main", "threads": 2}
    write_yaml(project / "profiles.yml", {"shop": {"target": "dev", "outputs": {"dev": output}}})
    tables = [{"name": name} for name in ("events", "products", "calendar")]
    write_yaml(project / "models" / "sources.yml", {"sources": [{"name": "shop", "tables": tables}]})
    (project / WAREHOUSE).unlink(missing_ok=True)
    with duckdb.connect(str(project / WAREHOUSE)) as con:
        con.execute("create schema shop")
        con.execute(EVENTS, {"events": str(events), "cut": cut})
        con.execute(PRODUCTS)
    fill_calendar(project / WAREHOUSE, data_set.country)
    dbt(project, "deps")
    dbt(project, "run", "--full-refresh", "--select", *MODELS)


def baseline(project: Path) -> pa.Table:
    """What the SQL baseline recommends: customer_id, rank, product_id."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return connection.sql(BASELINE.format_map(warehouse.relations)).to_arrow_table()


def answers(project: Path, choices: HyperParameters) -> tuple[pa.Table, dict[str, Any], float]:
    """What a network trained on the shop recommends, its registry row, and seconds of training."""
    warehouse, start = find_warehouse(project, project, None), time.monotonic()
    with warehouse.visit() as connection:
        data = read_lists(connection, warehouse.relations)
    trained = train_ranking(data, choices)
    seconds, row = time.monotonic() - start, registry_row(data, trained, export_ranking(trained.network, data))
    model, parts = load_model(row), []
    with warehouse.visit() as connection:
        for batch in connection.sql(INPUTS.format_map(warehouse.relations)).to_arrow_reader(SCORED_ROWS):
            parts.append(ranked(batch, score(model, *(batch.column(name) for name in ("context", "steps", "days")))))
        said = pa.concat_tables(parts)  # noqa: F841, the query reads it
        return connection.sql(NAMED.format_map(warehouse.relations)).to_arrow_table(), row, seconds


def ranked(batch: pa.RecordBatch, said: pa.StructArray) -> pa.Table:
    """A row per customer and rank: the place of the candidate."""
    places = said.field("place")
    width = int(list_lengths(places)[0])
    shown = np.asarray(places.flatten()).reshape(len(batch), width)[:, :SHOWN].astype(np.int64)
    customers = batch.column("customer_id").take(pa.array(np.repeat(np.arange(len(batch)), SHOWN)))
    columns = {"customer_id": customers, "rank": np.tile(np.arange(1, SHOWN + 1), len(batch)), "place": shown.ravel()}
    return pa.table(columns).filter(pa.array(shown.ravel() > 0))
