"""Tables for the terminal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from demand_forecast_training.terminal import table

PUBLISHED = (
    "customer_forecasts",
    "customer_daily_forecasts",
    "product_forecasts",
    "product_lead_time_demand",
    "prediction_drivers",
    "model_importance",
    "churn_alerts",
    "customer_segments",
    "customer_segment_movements",
    "market_trends",
    "inventory_plan",
    "product_recommendations",
    "demand_outlook",
    "prediction_errors",
    "forecast_accuracy",
    "forecast_calibration",
    "forecast_slices",
    "model_health",
    "model_versions",
    "data_readiness",
    "rejected_events",
)
SHOWN_METRICS = ("log_loss", "average_precision", "auroc", "calibration_error", "wape", "bias")
NEXT_DAY_METRICS = ("log_loss", "average_precision", "wape", "recall_at_20", "ndcg_at_10")
"""Figures of customers, of products and of lists on validation days."""
QUERIES = """\
-- who buys on the day after as_of_date
select customer_id, purchase_probability, expected_revenue from {customer_forecasts}
where horizon_days = 1 order by purchase_probability desc limit 10;

-- what the next days bring
select horizon_days, sum(expected_units) as units, sum(expected_revenue) as revenue
from {customer_forecasts} group by horizon_days order by horizon_days;

-- how wrong it was
select model_version, horizon_days, metric, value, baseline_value, skill from {forecast_accuracy}
where target = 'purchase' and predictor <> 'baseline' and purpose = 'backtest' order by model_version, horizon_days, metric;"""


def versions_table(connection: Any, relations: Mapping[str, str], champions: Collection[str | None]) -> str:
    """Registered versions with their figures on validation days beside the baseline's; the champions are marked."""
    sql = f"""
        select model_version, trained_through_date, validation_metrics
        from {relations["model_registry"]} order by trained_at, model_version
    """
    rows: list[tuple[Any, ...]] = []
    for version, through, metrics in connection.execute(sql).fetchall():
        name = ("serves" if version in champions else "", version, through)
        figures = validation_figures(metrics)
        rows += [(*name, *figures[0]), *(("", "", "", *figure) for figure in figures[1:])]
    return table(("", "model_version", "trained_through", "validation", "model", "baseline"), rows)


def validation_figures(metrics: str) -> list[tuple[str, float | None, float | None]]:
    """Name, a version's value and the baseline's of figures on validation days, of the JSON in its registry row: those of the
    next day or of the lists, and those before calibration that say whether it may serve by itself. One without a name where
    nothing was judged."""
    told = json.loads(metrics)
    ours, theirs = (next_day(told.get(side)) for side in ("model", "baseline"))
    shown_ones = [(name, ours[name], theirs.get(name)) for name in NEXT_DAY_METRICS if name in ours]
    return [*shown_ones, *judging_figures(told.get("uncalibrated", []), told.get("baseline", []))] or [("", None, None)]


def next_day(figures: Any) -> Mapping[str, float | None]:
    """The first of some figures by horizon; of figures that have no horizon, themselves."""
    first = figures[0] if figures and isinstance(figures, list) else figures
    return first or {}


def judging_figures(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[tuple[str, float, float]]:
    """What the gate compares: of customers the next day's log loss, of products the deviance within every horizon."""
    for at, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        for name in ("log_loss", "deviance"):
            if one.get(name) is not None and other.get(name) is not None and (name == "deviance" or at == 0):
                yield f"{name} within {one['horizon_days']} days, uncalibrated", one[name], other[name]


def retrain_lines(connection: Any, relations: Mapping[str, str], champions: Collection[str | None]) -> list[str]:
    """A line for each champion that has learnt from customers who were erased since."""
    if "err_retrain_due" not in relations:
        return []
    rows = connection.execute(
        f"select model_version, erased_customers from {relations['err_retrain_due']} order by all"
    ).fetchall()
    return [
        f"retrain due: {version} has learnt from {count} customers who were erased (demand train --promote)"
        for version, count in rows
        if version in champions
    ]


def erasure_lines(receipt: Mapping[str, Any]) -> Iterator[str]:
    """What an erasure did, and what it leaves to do by hand."""
    rows = receipt["warehouse"]["rows"]
    yield f"warehouse: {sum(rows.values()):,} rows of {len(rows)} tables removed, the file was written anew"
    for folder, done in receipt["published"].items():
        shown = f", readers see {done['written']}" if done["written"] else ""
        yield f"{folder}: {len(done['removed'])} runs that named the customer are gone{shown}"
    if receipt["retrain_due"]:
        yield f"retrain due: {', '.join(receipt['retrain_due'])} had learnt from the customer (demand train --promote)"
    for kind, names in receipt["left_to_you"].items():
        if names:
            yield f"left to you, {kind} that still hold the id: {', '.join(names)}"


def report(connection: Any, relations: Mapping[str, str]) -> str:
    """Doubts about the data, who serves, the published tables, accuracy beside the baseline, and queries to start from."""
    names = {name: relation.replace('"', "") for name, relation in relations.items()}
    tables = (serving_table, published_table, accuracy_table)
    doubts = readiness_lines(connection, relations)
    return "\n\n".join([*doubts, *(part(connection, relations) for part in tables), QUERIES.format_map(names)])


def readiness_lines(connection: Any, relations: Mapping[str, str]) -> list[str]:
    """Status and reason of every task that is mapped and whose data is not ready; empty where all is well."""
    sql = f"select status, reason from {relations['data_readiness']} where status <> 'ready' and is_mapped order by task"
    return [f"data_readiness: {status}: {reason}" for status, reason in connection.execute(sql).fetchall()]


def serving_table(connection: Any, relations: Mapping[str, str]) -> str:
    """The latest forecasts added up by who spoke and horizon."""
    header = ("as_of_date", "predictor", "model_version", "provider", "horizon", "customers", "buyers", "units", "revenue")
    sql = f"""
        select as_of_date, predictor, model_version, provider, horizon_days || ' days', count(*),
            sum(cast(purchase_probability as double)), sum(cast(expected_units as double)), sum(cast(expected_revenue as double))
        from {relations["customer_forecasts"]} group by all order by as_of_date, predictor, model_version, any_value(horizon_days)
    """
    return table(header, connection.execute(sql).fetchall())


def published_table(connection: Any, relations: Mapping[str, str]) -> str:
    """Published tables that were built, and their rows."""
    built = [(relations[name].replace('"', ""), relations[name]) for name in PUBLISHED if name in relations]
    rows = [(name, *connection.execute(f"select count(*) from {relation}").fetchall()[0]) for name, relation in built]
    return table(("published table", "rows"), rows)


def accuracy_table(connection: Any, relations: Mapping[str, str]) -> str:
    """Figures on test days of the version that serves, beside the baseline's."""
    sql = f"""
        select horizon_days || ' days', target, metric, value, baseline_value, skill, row_count
        from {relations["forecast_accuracy"]}
        where task = 'customer_demand' and purpose = 'backtest' and metric in {SHOWN_METRICS}
            and (model_version, predictor) in (
                select (coalesce(versions.evaluated_version, served.model_version), served.predictor)
                from {relations["customer_forecasts"]} as served
                left join {relations["model_versions"]} as versions using (model_version)
            )
        order by horizon_days, target, metric
    """
    header = ("test days", "target", "metric", "forecast", "baseline", "skill", "rows")
    return table(header, connection.execute(sql).fetchall())
