"""What may be done about a champion that no longer holds, from the least to the most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from demand_forecast_training.learning.hyper_parameters import ACTIONS
from demand_forecast_training.warehouse.registry import TASK


@dataclass(frozen=True)
class Health:
    """The row of model_health: what serves and whether it holds."""

    champion: str
    status: str
    reasons: str
    suggested: str | None
    """The least of ACTIONS that would do; None where nothing asks for one."""
    changed_since: date | None
    as_of_date: date


HEALTH = """
    select champion_version, status, reasons, suggested_action, changed_since_date, as_of_date from {model_health} where task = ?
"""
TRIED = "select action from {model_challenges} where champion_version = ? and not is_promoted"


def read_health(connection: Any, relations: Mapping[str, str]) -> Health:
    """What the last build says of the customers' champion."""
    (row,) = connection.execute(HEALTH.format(**relations), [TASK]).fetchall()
    return Health(*row)


def tried_actions(connection: Any, relations: Mapping[str, str], champion: str) -> set[str]:
    """Actions whose challengers were refused beside this champion."""
    return {action for (action,) in connection.execute(TRIED.format(**relations), [champion]).fetchall()}


def chosen_action(health: Health, tried: set[str]) -> str | None:
    """The least action that fits what health says and lies beyond those that were refused beside this champion, or None."""
    if health.suggested is None:
        return None
    refused = max((ACTIONS.index(action) + 1 for action in tried), default=0)
    return ACTIONS[min(max(ACTIONS.index(health.suggested), refused), len(ACTIONS) - 1)]
