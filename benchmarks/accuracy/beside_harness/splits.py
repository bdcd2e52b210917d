"""Which days are judged: the harness's own test days, or its validation days with everything before them moved back."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

protocols: Any = import_module("protocols")


def earlier(split: Any) -> Any:
    """The split that judges the validation days: what comes before moves back by as much as validation lies before test."""
    back = split.test[0] - split.valid[0]
    return protocols.Split(
        tuple(day - back for day in split.train),
        tuple(day - back for day in split.valid),
        split.valid,
    )


def judge_days_of(split: str, dataset: str) -> None:
    """Let the harness's functions speak of a split: of its test days as they are, of its validation days by the earlier split."""
    if split == "valid":
        for horizon in protocols.HORIZONS["p1"]:
            at = dataset, horizon
            protocols.PURCHASE_SPLITS[at] = earlier(protocols.PURCHASE_SPLITS[at])


def horizons_within(dataset: str, events: Path) -> list[int]:
    """Horizons whose first training day still lies in the data: on validation days a short data set loses the long ones."""
    first = protocols.open_events(events, dataset).execute("select min(event_date) from events").fetchall()[0][0]
    days = {horizon: protocols.PURCHASE_SPLITS[dataset, horizon].train[0] for horizon in protocols.HORIZONS["p1"]}
    return [horizon for horizon, day in days.items() if day >= first]
