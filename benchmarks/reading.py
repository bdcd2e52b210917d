"""How long a reader of the published file waits while runs are published, beside as many reads while none is.

Usage: ``python -m benchmarks.reading PROJECT`` on a dbt project whose last build can be published (``make demo``). The run is
published again and again, under another id each time, into a folder of its own; meanwhile another process opens the file, reads
and closes it.
Writes benchmarks/results/reading.md. Read the ratios: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
from demand_forecast_training.publishing.files import DATABASE, publish
from demand_forecast_training.warehouse.connection import Warehouse, find_warehouse, manifest_path
from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parent / "results" / "reading.md"
PUBLISHES = 20
QUERY = "select run_id, sum(expected_revenue) from published_run, customer_forecasts group by run_id"
READER = """
import json, pathlib, sys, time, duckdb
file, stop, sql = sys.argv[1:]
seen, errors, waits = [], [], []
while not pathlib.Path(stop).exists():
    started = time.perf_counter()
    try:
        with duckdb.connect(file, read_only=True) as con:
            seen.append(con.execute(sql).fetchall())
    except Exception as error:
        errors.append(str(error))
    waits.append(time.perf_counter() - started)
print(json.dumps({"seen": seen, "errors": errors, "waits": waits}))
"""
"""A program that opens a file and asks, again and again, until another file is there."""
TABLE = """# Readers beside publishes

{publishes} runs of {megabytes:.0f} MB published one after another, {seconds:.1f} s each; one reader, who opens the file, reads
a table and closes it, again and again. {cores} cores.

| meanwhile | reads | errors | reads of two runs | median wait | slowest of 100 | slowest |
|---|---:|---:|---:|---:|---:|---:|
{rows}
"""


class Reader:
    """A process that reads a published folder until it is told to stop."""

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()

    def __init__(self, folder: Path) -> None:
        self.stop = folder / "stop"
        self.stop.unlink(missing_ok=True)
        command = [sys.executable, "-c", READER, str(folder / DATABASE), str(self.stop), QUERY]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def row(self, meanwhile: str) -> str:
        """Stop it; what it saw, as a row of the table."""
        self.stop.touch()
        said = json.loads(self.process.communicate()[0])
        waits: NDArray[np.float64] = 1000 * np.asarray(said["waits"])
        mixed = sum(len(rows) != 1 for rows in said["seen"])
        figures = [np.median(waits), np.quantile(waits, 0.99), waits.max()]
        cells = [meanwhile, f"{len(waits):,}", len(said["errors"]), mixed, *(f"{figure:.0f} ms" for figure in figures)]
        return "| " + " | ".join(map(str, cells)) + " |"


def another_run(target: Path, copy: Path) -> Path:
    """The artefacts of a run under another id."""
    name = str(uuid.uuid4())
    copy.mkdir(exist_ok=True)
    for file in ("manifest.json", "run_results.json"):
        content = json.loads((target / file).read_text(encoding="utf-8"))
        content["metadata"]["invocation_id"] = name
        (copy / file).write_text(json.dumps(content), encoding="utf-8")
    return copy


def measured(warehouse: Warehouse, target: Path, work: Path) -> str:
    folder = work / "published"
    publish(warehouse, another_run(target, work / "target"), folder)
    runs = [another_run(target, work / f"target_{number}") for number in range(PUBLISHES)]
    with Reader(folder) as reader:
        started = time.perf_counter()
        for run in runs:
            publish(warehouse, run, folder)
        seconds = time.perf_counter() - started
        publishing = reader.row("publishing")
    with Reader(folder) as reader:
        time.sleep(seconds)
        rows = "\n".join([reader.row("nothing"), publishing])
    size = sum(file.stat().st_size for file in (folder / "current").iterdir()) / 1e6
    return TABLE.format(publishes=PUBLISHES, megabytes=size, seconds=seconds / PUBLISHES, cores=os.cpu_count(), rows=rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    project = parser.parse_args().project.resolve()
    work = Path(tempfile.mkdtemp())
    try:
        table = measured(find_warehouse(project, project, None), manifest_path(project).parent, work)
    finally:
        shutil.rmtree(work)
    RESULTS.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
