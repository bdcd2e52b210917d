"""Write the evaluation rows of every cell of P1 and P5 with their part, and the as-of days of each part.

Usage: ``python -m benchmarks.accuracy.beside_harness.rows DATASET SPLIT EVENTS FOLDER``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from benchmarks.accuracy.beside_harness.splits import cells_within, judge_days_of, protocols, split_of


def write_rows(cell: tuple[str, int], dataset: str, events: Path, file: Path) -> None:
    protocol, horizon = cell
    rows = [protocols.evaluation_rows(protocol, events, dataset, horizon, part).assign(part=part) for part in protocols.SPLITS]
    pd.concat(rows, ignore_index=True).to_parquet(file, index=False)


def as_of_days(cell: tuple[str, int], dataset: str) -> dict[str, list[str]]:
    """First and last as-of day of each part."""
    split = split_of(*cell, dataset)
    return {part: [str(split.days_of(part)[0]), str(split.days_of(part)[-1])] for part in protocols.SPLITS}


def main() -> None:
    dataset, split, events, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    judge_days_of(split, dataset)
    cells = {f"{protocol}_h{horizon}": (protocol, horizon) for protocol, horizon in cells_within(dataset, events)}
    for name, cell in cells.items():
        write_rows(cell, dataset, events, folder / f"rows_{name}.parquet")
    days = {name: as_of_days(cell, dataset) for name, cell in cells.items()}
    (folder / "days.json").write_text(json.dumps(days, indent=2) + "\n")


if __name__ == "__main__":
    main()
