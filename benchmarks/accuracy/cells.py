"""Cells of the comparison: a protocol and a horizon of a data set and split; one training for each pair of cut dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

SPLITS = ("valid", "test")
PRIMARY = {("complete_journey", "p1_h1"), ("complete_journey", "p1_h7")}
"""Data set and name of the cells that decide."""


@dataclass(frozen=True)
class Cell:
    """A protocol at a horizon, and its as-of days. `fitted_through` is the first that chooses, `trained_through` the first
    that is judged: labels of the days before either end on or before it."""

    protocol: str
    """p1: a purchase within the horizon; p5: none."""
    horizon: int
    fitted_through: date
    trained_through: date
    last_judged: date

    @property
    def name(self) -> str:
        return f"{self.protocol}_h{self.horizon}"


@dataclass(frozen=True)
class Place:
    """Where a data set's files of a split lie."""

    folder: Path
    events: Path

    def rows(self, name: str) -> Path:
        """Evaluation rows with their part (train, valid, test) and label, as the harness wrote them."""
        return self.folder / f"rows_{name}.parquet"

    def own_columns(self, name: str) -> Path:
        """The same rows with this package's context and calendar columns."""
        return self.folder / f"own_columns_{name}.parquet"

    def trees(self, name: str) -> Path:
        """LightGBM's answers on those columns."""
        return self.folder / f"own_trees_{name}.parquet"

    def systems(self, name: str) -> Path:
        """The folder of all systems' answers."""
        return self.folder / f"predictions_{name}"

    def predictions(self, name: str, system: str) -> Path:
        """A system's answers in the harness's format."""
        return self.systems(name) / f"{system}.parquet"

    def shop(self, cell: Cell) -> Path:
        """The dbt project of a cell's cut dates."""
        return self.folder / f"shop_{cell.protocol}_{cell.fitted_through}_{cell.trained_through}"

    def refit_shop(self, cell: Cell) -> Path:
        """The dbt project of what was known on the first judged day."""
        shop = self.shop(cell)
        return shop.with_name(f"{shop.name}_refit")


def cell_of(name: str, days: dict[str, Any]) -> Cell:
    """The cell of a name (p1_h7) and its as-of days by part, first and last as text."""
    protocol, horizon = name.split("_h")
    first = {part: date.fromisoformat(days[part][0]) for part in ("valid", "test")}
    return Cell(protocol, int(horizon), first["valid"], first["test"], date.fromisoformat(days["test"][1]))


def trainings(cells: list[Cell]) -> list[list[Cell]]:
    """Cells of a protocol that share both cut dates, and so, with every origin known by then, one training."""
    found: dict[tuple[str, date, date], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.protocol, cell.fitted_through, cell.trained_through), []).append(cell)
    return list(found.values())
