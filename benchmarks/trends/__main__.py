"""Trend flags of ``market_trends``: how often nothing is flagged as a trend, and how soon an injected rise is.

Usage: ``python -m benchmarks.trends``. Writes benchmarks/results/trends.md. The flags are those of the package's own SQL. Its
windows and scale were chosen on generated shops of seeds 101 to 106; those that are reported are of others.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.shop_generator.catalogue import CATEGORIES
from benchmarks.speed import RESULTS, ROOT
from benchmarks.trends.journey import journey_lines
from benchmarks.trends.rises import LATER_WEEKS, NO_RISE, Run, found_by, others_flagged, share
from benchmarks.trends.shops import RISING_CATEGORIES, RISING_TERMS, WEEKS, generate, prepare_project, random_rise, trend_flags

SEEDS = (201, 202, 203, 204, 205)
SIZES = (1_000, 5_000, 10_000)
STARTS = (28, 38)


def trendless_lines(runs: Sequence[Run], sizes: Sequence[int]) -> list[str]:
    """False alarms by size and dimension."""
    lines = []
    for customers in sizes:
        for dimension in ("category", "search_term"):
            shops = [[f for f in run.flags if f.dimension == dimension] for run in runs if run.customers == customers]
            every = [flag for shop in shops for flag in shop]
            mean = sum(flag.actual_units for flag in every) / len(every)
            worst = max(share(flag.is_trending for flag in shop) for shop in shops)
            flagged = share(flag.is_trending for flag in every)
            lines.append(f"| {customers:,} | {dimension} | {mean:,.0f} | {len(every):,} | {flagged:.1%} | {worst:.1%} |")
    return lines


def rise_lines(runs: Sequence[Run], sizes: Sequence[int], name: str) -> list[str]:
    """Detection by size and dimension."""
    lines = []
    for customers in sizes:
        for dimension in ("category", "search_term"):
            shops = [run for run in runs if run.customers == customers]
            if not shops:
                continue
            found = [[hit for run in shops for hit in found_by(run, dimension, after)] for after in range(LATER_WEEKS + 1)]
            others = share(flag for run in shops for flag in others_flagged(run, dimension))
            cells = " | ".join(f"{share(hits):.0%}" for hits in found)
            lines.append(f"| {name} | {customers:,} | {dimension} | {len(found[0])} | {cells} | {others:.1%} |")
    return lines


def report(runs: Sequence[Run], sizes: Sequence[int]) -> str:
    """The results as Markdown."""
    trendless = [run for run in runs if run.rise is NO_RISE]
    ramps = [run for run in runs if run.rise is not NO_RISE and run.rise.weeks > 1]
    steps = [run for run in runs if run.rise is not NO_RISE and run.rise.weeks == 1]
    lines = [
        "# Trend flags",
        "",
        f"Generated shops of {WEEKS} weeks, seeds {', '.join(map(str, SEEDS))}, {len(CATEGORIES)} categories and 48 search",
        "terms; their holidays, promotions and yearly wave move all of them. The flags are those of `market_trends` with its",
        "default settings. Smaller shops are a part of the customers of the largest.",
        "",
        "## Where nothing trends",
        "",
        "| customers | dimension | units or searches a week | weeks judged | flagged | flagged, worst seed |",
        "|---:|---|---:|---:|---:|---:|",
        *trendless_lines(trendless, sizes),
        "",
        "## A rise by 30 %",
        "",
        f"Of {RISING_CATEGORIES} of {len(CATEGORIES)} categories and {RISING_TERMS} of 48 search terms in each run. Found are",
        "those with a flag from the first week of the rise to its last week, or to one or two weeks after it. Others are weeks",
        "of values that do not rise, from the first week of the rise on.",
        "",
        "| rise | customers | dimension | rises | found by its last week | a week later | two weeks later | others flagged |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
        *rise_lines(ramps, sizes, "over four weeks"),
        *rise_lines(steps, sizes, "at once"),
        "",
    ]
    return "\n".join(lines)


def run_seed(seed: int, sizes: Sequence[int], work: Path) -> list[Run]:
    """All runs of one seed: trendless, rises over four weeks, and one at once in the middle size."""
    folder, project = work / f"shop_{seed}", work / "project"
    generate(max(sizes), seed, folder)
    prepare_project(project)
    rises = [NO_RISE, *(random_rise(seed, start) for start in STARTS)]
    wanted = [(customers, rise) for customers in sizes for rise in rises]
    wanted.append((sorted(sizes)[len(sizes) // 2], random_rise(seed, STARTS[0], weeks=1)))
    runs = []
    for customers, rise in wanted:
        runs.append(Run(customers, seed, rise, trend_flags(project, folder, rise, customers / max(sizes))))
        print(f"seed {seed}, {customers:,} customers, rising {rise.categories or 'nothing'}", flush=True)
    (folder / "events.parquet").unlink()
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="customers")
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "trends", help="folder for data and warehouse")
    arguments = parser.parse_args()
    runs = [run for seed in SEEDS for run in run_seed(seed, arguments.sizes, arguments.work.resolve())]
    text = "\n".join([report(runs, arguments.sizes), *journey_lines(arguments.work.resolve())])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trends.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
