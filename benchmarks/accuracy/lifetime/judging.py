"""One cut: every variant's forecast as a file, and all of them beside the harness's peers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.accuracy.harness import Harness
from benchmarks.accuracy.lifetime.choices import VARIANTS
from benchmarks.accuracy.lifetime.fitting import mean_forecast
from benchmarks.accuracy.lifetime.weeks import last_day_of

REPLICATES = 1000


@dataclass(frozen=True)
class Cut:
    """The last week that is known, and the last that is asked for."""

    week: int
    last_week: int

    @property
    def days(self) -> tuple[date, date]:
        return last_day_of(self.week), last_day_of(self.last_week)


def write_forecast(events: Path, cut: Cut, variant: str, seeds: tuple[int, ...], file: Path) -> None:
    """A variant's forecast in the harness's format."""
    customers, said = mean_forecast(events, cut.week, cut.last_week - cut.week, VARIANTS[variant], seeds)
    table = pa.table({"customer_id": pa.array(customers.tolist()), "prediction": pa.array(said.astype(float))})
    with duckdb.connect() as con:
        con.register("said", table)
        con.execute(f"copy said to '{str(file).replace(chr(39), chr(39) * 2)}' (format parquet)")


def judge(harness: Harness, events: Path, cut: Cut, variants: list[str], seeds: tuple[int, ...]) -> dict[str, Any]:
    """The figures of a cut."""
    folder = events.parent / f"weeks_{cut.week}_{cut.last_week}"
    folder.mkdir(exist_ok=True)
    systems = {variant: folder / f"{variant}.parquet" for variant in variants}
    for variant, file in systems.items():
        print(f"cdnow: {variant}, weeks 1 to {cut.week}", flush=True)
        write_forecast(events, cut, variant, seeds, file)
    known, asked = map(str, cut.days)
    job = {"events": str(events), "cut": known, "last": asked, "cache": str(folder), "replicates": REPLICATES}
    job_file, out = folder / "job.json", folder / "judged.json"
    job_file.write_text(json.dumps(job | {"systems": {name: str(file) for name, file in systems.items()}}, indent=2) + "\n")
    harness.beside("counts", job_file, out)
    found: dict[str, Any] = json.loads(out.read_text())
    return found
