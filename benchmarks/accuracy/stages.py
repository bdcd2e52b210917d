"""The stages of one data set and split: rows, shops, columns and trees, networks, judgement. Each leaves files for the next."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.accuracy import chosen
from benchmarks.accuracy.cells import PRIMARY, Cell, Place, cell_of, trainings
from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import Harness
from benchmarks.accuracy.own_columns import write_own_columns
from benchmarks.accuracy.predictions import write_predictions
from benchmarks.accuracy.shop import build_refit_shop, build_shop
from benchmarks.accuracy.trained import answers
from benchmarks.accuracy.variants import Variant

REPLICATES = 1000


@dataclass
class Run:
    """One data set and split on its way through the stages."""

    harness: Harness
    data_set: DataSet
    split: str
    place: Place
    cache: Path
    """Folder of the harness's peers for this split."""
    wanted: tuple[str, ...]
    """Names of the cells; those that the split does not have are left out."""
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By cell and system: registry row of the network that answered, without its bytes."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        print(f"{self.data_set.name} {self.split}: {stage}", flush=True)
        start = time.monotonic()
        yield
        self.seconds[stage] = time.monotonic() - start


def write_rows(run: Run) -> list[Cell]:
    """The evaluation rows of every cell; returns the wanted cells."""
    with run.timed("rows"):
        run.harness.beside("rows", run.data_set.harness_name, run.split, run.place.events, run.place.folder)
    days = json.loads((run.place.folder / "days.json").read_text())
    return [cell_of(name, each) for name, each in days.items() if name in run.wanted]


def run_training(run: Run, cells: list[Cell], variants: list[Variant], is_kept: bool) -> None:
    """Everything of the cells that share their cut dates: the shop, LightGBM on its columns, every variant's answers."""
    project, refit_project = run.place.shop(cells[0]), run.place.refit_shop(cells[0])
    title = " ".join(cell.name for cell in cells)
    if not (is_kept and project.exists()):
        with run.timed(f"{title}: shop"):
            project = build_shop(run.data_set, run.place, cells)
        with run.timed(f"{title}: shop on the first judged day"):
            build_refit_shop(run.data_set, run.place, cells)
        for cell in cells:
            shutil.rmtree(run.place.systems(cell.name), ignore_errors=True)
            run_trees(run, cell, project)
    for name, found in (answers(project, refit_project, variants) if variants else {}).items():
        version = {key: value for key, value in found.version.items() if not isinstance(value, bytes)}
        run.versions |= {f"{cell.name} {name}": version for cell in cells}
        run.seconds |= {f"{title}: {name}, {stage}": spent for stage, spent in found.seconds.items()}
        for cell in cells:
            write_predictions(run.place, cell, name, found)


def run_trees(run: Run, cell: Cell, project: Path) -> None:
    """LightGBM on the shop's own columns."""
    columns = run.place.own_columns(cell.name)
    with run.timed(f"{cell.name}: LightGBM on own columns"):
        write_own_columns(project, run.place.rows(cell.name), cell.horizon, columns)
        run.harness.beside("trees", columns, run.place.trees(cell.name))


def systems_of(run: Run, cell: Cell) -> dict[str, str]:
    """Predictions files by system, the chosen one first: all that was trained on the shop as it is."""
    files = run.place.systems(cell.name).glob("*.parquet")
    return {file.stem: str(file) for file in sorted(files, key=lambda file: (not file.stem.startswith(chosen.SYSTEM), file.stem))}


def judge(run: Run, cells: list[Cell]) -> dict[str, Any]:
    """Every system beside every peer."""
    job = {
        "dataset": run.data_set.harness_name,
        "split": run.split,
        "events": str(run.place.events),
        "cache": str(run.cache),
        "replicates": REPLICATES,
        "cells": {
            cell.name: {
                "protocol": cell.protocol,
                "horizon": cell.horizon,
                "extra_peers": [str(run.place.trees(cell.name))],
                "columns": str(run.place.own_columns(cell.name)),
                "systems": systems_of(run, cell),
            }
            for cell in cells
        },
    }
    file, out = run.place.folder / "job.json", run.place.folder / "judged.json"
    file.write_text(json.dumps(job, indent=2) + "\n")
    with run.timed("judgement"):
        run.harness.beside("judge", file, out)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def asked(run: Run, cells: list[Cell], variants: list[Variant]) -> list[Variant]:
    """All variants where one of the cells is primary, else those that are wanted elsewhere."""
    is_primary = any((run.data_set.name, cell.name) in PRIMARY for cell in cells)
    return variants if is_primary else [variant for variant in variants if variant.name.startswith(chosen.ELSEWHERE)]


def run_stages(run: Run, variants: list[Variant], is_kept: bool) -> dict[str, Any]:
    """All stages; the figures."""
    cells = write_rows(run)
    for shared in trainings(cells):
        run_training(run, shared, asked(run, shared, variants), is_kept)
    return judge(run, cells)
