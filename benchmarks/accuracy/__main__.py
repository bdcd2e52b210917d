"""The accuracy benchmark.

Usage: ``python -m benchmarks.accuracy complete_journey --harness FOLDER --python PYTHON``. Days of validation are judged unless
``--split test`` is given, which needs a clean commit and is kept in the log, good or bad. With ``--split test --keep-shops
--variants`` nothing is trained: the answers of the last runs are judged together.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.accuracy import chosen
from benchmarks.accuracy.cells import SPLITS, Place
from benchmarks.accuracy.data_sets import DATA_SETS
from benchmarks.accuracy.events import canonical_events
from benchmarks.accuracy.harness import ROOT, Harness
from benchmarks.accuracy.log import append_to_log, clean_commit
from benchmarks.accuracy.own_comparison import run_own_comparison
from benchmarks.accuracy.report import write_report
from benchmarks.accuracy.stages import Run, run_stages
from benchmarks.accuracy.variants import known_variants, with_seeds

WORK = ROOT / "warehouse" / "accuracy"
CELLS = ["p1_h1", "p1_h7", "p1_h30", "p5_h30"]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    names = known_variants(chosen.CHOICES)
    found = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description="Accuracy beside the harness's peers.")
    found.add_argument("data_set", choices=DATA_SETS)
    found.add_argument("--harness", type=Path, required=True, help="folder of the harness")
    found.add_argument("--python", type=Path, required=True, help="a Python with the harness's requirements")
    found.add_argument("--data", type=Path, help="folder with events.parquet, for a data set that the harness does not make")
    found.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    found.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    found.add_argument("--variants", nargs="*", choices=names, default=list(names), help="none: judge what is there")
    found.add_argument("--seeds", type=int, nargs="+", default=list(chosen.SEEDS))
    found.add_argument(
        "--keep-shops", action="store_true", help="use the last run's shops, columns and trees (test days: to judge anew only)"
    )
    return found


def run_of(options: argparse.Namespace) -> Run:
    """The run that the options ask for."""
    data_set = DATA_SETS[options.data_set]
    harness = Harness(options.harness.resolve(), options.python.absolute())
    folder = WORK / data_set.name / options.split
    folder.mkdir(parents=True, exist_ok=True)
    events = canonical_events(harness, data_set, folder.parent, options.data)
    return Run(harness, data_set, options.split, Place(folder, events), WORK / "peers" / options.split, tuple(options.cells))


def main() -> None:
    options = parser().parse_args()
    is_logged = options.split == "test" and bool(options.variants)
    commit = clean_commit() if is_logged else ""
    variants = with_seeds((known_variants(chosen.CHOICES)[name] for name in options.variants), options.seeds)
    run = run_of(options)
    found = run_stages(run, variants, is_kept=options.keep_shops and not is_logged)
    (run.place.folder / "run.json").write_text(
        json.dumps({"seconds": run.seconds, "versions": run.versions}, indent=2, default=str)
    )
    if is_logged:
        append_to_log(run, found, commit)
        run_own_comparison(run, found, variants)
    print(write_report(run, found))


if __name__ == "__main__":
    main()
