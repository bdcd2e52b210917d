"""Folders of the training package lean on those below them alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "demand_forecast_training"
ROOT = Path(__file__).parents[2] / "training" / PACKAGE
FLOORS = (
    {"errors", "terminal"},
    {"warehouse"},
    {"publishing", "report"},
    {"learning", "privacy"},
    {"customers", "products", "recommendations", "mapping_guess"},
    {"pretrained", "improvement", "doctor"},
    {"reproducing", "commands"},
    {"cli"},
)
"""From the lowest up. Places of one floor do not lean on each other: each of the three tasks can be read alone."""


def imported(path: Path) -> Iterator[str]:
    """Folders and modules of the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE}."):
            yield node.module.split(".")[1]


def test_nothing_leans_on_what_is_above_it() -> None:
    floor_of = {place: number for number, floor in enumerate(FLOORS) for place in floor}
    leans = {
        (path.relative_to(ROOT).parts[0].removesuffix(".py"), name) for path in ROOT.rglob("*.py") for name in imported(path)
    }
    assert {place for pair in leans for place in pair} == set(floor_of)
    assert [pair for pair in leans if pair[0] != pair[1] and floor_of[pair[0]] <= floor_of[pair[1]]] == []
