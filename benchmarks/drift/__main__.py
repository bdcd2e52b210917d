"""What fine-tuning makes of a drift, beside retraining from scratch, on a generated shop whose win-back mails stop.

Usage: ``python -m benchmarks.drift --seeds 2 3 1``. Generates a shop for each seed; from a day on most purchases vanish that come
late after the customer's previous one. A champion is trained on what was known before that day; at the end it is fine-tuned, and
another network is trained from scratch. All three are judged on test days of the end, and on old days of customers whom none of
them has seen. Writes benchmarks/results/drift.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from demand_forecast_training.learning.hyper_parameters import HyperParameters

from benchmarks.drift.judging import figures_of, judge
from benchmarks.drift.plan import SEEDS, Plan
from benchmarks.drift.report import Result, report
from benchmarks.drift.shops import build_shops, generate, read
from benchmarks.drift.trainings import train_all
from benchmarks.speed import RESULTS, ROOT


def run(plan: Plan, work: Path) -> Result:
    """Build, train and judge one shop."""
    (work / "data").mkdir(parents=True, exist_ok=True)
    generate(plan, work / "data")
    projects = build_shops(plan, work)
    before, after = read(projects["before"]), read(projects["after"])
    runs = train_all(before, after, HyperParameters(are_trees_tried=False))
    trained = {name: run.trained for name, run in runs.items()}
    figures = figures_of(plan, judge(projects["after"], after, trained), judge(projects["old"], before, trained))
    return Result(plan, figures, runs, {"champion": len(before.train), "at the end": len(after.train)})


def main() -> None:
    standard = Plan()
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("customers", "days", "drift_days"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(standard, name))
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="a shop each")
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "drift", help="folder for data and warehouses")
    arguments = vars(parser.parse_args())
    work, seeds = arguments.pop("work").resolve(), arguments.pop("seeds")
    RESULTS.mkdir(exist_ok=True)
    results: list[Result] = []
    for seed in seeds:
        results.append(run(Plan(**arguments, seed=seed), work / f"shop_{seed}"))
        (RESULTS / "drift.md").write_text(report(results))
    print(report(results))


if __name__ == "__main__":
    main()
