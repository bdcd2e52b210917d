"""The harness's own comparison, run as it is; ours has to agree with it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from benchmarks.accuracy import chosen
from benchmarks.accuracy.stages import Run
from benchmarks.accuracy.variants import Variant


def run_own_comparison(run: Run, found: dict[str, Any], variants: list[Variant]) -> None:
    """Print its tables for the chosen system, by horizon and for horizons together. Raises ValueError where ours differ."""
    system = next((variant.name for variant in variants if variant.name.startswith(chosen.SYSTEM)), None)
    if system is None:
        return
    shared: list[str | Path] = [
        "p1",
        run.data_set.harness_name,
        "--events",
        run.place.events,
        "--cache",
        run.cache,
        "--name",
        system,
    ]
    for horizon, figures in found["horizons"].items():
        out = run.place.folder / f"results_h{horizon}.json"
        predictions = run.place.predictions(int(horizon), system)
        run.harness.script("compare", *shared, "--horizon", horizon, "--predictions", predictions, "--out", out)
        check_same(figures["metrics"][system], json.loads(out.read_text())["metrics"][system], f"horizon {horizon}")
    for horizons in found["joint"]:
        files = [f"{horizon}={run.place.predictions(int(horizon), system)}" for horizon in horizons.split("+")]
        out = run.place.folder / f"results_joint_{horizons.replace('+', '_')}.json"
        run.harness.script("compare", *shared, "--joint", *files, "--out", out)


def check_same(ours: dict[str, float], theirs: dict[str, float], where: str) -> None:
    """The same rows and predictions give the same figures."""
    for metric, value in theirs.items():
        if not math.isclose(ours[metric], value, rel_tol=1e-6):
            raise ValueError(f"{where}: {metric} is {ours[metric]} here and {value} in the harness")
