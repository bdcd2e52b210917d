"""How long late and corrected events take to the published forecasts, by `demand watch`.

Usage: ``python -m benchmarks.watching PROJECT`` on the project that ``benchmarks.speed`` leaves. Bursts of 1,000 events come,
half late ones of the last 40 days, half corrections; after each the watcher builds and publishes once. Seconds are from the
commit of a burst until readers see the new forecasts. Writes benchmarks/results/watching.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
from demand_forecast_training.publishing.files import DATABASE
from demand_forecast_training.publishing.watching import Watched, watch

from benchmarks.speed import RESULTS, execute

EVENTS = 1000
THREADS = 2
"""Models built at a time: small ones need not wait for a large one, which keeps two cores busy."""
BURSTS = 3
CHOSEN = """
    create or replace table shop.burst as
    select event_id, customer_id from shop.events
    where event_type = 'purchase'
        and (select max(event_at) from shop.events) - event_at between interval 1 day and interval 40 days
    order by hash(event_id + {burst}) limit {events}"""
LATE = """
    insert into shop.events by name
    select events.* replace ((select max(event_id) from shop.events) + row_number() over (order by event_id) as event_id)
    from shop.events inner join (from shop.burst order by event_id limit {half}) using (event_id)"""
CORRECTED = """
    update shop.events set quantity = quantity + 1
    where event_id in (select event_id from (from shop.burst order by event_id desc limit {half}))"""
FORECASTS = "select customer_id, horizon_days, purchase_probability, expected_units, expected_revenue from customer_forecasts"
SLOWEST_SHOWN = 12


@dataclass
class Burst:
    """Seconds until readers saw it, and of the customers of the burst those whose forecast changed."""

    seconds: float
    customers: int
    changed: int


def forecasts(file: Path) -> set[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return set(con.execute(FORECASTS).fetchall())


def burst(project: Path, watched: Watched, number: int) -> Burst:
    """Let a burst come, and wait for it to be published."""
    before = forecasts(watched.folder / DATABASE)
    names = {"burst": number, "events": EVENTS, "half": EVENTS // 2}
    execute(project, *(statement.format(**names) for statement in (CHOSEN, LATE, CORRECTED)))
    started = time.perf_counter()
    if not watch(watched, every_seconds=0, rounds=1):
        raise SystemExit("the round failed")
    seconds = time.perf_counter() - started
    moved = {row[0] for row in forecasts(watched.folder / DATABASE) - before}
    customers = {customer for (customer,) in execute(project, "select distinct customer_id from shop.burst")}
    return Burst(seconds, len(customers), len(customers & moved))


def slowest(project: Path) -> list[tuple[str, float]]:
    """Nodes of the last build by seconds."""
    results = json.loads((project / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return sorted(((one["unique_id"].split(".")[2], one["execution_time"]) for one in results), key=lambda one: -one[1])


def page(project: Path, bursts: list[Burst]) -> str:
    nodes, cores = slowest(project), os.cpu_count()
    median, together = statistics.median(one.seconds for one in bursts), sum(seconds for _, seconds in nodes)
    ((customers,),) = execute(project, "select count(distinct customer_id) from main_demand.customer_forecasts")
    return "\n".join(
        [
            "# From a late event to the published forecast",
            "",
            f"{customers:,} customers; bursts of {EVENTS:,} late and corrected events; {cores} cores, {THREADS} models at",
            "a time. By `make bench-watching`.",
            "",
            "| burst | seconds until published | customers in it | whose forecast changed |",
            "|---:|---:|---:|---:|",
            *(f"| {at} | {one.seconds:.1f} | {one.customers:,} | {one.changed:,} |" for at, one in enumerate(bursts, 1)),
            "",
            f"Median {median:.1f} s. Of the last build's {together:.1f} s in {len(nodes)} nodes, the slowest:",
            "",
            "| node | seconds |",
            "|---|---:|",
            *(f"| {name[:60]} | {seconds:.1f} |" for name, seconds in nodes[:SLOWEST_SHOWN]),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    project = parser.parse_args().project.resolve()
    watched = Watched(project, project, None, project / "published", 2, THREADS)
    if not watch(watched, every_seconds=0, rounds=1):
        raise SystemExit("the project cannot be published as it is")
    bursts = [burst(project, watched, number) for number in range(1, BURSTS + 1)]
    (RESULTS / "watching.md").write_text(page(project, bursts), encoding="utf-8")
    print(page(project, bursts))


if __name__ == "__main__":
    main()
