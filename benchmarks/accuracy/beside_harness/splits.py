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
            protocols.PURCHASE_SPLITS[dataset, horizon] = earlier(protocols.PURCHASE_SPLITS[dataset, horizon])
        protocols.CHURN_SPLITS[dataset] = earlier(protocols.CHURN_SPLITS[dataset])


def split_of(protocol: str, horizon: int, dataset: str) -> Any:
    """As-of days of a cell."""
    return protocols.CHURN_SPLITS[dataset] if protocol == "p5" else protocols.PURCHASE_SPLITS[dataset, horizon]


def cells_within(dataset: str, events: Path) -> list[tuple[str, int]]:
    """Protocol and horizon of the cells whose training days lie in the data: validation days of a short data set lose some."""
    first = protocols.open_events(events, dataset).execute("select min(event_date) from events").fetchall()[0][0]
    cells = [(protocol, horizon) for protocol in ("p1", "p5") for horizon in protocols.HORIZONS[protocol]]
    return [cell for cell in cells if split_of(*cell, dataset).train[0] >= first]
