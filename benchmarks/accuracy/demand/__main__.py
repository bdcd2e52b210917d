"""Units of each of the 500 greatest products on each day, 1 and 7 days ahead.

Usage: ``python -m benchmarks.accuracy.demand --harness FOLDER --python PYTHON``. The days before the last 28 are judged unless
``--split test`` is given, which needs a clean commit and is kept in the log, good or bad.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.products.training import DEMAND

from benchmarks.accuracy.cells import SPLITS
from benchmarks.accuracy.data_sets import DATA_SETS
from benchmarks.accuracy.demand.report import append_to_log, write_section
from benchmarks.accuracy.demand.shop import Window, answers, build_refit_shop, build_shop, refit_shop
from benchmarks.accuracy.events import canonical_events
from benchmarks.accuracy.harness import ROOT, Harness
from benchmarks.accuracy.log import clean_commit

FOLDER = ROOT / "warehouse" / "accuracy" / "complete_journey"
DATA_SET = DATA_SETS["complete_journey"]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.demand", description="Units by product and day.")
    found.add_argument("--harness", type=Path, required=True, help="folder of the harness")
    found.add_argument("--python", type=Path, required=True, help="a Python with the harness's requirements")
    found.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    found.add_argument("--keep-shops", action="store_true", help="shops and peers of an earlier run stay")
    return found


def windows(folder: Path) -> list[Window]:
    """The target days of each horizon."""
    told = json.loads((folder / "products.json").read_text())
    last = date.fromisoformat(told["last_day"])
    return [Window(int(horizon), date.fromisoformat(first), last) for horizon, first in told["first_origins"].items()]


def run(harness: Harness, split: str, is_kept: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures by horizon, and what was trained by horizon and variant."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    events = canonical_events(harness, DATA_SET, FOLDER, None)
    folder = FOLDER / f"demand_{split}"
    folder.mkdir(exist_ok=True)
    if not (is_kept and (folder / "products.json").exists()):
        harness.beside("demand", "peers", DATA_SET.harness_name, split, events, folder)
    products = json.loads((folder / "products.json").read_text())["products"]
    systems: dict[str, dict[str, str]] = {}
    versions: dict[str, Any] = {}
    for window in windows(folder):
        project = folder / f"shop_h{window.horizon}"
        for build, shop in ((build_shop, project), (build_refit_shop, refit_shop(project))):
            if not (is_kept and shop.exists()):
                build(project, DATA_SET, events, products, window)
        print(f"complete_journey {split}: {window.horizon} days ahead", flush=True)
        for name, said, row, seconds in answers(project, HyperParameters(**DEMAND), window):
            file = folder / f"{name}_h{window.horizon}.parquet"
            pq.write_table(said, file)
            systems.setdefault(str(window.horizon), {})[name] = str(file)
            versions[f"{window.horizon} {name}"] = row | {"seconds": seconds}
    job, out = folder / "systems.json", folder / "judged.json"
    job.write_text(json.dumps(systems) + "\n")
    harness.beside("demand", "judge", folder, job, out)
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
