"""The log of every run on test days, good or bad. Rows are only ever added."""

from __future__ import annotations

import csv
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.accuracy.harness import ROOT
from benchmarks.accuracy.stages import Run

LOG = ROOT / "benchmarks" / "results" / "accuracy_log.csv"
COLUMNS = (
    "run_at", "commit", "data_set", "protocol", "horizon_days", "system", "rows", "log_loss", "average_precision",
    "calibration_error", "slope", "excess", "peer", "gain", "low", "high", "model_version", "seed", "hyper_parameters",
)  # fmt: skip
VERSION = ("model_version", "seed", "hyper_parameters")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def clean_commit() -> str:
    """The commit that names the configuration; refuses a working tree that differs from it."""
    if git("status", "--porcelain", "--", ".", ":!benchmarks/results"):
        raise SystemExit("commit first: test days judge a configuration that a commit names")
    return git("rev-parse", "--short", "HEAD")


def log_rows(run: Run, found: dict[str, Any], commit: str) -> list[dict[str, Any]]:
    """A row for each system, cell and peer."""
    rows, now = [], datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    run_of = {"run_at": now, "commit": commit, "data_set": run.data_set.name}
    for name, figures in found["cells"].items():
        for system, peers in figures["against"].items():
            shared = run_of | {"protocol": figures["protocol"], "horizon_days": figures["horizon"]}
            shared |= {"system": system, "rows": figures["rows"]} | figures_of(figures, system)
            shared |= {column: run.versions[f"{name} {system}"][column] for column in VERSION}
            rows += [shared | {"peer": peer} | spread(gains["log_loss"]) for peer, gains in peers.items()]
    for horizons, systems in found["joint"].items():
        for system, peers in systems.items():
            shared = run_of | {"protocol": "p1", "horizon_days": horizons}
            rows += [shared | {"system": system, "peer": peer} | spread(gain) for peer, gain in peers.items()]
    return rows


def figures_of(figures: dict[str, Any], system: str) -> dict[str, Any]:
    metrics, calibration = figures["metrics"][system], figures["calibration"][system]
    return {name: f"{metrics[name]:.6f}" for name in ("log_loss", "average_precision")} | {
        "calibration_error": f"{calibration['error']:.5f}",
        "slope": f"{calibration['slope']:.4f}",
        "excess": f"{calibration['sum']['excess']:.4f}",
    }


def spread(gain: dict[str, float]) -> dict[str, str]:
    return {name: f"{gain[name]:.5f}" for name in ("gain", "low", "high")}


def append_to_log(run: Run, found: dict[str, Any], commit: str, file: Path = LOG) -> None:
    """Add a run."""
    is_new = not file.exists()
    with file.open("a", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(log_rows(run, found, commit))
