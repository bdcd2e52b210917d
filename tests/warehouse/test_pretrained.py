"""`demand pretrained`: forecasts before any training, said to be pre-trained, judged honestly, and a start for fine-tuning."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from demand_forecast.errors import FeatureMismatch
from demand_forecast_training.customers.figures import Figures
from demand_forecast_training.learning.hyper_parameters import FINETUNING, FIRST_FINETUNING
from demand_forecast_training.pretrained import start as pretrained_start
from demand_forecast_training.pretrained.artefact import read_artefact
from demand_forecast_training.pretrained.start import Judged, promotion_reason, register_pretrained
from demand_forecast_training.privacy.erasing import taught_versions
from demand_forecast_training.warehouse.connection import find_warehouse

from .conftest import copied
from .user_project import UserProject, new_shop

Copy = Callable[[UserProject], UserProject]
FORECASTS = """
    select customer_id, horizon_days, purchase_probability, expected_units, expected_revenue from customer_forecasts
    order by customer_id, horizon_days"""
WHO_SPOKE = """
    select '{table}', predictor, count(*) > 0 from {table} where predictor <> 'baseline' group by all"""


@pytest.fixture(scope="module")
def started(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> tuple[UserProject, str]:
    """A shop served by the pre-trained network, and what the command printed."""
    project = copied(built_shop, tmp_path_factory.mktemp("started"))
    printed = project.demand("pretrained", "--promote").stdout
    project.rebuild()
    return project, printed


def test_every_table_says_that_it_was_pretrained(started: tuple[UserProject, str]) -> None:
    project, printed = started
    for table in ("customer_forecasts", "pred_customer_ledger", "prediction_errors", "forecast_accuracy", "model_versions"):
        assert project.query(WHO_SPOKE.format(table=table)) == [(table, "pretrained", True)]
    assert project.query("select distinct predictor from customer_forecasts") == [("pretrained",)]
    ((version,),) = project.query("select model_version from model_versions where is_champion")
    assert version in printed and version.startswith("customer_demand-pretrained-") and "promoted" in printed
    assert "pretrained" in project.demand("report").stdout


def test_its_forecasts_are_probabilities_that_never_fall(started: tuple[UserProject, str]) -> None:
    project = started[0]
    assert project.query("""
        select min(purchase_probability) > 0, max(purchase_probability) <= 1, count(distinct purchase_probability) > 30,
            min(expected_units) > 0, min(expected_revenue) > 0 from customer_forecasts""") == [(True,) * 5]
    falls = """
        select count(*) from (select purchase_probability < lag(purchase_probability) over (
            partition by customer_id order by horizon_days) as falls from customer_forecasts) where falls"""
    assert project.query(falls) == [(0,)]


def test_it_is_judged_on_days_of_which_it_knows_nothing(started: tuple[UserProject, str], copy_of: Copy) -> None:
    """Amounts of test days ten times as high change no version; those of days before the first cut do."""
    project = copy_of(started[0])
    judged = """
        select min(as_of_date) >= any_value(trained_through_date)
        from prediction_errors join model_versions using (model_version)"""
    assert project.query(judged) == [(True,)]
    ((first, through),) = project.query("select fitted_through_date, trained_through_date from model_versions")
    for day, versions in ((through, 1), (first, 1), (first - timedelta(days=5), 2)):
        project.execute(f"update shop.clicks set money = money * 10 where clicked_at::date >= '{day}'")
        project.rebuild("lbl_training_examples", "customer_forecasts")
        project.demand("pretrained")
        found = project.query("select model_version, data_fingerprint from model_registry")
        assert len(found) == versions, (day, found)


def test_it_is_due_when_a_customer_is_erased_from_the_days_that_fitted_it(started: tuple[UserProject, str]) -> None:
    warehouse = find_warehouse(started[0].folder, started[0].folder, None)
    ((version, through),) = started[0].query("select model_version, trained_through_date from model_versions")
    with warehouse.visit() as connection:
        assert taught_versions(connection, warehouse.relations, through) == [version]
        assert taught_versions(connection, warehouse.relations, through + timedelta(days=1)) == []


def test_dearer_goods_change_revenue_alone(started: tuple[UserProject, str], built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    project.execute("update shop.clicks set money = money * 100")
    project.rebuild("lbl_training_examples", "customer_forecasts")
    project.demand("pretrained", "--promote")
    project.rebuild("customer_forecasts")
    for cheap, dear in zip(started[0].query(FORECASTS), project.query(FORECASTS), strict=True):
        assert dear[:4] == pytest.approx(cheap[:4], abs=2e-6)
        assert float(dear[4]) == pytest.approx(100 * float(cheap[4]), rel=1e-4)


def test_a_shop_of_a_few_days_gets_forecasts(tmp_path: Any) -> None:
    """Nothing can be trained yet: no day lies before the test days, and the price is that of all days so far."""
    project = new_shop(tmp_path, test_days=42, validation_days=28)
    project.execute("delete from shop.clicks where clicked_at::date > '2025-01-26'")
    project.rebuild("data_readiness", "customer_forecasts", "lbl_training_examples", "seq_customer_inputs")
    assert "no origin is left" in project.demand("train", check=False).stderr
    printed = project.demand("pretrained").stdout
    assert "promoted: pre-trained, and no version served" in printed
    project.rebuild("customer_forecasts", "model_versions")
    assert project.query("select distinct predictor from customer_forecasts") == [("pretrained",)]
    assert project.query(
        "select model_versions.trained_through_date = latest_origin_date from model_versions, seq_cut_dates"
    ) == [(True,)]
    assert project.query("select count(*) from pred_customer_ledger where purpose = 'backtest' and predictor = 'pretrained'") == [
        (0,)
    ]


def test_fine_tuning_from_it_teaches_all_days_and_gives_a_model(started: tuple[UserProject, str], copy_of: Copy) -> None:
    project = copy_of(started[0])
    ((parent,),) = project.query("select model_version from model_registry")
    project.demand("finetune", "--epochs", "2", "--promote")
    rows = project.query(
        "select predictor, parent_version, hyper_parameters from model_registry where parent_version is not null"
    )
    ((predictor, of_parent, choices),) = rows
    assert (predictor, of_parent) == ("model", parent)
    assert json.loads(choices)["recent_days"] == FIRST_FINETUNING["recent_days"] > FINETUNING["recent_days"]
    project.rebuild("customer_forecasts", "forecast_accuracy")
    assert project.query("select distinct predictor from customer_forecasts") == [("model",)]
    said = project.query("select distinct predictor from forecast_accuracy order by 1")
    assert said == [("baseline",), ("model",), ("pretrained",)]


def test_a_build_of_other_features_is_refused_and_nothing_is_written(
    built_shop: UserProject, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_of(built_shop)
    monkeypatch.setattr(pretrained_start, "read_artefact", lambda: replace(read_artefact(), feature_set="0"))
    with pytest.raises(FeatureMismatch, match="reads feature set 0"):
        register_pretrained(find_warehouse(project.folder, project.folder, None), True)
    assert project.query("select count(*) from model_registry") == [(0,)]


@pytest.mark.parametrize(
    ("ours", "serving", "is_wanted", "may_serve"),
    [
        (0.1, None, False, True),
        (None, None, False, True),  # no validation days
        (0.3, None, False, False),
        (0.3, None, True, True),
        (0.1, "another", False, False),
        (0.1, "baseline", False, False),  # chosen by hand
    ],
)
def test_it_serves_where_no_version_does_and_the_baseline_is_not_known_to_be_better(
    ours: float | None, serving: str | None, is_wanted: bool, may_serve: bool
) -> None:
    tables = [[Figures(1, 100, value, 0.5, 0.1, 0.1)] for value in (ours, 0.2)] if ours else [[], []]
    assert (promotion_reason(Judged(*tables), serving, is_wanted) is not None) == may_serve
