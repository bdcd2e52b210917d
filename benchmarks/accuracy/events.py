"""The canonical events of a data set: made once by the harness, or given."""

from __future__ import annotations

from pathlib import Path

from benchmarks.accuracy.data_sets import DataSet
from benchmarks.accuracy.harness import Harness


def canonical_events(harness: Harness, data_set: DataSet, folder: Path, given: Path | None) -> Path:
    """Their Parquet file. What is given stays where it is."""
    if not data_set.is_raw:
        if given is None:
            raise SystemExit(f"{data_set.name} needs --data, a folder with its events.parquet")
        return given.resolve() / "events.parquet"
    events = folder / "events.parquet"
    if not events.exists():
        harness.script("canonical", data_set.harness_name, "--out", events)
    return events
