"""What a customer buys within a week, twenty products each.

Usage: ``python -m benchmarks.accuracy.recommendations --harness FOLDER --python PYTHON``. The weeks after 12 and 19 November
are judged unless ``--split test`` is given, which needs a clean commit and is kept in the log, good or bad.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.recommendations.training import RANKING

from benchmarks.accuracy.cells import SPLITS
from benchmarks.accuracy.data_sets import DATA_SETS
from benchmarks.accuracy.events import canonical_events
from benchmarks.accuracy.harness import ROOT, Harness
from benchmarks.accuracy.log import clean_commit
from benchmarks.accuracy.recommendations.report import append_to_log, write_section
from benchmarks.accuracy.recommendations.shop import answers, baseline, build_shop

FOLDER = ROOT / "warehouse" / "accuracy" / "complete_journey"
DATA_SET = DATA_SETS["complete_journey"]
CUTS = {
    "valid": [date(2017, 11, 12), date(2017, 11, 19)],
    "test": [date(2017, 11, 26), date(2017, 12, 3), date(2017, 12, 10), date(2017, 12, 17)],
}
"""Last known days; the week after each is judged. Choices are made on the first two."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.recommendations", description="Products by customer.")
    found.add_argument("--harness", type=Path, required=True, help="folder of the harness")
    found.add_argument("--python", type=Path, required=True, help="a Python with the harness's requirements")
    found.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    found.add_argument("--keep-shops", action="store_true", help="shops of an earlier run stay")
    return found


def run(harness: Harness, split: str, is_kept: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures, and what was trained by cut."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    events = canonical_events(harness, DATA_SET, FOLDER, None)
    systems: dict[str, dict[str, str]] = {"network": {}, "sql_baseline": {}}
    versions: dict[str, Any] = {}
    for cut in CUTS[split]:
        project = FOLDER / f"recommendations_{cut}"
        if not (is_kept and project.exists()):
            build_shop(project, DATA_SET, events, cut)
        print(f"complete_journey: recommendations after {cut}", flush=True)
        said, row, seconds = answers(project, HyperParameters(**RANKING))
        versions[str(cut)] = row | {"seconds": seconds}
        for name, table in (("network", said), ("sql_baseline", baseline(project))):
            file = project / f"{name}.parquet"
            pq.write_table(table, file)
            systems[name][str(cut)] = str(file)
    cuts = {name: [str(cut) for cut in CUTS[part]] for name, part in (("tuned_cuts", "valid"), ("judged_cuts", split))}
    job, out = FOLDER / f"recommendations_{split}.json", FOLDER / f"recommendations_{split}_judged.json"
    job.write_text(json.dumps(cuts | {"systems": systems}) + "\n")
    harness.beside("recommendations", DATA_SET.harness_name, events, job, out)
    found: dict[str, Any] = json.loads(out.read_text())
    return found, versions


def main() -> None:
    options = parser().parse_args()
    commit = clean_commit() if options.split == "test" else ""
    harness = Harness(options.harness.resolve(), options.python.absolute())
    found, versions = run(harness, options.split, options.keep_shops)
    if options.split == "test":
        append_to_log(found, versions, commit)
    print(write_section(options.split, found, versions))


if __name__ == "__main__":
    main()
