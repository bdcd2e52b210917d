"""Cells of the comparison: one for each horizon of a data set and split; one training for each pair of cut dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

SPLITS = ("valid", "test")


@dataclass(frozen=True)
class Cell:
    """One horizon and its as-of days. `fitted_through` is the first that chooses, `trained_through` the first that is judged:
    labels of the days before either end on or before it."""

    horizon: int
    fitted_through: date
    trained_through: date
    last_judged: date


@dataclass(frozen=True)
class Place:
    """Where a data set's files of a split lie."""

    folder: Path
    events: Path

    def rows(self, horizon: int) -> Path:
        """Evaluation rows with their part (train, valid, test) and label, as the harness wrote them."""
        return self.folder / f"rows_h{horizon}.parquet"

    def own_columns(self, horizon: int) -> Path:
        """The same rows with this package's context and calendar columns."""
        return self.folder / f"own_columns_h{horizon}.parquet"

    def trees(self, horizon: int) -> Path:
        """LightGBM's answers on those columns."""
        return self.folder / f"own_trees_h{horizon}.parquet"

    def predictions(self, horizon: int, system: str) -> Path:
        """A system's answers in the harness's format."""
        return self.folder / f"predictions_h{horizon}" / f"{system}.parquet"

    def shop(self, cell: Cell) -> Path:
        """The dbt project of a cell's cut dates."""
        return self.folder / f"shop_{cell.fitted_through}_{cell.trained_through}"


def cell_of(horizon: int, days: dict[str, Any]) -> Cell:
    """The cell of a horizon's as-of days by part, first and last as text."""
    first = {part: date.fromisoformat(days[part][0]) for part in ("valid", "test")}
    return Cell(horizon, first["valid"], first["test"], date.fromisoformat(days["test"][1]))


def trainings(cells: list[Cell]) -> list[list[Cell]]:
    """Cells that share both cut dates, and so, with every origin known by then, one training."""
    found: dict[tuple[date, date], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.fitted_through, cell.trained_through), []).append(cell)
    return list(found.values())
