"""Purchases of each CDNOW customer in 39 weeks.

Usage: ``python -m benchmarks.accuracy.lifetime --harness FOLDER --python PYTHON``. Cuts inside the first 39 weeks are judged
unless ``--split test`` is given, which needs a clean commit and is kept in the log, good or bad.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.accuracy.cells import SPLITS
from benchmarks.accuracy.harness import ROOT, Harness
from benchmarks.accuracy.lifetime.choices import SEEDS, SYSTEM, VALIDATION_WEEKS, VARIANTS
from benchmarks.accuracy.lifetime.judging import Cut, judge
from benchmarks.accuracy.lifetime.report import append_to_log, log_rows, write_section
from benchmarks.accuracy.lifetime.weeks import CALIBRATION_WEEKS
from benchmarks.accuracy.log import clean_commit

FOLDER = ROOT / "warehouse" / "accuracy" / "cdnow"
TEST = Cut(CALIBRATION_WEEKS, 2 * CALIBRATION_WEEKS)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.lifetime", description="Purchase counts beside BG/NBD.")
    found.add_argument("--harness", type=Path, required=True, help="folder of the harness")
    found.add_argument("--python", type=Path, required=True, help="a Python with the harness's requirements")
    found.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    found.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    found.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    return found


def canonical_events(harness: Harness) -> Path:
    """The canonical events, made once by the harness."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    events = FOLDER / "events.parquet"
    if not events.exists():
        harness.script("canonical", "cdnow", "--out", events)
    return events


def main() -> None:
    options = parser().parse_args()
    is_test = options.split == "test"
    commit = clean_commit() if is_test else ""
    harness, seeds = Harness(options.harness.resolve(), options.python.absolute()), tuple(options.seeds)
    cuts = [TEST] if is_test else [Cut(week, CALIBRATION_WEEKS) for week in VALIDATION_WEEKS]
    events = canonical_events(harness)
    found = {cut: judge(harness, events, cut, options.variants, seeds) for cut in cuts}
    if is_test:
        append_to_log(log_rows(found[TEST], commit, 7 * CALIBRATION_WEEKS, seeds))
    system = SYSTEM if SYSTEM in options.variants else options.variants[0]
    print(write_section(options.split, found, system))


if __name__ == "__main__":
    main()
