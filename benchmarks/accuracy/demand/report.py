"""The tables of benchmarks/results/demand.md, and the log of runs on test days."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.accuracy.harness import ROOT

RESULTS = ROOT / "benchmarks" / "results"
LOG = RESULTS / "demand_log.csv"
LOG_COLUMNS = (
    "run_at",
    "commit",
    "horizon_days",
    "system",
    "measure",
    "loss",
    "peer",
    "peer_loss",
    "gain",
    "low",
    "high",
    "bias",
)
MEASURES = {"wape": "median, WAPE", "rmsse": "mean, RMSSE", "pinball": "quantiles, pinball"}
LEVELS = {"units_p10": 0.1, "units_p50": 0.5, "units_p90": 0.9, "units_p95": 0.95}
HEADS = {
    "valid": "## Validation days: 6 November to 3 December 2017",
    "test": "## Test days: 4 to 31 December 2017",
}
TITLE = """# Units of a product and day: complete_journey

The 500 products with the most units, 1 and 7 days ahead, beside the peers of the protocol; gains are relative, with their
95 % interval over draws of products. Quantile peers are LightGBM's quantile objective and the product's own last 56 days. RMSSE
divides by the root mean squared weekly difference before the window. The network trains once for each horizon, on the days up
to its first origin less 28, stops early and is calibrated on those 28. Its refit then learns once more from all days up to the
first origin, as the peers do. Which of the two was chosen, and what came of it: docs/decisions/0016-a-refit-serves.md.
"""


def write_section(split: str, found: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    """Write the split's section into demand.md, keeping the other's; returns it."""
    file = RESULTS / "demand.md"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    kept = {name: section_of(old, head) for name, head in HEADS.items()}
    kept[split] = "\n".join([HEADS[split], "", *gain_table(found), "", *truth_table(found), "", training_line(versions)])
    file.write_text("\n\n".join([TITLE.strip(), *(text for text in kept.values() if text)]) + "\n", encoding="utf-8")
    return kept[split]


def section_of(text: str, head: str) -> str:
    """The section under a head, empty where there is none."""
    if head not in text:
        return ""
    return (head + text.split(head)[1].split("\n## ")[0]).rstrip()


def best_peer(figures: Mapping[str, Any], system: str, measure: str) -> str:
    """The peer with the lowest loss."""
    losses = figures["losses"][measure]
    best: str = min(figures["gains"][system][measure], key=lambda peer: float(losses[peer]))
    return best


def gain_table(found: Mapping[str, Any]) -> list[str]:
    """Each cell beside its best peer."""
    lines = [
        "| days ahead | system | measure | loss | best peer | its loss | gain | 95 % interval |",
        "|---:|---|---|---:|---|---:|---:|---|",
    ]
    for horizon, figures in found.items():
        for system in figures["gains"]:
            for measure, words in MEASURES.items():
                peer = best_peer(figures, system, measure)
                losses, gain = figures["losses"][measure], figures["gains"][system][measure][peer]
                lines.append(
                    f"| {horizon} | {system} | {words} | {losses[system]:.4f} | {peer} | {losses[peer]:.4f} "
                    f"| {gain['gain']:+.2%} | {gain['low']:+.2%} to {gain['high']:+.2%} |"
                )
    return lines


def truth_table(found: Mapping[str, Any]) -> list[str]:
    """Bias of the mean, and shares of rows below and at or below each quantile."""
    lines = [
        "| days ahead | system | bias | " + " | ".join(f"{level:g}: below, at or below" for level in LEVELS.values()) + " |",
        "|---:|---|---:|" + "---|" * len(LEVELS),
    ]
    for horizon, figures in found.items():
        for system, shares in figures["coverage"].items():
            told = " | ".join(f"{shares[name][0]:.3f}, {shares[name][1]:.3f}" for name in LEVELS)
            lines.append(f"| {horizon} | {system} | {figures['bias'][system]:+.2%} | {told} |")
    return lines


def training_line(versions: Mapping[str, Any]) -> str:
    told = [f"{name.split()[1]}, {name.split()[0]} days ahead: {version['seconds']:.0f}" for name, version in versions.items()]
    return "Seconds of training, a refit's with those of the version that it is of: " + "; ".join(told) + "."


def append_to_log(found: Mapping[str, Any], versions: Mapping[str, Any], commit: str) -> None:
    """A row for each horizon, system, measure and peer."""
    is_new, now = not LOG.exists(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    with LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(LOG_COLUMNS)
        for horizon, figures in found.items():
            for system, measures in figures["gains"].items():
                for measure, peers in measures.items():
                    losses = figures["losses"][measure]
                    for peer, gain in peers.items():
                        spread = [f"{gain[name]:.5f}" for name in ("gain", "low", "high")]
                        figures_of = [f"{losses[system]:.6f}", peer, f"{losses[peer]:.6f}", *spread]
                        writer.writerow([now, commit, horizon, system, measure, *figures_of, f"{figures['bias'][system]:.5f}"])
