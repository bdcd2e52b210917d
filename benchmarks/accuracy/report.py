"""The figures as Markdown: one section for each data set, replaced by its newest run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.accuracy import chosen
from benchmarks.accuracy.harness import ROOT
from benchmarks.accuracy.secondary import holm, secondary_cells
from benchmarks.accuracy.stages import Run

SECONDARY = "## All other cells"
RESULTS = ROOT / "benchmarks" / "results"
FILES = {"valid": RESULTS / "accuracy_validation.md", "test": RESULTS / "accuracy.md"}
HEADS = {
    "valid": "# Accuracy on validation days\n\nWhat is chosen is chosen here: every model, peers included, is fitted on the days "
    "before. Test days are judged from a commit and go to `accuracy.md`.\n",
    "test": "# Accuracy on test days\n\nProtocols, rows and peers are fixed outside this package. Every run on these days is in "
    "`accuracy_log.csv`, good or bad.\n",
}
QUESTIONS = {"p1": "purchase within", "p5": "churn, no purchase within"}
METRICS = ("log_loss", "average_precision", "auroc", "brier")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column is text, the others numbers."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, marks, *rows)) + "\n"


def percent(gain: dict[str, float]) -> str:
    return f"{gain['gain']:+.2%} ({gain['low']:+.2%} to {gain['high']:+.2%})"


def metric_table(figures: dict[str, Any]) -> str:
    rows = [[name, *(f"{values[metric]:.4f}" for metric in METRICS)] for name, values in figures["metrics"].items()]
    return table(["forecaster", *METRICS], rows)


def gain_table(figures: dict[str, Any], metric: str) -> str:
    """Relative gains of every system over every peer in one cell."""
    peers = list(next(iter(figures["against"].values())))
    rows = [[name, *(percent(each[peer][metric]) for peer in peers)] for name, each in figures["against"].items()]
    return table([f"gain in {metric} over", *peers], rows)


def joint_table(systems: dict[str, Any]) -> str:
    peers = list(next(iter(systems.values())))
    return table(["gain over", *peers], [[name, *(percent(each[peer]) for peer in peers)] for name, each in systems.items()])


def calibration_table(figures: dict[str, Any]) -> str:
    rows = []
    for name, found in figures["calibration"].items():
        whole = found["sum"]
        worst = max(found["deciles"], key=lambda each: abs(each["excess"]))
        numbers = [f"{found['error']:.4f}", f"{max(0.01, found['chance']):.4f}", f"{found['slope']:.3f}"]
        numbers += [f"{each['excess']:+.1%} ± {each['standard_error']:.1%}" for each in (whole, worst)]
        rows.append([name, *numbers])
    head = ["forecaster", "error, 10 bins", "allowed", "slope", "expected over actual, less 1", "worst tenth"]
    return table(head, rows)


def slice_table(figures: dict[str, Any], system: str) -> str:
    """Where a system gains and loses against the best fixed peer."""
    rows = [
        [f"{kind} {value}", f"{each['rows']:,}", f"{each['gain']:+.5f}", f"{each['bias']:+.1%}"]
        for kind, values in figures["slices"][system].items()
        for value, each in values.items()
    ]
    return table(["slice", "rows", "gain in log loss", "expected over actual, less 1"], rows)


def parts(run: Run, found: dict[str, Any]) -> Iterator[str]:
    """The section's paragraphs."""
    yield f"## {run.data_set.name}"
    for horizons, systems in found["joint"].items():
        spoken = " and ".join(horizons.split("+"))
        yield f"Purchase within {spoken} days, mean relative gain in log loss (95 % over customers and weeks):"
        yield joint_table(systems)
    for figures in found["cells"].values():
        yield f"### {run.data_set.name}: {QUESTIONS[figures['protocol']]} {figures['horizon']} days"
        yield f"{figures['rows']:,} rows of {figures['customers']:,} customers; true of {figures['label_mean']:.1%}."
        yield metric_table(figures)
        yield "Relative gains (95 % over customers):"
        yield gain_table(figures, "log_loss")
        yield gain_table(figures, "average_precision")
        yield calibration_table(figures)
        system = next(iter(figures["slices"]))
        yield f"{system} beside `lightgbm_refit`, by slice (tenths of the peer's forecast):"
        yield slice_table(figures, system)
    yield "Seconds by stage: " + ", ".join(f"{stage} {spent:.0f}" for stage, spent in run.seconds.items()) + "."


def secondary_section(run: Run) -> str:
    """The secondary cells of all data sets that were run, together."""
    cells = secondary_cells(run.place.folder.parents[1], run.split, chosen.SYSTEM)
    worse = holm({key: each["p_worse"] for key, each in cells.items()})
    rows = [
        [" ".join(key), each["peer"], percent(each), f"{each['p_worse']:.3f}", "worse" if key in worse else "not worse"]
        for key, each in cells.items()
    ]
    text = f"{SECONDARY}\n\nGain in log loss of {chosen.SYSTEM} over the fixed peer with the lowest (95 % over customers).\n\n"
    return text + table(["cell", "best fixed peer", "gain", "one-sided p of worse", "after Holm"], rows)


def write_report(run: Run, found: dict[str, Any], files: dict[str, Path] = FILES) -> str:
    """Put the data set's section into the split's file; returns the section."""
    section = "\n\n".join(part.rstrip("\n") for part in parts(run, found))
    file = files[run.split]
    before = file.read_text() if file.exists() else HEADS[run.split]
    kept = without_section(without_section(before, SECONDARY), f"## {run.data_set.name}")
    file.write_text("\n\n".join([kept.rstrip("\n"), section, secondary_section(run)]))
    return section


def without_section(text: str, title: str) -> str:
    """A Markdown text without the section of a title."""
    return re.sub(rf"\n{re.escape(title)}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL)
