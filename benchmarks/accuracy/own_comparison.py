"""The harness's own comparison, run as it is; ours has to agree with it."""

from __future__ import annotations

import json
import math
from typing import Any

from benchmarks.accuracy import chosen
from benchmarks.accuracy.stages import Run
from benchmarks.accuracy.variants import Variant


def run_own_comparison(run: Run, found: dict[str, Any], variants: list[Variant]) -> None:
    """Print its tables for the chosen system, by cell and for horizons together. Raises ValueError where ours differ."""
    system = next((variant.name for variant in variants if variant.name.startswith(chosen.SYSTEM)), None)
    if system is None:
        return
    for name, figures in found["cells"].items():
        given = ["--horizon", str(figures["horizon"]), "--predictions", str(run.place.predictions(name, system))]
        theirs = compared(run, figures["protocol"], system, f"results_{name}.json", given)
        check_same(figures["metrics"][system], theirs["metrics"][system], name)
    for horizons in found["joint"]:
        files = [f"{horizon}={run.place.predictions(f'p1_h{horizon}', system)}" for horizon in horizons.split("+")]
        theirs = compared(run, "p1", system, f"results_joint_{horizons.replace('+', '_')}.json", ["--joint", *files])
        for peer, gain in theirs["joint"].items():
            check_same({"gain": found["joint"][horizons][system][peer]["gain"]}, {"gain": gain["mean_gain"]}, horizons)


def compared(run: Run, protocol: str, system: str, file: str, given: list[str]) -> dict[str, Any]:
    """What the harness's comparison writes."""
    out = run.place.folder / file
    files = ["--events", str(run.place.events), "--cache", str(run.cache), "--out", str(out)]
    run.harness.script("compare", protocol, run.data_set.harness_name, *files, "--name", system, *given)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def check_same(ours: dict[str, float], theirs: dict[str, float], where: str) -> None:
    """The same rows and predictions give the same figures."""
    for metric, value in theirs.items():
        if not math.isclose(ours[metric], value, rel_tol=1e-6, abs_tol=1e-9):
            raise ValueError(f"{where}: {metric} is {ours[metric]} here and {value} in the harness")
