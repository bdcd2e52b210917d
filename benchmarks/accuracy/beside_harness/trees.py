"""LightGBM on this package's columns, with the harness's grid, seeds and rounds: its own function on other columns.

Usage: ``python -m benchmarks.accuracy.beside_harness.trees COLUMNS OUT``
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

NOT_FEATURES = ["customer_id", "as_of_date", "part", "label"]
NAMES = {"lightgbm": "lightgbm_own_columns", "lightgbm_refit": "lightgbm_own_columns_refit"}


def own_trees(columns: Any) -> Any:
    """Keys of the judged rows and one column of probabilities for each way of fitting."""
    columns = without_copies(columns)
    parts = {str(part): rows.reset_index(drop=True) for part, rows in columns.groupby("part")}
    x = {part: rows.drop(columns=NOT_FEATURES) for part, rows in parts.items()}
    y = {part: rows["label"].to_numpy() for part, rows in parts.items()}
    found = import_module("peers_binary").lightgbm_peers(x, y)
    return parts["test"][["customer_id", "as_of_date"]].assign(**{NAMES[name]: said for name, said in found.items()})


def without_copies(columns: Any) -> Any:
    """Columns that equal an earlier one (a weekday is the same a week later) would only thin out what a tree may draw from."""
    seen: set[bytes] = set()
    kept = []
    for name in columns:
        content = columns[name].to_numpy().tobytes() if name not in NOT_FEATURES else name.encode()
        if content not in seen:
            seen.add(content)
            kept.append(name)
    return columns[kept]


def main() -> None:
    own_trees(pd.read_parquet(Path(sys.argv[1]))).to_parquet(Path(sys.argv[2]), index=False)


if __name__ == "__main__":
    main()
