"""Judge every system beside every peer on the same rows, with the harness's metrics, bootstrap draws and words.

Usage: ``python -m benchmarks.accuracy.beside_harness.judge JOB OUT``; JOB is JSON: dataset, split, events, cache, replicates, and
by horizon `rows`, `extra_peers` (files of keys and probabilities) and `systems` (a predictions file by name).
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.beside_harness.calibration import calibration
from benchmarks.accuracy.beside_harness.slices import slices
from benchmarks.accuracy.beside_harness.splits import judge_days_of

compare: Any = import_module("compare")
metrics: Any = import_module("metrics")
SEED = 1
Parts = dict[int, tuple[Any, dict[str, Any], dict[str, Any]]]
"""By horizon: rows, then predictions of the peers and of the systems."""


def read_parts(job: dict[str, Any]) -> Parts:
    """Everything that is compared, each horizon in the order of its rows."""
    events, dataset, parts = Path(job["events"]), job["dataset"], {}
    for text, files in job["horizons"].items():
        rows = compare.evaluation_rows("p1", events, dataset, int(text))
        tables = [compare.peer_predictions("p1", events, dataset, int(text), Path(job["cache"]))]
        tables += [pd.read_parquet(file) for file in files["extra_peers"]]
        peers: dict[str, Any] = {}
        for table in tables:
            peers |= compare.peer_columns(rows, table, compare.KEYS["p1"])
        systems = {name: checked(rows, Path(file)) for name, file in files["systems"].items()}
        parts[int(text)] = rows, peers, systems
    return parts


def checked(rows: Any, file: Path) -> Any:
    """A predictions file in the order of the rows, or the harness's refusal."""
    return compare.checked_predictions("p1", rows, pd.read_parquet(file))["prediction"].to_numpy(dtype=float)


def single(rows: Any, peers: dict[str, Any], systems: dict[str, Any], replicates: int) -> dict[str, Any]:
    """Figures of one horizon: metrics of all, and each system against each peer and the best one of each metric."""
    found = compare.score_rows("p1", rows, peers | systems, replicates, SEED)
    return {
        "rows": len(rows),
        "customers": int(rows["customer_id"].nunique()),
        "label_mean": float(rows["label"].mean()),
        "metrics": {name: {metric: float(values[0]) for metric, values in each.items()} for name, each in found.items()},
        "verdicts": {name: compare.verdicts(without(found, set(systems) - {name}), name) for name in systems},
        "against": {name: {peer: paired(found[name], found[peer]) for peer in peers} for name in systems},
        "calibration": {name: calibration(rows, said, replicates) for name, said in (peers | systems).items()},
        "slices": {name: slices(rows, said, peers["lightgbm_refit"]) for name, said in systems.items()},
    }


def without(found: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: values for name, values in found.items() if name not in names}


def paired(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Relative gains in log loss and average precision (above 0 is better) with their intervals, over customers."""
    gains = {
        "log_loss": 1 - ours["log_loss"] / theirs["log_loss"],
        "average_precision": ours["average_precision"] / theirs["average_precision"] - 1,
    }
    return {metric: interval(values) for metric, values in gains.items()}


def interval(values: Any) -> dict[str, float]:
    """The sample's value (first), the 95 % interval of the replicates, and the two-sided share of them beyond zero."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    beyond = min(np.nanmean(values[1:] <= 0), np.nanmean(values[1:] >= 0))
    return {"gain": float(values[0]), "low": float(low), "high": float(high), "p": float(min(1.0, 2 * beyond))}


def joint(parts: Parts, horizons: tuple[int, ...], replicates: int) -> dict[str, Any]:
    """Mean relative gain in log loss over some horizons, by system and peer: the same customers and weeks drawn for all."""
    found = {}
    for name in parts[horizons[0]][2]:
        mine = {horizon: (parts[horizon][0], parts[horizon][1] | {name: parts[horizon][2][name]}) for horizon in horizons}
        gains = compare.joint_gains(mine, name, replicates, SEED)
        found[name] = {peer: interval(np.mean(list(each.values()), axis=0)) for peer, each in gains.items()}
    return found


def judged(job: dict[str, Any]) -> dict[str, Any]:
    """All figures of a data set's split."""
    judge_days_of(job["split"], job["dataset"])
    parts, replicates = read_parts(job), job["replicates"]
    sets = [each for each in ((1, 7), (1, 7, 30)) if set(each) <= set(parts)]
    return {
        "horizons": {str(horizon): single(*part, replicates) for horizon, part in parts.items()},
        "joint": {"+".join(map(str, each)): joint(parts, each, replicates) for each in sets},
    }


def main() -> None:
    found = judged(json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
