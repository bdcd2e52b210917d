"""The log of challengers: each stands once before a gate, and the more there were, the more is asked of the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from demand_forecast_training.improvement.gate import Verdict
from demand_forecast_training.warehouse.registry import append_version, insert, transaction, user_name

SEEN = "select count(distinct challenger_version) from {model_challenges} where gate_through_date > ? and challenger_version <> ?"
JUDGED = "select is_promoted, reason from {model_challenges} where challenger_version = ? and gate_through_date > ?"
NUMBER = "select coalesce(max(challenge_number), 0) + 1 from {model_challenges}"


def challengers_seen(connection: Any, relations: Mapping[str, str], gate_from: date, challenger: str) -> int:
    """Challengers that were judged on days after `gate_from`, this one included."""
    ((others,),) = connection.execute(SEEN.format(**relations), [gate_from, challenger]).fetchall()
    return int(others) + 1


def earlier_decision(connection: Any, relations: Mapping[str, str], gate_from: date, challenger: str) -> str | None:
    """What became of a challenger that was judged on these days already; None where it was not."""
    found = connection.execute(JUDGED.format(**relations), [challenger, gate_from]).fetchall()
    return f"{'promoted' if found[0][0] else 'refused'}: {found[0][1]}" if found else None


def decide(
    connection: Any, relations: Mapping[str, str], challenge: Mapping[str, Any], refit: Mapping[str, Any] | None, reason: str
) -> None:
    """Append a challenge, and with a `refit` let that one serve, in one transaction."""
    with transaction(connection):
        if refit is not None:
            append_version(connection, relations, refit, reason)
        ((number,),) = connection.execute(NUMBER.format(**relations)).fetchall()
        insert(connection, relations["model_challenges"], {"challenge_number": number} | dict(challenge))


def challenge_row(
    champion: str, challenger: str, action: str, occasion: str, gate: tuple[date, date], refit: str | None, reason: str
) -> dict[str, Any]:
    """Columns of a challenge without the figures of the gate."""
    return {
        "task": "customer_demand",
        "champion_version": champion,
        "challenger_version": challenger,
        "action": action,
        "occasion": occasion,
        "gate_from_date": gate[0],
        "gate_through_date": gate[1],
        "is_promoted": refit is not None,
        "reason": reason,
        "refit_version": refit,
        "decided_by": user_name(),
        "decided_at": datetime.now(UTC).replace(tzinfo=None),
    }


def verdict_columns(verdict: Verdict, seen: int) -> dict[str, Any]:
    """Columns of a challenge that the gate fills."""
    return {
        "hazard_count": verdict.hazards,
        "challengers_seen": seen,
        "champion_log_loss": verdict.champion_loss,
        "challenger_log_loss": verdict.challenger_loss,
        "gain": verdict.gain,
        "gain_lower": verdict.gain_lower,
        "bias": verdict.bias,
        "worst_slice": verdict.worst_slice,
        "worst_slice_gain": verdict.worst_slice_gain,
    }
