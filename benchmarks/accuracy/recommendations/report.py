"""The tables of benchmarks/results/recommendations.md, and the log of runs on test days."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.accuracy.demand.report import section_of
from benchmarks.accuracy.harness import ROOT

RESULTS = ROOT / "benchmarks" / "results"
LOG = RESULTS / "recommendations_log.csv"
LOG_COLUMNS = ("run_at", "commit", "system", "measure", "mean", "peer", "peer_mean", "gain", "low", "high", "seed")
MEASURES = {"recall_at_20": "Recall@20", "ndcg_at_10": "NDCG@10", "mrr_at_20": "MRR@20"}
HEADS = {
    "valid": "## Validation: the weeks after 12 and 19 November 2017",
    "test": "## Test: the weeks after 26 November, 3, 10 and 17 December 2017",
}
TITLE = """# Products of a customer in the next week: complete_journey

Twenty products for each customer who was seen before the cut and bought in the week after it, beside the peers of the protocol,
whose half-life and neighbours have the best NDCG@10 on the two validation weeks. Gains are relative, with their 95 % interval
over draws of customers. The network trains once for each cut, on weeks that end 14 days before it, and stops early on those of
the 14 days. `sql_baseline` is what serves without a network.
"""


def write_section(split: str, found: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    """Write the split's section into recommendations.md, keeping the other's; returns it."""
    file = RESULTS / "recommendations.md"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    kept = {name: section_of(old, head) for name, head in HEADS.items()}
    kept[split] = "\n".join([HEADS[split], "", *mean_table(found), "", *gain_table(found), "", closing_line(found, versions)])
    file.write_text("\n\n".join([TITLE.strip(), *(text for text in kept.values() if text)]) + "\n", encoding="utf-8")
    return kept[split]


def mean_table(found: Mapping[str, Any]) -> list[str]:
    """Means over lists, a row for each peer and system."""
    lines = ["| lists by | " + " | ".join(MEASURES.values()) + " |", "|---|" + "---:|" * len(MEASURES)]
    for name, means in found["means"].items():
        lines.append(f"| {name} | " + " | ".join(f"{means[measure]:.4f}" for measure in MEASURES) + " |")
    return lines


def gain_table(found: Mapping[str, Any]) -> list[str]:
    """Each system beside the two peers that count."""
    lines = ["| system | measure | peer | gain | 95 % interval |", "|---|---|---|---:|---|"]
    for system, measures in found["gains"].items():
        for measure, words in MEASURES.items():
            for peer in ("own_history_decayed", "item_knn"):
                gain = measures[measure][peer]
                lines.append(f"| {system} | {words} | {peer} | {gain['gain']:+.2%} | {gain['low']:+.2%} to {gain['high']:+.2%} |")
    return lines


def closing_line(found: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    told = ", ".join(f"{version['seconds']:.0f}" for version in versions.values())
    return (
        f"{found['lists']} lists of {found['customers']} customers. Half-life of the peers {found['half_life']:g} days, "
        f"neighbours {found['neighbours']}. Seconds of training, by cut: {told}."
    )


def append_to_log(found: Mapping[str, Any], versions: Mapping[str, Any], commit: str) -> None:
    """A row for each system, measure and peer."""
    is_new, now = not LOG.exists(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    seed = next(iter(versions.values()))["seed"]
    with LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(LOG_COLUMNS)
        for system, measures in found["gains"].items():
            for measure, peers in measures.items():
                for peer, gain in peers.items():
                    means = [found["means"][name][measure] for name in (system, peer)]
                    spread = [f"{gain[name]:.5f}" for name in ("gain", "low", "high")]
                    writer.writerow([now, commit, system, measure, f"{means[0]:.6f}", peer, f"{means[1]:.6f}", *spread, seed])
