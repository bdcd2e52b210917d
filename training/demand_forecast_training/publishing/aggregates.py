"""The tables that may leave the house: none of single customers, and no row of a group that is too small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demand_forecast_training.publishing.small_groups import Count, hidden

SMALLEST_GROUP = 11


@dataclass(frozen=True)
class Rule:
    """SQL over a table: how many a row counts, and the points between which they flow (null: no known point)."""

    count: str
    start: str = "null"
    end: str = "null"


RULES: Mapping[str, Rule | None] = {
    "customer_segment_movements": Rule(
        "customers",
        "case when from_segment not in ('inactive', 'unknown') then week_start_date || ' ' || from_segment end",
        "case when to_segment <> 'inactive' then week_start_date + 7 || ' ' || to_segment end",
    ),
    "demand_outlook": Rule("expected_buyers", "is_total || ' ' || horizon_days"),
    "forecast_accuracy": Rule("row_count"),
    "forecast_calibration": Rule("row_count", "concat_ws(' ', task, model_version, predictor, purpose, horizon_days)"),
    "data_readiness": None,
    "model_health": None,
    "model_versions": None,
}
"""Tables that may leave the house, and how their rows are hidden; None where rows are of no group of customers.

A table that is not named here stays: so do forecast_slices, in which a group is the rest of others and may have two names.
"""


def aggregates(tables: Mapping[str, str]) -> dict[str, str]:
    """Those of a run's tables that may leave the house."""
    return {name: relation for name, relation in tables.items() if name in RULES}


def visible_rows(connection: Any, name: str, relation: str, smallest: int) -> tuple[str, int]:
    """A select of a table's rows without small groups and without what would give them away, and how many rows it hides."""
    rule = RULES[name]
    if rule is None:
        return f"select * from {relation}", 0
    connection.execute(f"create or replace temp table numbered as select row_number() over () as row_place, * from {relation}")
    sql = f"select {rule.start}, {rule.end}, {rule.count} from numbered order by row_place"
    counts = [Count(start, end, float(size or 0)) for start, end, size in connection.execute(sql).fetchall()]
    gone = sorted(place + 1 for place in hidden(counts, smallest))
    return f"select * exclude (row_place) from numbered where not list_contains({gone}::bigint[], row_place)", len(gone)
