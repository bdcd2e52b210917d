"""The published accuracy against scikit-learn and plain numpy, group by group."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pytest
from demand_forecast_training.customers import figures
from numpy.typing import NDArray
from sklearn import metrics

from .conftest import copied
from .user_project import UserProject

Group = tuple[str, str, str, int]
"""model_version, predictor, purpose, horizon_days."""
Figures = dict[tuple[str, str], float | None]
"""Value by target and metric."""

HIGHER_IS_BETTER = {"auroc", "average_precision", "precision", "recall"}
JUDGED = """
    select model_version, predictor, purpose, horizon_days, customer_id, as_of_date::varchar,
        purchase_probability, expected_units, expected_revenue, baseline_probability, baseline_units, baseline_revenue,
        actual_purchased::integer, actual_units, actual_revenue
    from prediction_errors"""


@dataclass(frozen=True)
class Judged:
    """Forecasts of one forecaster in one group, and what came true; every array is (rows,)."""

    customer: NDArray[np.str_]
    day: NDArray[np.str_]
    probability: NDArray[np.float64]
    units: NDArray[np.float64]
    revenue: NDArray[np.float64]
    bought: NDArray[np.bool_]
    actual_units: NDArray[np.float64]
    actual_revenue: NDArray[np.float64]


def groups_of(project: UserProject) -> dict[Group, tuple[Judged, Judged]]:
    """The forecast and the baseline beside it, by group."""
    rows = project.query(JUDGED)
    found = {}
    for group in {row[:4] for row in rows}:
        columns = [np.array(column) for column in zip(*(row[4:] for row in rows if row[:4] == group), strict=True)]
        customer, day, *said, bought, units, revenue = columns
        forecast = Judged(customer, day, said[0], said[1], said[2], bought.astype(bool), units, revenue)
        baseline = replace(forecast, probability=said[3], units=said[4], revenue=said[5])
        found[group] = (forecast, baseline)
    return found


def ratio(value: float, by: float) -> float | None:
    return value / by if by else None


def bins_of(judged: Judged) -> list[tuple[float, float, int]]:
    """Mean forecast, share of buyers and rows of ten bins of equal size; where rows do not divide by ten the first bins have one
    more."""
    order = np.lexsort((judged.day, judged.customer, judged.probability))
    parts = [part for part in np.array_split(order, 10) if len(part)]
    return [(judged.probability[part].mean(), judged.bought[part].mean(), len(part)) for part in parts]


def figures_of(judged: Judged) -> Figures:
    """Every published figure, by scikit-learn where it has it."""
    said, bought = judged.probability, judged.bought
    clipped, wanted = np.clip(said, 1e-6, 1 - 1e-6), said >= 0.5
    has_both = 0 < bought.sum() < len(bought)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about groups without a buyer, whose figure we do not take
        return {
            ("purchase", "log_loss"): metrics.log_loss(bought, clipped, labels=[False, True]),
            ("purchase", "brier"): metrics.brier_score_loss(bought, said, pos_label=True, labels=[False, True]),
            ("purchase", "auroc"): metrics.roc_auc_score(bought, said) if has_both else None,
            ("purchase", "average_precision"): metrics.average_precision_score(bought, said) if bought.any() else None,
            ("purchase", "precision"): metrics.precision_score(bought, wanted) if wanted.any() else None,
            ("purchase", "recall"): metrics.recall_score(bought, wanted) if bought.any() else None,
            ("purchase", "calibration_error"): sum(abs(mean - share) * rows for mean, share, rows in bins_of(judged)) / len(said),
            ("purchase", "bias"): ratio((said - bought).sum(), bought.sum()),
            ("units", "wape"): ratio(np.abs(judged.units - judged.actual_units).sum(), judged.actual_units.sum()),
            ("units", "bias"): ratio((judged.units - judged.actual_units).sum(), judged.actual_units.sum()),
            ("revenue", "wape"): ratio(np.abs(judged.revenue - judged.actual_revenue).sum(), judged.actual_revenue.sum()),
            ("revenue", "bias"): ratio((judged.revenue - judged.actual_revenue).sum(), judged.actual_revenue.sum()),
        }


def skill_of(metric: str, value: float | None, baseline: float | None) -> float | None:
    """Above 0 is better than the baseline, 1 is perfect."""
    if value is None or baseline is None:
        return None
    return (
        ratio(value - baseline, 1 - baseline) if metric in HIGHER_IS_BETTER else ratio(abs(baseline) - abs(value), abs(baseline))
    )


HARD_GROUPS = {
    "ties": (203, [0.0, 0.1, 0.25, 0.5, 0.75, 1.0], 0.3),
    "nobody": (40, [0.0, 0.1, 0.5, 1.0], 0.0),
    "everybody": (40, [0.0, 0.1, 0.5, 1.0], 1.0),
    "unlikely": (57, [0.0, 0.125, 0.499999], 0.2),
    "few": (7, [0.1, 0.5, 0.75], 0.5),
    "all_alike": (30, [0.25], 0.4),
}
"""Rows, the probabilities that occur and the share of buyers of groups that are hard on a metric: many ties, forecasts of 0, 1
and one half, nobody or everybody bought, no forecast of one half, fewer rows than bins."""


def hard_rows(name: str, random: np.random.Generator) -> list[dict[str, Any]]:
    """Judged rows of a made-up group by column name."""
    count, probabilities, share = HARD_GROUPS[name]
    bought = random.random(count) < share
    units = bought * random.integers(0, 4, count)
    columns = {
        "customer_id": [f"K{number % 60}" for number in range(count)],
        "as_of_date": [date(2025, 1, 1 + number // 60) for number in range(count)],
        "actual_purchased": bought.tolist(),
        "actual_units": units.tolist(),
        "actual_revenue": (units * 9.5).tolist(),
    }
    for kind in ("purchase_probability", "baseline_probability"):
        columns[kind] = random.choice(probabilities, count).tolist()
    for kind in ("expected_units", "expected_revenue", "baseline_units", "baseline_revenue"):
        columns[kind] = random.gamma(0.5, 2, count).round(3).tolist()
    same = {"task": "customer_demand", "model_version": name, "predictor": "model", "purpose": "shadow", "horizon_days": 7}
    return [same | dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def hard_shop(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The trained shop with made-up groups beside its own among the judged forecasts."""
    project = copied(trained_shop, tmp_path_factory.mktemp("hard"))
    random = np.random.default_rng(4)
    rows = [row for name in HARD_GROUPS for row in hard_rows(name, random)]
    with duckdb.connect(str(project.warehouse)) as con:
        marks = ", ".join("?" for _ in rows[0])
        sql = f"insert into main_demand.err_customer_demand ({', '.join(rows[0])}) values ({marks})"
        con.executemany(sql, [list(row.values()) for row in rows])
    project.build("--select", "err_customer_bins", "forecast_accuracy", "forecast_calibration")
    return project


@pytest.fixture(params=["trained_shop", "hard_shop"])
def shop(request: pytest.FixtureRequest) -> UserProject:
    found: UserProject = request.getfixturevalue(request.param)
    return found


def published(project: UserProject) -> dict[Group, dict[tuple[str, str], tuple[Any, ...]]]:
    """value, baseline_value, skill and row_count by target and metric, by group."""
    found: dict[Group, dict[tuple[str, str], tuple[Any, ...]]] = {}
    for row in project.query("""
            select model_version, predictor, purpose, horizon_days, target, metric, value, baseline_value, skill, row_count
            from forecast_accuracy where task = 'customer_demand'"""):
        found.setdefault(row[:4], {})[row[4:6]] = row[6:]
    return found


def is_same(found: Sequence[float | None], expected: Sequence[float | None]) -> bool:
    """Equal up to the rounding of published figures to 9 digits; nothing equals nothing only."""
    left, right = (np.array(values, float) for values in (found, expected))
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True))


@pytest.mark.keeps("arithmetic trust")
def test_every_figure_equals_scikit_learns(shop: UserProject) -> None:
    said = published(shop)
    groups = groups_of(shop)
    assert len(groups) >= 4 and said.keys() == groups.keys()
    for group, (forecast, baseline) in groups.items():
        ours, theirs = figures_of(forecast), figures_of(baseline)
        assert said[group].keys() == ours.keys()
        for (target, metric), row in said[group].items():
            value, other = ours[target, metric], theirs[target, metric]
            expected = (value, other, skill_of(metric, value, other))
            assert is_same(row[:3], expected), (group, target, metric, row[:3], expected)
            assert row[3] == len(forecast.bought), (group, target, metric)


def test_the_hard_groups_are_hard(hard_shop: UserProject) -> None:
    """So that the comparison above meets ties, undefined figures and clipped forecasts."""
    said = {group[0]: rows for group, rows in published(hard_shop).items() if group[2] == "shadow"}
    values = {
        kind: {metric: row[0] for (target, metric), row in rows.items() if target == "purchase"} for kind, rows in said.items()
    }
    assert {metric for metric, value in values["nobody"].items() if value is None} == {
        "auroc",
        "average_precision",
        "recall",
        "bias",
    }
    assert values["everybody"]["auroc"] is None and values["everybody"]["average_precision"] == 1
    assert values["unlikely"]["precision"] is None and values["unlikely"]["recall"] == 0
    assert values["all_alike"]["auroc"] == 0.5
    assert values["ties"]["log_loss"] > 1  # a certain forecast that was wrong
    bins = hard_shop.query("select model_version, count(*) from forecast_calibration where purpose = 'shadow' group by all")
    assert dict(bins) == {"ties": 10, "nobody": 10, "everybody": 10, "unlikely": 10, "few": 7, "all_alike": 10}


def test_the_bins_of_calibration_equal_a_plain_recomputation(shop: UserProject) -> None:
    groups = groups_of(shop)
    assert len(groups) >= 4
    for group, (forecast, _) in groups.items():
        version, predictor, purpose, horizon = group
        found = shop.query(f"""
            select bin, predicted_mean, actual_mean, row_count from forecast_calibration
            where (model_version, predictor, purpose, horizon_days) = ('{version}', '{predictor}', '{purpose}', {horizon})
            order by bin""")
        expected = [(number, *row) for number, row in enumerate(bins_of(forecast), start=1)]
        assert len(found) == len(expected) == min(10, len(forecast.bought))
        for row, wanted in zip(found, expected, strict=True):
            assert row == pytest.approx(wanted, abs=2e-9), group


def test_the_errors_of_a_row_average_to_the_published_figures(trained_shop: UserProject) -> None:
    said = published(trained_shop)
    rows = trained_shop.query("""
        select model_version, predictor, purpose, horizon_days, avg(squared_error), avg(log_loss)
        from prediction_errors group by all""")
    assert len(rows) >= 4
    for *group, brier, log_loss in rows:
        version, predictor, purpose, horizon = group
        found = said[version, predictor, purpose, horizon]
        assert (found["purchase", "brier"][0], found["purchase", "log_loss"][0]) == pytest.approx((brier, log_loss), abs=2e-9)


def test_the_baseline_beside_a_forecast_of_the_baseline_has_no_skill(trained_shop: UserProject) -> None:
    rows = trained_shop.query("select distinct value = baseline_value, skill from forecast_accuracy where predictor = 'baseline'")
    assert set(rows) <= {(True, 0.0), (None, None)} and (True, 0.0) in rows


@pytest.mark.parametrize("values", [[0.0, 0.1, 0.1, 0.5, 1.0], [0.3], np.linspace(0, 1, 400)])
def test_the_figures_of_training_equal_scikit_learns_on_ties(values: Any) -> None:
    random = np.random.default_rng(6)
    said = random.choice(values, 300).astype(np.float32)
    bought = random.random(300) < 0.2 + 0.5 * said
    clipped = np.clip(said.astype(np.float64), 1e-6, 1 - 1e-6)
    assert figures.log_loss(said, bought) == pytest.approx(metrics.log_loss(bought, clipped), rel=1e-9)
    assert figures.average_precision(said, bought) == pytest.approx(metrics.average_precision_score(bought, said), rel=1e-9)


def test_the_figures_of_training_do_not_invent_a_precision_without_buyers() -> None:
    assert figures.average_precision(np.array([0.1, 0.2], np.float32), np.array([False, False])) is None


def test_every_judged_forecast_is_in_one_slice_of_each_kind(trained_shop: UserProject) -> None:
    ((judged,),) = trained_shop.query("select count(*) from err_customer_demand where purpose <> 'shadow'")
    kinds = trained_shop.query("select slice_kind, sum(row_count) from err_customer_slices group by 1")
    assert judged > 1000 and len(kinds) == 9
    assert {count for _, count in kinds} == {judged}
