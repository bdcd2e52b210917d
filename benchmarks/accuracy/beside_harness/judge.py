"""Judge every system beside every peer on the same rows, with the harness's metrics, bootstrap draws and words.

Usage: ``python -m benchmarks.accuracy.beside_harness.judge JOB OUT``; JOB is JSON: dataset, split, events, cache, replicates, and
by cell `protocol`, `horizon`, `extra_peers` (files of keys and probabilities), `columns` and `systems` (a file by name).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.beside_harness.calibration import calibration
from benchmarks.accuracy.beside_harness.slices import SLICED, slices
from benchmarks.accuracy.beside_harness.splits import judge_days_of

compare: Any = import_module("compare")
SEED = 1
SLICING_PEER = "lightgbm_refit"


@dataclass(frozen=True)
class Part:
    """One cell: its rows, and probabilities in their order of the peers and of the systems."""

    protocol: str
    horizon: int
    rows: Any
    peers: dict[str, Any]
    systems: dict[str, Any]
    columns: Any
    """Our own columns of the rows, to slice by."""


def read_part(job: dict[str, Any], cell: dict[str, Any]) -> Part:
    """Everything that is compared in a cell."""
    protocol, horizon, events, dataset = cell["protocol"], cell["horizon"], Path(job["events"]), job["dataset"]
    rows, keys = compare.evaluation_rows(protocol, events, dataset, horizon), compare.KEYS[protocol]
    tables = [compare.peer_predictions(protocol, events, dataset, horizon, Path(job["cache"]))]
    peers: dict[str, Any] = {}
    for table in [*tables, *map(pd.read_parquet, cell["extra_peers"])]:
        peers |= compare.peer_columns(rows, table, keys)
    systems = {
        name: compare.checked_predictions(protocol, rows, pd.read_parquet(file))["prediction"].to_numpy(dtype=float)
        for name, file in cell["systems"].items()
    }
    own = pd.read_parquet(cell["columns"], columns=[*keys, "part", *SLICED])
    columns = compare.peer_columns(rows, own[own["part"] == "test"].drop(columns="part"), keys)
    return Part(protocol, horizon, rows, peers, systems, columns)


def single(part: Part, replicates: int) -> dict[str, Any]:
    """Figures of one cell: metrics of all, each system against each peer and the best one of each metric."""
    rows, peers, systems = part.rows, part.peers, part.systems
    found = compare.score_rows(part.protocol, rows, peers | systems, replicates, SEED)
    return {
        "protocol": part.protocol,
        "horizon": part.horizon,
        "rows": len(rows),
        "customers": int(rows["customer_id"].nunique()),
        "label_mean": float(rows["label"].mean()),
        "metrics": {name: {metric: float(values[0]) for metric, values in each.items()} for name, each in found.items()},
        "verdicts": {name: compare.verdicts(without(found, set(systems) - {name}), name) for name in systems},
        "against": {name: {peer: paired(found[name], found[peer]) for peer in peers} for name in systems},
        "calibration": {name: calibration(rows, said, replicates) for name, said in (peers | systems).items()},
        "slices": {name: slices(rows, part.columns, said, peers[SLICING_PEER]) for name, said in systems.items()},
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
    """The sample's value (first), the 95 % interval of the replicates, and how surely it is below zero: one-sided p."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    drawn = values[1:][np.isfinite(values[1:])]
    return {
        "gain": float(values[0]),
        "low": float(low),
        "high": float(high),
        "p_worse": float((np.sum(drawn >= 0) + 1) / (len(drawn) + 1)),
    }


def joint(parts: list[Part], replicates: int) -> dict[str, Any]:
    """Mean relative gain in log loss over some horizons, by system and peer: the same customers and weeks drawn for all."""
    found = {}
    for name in [each for each in parts[0].systems if all(each in part.systems for part in parts)]:
        mine = {part.horizon: (part.rows, part.peers | {name: part.systems[name]}) for part in parts}
        gains = compare.joint_gains(mine, name, replicates, SEED)
        found[name] = {peer: interval(np.mean(list(each.values()), axis=0)) for peer, each in gains.items()}
    return found


def judged(job: dict[str, Any]) -> dict[str, Any]:
    """All figures of a data set's split."""
    judge_days_of(job["split"], job["dataset"])
    parts = {name: read_part(job, cell) for name, cell in job["cells"].items()}
    purchase = {part.horizon: part for part in parts.values() if part.protocol == "p1"}
    sets = [each for each in ((1, 7), (1, 7, 30)) if set(each) <= set(purchase)]
    return {
        "cells": {name: single(part, job["replicates"]) for name, part in parts.items()},
        "joint": {"+".join(map(str, each)): joint([purchase[horizon] for horizon in each], job["replicates"]) for each in sets},
    }


def main() -> None:
    found = judged(json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
