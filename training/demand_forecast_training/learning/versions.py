"""What every task's training writes of a version, and what is checked before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from demand_forecast import __version__
from demand_forecast.errors import FeatureMismatch

from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.learning.dataset import Dataset, Material, OriginsT
from demand_forecast_training.learning.export import Exported
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.reading import Entity, read_all_days
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import TASK, register

TrainedT = TypeVar("TrainedT")
NextDay = tuple[float | None, float | None]
"""Log loss and average precision of purchases of the next day."""
NOT_JUDGED_BY_IT: NextDay = (None, None)


def refitted(
    warehouse: Warehouse,
    row: Mapping[str, Any],
    entity: Entity[OriginsT],
    again: Callable[[Dataset[OriginsT]], TrainedT],
    row_of: Callable[[Dataset[OriginsT], TrainedT], dict[str, Any]],
) -> tuple[TrainedT, dict[str, Any]]:
    """Register the evaluated version of a row without promoting it, and train it `again` on the examples of all days; returns
    the refit and its row."""
    with warehouse.visit(read_only=False) as connection:
        everything = read_all_days(connection, warehouse.relations, entity)
        check_same_features(row, everything)
        register(connection, warehouse.relations, row, None)
    print(f"registered {row['model_version']}, by which its refit is judged; that learns from {len(everything.train)} origins")
    trained = again(everything)
    return trained, row_of(everything, trained) | {"evaluated_version": row["model_version"]}


def check_same_features(row: Mapping[str, Any], data: Dataset[OriginsT]) -> None:
    """Refuse to go on from a version that read other features, or the same ones with another meaning."""
    there = (row["feature_set_version"], row["mapping_hash"], row["signature"])
    here = (data.feature_set_version, data.mapping_hash, data.signature.to_json())
    for name, theirs, ours in zip(("feature set", "mapping of events", "list of features"), there, here, strict=True):
        if theirs != ours:
            raise FeatureMismatch(f"{row['model_version']} learnt from another {name} than the last build: type demand train")


def check_readiness(connection: Any, relations: Mapping[str, str], task: str = TASK) -> None:
    """Refuse where the build says that the data will not do for a task, with its reason."""
    sql = f"select status, reason from {relations['data_readiness']} where task = ?"
    found = connection.execute(sql, [task]).fetchone()
    if found is None:
        raise NothingToTrain(f"data_readiness says nothing of {task}: type dbt build")
    status, reason = found
    if status == "refused":
        raise NothingToTrain(f"data_readiness refuses: {reason}")
    if status == "warning":
        print(f"data_readiness warns: {reason}")


def promotion_reason(command: str, has_champion: bool, is_wanted: bool, beats_baseline: bool) -> str | None:
    """Why a version that a command trained may serve at once, or None."""
    if is_wanted:
        return f"{command} --promote"
    if not has_champion and beats_baseline:
        return "the first version that beats the baseline on validation days"
    return None


def not_promoted(version: str, why: str) -> str:
    """That a version was registered, why it does not serve, and how to insist."""
    return f"registered {version}\nnot promoted: {why} (demand promote {version} insists)"


def registered_line(version: str, is_new: bool, reason: str | None, serving: str | None) -> str | None:
    """What became of a version that was promoted, or that another one stands before; None where nothing serves."""
    registered = f"{'registered' if is_new else 'already registered:'} {version}"
    if reason is not None:
        return f"{registered}\npromoted: {reason}. Type dbt build to forecast with it"
    if serving:
        return f"{registered}\n{serving} still serves. To change: demand promote {version}"
    return None


def data_columns(data: Material[Any]) -> dict[str, Any]:
    """Columns of model_registry that say what a network of this shop has learnt from."""
    return {
        "predictor": "model",
        "feature_set_version": data.feature_set_version,
        "mapping_hash": data.mapping_hash,
        "signature": data.signature.to_json(),
        "fitted_through_date": data.fitted_through_date,
        "data_fingerprint": data.fingerprint,
        "training_rows": len(data.train),
        "validation_rows": len(data.validation),
    }


def version_columns(task: str, name: str, through: date, choices: HyperParameters, exported: Exported) -> dict[str, Any]:
    """Columns of model_registry that a network itself fills; its version has a `name` and the day `through` which it learnt."""
    sha256 = hashlib.sha256(exported.onnx_bytes).hexdigest()
    return {
        "model_version": f"{task}-{name}-{through}-{sha256[:8]}",
        "task": task,
        "architecture": choices.architecture,
        "parent_version": None,
        "evaluated_version": None,
        "package_version": __version__,
        "seed": choices.seed,
        "hyper_parameters": choices.to_json(),
        "trained_through_date": through,
        "parity_tolerance": exported.parity_tolerance,
        "onnx_sha256": sha256,
        "onnx_bytes": exported.onnx_bytes,
        "weights_bytes": exported.weights_bytes,
        "golden_rows": exported.golden_rows,
        "trained_at": datetime.now(UTC).replace(tzinfo=None),
    }


def figure_columns(ours: NextDay = NOT_JUDGED_BY_IT, theirs: NextDay = NOT_JUDGED_BY_IT) -> dict[str, Any]:
    """Columns of model_registry with next-day figures of purchases on validation days, the network's and the baseline's; nulls
    for a task that other figures judge."""
    return {
        "validation_log_loss": ours[0],
        "validation_average_precision": ours[1],
        "baseline_log_loss": theirs[0],
        "baseline_average_precision": theirs[1],
    }


def registered_choices(row: Mapping[str, Any]) -> HyperParameters:
    """Hyper-parameters of a registry row."""
    return HyperParameters(**json.loads(row["hyper_parameters"]))
