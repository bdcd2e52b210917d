"""Write the evaluation rows of every horizon of P1 with their part, and the as-of days of each part.

Usage: ``python -m benchmarks.accuracy.beside_harness.rows DATASET SPLIT EVENTS FOLDER``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.accuracy.beside_harness.splits import horizons_within, judge_days_of, protocols


def write_rows(dataset: str, events: Path, horizon: int, file: Path) -> None:
    import pandas as pd

    parts = [protocols.evaluation_rows("p1", events, dataset, horizon, part).assign(part=part) for part in protocols.SPLITS]
    pd.concat(parts, ignore_index=True).to_parquet(file, index=False)


def as_of_days(dataset: str, horizon: int) -> dict[str, Any]:
    """First and last as-of day of each part."""
    split = protocols.PURCHASE_SPLITS[dataset, horizon]
    return {part: [str(split.days_of(part)[0]), str(split.days_of(part)[-1])] for part in protocols.SPLITS}


def main() -> None:
    dataset, split, events, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    judge_days_of(split, dataset)
    horizons = horizons_within(dataset, events)
    for horizon in horizons:
        write_rows(dataset, events, horizon, folder / f"rows_h{horizon}.parquet")
    days = {str(horizon): as_of_days(dataset, horizon) for horizon in horizons}
    (folder / "days.json").write_text(json.dumps(days, indent=2) + "\n")


if __name__ == "__main__":
    main()
