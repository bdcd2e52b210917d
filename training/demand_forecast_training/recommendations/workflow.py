"""`demand train --task recommendation` from end to end: read and close, train, check, open again and write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from demand_forecast_training.learning.export import Exported
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.versions import (
    check_readiness,
    data_columns,
    figure_columns,
    not_promoted,
    promotion_reason,
    registered_line,
    version_columns,
)
from demand_forecast_training.recommendations.examples import TASK, ListData, read_lists
from demand_forecast_training.recommendations.training import RANKING, TrainedRanking, export_ranking, train_ranking
from demand_forecast_training.terminal import table
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import champion, register

METRICS = ("recall_at_20", "ndcg_at_10")
LOST = "its lists on validation days do not beat the baseline's"


def train_and_register(warehouse: Warehouse, chosen: Mapping[str, Any], log_dir: Path | None, is_wanted: bool) -> str:
    """Train a version with some hyper-parameters of one's own, register it and say what happened; returns it.

    It serves if `is_wanted`, or if no version does and its lists on validation days are better than the baseline's.
    """
    with warehouse.visit() as connection:
        check_readiness(connection, warehouse.relations, TASK)
        data = read_lists(connection, warehouse.relations)
    print(f"read {len(data.train)} training and {len(data.validation)} validation lists; the warehouse is free again")
    choices = HyperParameters(**(RANKING | dict(chosen)))
    trained = train_ranking(data, choices, log_dir)
    row = registry_row(data, trained, export_ranking(trained.network, data))
    with warehouse.visit(read_only=False) as connection:
        serving = champion(connection, warehouse.relations, TASK)
        reason = promotion_reason(f"demand train --task {TASK}", serving is not None, is_wanted, beats_baseline(trained))
        is_new = register(connection, warehouse.relations, row, reason)
    print(ranking_table(trained))
    print(registered_line(row["model_version"], is_new, reason, serving) or not_promoted(row["model_version"], LOST))
    return str(row["model_version"])


def beats_baseline(trained: TrainedRanking) -> bool:
    """Whether neither figure on validation days is lower, and they are not both the same."""
    ours, theirs = ([getattr(figures, name) for name in METRICS] for figures in (trained.model, trained.baseline))
    return ours != theirs and all(our >= their for our, their in zip(ours, theirs, strict=True))


def registry_row(data: ListData, trained: TrainedRanking, exported: Exported) -> dict[str, Any]:
    """Row of model_registry by column name. Its figures are of lists, in `validation_metrics`."""
    told = {"epochs": trained.epochs, "validation_loss": trained.validation_loss}
    metrics = told | {"model": asdict(trained.model), "baseline": asdict(trained.baseline)}
    return (
        version_columns(TASK, "ranking", data.trained_through_date, trained.choices, exported)
        | figure_columns()
        | data_columns(data)
        | {"architecture": "ranking", "validation_metrics": json.dumps(metrics)}
    )


def ranking_table(trained: TrainedRanking) -> str:
    """The model beside the baseline on validation days."""
    rows = [(name, getattr(trained.model, name), getattr(trained.baseline, name), trained.model.rows) for name in METRICS]
    return table(("validation", "model", "baseline", "lists"), rows)
