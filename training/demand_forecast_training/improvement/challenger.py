"""A challenger of each action, on examples whose newest days are kept for the gate; and its refit through the latest day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from demand_forecast_training.customers.examples import CustomerData, read_dataset, read_everything
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.refitting import refit
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.tuning import best_choices, tune
from demand_forecast_training.customers.workflow import check_not_ahead, registered_network, registry_row
from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.improvement.level import with_moved_level
from demand_forecast_training.learning.export import export
from demand_forecast_training.learning.hyper_parameters import HyperParameters, finetuning
from demand_forecast_training.learning.versions import registered_choices

EXAMPLES = {"training": "lbl_training_examples", "gate": "lbl_challenger_examples", "refit": "lbl_challenger_refit_examples"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """How a challenger is made: by an action of the ladder, with some choices, from the champion."""

    action: str
    champion: Row
    evaluated: Row
    """The version that the champion is a refit of; the champion where it is none."""
    since: date | None
    """The origin since which customers have been others."""
    chosen: Mapping[str, Any]
    trials: int
    study: Path
    log_dir: Path | None


def read_examples(connection: Any, relations: Mapping[str, str], purpose: str) -> CustomerData:
    """Examples with the cuts of a purpose: training, gate or refit."""
    if purpose == "training":
        return read_dataset(connection, relations)
    cuts = f"(select * from {relations['lbl_challenger_cuts']} where purpose = '{purpose}')"
    own = {"lbl_training_examples": relations[EXAMPLES[purpose]], "seq_cut_dates": cuts}
    return read_dataset(connection, {**relations, **own})


def parent_of(plan: Plan, data: CustomerData) -> Row | None:
    """The version that an action goes on from, or None where it begins anew.

    Raises NothingToTrain where every one knows the days already on which the tuning would be stopped.
    """
    if plan.action == "intercept":
        return plan.champion
    if plan.action != "finetune":
        return None
    for row in (plan.champion, plan.evaluated):
        try:
            check_not_ahead(row, data)
        except NothingToTrain:
            continue
        return row
    raise NothingToTrain(
        f"{plan.champion['model_version']} knows the days that would stop its tuning: type demand improve --action train"
    )


def challenger(plan: Plan, data: CustomerData) -> tuple[Trained, dict[str, Any]]:
    """What an action makes of the examples, and its registry row."""
    parent = parent_of(plan, data)
    trained = made(plan, data, parent)
    row = registry_row(data, trained, export(trained.network, data))
    return trained, row | {"parent_version": parent["model_version"] if parent else None}


def made(plan: Plan, data: CustomerData, parent: Row | None) -> Trained:
    """Move the level of a parent, tune it finely, or train anew, with choices that were searched for if the action is tune."""
    if parent is None:
        return train(data, HyperParameters(**choices_of_new(plan, data)), plan.log_dir)
    network, choices = registered_network(parent), registered_choices(parent)
    if plan.action == "intercept":
        return with_moved_level(data, network, choices, plan.since)
    return finetune(data, network, replace(choices, **(finetuning(parent["predictor"]) | dict(plan.chosen))), plan.log_dir)


def choices_of_new(plan: Plan, data: CustomerData) -> dict[str, Any]:
    """Choices of a training from nothing: the champion's architecture, and after a search the best that was found."""
    fixed = {"architecture": registered_choices(plan.champion).architecture} | dict(plan.chosen)
    if plan.action != "tune":
        return fixed
    tune(data, fixed, plan.trials, plan.study)
    return best_choices(data, plan.study) | fixed


def read_refit_examples(connection: Any, relations: Mapping[str, str], row: Row) -> CustomerData:
    """What the refit of a challenger learns from: every origin before the latest; examples with validation days where it goes on
    from a version."""
    if row["parent_version"] is None:
        return read_everything(connection, relations)
    return read_examples(connection, relations, "refit")


def refitted(plan: Plan, data: CustomerData, everything: CustomerData, trained: Trained, row: Row) -> dict[str, Any]:
    """Registry row of the refit of a challenger that was `trained` on `data`: the same action on everything there is.

    A training from nothing takes as many steps as the challenger's did; what goes on from a version goes on again.
    """
    if row["parent_version"] is None:
        repeated = refit(everything, trained, plan.log_dir and plan.log_dir / "refit")
        again = registry_row(everything, repeated, export(repeated.network, data))
    else:
        again = challenger(plan, everything)[1]
    return again | {"evaluated_version": row["model_version"]}
