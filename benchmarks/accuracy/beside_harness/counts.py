"""Judge forecasts of purchase days (P2) beside the harness's peers, at its own cut or at an earlier one.

Usage: ``python -m benchmarks.accuracy.beside_harness.counts JOB OUT``; JOB is JSON: events, cut and last (ISO days), cache,
replicates, and `systems` (a file of predictions by name).
"""

from __future__ import annotations

import json
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

compare: Any = import_module("compare")
peers_counts: Any = import_module("peers_counts")
protocols: Any = import_module("protocols")
DATA_SET = "cdnow"
HORIZON_DAYS = protocols.HORIZONS["p2"][0]
SEED = 1


def judge_weeks_after(cut: date, last: date) -> None:
    """Let the harness's functions know the days up to `cut` and ask for those up to `last`."""
    for module in (protocols, peers_counts, compare):
        module.CALIBRATION_END = cut
    protocols.LAST_DAY[DATA_SET] = last


def judged(job: dict[str, Any]) -> dict[str, Any]:
    """Metrics of all, and by system and peer the relative difference in RMSE and its 95 % interval over customers."""
    judge_weeks_after(date.fromisoformat(job["cut"]), date.fromisoformat(job["last"]))
    rows = compare.evaluation_rows("p2", Path(job["events"]), DATA_SET, HORIZON_DAYS)
    table = compare.peer_predictions("p2", Path(job["events"]), DATA_SET, HORIZON_DAYS, Path(job["cache"]))
    peers = compare.peer_columns(rows, table, compare.KEYS["p2"])
    systems = {
        name: compare.checked_predictions("p2", rows, pd.read_parquet(file))["prediction"].to_numpy(dtype=float)
        for name, file in job["systems"].items()
    }
    found = compare.score_rows("p2", rows, peers | systems, job["replicates"], SEED)
    return {
        "rows": len(rows),
        "label_mean": float(rows["label"].mean()),
        "metrics": {name: {metric: float(values[0]) for metric, values in each.items()} for name, each in found.items()},
        "against": {name: {peer: relative(found[name]["rmse"], found[peer]["rmse"]) for peer in peers} for name in systems},
    }


def relative(ours: Any, theirs: Any) -> dict[str, float]:
    """RMSE over the peer's, less one: below 0 is better."""
    values = ours / theirs - 1
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return {"difference": float(values[0]), "low": float(low), "high": float(high)}


def main() -> None:
    found = judged(json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
