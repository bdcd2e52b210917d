"""`demand train --task product_demand` from end to end: read and close, train, check, open again and write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from demand_forecast_training.learning.export import Exported, export
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.reading import read_entity
from demand_forecast_training.learning.versions import (
    check_readiness,
    data_columns,
    figure_columns,
    not_promoted,
    promotion_reason,
    refitted,
    registered_line,
    version_columns,
)
from demand_forecast_training.products.examples import PRODUCTS, TASK, ProductData
from demand_forecast_training.products.refitting import refit_demand
from demand_forecast_training.products.training import DEMAND, TrainedDemand, train_demand
from demand_forecast_training.terminal import shown, table
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import champion, register


def train_and_register(
    warehouse: Warehouse, chosen: Mapping[str, Any], log_dir: Path | None, is_wanted: bool, is_refitted: bool = False
) -> str:
    """Train a version with some hyper-parameters of one's own, register it and say what happened; returns it.

    It serves if `is_wanted`, or if no version does and it beats the baseline on validation days. If
    `is_refitted`, its refit on all days is registered beside it and serves in its place.
    """
    with warehouse.visit() as connection:
        check_readiness(connection, warehouse.relations, TASK)
        data = read_entity(connection, warehouse.relations, PRODUCTS)
    print(f"read {len(data.train)} training and {len(data.validation)} validation origins; the warehouse is free again")
    trained = train_demand(data, HyperParameters(**(DEMAND | dict(chosen))), log_dir)
    row = registry_row(data, trained, export(trained.network, data))
    if is_refitted:
        evaluated, folder = trained, log_dir and log_dir / "refit"
        trained, row = refitted(
            warehouse,
            row,
            PRODUCTS,
            lambda everything: refit_demand(everything, evaluated, folder),
            lambda everything, again: registry_row(everything, again, export(again.network, data)),
        )
    with warehouse.visit(read_only=False) as connection:
        serving = champion(connection, warehouse.relations, TASK)
        reason = promotion_reason(f"demand train --task {TASK}", serving is not None, is_wanted, beats_baseline(trained))
        is_new = register(connection, warehouse.relations, row, reason)
    print(demand_table(trained))
    print(
        registered_line(row["model_version"], is_new, reason, serving)
        or not_promoted(row["model_version"], lost_to_baseline(trained))
    )
    return str(row["model_version"])


def beats_baseline(trained: TrainedDemand) -> bool:
    """Whether the deviance on validation days is lower within every horizon that was seen, without the help of a calibration on
    the same rows."""
    judged = judged_deviances(trained)
    return bool(judged) and all(ours < theirs for _, ours, theirs in judged)


def judged_deviances(trained: TrainedDemand) -> list[tuple[int, float, float]]:
    """Horizon, the uncalibrated network's deviance and the baseline's, of the horizons that validation days show whole."""
    pairs = zip(trained.uncalibrated, trained.baseline, strict=True)
    found = [(ours.horizon_days, ours.deviance, theirs.deviance) for ours, theirs in pairs]
    return [(days, ours, theirs) for days, ours, theirs in found if ours is not None and theirs is not None]


def lost_to_baseline(trained: TrainedDemand) -> str:
    """Within which horizons the baseline is as good."""
    lost = [(days, ours, theirs) for days, ours, theirs in judged_deviances(trained) if ours >= theirs]
    told = ", ".join(f"{shown(ours)} within {days} days ({shown(theirs)})" for days, ours, theirs in lost)
    return f"before calibration its deviance on validation days does not beat the baseline's: {told or 'none was judged'}"


def registry_row(data: ProductData, trained: TrainedDemand, exported: Exported) -> dict[str, Any]:
    """Row of model_registry by column name. Its figures are of counts, in `validation_metrics`."""
    tables = {name: getattr(trained, name) for name in ("model", "uncalibrated", "baseline")}
    told = {"epochs": trained.epochs, "validation_loss": trained.validation_loss}
    metrics = told | {name: [asdict(row) for row in rows] for name, rows in tables.items()}
    return (
        version_columns(TASK, trained.choices.architecture, data.trained_through_date, trained.choices, exported)
        | figure_columns()
        | data_columns(data)
        | {"validation_metrics": json.dumps(metrics)}
    )


def demand_table(trained: TrainedDemand) -> str:
    """The model beside the baseline on validation days, a row for each horizon and metric."""
    rows = [
        (f"{ours.horizon_days} days", metric, getattr(ours, metric), getattr(theirs, metric), ours.rows)
        for ours, theirs in zip(trained.model, trained.baseline, strict=True)
        for metric in ("wape", "bias", "deviance")
    ]
    return table(("validation", "metric", "model", "baseline", "rows"), rows)
