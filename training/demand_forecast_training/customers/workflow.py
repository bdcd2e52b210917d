"""`demand train` and `demand finetune` from end to end: read and close, train, check, open again and write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from safetensors.torch import load as load_weights

from demand_forecast_training.customers.examples import CUSTOMERS, CustomerData, read_dataset
from demand_forecast_training.customers.figures import next_day_figures, validation_table
from demand_forecast_training.customers.finetuning import figures_of, finetune
from demand_forecast_training.customers.network import Network, network_of_weights
from demand_forecast_training.customers.refitting import refit
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.tuning import best_choices, trials_table, tune
from demand_forecast_training.errors import NothingToTrain, UnknownVersion
from demand_forecast_training.learning.export import Exported, export
from demand_forecast_training.learning.hyper_parameters import HyperParameters, finetuning
from demand_forecast_training.learning.versions import (
    check_readiness,
    check_same_features,
    data_columns,
    figure_columns,
    not_promoted,
    promotion_reason,
    refitted,
    registered_choices,
    registered_line,
    version_columns,
)
from demand_forecast_training.terminal import shown
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import BASELINE, TASK, champion, check_kept, register, version_row


def train_and_register(
    warehouse: Warehouse,
    chosen: Mapping[str, Any],
    log_dir: Path | None,
    is_wanted: bool,
    is_resumed: bool = False,
    study: Path | None = None,
    is_refitted: bool = False,
) -> str:
    """Train a version from nothing with some hyper-parameters of one's own, register it and say what happened; returns it.

    It serves if `is_wanted`, or if no version does and it beats the baseline on validation days. If `is_refitted`, its refit
    on all days is registered beside it and serves in its place.
    """
    with warehouse.visit() as connection:
        data = read_examples_of(connection, warehouse)
    found = best_choices(data, study) if study else {}
    trained = train(data, HyperParameters(**(found | dict(chosen))), log_dir, is_resumed)
    row = registry_row(data, trained, export(trained.network, data))
    if is_refitted:
        evaluated, folder = trained, log_dir and log_dir / "refit"
        trained, row = refitted(
            warehouse,
            row,
            CUSTOMERS,
            lambda everything: refit(everything, evaluated, folder),
            lambda everything, again: registry_row(everything, again, export(again.network, data)),
        )
    return register_trained(warehouse, trained, row, is_wanted, "demand train")


def finetune_and_register(
    warehouse: Warehouse, chosen: Mapping[str, Any], log_dir: Path | None, is_wanted: bool, version: str | None = None
) -> str:
    """Train on from the champion or a `version`, register the outcome and say how both do on the same validation days.

    Raises UnknownVersion where there is none to start from, FeatureMismatch where it read other features than the warehouse's.
    """
    with warehouse.visit() as connection:
        data = read_examples_of(connection, warehouse)
        row = evaluated_row(connection, warehouse.relations, version or serving_version(connection, warehouse.relations))
    check_same_features(row, data)
    check_not_ahead(row, data)
    parent, choices = registered_network(row), replace(registered_choices(row), **(finetuning(row["predictor"]) | dict(chosen)))
    trained = finetune(data, parent, choices, log_dir)
    print(validation_table(figures_of(parent, data, choices), trained.baseline, row["model_version"]))
    tuned = registry_row(data, trained, export(trained.network, data)) | {"parent_version": row["model_version"]}
    if tuned["model_version"] == row["model_version"]:
        print(f"nothing was better on validation days than {row['model_version']} as it is; nothing was registered")
        return str(row["model_version"])
    return register_trained(warehouse, trained, tuned, is_wanted, "demand finetune")


def tune_and_tell(warehouse: Warehouse, chosen: Mapping[str, Any], trials: int, file: Path) -> None:
    """Search until the study has so many trials, and print the best ones."""
    with warehouse.visit() as connection:
        data = read_examples_of(connection, warehouse)
    print(trials_table(tune(data, chosen, trials, file)))
    print(f"to train with the best of them: demand train --study {file}")


def read_examples_of(connection: Any, warehouse: Warehouse) -> CustomerData:
    """The data set of the last build, if that says that it will do."""
    check_readiness(connection, warehouse.relations)
    data = read_dataset(connection, warehouse.relations)
    print(f"read {len(data.train)} training and {len(data.validation)} validation origins; the warehouse is free again")
    return data


def register_trained(warehouse: Warehouse, trained: Trained, row: Mapping[str, Any], is_wanted: bool, command: str) -> str:
    """Register what was trained, let it serve if it may, and say so; returns the version."""
    with warehouse.visit(read_only=False) as connection:
        serving = champion(connection, warehouse.relations)
        reason = promotion_reason(command, serving is not None, is_wanted, beats_baseline(trained))
        is_new = register(connection, warehouse.relations, row, reason)
    print(validation_table(trained.model, trained.baseline))
    print(f"{row['architecture']} with {tree_count(trained.network)} boosted trees beside it")
    print(outcome(row, is_new, reason, serving, trained))
    return str(row["model_version"])


def serving_version(connection: Any, relations: Mapping[str, str]) -> str:
    """The champion, if it is a network. Raises UnknownVersion."""
    serving = champion(connection, relations)
    if serving in (None, BASELINE):
        raise UnknownVersion("no network serves that could be tuned finely: type demand train, or name one with --version")
    return str(serving)


def evaluated_row(connection: Any, relations: Mapping[str, str], version: str) -> dict[str, Any]:
    """Registry row of a version, or of the one that it is a refit of: a refit has learnt from the test days."""
    row = version_row(connection, relations, version)
    evaluated = row["evaluated_version"]
    return version_row(connection, relations, evaluated) if evaluated else row


def check_not_ahead(row: Mapping[str, Any], data: CustomerData) -> None:
    """Refuse to go on from a version that learnt from days on which the next one would be validated or tested."""
    for name in ("fitted_through_date", "trained_through_date"):
        if row[name] > getattr(data, name):
            raise NothingToTrain(
                f"{row['model_version']} has a {name} of {row[name]}, later than the last build's {getattr(data, name)}: "
                "it knows the days that would judge it. Type demand train"
            )


def beats_baseline(trained: Trained) -> bool:
    """Whether the next-day log loss on validation days is lower, without the help of a calibration on the same rows."""
    ours, theirs = trained.uncalibrated[0].log_loss, trained.baseline[0].log_loss
    return ours is not None and theirs is not None and ours < theirs


def outcome(row: Mapping[str, Any], is_new: bool, reason: str | None, serving: str | None, trained: Trained) -> str:
    """What became of the version, and what to type next."""
    ours, theirs = shown(trained.uncalibrated[0].log_loss), shown(trained.baseline[0].log_loss)
    why = "before calibration and without trees its next-day log loss on validation days, "
    return registered_line(row["model_version"], is_new, reason, serving) or not_promoted(
        row["model_version"], f"{why}{ours}, does not beat the baseline's, {theirs}"
    )


def registry_row(data: CustomerData, trained: Trained, exported: Exported) -> dict[str, Any]:
    """Row of model_registry by column name."""
    return (
        version_columns(TASK, trained.choices.architecture, data.trained_through_date, trained.choices, exported)
        | figure_columns(next_day_figures(trained.model), next_day_figures(trained.baseline))
        | data_columns(data)
        | {"validation_metrics": json.dumps(metrics(trained))}
    )


def tree_count(network: Network) -> int:
    """Boosted trees beside the network."""
    return 0 if network.trees is None else len(network.trees.root)


def metrics(trained: Trained) -> dict[str, Any]:
    """Figures of every horizon, and how long training took to find its best epoch."""
    tables = {name: getattr(trained, name) for name in ("model", "uncalibrated", "baseline")}
    told = {"epochs": trained.epochs, "validation_loss": trained.validation_loss, "trees": tree_count(trained.network)}
    moved = {} if trained.level_since is None else {"level_since": str(trained.level_since)}
    return told | moved | {name: [asdict(row) for row in rows] for name, rows in tables.items()}


def registered_network(row: Mapping[str, Any]) -> Network:
    """The network of a registry row, built from its weights alone. Raises UnknownVersion where it was pruned."""
    check_kept(row)
    return network_of_weights(load_weights(bytes(row["weights_bytes"])), registered_choices(row))
