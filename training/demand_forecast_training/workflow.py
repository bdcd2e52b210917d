"""`demand train` from end to end: read and close, train, check, open again and write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demand_forecast import __version__

from demand_forecast_training.dataset import Dataset, read_dataset
from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.export import Exported, export
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.registry import TASK, champion, register
from demand_forecast_training.report import shown, validation_table
from demand_forecast_training.training import Trained, train
from demand_forecast_training.warehouse import Warehouse


def train_and_register(warehouse: Warehouse, chosen: Mapping[str, Any], log_dir: Path | None, is_wanted: bool) -> str:
    """Train a version with some hyper-parameters of one's own, register it and say what happened; returns the version.

    It serves if `is_wanted`, or if no version does and it beats the baseline on validation days.
    """
    with warehouse.visit() as connection:
        check_readiness(connection, warehouse.relations)
        data = read_dataset(connection, warehouse.relations)
    print(f"read {len(data.train)} training and {len(data.validation)} validation origins; the warehouse is free again")
    trained = train(data, HyperParameters(**chosen), log_dir)
    row = registry_row(data, trained, export(trained.network, data))
    with warehouse.visit(read_only=False) as connection:
        serving = champion(connection, warehouse.relations)
        reason = promotion_reason(trained, serving is not None, is_wanted)
        is_new = register(connection, warehouse.relations, row, reason)
    print(validation_table(trained.model, trained.baseline))
    print(outcome(row, is_new, reason, serving, trained))
    if log_dir is not None:
        print(f"curves: tensorboard --logdir {log_dir}")
    return str(row["model_version"])


def check_readiness(connection: Any, relations: Mapping[str, str]) -> None:
    """Refuse where the build says that the data will not do, with its reason."""
    sql = f"select status, reason from {relations['data_readiness']} where task = ?"
    for status, reason in connection.execute(sql, [TASK]).fetchall():
        if status == "refused":
            raise NothingToTrain(f"data_readiness refuses: {reason}")
        if status == "warning":
            print(f"data_readiness warns: {reason}")


def promotion_reason(trained: Trained, has_champion: bool, is_wanted: bool) -> str | None:
    """Why the version may serve at once, or None. It is judged as it was before it was calibrated on the same rows."""
    if is_wanted:
        return "demand train --promote"
    if not has_champion and beats_baseline(trained):
        return "the first version that beats the baseline on validation days"
    return None


def beats_baseline(trained: Trained) -> bool:
    """Whether the next-day log loss on validation days is lower, without the help of calibration."""
    ours, theirs = trained.uncalibrated[0].log_loss, trained.baseline[0].log_loss
    return ours is not None and theirs is not None and ours < theirs


def outcome(row: Mapping[str, Any], is_new: bool, reason: str | None, serving: str | None, trained: Trained) -> str:
    """What became of the version, and what to type next."""
    version = row["model_version"]
    registered = f"{'registered' if is_new else 'already registered:'} {version}"
    if reason is not None:
        return f"{registered}\npromoted: {reason}. Type dbt build to forecast with it"
    if serving:
        return f"{registered}\n{serving} still serves. To change: demand promote {version}"
    ours, theirs = shown(trained.uncalibrated[0].log_loss), shown(trained.baseline[0].log_loss)
    return (
        f"{registered}\nnot promoted: before calibration its next-day log loss on validation days, {ours}, "
        f"does not beat the baseline's, {theirs} (demand promote {version} insists)"
    )


def registry_row(data: Dataset, trained: Trained, exported: Exported) -> dict[str, Any]:
    """Row of model_registry by column name."""
    sha256 = hashlib.sha256(exported.onnx_bytes).hexdigest()
    model, baseline = trained.model[0], trained.baseline[0]
    return {
        "model_version": f"{TASK}-{trained.choices.architecture}-{data.trained_through_date}-{sha256[:8]}",
        "task": TASK,
        "architecture": trained.choices.architecture,
        "parent_version": None,
        "feature_set_version": data.feature_set_version,
        "mapping_hash": data.mapping_hash,
        "package_version": __version__,
        "seed": trained.choices.seed,
        "hyper_parameters": trained.choices.to_json(),
        "signature": data.signature.to_json(),
        "fitted_through_date": data.fitted_through_date,
        "trained_through_date": data.trained_through_date,
        "data_fingerprint": data.fingerprint,
        "training_rows": len(data.train),
        "validation_rows": len(data.validation),
        "validation_log_loss": model.log_loss,
        "validation_average_precision": model.average_precision,
        "baseline_log_loss": baseline.log_loss,
        "baseline_average_precision": baseline.average_precision,
        "validation_metrics": json.dumps(metrics(trained)),
        "parity_tolerance": exported.parity_tolerance,
        "onnx_sha256": sha256,
        "onnx_bytes": exported.onnx_bytes,
        "weights_bytes": exported.weights_bytes,
        "golden_rows": exported.golden_rows,
        "trained_at": datetime.now(UTC).replace(tzinfo=None),
    }


def metrics(trained: Trained) -> dict[str, Any]:
    """Figures of every horizon, and how long training took to find its best epoch."""
    tables = {name: getattr(trained, name) for name in ("model", "uncalibrated", "baseline")}
    return {"epochs": trained.epochs, "validation_loss": trained.validation_loss} | {
        name: [asdict(row) for row in rows] for name, rows in tables.items()
    }
