"""`demand watch`: build and publish again and again, so that late, corrected and new events reach readers by themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demand_forecast.errors import DemandForecastError

from demand_forecast_training.publishing.dbt_process import run_dbt
from demand_forecast_training.publishing.files import publish
from demand_forecast_training.publishing.finished_run import NAMED, failures
from demand_forecast_training.warehouse.connection import Warehouse, find_warehouse, manifest_path

FILE_LOG = [] if "DBT_LOG_LEVEL_FILE" in os.environ else ["--log-level-file", "info"]
"""What dbt writes into its log file: not every statement of every round, which is megabytes and a twentieth of a round's work,
unless the environment asks for it."""


@dataclass(frozen=True)
class Watched:
    """The project that is watched, and the folder of its readers."""

    project_dir: Path
    profiles_dir: Path | None
    target: str | None
    folder: Path
    keep: int
    threads: int | None = None
    """Models that dbt builds at a time; None: as many as the profile says."""

    def build(self) -> list[str]:
        """The build, as one would type it after `dbt`."""
        named = {
            "--project-dir": self.project_dir,
            "--profiles-dir": self.profiles_dir,
            "--target": self.target,
            "--threads": self.threads,
        }
        given = [part for option, value in named.items() if value is not None for part in (option, str(value))]
        return ["--no-use-colors", *FILE_LOG, "build", "--exclude", "resource_type:unit_test", *given]


def watch(watched: Watched, every_seconds: float, rounds: int | None, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Rounds of build and publish, one begun each `every_seconds` or when the one before has ended; until `rounds` are over, or
    somebody interrupts. Returns whether the last round went well; after one that did not, readers see what they saw.

    How far readers were behind is the age of what they saw just before: the time since the last round began that was published.
    """
    done, went_well, shown_since = 0, True, None
    try:
        while rounds is None or done < rounds:
            started = time.monotonic()
            went_well, said = one_round(watched)
            ended = time.monotonic()
            behind = ended - (started if shown_since is None else shown_since)
            print(f"{datetime.now():%H:%M:%S} {said}; readers were {behind:.0f} s behind", flush=True)
            shown_since = started if went_well else shown_since
            done += 1
            if done != rounds:
                sleep(max(every_seconds - (ended - started), 0))
    except KeyboardInterrupt:
        print(f"stopped after {done} rounds")
    return went_well


def one_round(watched: Watched) -> tuple[bool, str]:
    """Build and publish once; whether that went well, and what became of it."""
    began = time.time()
    built = run_dbt(watched.build(), watched.project_dir)
    target = manifest_path(watched.project_dir).parent
    if not built.went_well:
        return False, "the build failed: " + " | ".join(failures(target, began) or built.output.splitlines()[-NAMED:])
    try:
        warehouse = find_warehouse(watched.project_dir, watched.profiles_dir, watched.target)
        scored = count_scored(warehouse)
        run = publish(warehouse, target, watched.folder, watched.keep)
    except DemandForecastError as error:
        return False, f"not published: {error}"
    return True, f"scored {scored:,} customers and days anew, published run {run.name}"


def count_scored(warehouse: Warehouse) -> int:
    """Requests that the last build answered: new days, and customers whose events came late or were corrected."""
    with warehouse.visit() as connection:
        ((count,),) = connection.execute(f"select count(*) from {warehouse.relations['pred_customer_requests']}").fetchall()
    return int(count)
