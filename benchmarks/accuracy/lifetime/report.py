"""The figures as Markdown, and the log of every run on the weeks after the first 39. Rows of the log are only ever added."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.accuracy.lifetime.choices import VARIANTS
from benchmarks.accuracy.lifetime.judging import Cut
from benchmarks.accuracy.report import RESULTS, table, without_section

FILE = RESULTS / "lifetime.md"
LOG = RESULTS / "lifetime_log.csv"
HEAD = """# Purchases of each customer in 39 weeks: CDNOW

All 23,570 customers, purchase days; every forecaster is fitted on the weeks before the cut only. Choices were made on the cuts
inside the first 39 weeks, with one seed. Every run on the weeks after them is in `lifetime_log.csv`, good or bad.
"""
TITLES = {"valid": "## Cuts inside the first 39 weeks", "test": "## Weeks 40 to 78, known: weeks 1 to 39"}
METRICS = ("rmse", "mae", "bias", "correlation")
STRUCTURAL = ("bg_nbd", "pareto_nbd")
ALLOWED_RMSE = 0.02
COLUMNS = (
    "run_at", "commit", "data_set", "protocol", "horizon_days", "system", "rows", "rmse", "mae", "bias", "correlation", "peer",
    "peer_rmse", "peer_bias", "rmse_difference", "low", "high", "seeds", "choices",
)  # fmt: skip


def verdict(found: dict[str, Any], system: str) -> str:
    """The target in words: RMSE at most 2 % above the better of the two models, and a smaller absolute bias than it has."""
    metrics = found["metrics"]
    best = min(STRUCTURAL, key=lambda name: metrics[name]["rmse"])
    over = metrics[system]["rmse"] / metrics[best]["rmse"] - 1
    ours, theirs = abs(metrics[system]["bias"]), abs(metrics[best]["bias"])
    words = {True: "met", False: "missed"}
    spread = found["against"][system][best]
    return (
        f"{system} against {best}: RMSE {over:+.2%} ({spread['low']:+.2%} to {spread['high']:+.2%} over customers), "
        f"target at most {ALLOWED_RMSE:+.0%}: {words[over <= ALLOWED_RMSE]}. "
        f"Absolute bias {ours:.2%} against {theirs:.2%}, target smaller: {words[ours < theirs]}."
    )


def cut_section(cut: Cut, found: dict[str, Any], system: str) -> str:
    """One cut: a line for each forecaster, and the verdict."""
    rows = [
        [name, f"{each['rmse']:.4f}", f"{each['mae']:.4f}", f"{each['bias']:+.2%}", f"{each['correlation']:.4f}"]
        for name, each in found["metrics"].items()
    ]
    title = f"Known: weeks 1 to {cut.week}; asked: weeks {cut.week + 1} to {cut.last_week}. {found['rows']:,} customers, "
    title += f"{found['label_mean']:.4f} purchase days each."
    return f"{title}\n\n{table(['forecaster', *METRICS], rows)}\n{verdict(found, system)}\n"


def write_section(split: str, cuts: dict[Cut, dict[str, Any]], system: str, file: Path = FILE) -> str:
    """Replace the split's section; returns it."""
    section = "\n".join([TITLES[split] + "\n", *(cut_section(cut, found, system) for cut, found in cuts.items())])
    before = file.read_text() if file.exists() else HEAD
    file.write_text(without_section(before, TITLES[split]).rstrip("\n") + "\n\n" + section)
    return section


def log_rows(found: dict[str, Any], commit: str, horizon: int, seeds: tuple[int, ...]) -> list[dict[str, Any]]:
    """A row for each system and peer."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    run = {"run_at": now, "commit": commit, "data_set": "cdnow", "protocol": "p2", "horizon_days": horizon, "rows": found["rows"]}
    rows = []
    for system, peers in found["against"].items():
        shared = run | {"system": system, "seeds": " ".join(map(str, seeds)), "choices": json.dumps(asdict(VARIANTS[system]))}
        shared |= {metric: f"{found['metrics'][system][metric]:.6f}" for metric in METRICS}
        for peer, spread in peers.items():
            theirs = {f"peer_{metric}": f"{found['metrics'][peer][metric]:.6f}" for metric in ("rmse", "bias")}
            numbers = {"rmse_difference": spread["difference"], "low": spread["low"], "high": spread["high"]}
            rows.append(shared | {"peer": peer} | theirs | {name: f"{value:.5f}" for name, value in numbers.items()})
    return rows


def append_to_log(rows: list[dict[str, Any]], file: Path = LOG) -> None:
    """Add a run."""
    is_new = not file.exists()
    with file.open("a", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(rows)
