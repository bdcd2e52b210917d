"""Speed and memory of a build, by node: the first one, the champion's first, one after a day more of events, one after late rows.

Usage: ``python -m benchmarks.speed --customers 100000``. Writes benchmarks/results/speed_<customers>.md. Compare ratios within
one run: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
STEPS_AND_STAGING = ("stg_", "seq_customer_steps")
DATA_TESTS = "data tests"
EVENT_COLUMNS = (
    "event_id",
    "customer_id",
    "event_at",
    "event_type",
    "product_id",
    "quantity",
    "amount",
    "search_term",
    "session_id",
)


@dataclass
class NodeRun:
    """One model's run, or all data tests together: seconds, and the greatest resident memory of dbt meanwhile, in bytes."""

    name: str
    seconds: float = 0.0
    peak_bytes: int = 0


@dataclass
class BuildRun:
    """One dbt build."""

    title: str
    seconds: float
    nodes: list[NodeRun] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def seconds_of(self, prefixes: tuple[str, ...]) -> float:
        return sum(node.seconds for node in self.nodes if node.name.startswith(prefixes))


def resident_bytes(pid: int) -> int:
    """Resident memory of a process, 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class MemoryWatch(threading.Thread):
    """Attributes a process's peak memory to the node that runs."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.current, self.peaks, self.running = pid, "", dict[str, int](), True

    def run(self) -> None:
        while self.running:
            self.peaks[self.current] = max(self.peaks.get(self.current, 0), resident_bytes(self.pid))
            time.sleep(0.02)


def build(project: Path, title: str, *arguments: str) -> BuildRun:
    """Run `dbt build`, following its log; raises CalledProcessError when it fails."""
    command = ["dbt", "--log-format", "json", "--log-level", "debug", "build", *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True, env=environment(project))
    watch = MemoryWatch(process.pid)
    watch.start()
    nodes: list[NodeRun] = []
    assert process.stdout is not None
    for line in process.stdout:
        follow(json.loads(line) if line.startswith("{") else {}, watch, nodes)
    watch.running = False
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    for node in nodes:
        node.peak_bytes = watch.peaks.get(node.name, 0)
    return BuildRun(title, time.perf_counter() - start, nodes)


def follow(entry: dict[str, Any], watch: MemoryWatch, nodes: list[NodeRun]) -> None:
    """Take in one line of dbt's log."""
    name = entry.get("info", {}).get("name")
    if name == "NodeStart":
        watch.current = entry["data"]["node_info"]["node_name"]
        print(f"  {watch.current}", flush=True)
    elif name == "LogModelResult":
        nodes.append(NodeRun(entry["data"]["node_info"]["node_name"], float(entry["data"]["execution_time"])))
    elif name == "LogTestResult":
        if not nodes or nodes[0].name != DATA_TESTS:
            nodes.insert(0, NodeRun(DATA_TESTS))
        nodes[0].seconds += float(entry["data"]["execution_time"])


def environment(project: Path) -> dict[str, str]:
    return os.environ | {"DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def write_project(project: Path, chosen: Mapping[str, Any] = MappingProxyType({})) -> None:
    """A project that installs the package, maps one table of canonical events and sets the vars that were chosen."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    (project / "dbt_packages").mkdir(exist_ok=True)
    link = project / "dbt_packages" / "demand_forecast"
    if not link.exists():
        link.symlink_to(ROOT)
    columns = {name: name for name in EVENT_COLUMNS}
    settings = {
        "event_sources": [{"name": "shop", "source": ["shop", "events"], "columns": columns}],
        "calendar": {
            "source": ["shop", "calendar"],
            "columns": {name: name for name in ("calendar_date", "is_holiday", "is_promotion")},
        },
    }
    variables = {"demand_forecast": settings | dict(chosen)}
    content: dict[str, Any] = {"name": "speed", "version": "1.0.0", "profile": "speed", "vars": variables}
    write_yaml(project / "dbt_project.yml", content)
    write_yaml(project / "packages.yml", {"packages": [{"local": str(ROOT)}]})
    output = {"type": "duckdb", "path": "speed.duckdb", "schema": "main", "threads": 1}
    write_yaml(project / "profiles.yml", {"speed": {"target": "dev", "outputs": {"dev": output}}})
    sources = [{"name": "shop", "schema": "shop", "tables": [{"name": "events"}, {"name": "calendar"}]}]
    write_yaml(project / "models" / "sources.yml", {"sources": sources})


def write_yaml(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def execute(project: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in the project's warehouse; rows of the last one."""
    with duckdb.connect(str(project / "speed.duckdb")) as con:
        for statement in statements:
            con.execute(statement)
        rows: list[tuple[Any, ...]] = con.fetchall()
        return rows


def count_rows(project: Path, run: BuildRun) -> BuildRun:
    """Add the rows of every table that was built."""
    tables = {name for (name,) in execute(project, "select table_name from duckdb_tables() where schema_name = 'main_demand'")}
    for node in run.nodes:
        if node.name in tables:
            run.rows[node.name] = execute(project, f"select count(*) from main_demand.{node.name}")[0][0]
    return run


def measure(project: Path, data: Path) -> tuple[list[BuildRun], dict[str, int]]:
    """The four builds, and how many steps the last two rebuilt."""
    write_project(project)
    columns = ", ".join(EVENT_COLUMNS)
    execute(
        project,
        "create schema if not exists shop",
        f"create or replace table shop.events as select {columns} from read_parquet('{data}/events.parquet')",
        f"create or replace table shop.calendar as select * from read_parquet('{data}/calendar.parquet')",
    )
    events = execute(project, "select count(*) from shop.events")[0][0]
    runs = [count_rows(project, build(project, "first build"))]
    subprocess.run(["demand", "train", "--epochs", "1", "--promote"], cwd=project, env=environment(project), check=True)
    runs.append(count_rows(project, build(project, "with a champion")))
    rebuilt = {"events": events}
    for title, name in (("one day more", "events_next_day"), ("rows 40 days late", "events_late")):
        steps = "main_demand.seq_customer_steps"
        execute(
            project,
            f"create or replace table shop.steps_before as select customer_id, event_date, fingerprint from {steps}",
            f"insert into shop.events select {columns} from read_parquet('{data}/{name}.parquet')",
        )
        runs.append(count_rows(project, build(project, title)))
        changed = f"(select customer_id, event_date, fingerprint from {steps} except select * from shop.steps_before)"
        rebuilt[title] = execute(project, f"select count(*) from {changed}")[0][0]
        rebuilt[f"{title}: raw rows"] = execute(project, f"select count(*) from read_parquet('{data}/{name}.parquet')")[0][0]
    return runs, rebuilt


def report(customers: int, runs: list[BuildRun], rebuilt: dict[str, int]) -> str:
    """The results as Markdown."""
    first = runs[0]
    lines = [
        f"# Build speed, {customers:,} customers",
        "",
        f"{rebuilt['events']:,} events; {os.cpu_count()} cores, {platform.machine()}, DuckDB {duckdb.__version__}. "
        "Seconds are wall time of the node; memory is the resident peak of the dbt process while it ran. Compare within a run.",
        "",
        "| build | seconds | staging and steps | share of the first build's | steps rebuilt | raw rows that came |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        seconds = run.seconds_of(STEPS_AND_STAGING)
        is_first = run is first
        came = rebuilt.get(f"{run.title}: raw rows", rebuilt["events"] if is_first else 0)
        steps = rebuilt.get(run.title, first.rows.get("seq_customer_steps", 0) if is_first else 0)
        share = seconds / first.seconds_of(STEPS_AND_STAGING)
        lines.append(f"| {run.title} | {run.seconds:.1f} | {seconds:.2f} | {share:.0%} | {steps:,} | {came:,} |")
    lines += ["", "| node | " + " | ".join(f"{run.title}: s | rows/s | peak GB" for run in runs) + " |"]
    lines += ["|---|" + "---:|" * (3 * len(runs))]
    for node in sorted(first.nodes, key=lambda node: -node.seconds)[:20]:
        lines.append(f"| {node.name} | " + " | ".join(node_cells(run, node.name) for run in runs) + " |")
    return "\n".join(lines) + "\n"


def node_cells(run: BuildRun, name: str) -> str:
    node = next((node for node in run.nodes if node.name == name), NodeRun(name))
    rate = f"{run.rows[name] / node.seconds:,.0f}" if run.rows.get(name) and node.seconds else "-"
    return f"{node.seconds:.2f} | {rate} | {f'{node.peak_bytes / 1e9:.2f}' if node.peak_bytes else '-'}"


def generate(customers: int, data: Path) -> None:
    """Events, the day after them and late rows, by the shop generator."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.shop_generator",
        "events",
        "--customers",
        str(customers),
        "--out",
        str(data),
        "--no-truth",
    ]
    subprocess.run([*command, "--events-per-customer", "50", "--next-day"], cwd=ROOT, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "speed", help="folder for data and warehouse")
    arguments = parser.parse_args()
    data = arguments.work / f"events_{arguments.customers}"
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "events.parquet").exists():
        generate(arguments.customers, data)
    project = arguments.work / "project"
    (project / "speed.duckdb").unlink(missing_ok=True)
    text = report(arguments.customers, *measure(project, data))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"speed_{arguments.customers}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
