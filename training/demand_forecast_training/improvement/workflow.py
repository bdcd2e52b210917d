"""`demand improve` from end to end. Every step leaves a whole champion serving; a second run does again what the first left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.figures import validation_table
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.customers.workflow import evaluated_row
from demand_forecast_training.errors import NothingToJudge
from demand_forecast_training.improvement.actions import Health, chosen_action, read_health, tried_actions
from demand_forecast_training.improvement.challenger import Plan, challenger, read_examples, read_refit_examples, refitted
from demand_forecast_training.improvement.challenges import (
    challenge_row,
    challengers_seen,
    decide,
    earlier_decision,
    verdict_columns,
)
from demand_forecast_training.improvement.gate import Verdict, judged
from demand_forecast_training.improvement.shadow import ask_in_shadow
from demand_forecast_training.learning.versions import check_readiness, check_same_features
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import BASELINE, champion, register, version_row

STEPS = ("consulted", "read", "trained", "registered", "asked", "judged", "refitted", "decided")
AfterStep = Callable[[str], None]


@dataclass(frozen=True)
class Attempt:
    """One run of the command: what is done, on what occasion, and who is told after each step."""

    warehouse: Warehouse
    plan: Plan
    occasion: str
    latest: date
    after_step: AfterStep


def improve(
    warehouse: Warehouse,
    chosen: Mapping[str, Any],
    action: str | None,
    trials: int,
    folder: Path,
    after_step: AfterStep = lambda step: None,
) -> str | None:
    """Do what model_health asks for, or the `action`: train a challenger, judge it beside the champion on days that neither has
    learnt from, and let its refit serve if it passes. Returns what serves from now on; None where nothing changes.

    `after_step` is called with each of STEPS. Raises NothingToJudge, NothingToTrain, FeatureMismatch and ModelRefused.
    """
    with warehouse.visit() as connection:
        health = read_health(connection, warehouse.relations)
        check_built(health, champion(connection, warehouse.relations))
        wanted = action or chosen_action(health, tried_actions(connection, warehouse.relations, health.champion))
        print(f"model_health: {health.status}: {health.reasons}")
        if wanted is None or health.champion == BASELINE:
            print(nothing_to_do(health))
            return None
        plan = planned(connection, warehouse.relations, health, wanted, chosen, trials, folder)
        check_readiness(connection, warehouse.relations)
    after_step("consulted")
    occasion = health.reasons if action is None else f"asked for by hand; {health.reasons}"
    return challenged(Attempt(warehouse, plan, occasion, health.as_of_date, after_step))


def check_built(health: Health, serving: str | None) -> None:
    """Refuse to go by the health of a version that serves no more."""
    if (serving or BASELINE) != health.champion:
        raise NothingToJudge(f"{serving} serves since the last build, which speaks of {health.champion}: type dbt build first")


def nothing_to_do(health: Health) -> str:
    if health.champion == BASELINE:
        return "no network serves that could be improved: type demand train"
    return "nothing to do; to look for a better version all the same: demand improve --action finetune"


def planned(
    connection: Any,
    relations: Mapping[str, str],
    health: Health,
    action: str,
    chosen: Mapping[str, Any],
    trials: int,
    folder: Path,
) -> Plan:
    """The plan of an action for the champion."""
    serving = version_row(connection, relations, health.champion)
    evaluated = evaluated_row(connection, relations, health.champion)
    return Plan(action, serving, evaluated, health.changed_since, chosen, trials, folder / "tuning.db", folder / "improvement")


def challenged(attempt: Attempt) -> str | None:
    """Make the challenger, hold it against the champion, and decide."""
    with attempt.warehouse.visit() as connection:
        data = read_examples(connection, attempt.warehouse.relations, "gate")
    attempt.after_step("read")
    check_unseen(attempt.plan, data)
    check_same_features(attempt.plan.champion, data)
    print(f"action: {attempt.plan.action}, on days before {data.trained_through_date}; the days since then judge it")
    trained, row = challenger(attempt.plan, data)
    attempt.after_step("trained")
    print(validation_table(trained.model, trained.baseline, "challenger"))
    if row["model_version"] == attempt.plan.champion["model_version"]:
        refuse(attempt, data, row, "nothing was better on validation days", {})
        return None
    return decided(attempt, data, trained, row)


def check_unseen(plan: Plan, data: CustomerData) -> None:
    """Refuse to judge on days that the champion has learnt from."""
    through = plan.champion["trained_through_date"]
    if through > data.trained_through_date:
        raise NothingToJudge(
            f"{plan.champion['model_version']} has learnt from the days through {through}, and the gate judges the days since "
            f"{data.trained_through_date}: wait {(through - data.trained_through_date).days} days, or lower gate_days"
        )


def decided(attempt: Attempt, data: CustomerData, trained: Trained, row: Mapping[str, Any]) -> str | None:
    """Register the challenger, judge it, and promote its refit or refuse it."""
    relations, version = attempt.warehouse.relations, row["model_version"]
    serving = attempt.plan.champion["model_version"]
    with attempt.warehouse.visit(read_only=False) as connection:
        earlier = earlier_decision(connection, relations, data.trained_through_date, version)
        if earlier:
            print(f"{version} was judged on these days already, and {earlier}")
            return None
        register(connection, relations, row, None)
        attempt.after_step("registered")
        ask_in_shadow(connection, relations, (serving, version))
        attempt.after_step("asked")
        seen = challengers_seen(connection, relations, data.trained_through_date, version)
        verdict = judged(connection, relations, serving, version, seen)
    attempt.after_step("judged")
    print(verdict.shown())
    figures = verdict_columns(verdict, seen)
    if not verdict.may_serve:
        refuse(attempt, data, row, verdict.reason, figures)
        return None
    return promoted(attempt, data, trained, row, verdict, figures)


def refuse(attempt: Attempt, data: CustomerData, row: Mapping[str, Any], reason: str, figures: Mapping[str, Any]) -> None:
    """Write down that the champion stays, and why."""
    log_challenge(attempt, data, row, None, reason, figures)
    print(f"refused {row['model_version']}: {reason}\n{attempt.plan.champion['model_version']} still serves")


def promoted(
    attempt: Attempt,
    data: CustomerData,
    trained: Trained,
    row: Mapping[str, Any],
    verdict: Verdict,
    figures: Mapping[str, Any],
) -> str:
    """Let the challenger's refit serve, and write down why."""
    with attempt.warehouse.visit() as connection:
        everything = read_refit_examples(connection, attempt.warehouse.relations, row)
    again = refitted(attempt.plan, data, everything, trained, row)
    attempt.after_step("refitted")
    log_challenge(attempt, data, row, again, verdict.reason, figures)
    attempt.after_step("decided")
    version = str(again["model_version"])
    print(f"promoted {version}, the refit of {row['model_version']}: {verdict.reason}\nType dbt build to forecast with it")
    return version


def log_challenge(
    attempt: Attempt,
    data: CustomerData,
    row: Mapping[str, Any],
    refit: Mapping[str, Any] | None,
    reason: str,
    figures: Mapping[str, Any],
) -> None:
    """Append the challenge, and promote a `refit`, in one transaction."""
    challenge = challenge_row(
        champion=attempt.plan.champion["model_version"],
        challenger=row["model_version"],
        action=attempt.plan.action,
        occasion=attempt.occasion,
        gate=(data.trained_through_date, attempt.latest),
        refit=str(refit["model_version"]) if refit else None,
        reason=reason,
    )
    with attempt.warehouse.visit(read_only=False) as connection:
        decide(connection, attempt.warehouse.relations, challenge | dict(figures), refit, f"demand improve: {reason}")
