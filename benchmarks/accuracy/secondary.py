"""The secondary cells together: is the chosen system significantly worse than the best fixed peer in any of them?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.accuracy.cells import PRIMARY
from benchmarks.accuracy.data_sets import DATA_SETS

LEVEL = 0.05
OWN = "_own_columns"
"""Part of the names of peers that are not fixed: they read this package's columns."""


def holm(p: dict[tuple[str, str], float]) -> set[tuple[str, str]]:
    """The cells that stay significant by Holm's step-down procedure."""
    found: set[tuple[str, str]] = set()
    for rank, key in enumerate(sorted(p, key=lambda each: p[each])):
        if p[key] > LEVEL / (len(p) - rank):
            break
        found.add(key)
    return found


def secondary_cells(folder: Path, split: str, system: str) -> dict[tuple[str, str], dict[str, Any]]:
    """By data set and cell: the best fixed peer, and the gain over it, of all runs of the split that lie in the folder."""
    found = {}
    for name in DATA_SETS:
        file = folder / name / split / "judged.json"
        cells = json.loads(file.read_text())["cells"] if file.exists() else {}
        for cell, figures in cells.items():
            if (name, cell) not in PRIMARY and system in figures["against"]:
                found[name, cell] = best_peer_gain(figures, system)
    return found


def best_peer_gain(figures: dict[str, Any], system: str) -> dict[str, Any]:
    """Relative gain in log loss over the fixed peer with the lowest."""
    fixed = [peer for peer in figures["against"][system] if OWN not in peer]
    best = min(fixed, key=lambda peer: figures["metrics"][peer]["log_loss"])
    return {"peer": best, **figures["against"][system][best]["log_loss"]}
