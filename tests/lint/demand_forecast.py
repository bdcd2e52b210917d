"""Stand-ins for the package's macros, so that the SQL linter can render models without dbt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FEATURES = [{"name": "feature", "sql": "1"}]
SOURCE = {"name": "web", "required": True, "loads_whole_days": False}
ANSWERS: dict[str, Any] = {
    "context_features": FEATURES,
    "event_sources": [SOURCE],
    "horizons": [1, 7, 30],
    "optional_table": None,
    "product_day_features": FEATURES,
    "product_facts": FEATURES,
    "product_features": FEATURES,
    "product_lists": ["expected_units"],
    "product_quantiles": {"daily": [("units_p50", 0.5, 0.0)], "cumulative": [("cumulative_p50", 0.5, 0.0)]},
    "registry_columns": [("model_version", "varchar")],
    "challenge_columns": [("challenge_number", "integer")],
    "slices": [("all", "'all'")],
    "judged_group": "task, predictor",
    "latest_sunday": "current_date",
    "driver_groups": [("visits", [], "'fact'")],
    "error_slices": [("all", "'all'")],
    "relation_of_model": "ledger",
    "reusable_table": "was",
    "setting": 30,
    "service_levels": {"default": 0.95, "by_category": {"shoes": 0.98}},
    "step_facts": FEATURES,
    "step_features": FEATURES,
    "target_day_features": FEATURES,
    "row_reason": "null",
    "is_step_row": "row_reason is null",
    "same_error_group": "true",
    "error_group": "task, forecaster",
    "literal": "'word'",
    "run_date": "cast('2025-01-01' as date)",
    "is_changed_day": "event_date = cast('2025-01-01' as date)",
    "mapped_event_type": "raw_event_type",
    "steps_of_origins": "weighted as (select * from origins)",
    "day_of_row": "event_date",
    "horizon_facts": "1 as one",
}
SELECTS = {
    "judged_rows": "select * from {}",
    "mapped_event_rows": "select 1 as one",
    "horizon_rows": "select 1 as horizon_days",
    "block_histories": "select * from {}",
    "champion_of": "select 1 as {}",
    "evaluated_of": "select * from {}",
    "unscored_requests": "select {0} from {1}",
    "context_structs": "select 1 as one",
    "customer_histories": "select 1 as one",
    "customer_inputs": "select 1 as one",
    "unpivoted": "select {1} from {0}",
    "no_event_rows": "select 1 as one",
    "facts_by_day": "select 1 as one",
    "item_neighbours": "select 1 as one",
    "recommendation_candidates": "select * from {}",
    "recommendation_inputs": "select * from {}",
    "challenger_examples": "select '{}' as purpose",
    "training_examples": "select * from ({}) as given",
    "product_examples": "select * from ({}) as given",
}


def __getattr__(name: str) -> Callable[..., Any]:
    """Any macro: a known answer, a whole select, or an expression with the macro's name."""
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ANSWERS:
        return lambda *arguments, **named: ANSWERS[name]
    if name in SELECTS:
        return lambda *arguments, **named: SELECTS[name].format(*map(str, arguments))
    return lambda *arguments, **named: f"{name}(x)"
