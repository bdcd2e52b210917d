"""Generate a shop, let its late purchases vanish, and build what training and scoring read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
from demand_forecast_training.customers.examples import CustomerData, read_dataset
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.shop import MODELS, dbt
from benchmarks.drift.plan import Drift, Plan
from benchmarks.speed import EVENT_COLUMNS, ROOT, execute, write_project

HELD_BACK_OF = 6
"""One customer of so many teaches nobody, by a stable hash: the old days are judged on these."""

DRIFTED = """
    copy (
        with purchase_days as (
            select distinct customer_id, event_at::date as event_date from read_parquet($events) where event_type = 'purchase'
        ),
        gaps as (
            select *, event_date - lag(event_date) over (partition by customer_id order by event_date) as gap_days
            from purchase_days
        ),
        vanished as (
            select customer_id, event_date from gaps
            where event_date >= $first_date and gap_days > $late_days
                and md5_number_lower(customer_id || event_date) % 10000 < 10000 * $share
        )
        select events.* from read_parquet($events) as events
        anti join vanished
            on events.event_type = 'purchase' and events.customer_id = vanished.customer_id
                and events.event_at::date = vanished.event_date
        order by events.event_id
    ) to '{file}' (format parquet)
"""


def write_drifted(events: Path, drift: Drift, file: Path) -> None:
    """Write the events of a shop as they are after a drift. Gaps are counted between the purchase days of the shop without it, so
    that whoever bought at most `late_days` ago is untouched. The visits whose purchase vanishes keep their other events."""
    values = {"first_date": drift.first_date, "late_days": drift.late_days, "share": drift.share}
    with duckdb.connect() as con:
        con.execute(DRIFTED.format(file=str(file).replace("'", "''")), values | {"events": str(events)})


def generate(plan: Plan, folder: Path) -> None:
    """Events and calendar of the shop, and its events after the drift."""
    size = ["--customers", str(plan.customers), "--days", str(plan.days), "--seed", str(plan.seed)]
    command = [sys.executable, "-m", "benchmarks.shop_generator", "events", *size, "--out", str(folder), "--no-truth"]
    subprocess.run(command, cwd=ROOT, check=True)
    write_drifted(folder / "events.parquet", plan.drift, folder / "drifted.parquet")


def build_shop(project: Path, data: Path, cuts: dict[str, str], customers: str) -> Path:
    """Build what training and scoring read of the `customers` of an SQL condition; the dates are vars."""
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, cuts)
    columns = ", ".join(EVENT_COLUMNS)
    execute(
        project,
        "create schema if not exists shop",
        f"create or replace table shop.events as select {columns} from read_parquet('{data}/drifted.parquet') where {customers}",
        f"create or replace table shop.calendar as select * from read_parquet('{data}/calendar.parquet')",
    )
    dbt(project, "run", "--full-refresh", "--select", *MODELS)
    return project


def build_shops(plan: Plan, work: Path) -> dict[str, Path]:
    """The shop before the drift and at its end, and the old days of the customers held back."""
    is_held_back = f"md5_number_lower(customer_id) % {HELD_BACK_OF} = 0"
    wanted = {
        "before": (plan.cuts(True, plan.test_days), f"not ({is_held_back})"),
        "after": (plan.cuts(False, plan.test_days), f"not ({is_held_back})"),
        "old": (plan.cuts(True, plan.old_days), is_held_back),
    }
    return {name: build_shop(work / name, work / "data", cuts, customers) for name, (cuts, customers) in wanted.items()}


def read(project: Path) -> CustomerData:
    """The training examples of a build."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return read_dataset(connection, warehouse.relations)
