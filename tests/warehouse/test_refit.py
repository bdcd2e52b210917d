"""A version that was trained again on all days serves; the version that it repeats answers for test days."""

from __future__ import annotations

import pytest

from .conftest import copied
from .user_project import UserProject


@pytest.fixture(scope="module")
def refitted(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop whose champion is a refit, after the build that follows."""
    project = copied(built_shop, tmp_path_factory.mktemp("refitted"))
    project.demand("train", "--epochs", "2", "--refit", "--promote")
    project.rebuild()
    return project


def test_both_versions_are_registered_and_linked(refitted: UserProject) -> None:
    rows = refitted.query("""
        select is_champion, evaluated_version, versions.trained_through_date = latest_origin_date, training_rows
        from model_versions as versions cross join seq_cut_dates order by is_champion""")
    (evaluated,) = refitted.query("select model_version from model_versions where not is_champion")
    assert [row[:3] for row in rows] == [(False, None, False), (True, evaluated[0], True)]
    before_latest = refitted.query("select count(*) from seq_origins where role <> 'latest'")
    assert rows[0][3] < rows[1][3] and before_latest == [(rows[1][3],)]


def test_the_refit_serves_and_the_evaluated_version_is_back_tested(refitted: UserProject) -> None:
    said = refitted.query("""
        select purpose, is_champion, count(*) > 0 from pred_customer_ledger
        inner join model_versions using (model_version) group by all order by all""")
    assert said == [("backtest", False, True), ("served", True, True)]
    assert refitted.query("select distinct is_champion from customer_forecasts join model_versions using (model_version)") == [
        (True,)
    ]
    judged = "select distinct is_champion from prediction_errors join model_versions using (model_version)"
    assert refitted.query(judged) == [(False,)]


def test_the_report_shows_the_figures_of_the_evaluated_version(refitted: UserProject) -> None:
    ((value,),) = refitted.query("""
        select value from forecast_accuracy where predictor = 'model' and metric = 'auroc' and horizon_days = 1""")
    assert f"{value:.4f}" in refitted.demand("report").stdout


def test_a_second_build_asks_for_nothing(refitted: UserProject, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = copied(refitted, tmp_path_factory.mktemp("again"))
    rows = project.query("select count(*) from pred_customer_ledger")
    project.rebuild()
    assert project.query("select count(*) from pred_customer_requests") == [(0,)]
    assert project.query("select count(*) from pred_customer_ledger") == rows


def test_pruning_keeps_what_a_kept_refit_is_judged_by(refitted: UserProject, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = copied(refitted, tmp_path_factory.mktemp("pruned"))
    project.execute("delete from main_demand.model_promotions")  # nothing serves: the newest version stays, which is the refit
    assert "0 networks" in project.demand("prune", "--keep", "1").stdout


def test_fine_tuning_a_refit_starts_from_the_version_that_has_not_seen_the_test_days(
    refitted: UserProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = copied(refitted, tmp_path_factory.mktemp("tuned"))
    (evaluated,) = project.query("select evaluated_version from model_versions where is_champion")
    said = project.demand("finetune", "--epochs", "6", "--learning-rate", "0.01", "--promote").stdout
    tuned = project.query("select parent_version, evaluated_version from model_registry where parent_version is not null")
    assert tuned == [(evaluated[0], None)] and evaluated[0] in said
    reasons = project.query("select reason from model_promotions order by promotion_number")
    assert reasons == [("demand train --promote",), ("demand finetune --promote",)]
    project.rebuild()
    assert project.query("""
        select count(*) > 0 from prediction_errors join model_versions using (model_version)
        where parent_version is not null and as_of_date >= trained_through_date and purpose = 'backtest'""") == [(True,)]


def test_a_version_that_knows_the_days_that_would_judge_it_is_no_start(
    refitted: UserProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = copied(refitted, tmp_path_factory.mktemp("earlier"))
    project.settings |= {"test_days": 40}
    project.write().rebuild()
    result = project.demand("finetune", "--epochs", "1", check=False)
    assert result.returncode == 1 and "knows the days that would judge it" in result.stderr


@pytest.fixture(scope="module")
def refitted_products(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop whose champion of product demand is a refit, after the build that follows."""
    project = copied(built_shop, tmp_path_factory.mktemp("products"))
    project.demand("train", "--task", "product_demand", "--epochs", "2", "--refit", "--promote")
    project.rebuild("product_forecasts", "err_product_demand", "model_versions")
    return project


def test_a_refit_of_products_has_learnt_from_all_days(refitted_products: UserProject) -> None:
    rows = refitted_products.query("""
        select is_champion, evaluated_version, versions.trained_through_date = latest_origin_date, training_rows
        from model_versions as versions cross join seq_cut_dates order by is_champion""")
    (evaluated,) = refitted_products.query("select model_version from model_versions where not is_champion")
    assert [row[:3] for row in rows] == [(False, None, False), (True, evaluated[0], True)]
    before_latest = refitted_products.query("select count(*) from seq_product_origins where role <> 'latest'")
    assert rows[0][3] < rows[1][3] and before_latest == [(rows[1][3],)]


def test_a_refit_of_products_serves_and_is_judged_by_its_evaluated_version(refitted_products: UserProject) -> None:
    said = refitted_products.query("""
        select purpose, is_champion, count(*) > 0 from pred_product_ledger
        inner join model_versions using (model_version) group by all order by all""")
    assert said == [("backtest", False, True), ("served", True, True)]
    served = "select distinct is_champion from product_forecasts join model_versions using (model_version)"
    assert refitted_products.query(served) == [(True,)]
    judged = "select distinct is_champion from err_product_demand join model_versions using (model_version)"
    assert refitted_products.query(judged) == [(False,)]


def test_examples_of_a_refit_see_every_day_through_the_latest(refitted_products: UserProject) -> None:
    """Those of a training end at the cuts; those of its refit with the latest origin."""
    seen = """
        select max(as_of_date + observed_days) = any_value(latest_origin_date), max(as_of_date) < any_value(latest_origin_date)
        from {} cross join seq_cut_dates"""
    assert refitted_products.query(seen.format("lbl_product_refit_examples")) == [(True, True)]
    assert refitted_products.query(seen.format("lbl_product_examples")) == [(False, True)]
