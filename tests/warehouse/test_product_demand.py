"""What products will be wanted: counts from the raw rows, the baseline's numbers, and the tables that are published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from demand_forecast.model import OUTPUTS_OF

from .conftest import copied
from .user_project import UserProject


def test_units_of_a_product_are_the_raw_rows_units(built_shop: UserProject) -> None:
    expected = """
        select 'P' || any_value(substr(item, 2)), clicked_at::date, sum(pieces), count(distinct who), sum(money)
        from shop.clicks where what = 'buy' group by item, clicked_at::date order by all"""
    found = """
        select product_id, event_date, purchased_units, buyer_count, purchased_amount
        from seq_product_days where purchase_count > 0 order by all"""
    rows = built_shop.query(found)
    assert len(rows) > 500
    assert [tuple(map(str, row[:2])) + tuple(map(float, row[2:])) for row in rows] == [
        tuple(map(str, row[:2])) + tuple(map(float, row[2:])) for row in built_shop.query(expected)
    ]


def test_each_product_has_every_target_day_and_lead_time(built_shop: UserProject) -> None:
    days = """
        select count(*), count(distinct (product_id, forecast_date)), min(forecast_date) - min(as_of_date)
        from product_forecasts"""
    assert built_shop.query(days) == [(600, 600, 1)]  # 20 products, 30 days
    lead_times = "select count(*), count(distinct lead_days), count(distinct level) from product_lead_time_demand"
    assert built_shop.query(lead_times) == [(20 * 30 * 6, 30, 6)]


def test_quantiles_are_whole_numbers_around_the_mean(built_shop: UserProject) -> None:
    wrong = """
        select count(*) filter (where units_p10 > units_p50 or units_p50 > units_p90 or units_p90 > units_p95),
            count(*) filter (where units_p90 <> round(units_p90)), count(*) filter (where units_p95 > expected_units)
        from product_forecasts"""
    crossed, broken, above = built_shop.query(wrong)[0]
    assert (crossed, broken) == (0, 0) and above > 300


def test_what_came_true_is_the_raw_rows_units(built_shop: UserProject) -> None:
    """Every closed window of a week, zeros included, against sums of the raw rows."""
    wrong, rows, zeros = built_shop.query("""
        with judged as (
            select any_value(actual_units) as found, coalesce(sum(clicks.pieces), 0) as expected
            from err_product_demand as errors
            left join shop.clicks as clicks
                on clicks.item = errors.product_id and clicks.what = 'buy'
                    and clicks.clicked_at::date between errors.as_of_date + 1 and errors.as_of_date + 7
            where horizon_days = 7 group by errors.product_id, errors.as_of_date)
        select count(*) filter (where found <> expected), count(*), count(*) filter (where expected = 0) from judged""")[0]
    assert (wrong, rows) == (0, 20 * 14) and zeros > 0


def test_the_ledger_has_what_a_network_of_products_answers(built_shop: UserProject) -> None:
    """SQL and the scoring package each list the outputs; they must be the same."""
    columns = {name for (name,) in built_shop.query("select column_name from (describe pred_product_ledger)")}
    assert set(OUTPUTS_OF["product_demand"]) == {
        name for name in columns if name.startswith(("units_", "cumulative_")) or name == "expected_units"
    }


@pytest.fixture(scope="module")
def served_shop(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop whose products a network of its own forecasts."""
    project = copied(built_shop, tmp_path_factory.mktemp("products"))
    project.demand("train", "--task", "product_demand", "--epochs", "3", "--promote")
    project.dbt("run")
    return project


def test_a_trained_network_serves_products_and_leaves_customers_alone(served_shop: UserProject) -> None:
    assert served_shop.query("select distinct predictor, provider from product_forecasts") == [("model", "CPU")]
    assert served_shop.query("select distinct predictor from customer_forecasts") == [("baseline",)]
    assert served_shop.query("select task, hyper_parameters ->> 'members' from model_registry") == [("product_demand", "4")]
    judged = "select distinct predictor, purpose from err_product_demand order by 1"
    assert served_shop.query(judged) == [("baseline", "backtest"), ("model", "backtest")]


def test_status_shows_what_judges_a_network_of_products(served_shop: UserProject) -> None:
    ((metrics,),) = served_shop.query("select validation_metrics from model_registry")
    uncalibrated, model, baseline = (json.loads(metrics)[side] for side in ("uncalibrated", "model", "baseline"))
    told = served_shop.demand("status").stdout
    assert re.search(rf" wape +{model[0]['wape']:.4f} +{baseline[0]['wape']:.4f}$", told, re.MULTILINE), told
    for ours, theirs in zip(uncalibrated, baseline, strict=True):
        name = f"deviance within {ours['horizon_days']} days, uncalibrated"
        is_told = bool(re.search(rf" {name} +{ours['deviance'] or 0:.4f} +{theirs['deviance'] or 0:.4f}$", told, re.MULTILINE))
        assert is_told == (ours["deviance"] is not None), told


def test_a_product_is_asked_anew_when_its_category_has_moved(built_shop: UserProject, tmp_path: Path) -> None:
    """A late view of another product does not move the category, hundreds of its pieces do."""
    project = copied(built_shop, tmp_path / "copy")
    asked = "select count(*) from pred_product_requests where purpose = 'served'"
    for what, pieces, products in (("view", 1, 1), ("buy", 500, 20)):
        project.execute(f"""
            insert into shop.clicks by name
            select * replace (id + 600000 + {pieces} as id, clicked_at - interval 3 day as clicked_at, {pieces} as pieces)
            from shop.clicks where what = '{what}' order by clicked_at desc limit 1""")
        project.build("-s", "stg_event_days+", "--exclude", "resource_type:test")
        assert project.query(asked) == [(products,)]


def test_a_rollback_of_products_is_of_products(served_shop: UserProject, copy_of: Callable[[UserProject], UserProject]) -> None:
    project = copy_of(served_shop)
    refused = project.demand("rollback", check=False)
    assert refused.returncode == 1 and "no version of customer_demand" in refused.stderr
    project.demand("promote", "baseline", "--task", "product_demand")
    project.build("-s", "pred_product_champion+")
    assert project.query("select distinct predictor from product_forecasts") == [("baseline",)]
    told = project.demand("doctor", check=False).stdout
    assert re.search(r"warning +champion of product_demand +none, the baseline serves: 1 versions are registered", told)
    project.demand("rollback", "--task", "product_demand")
    assert "champion of product_demand: product_demand-lstm" in project.demand("status").stdout


def test_the_doctor_asks_the_network_of_products_for_its_stored_rows(
    served_shop: UserProject, copy_of: Callable[[UserProject], UserProject]
) -> None:
    project = copy_of(served_shop)
    told = project.demand("doctor", check=False).stdout
    assert re.search(r"ok +champion of product_demand +product_demand-lstm\S+, and it answers its stored rows", told)
    assert "champion of recommendation" not in told
    project.execute("update main_demand.model_registry set onnx_bytes = 'damaged'::blob")
    told = project.demand("doctor", check=False).stdout
    assert re.search(r"error +champion of product_demand .*demand rollback --task product_demand", told)


def test_options_of_another_task_are_refused(served_shop: UserProject) -> None:
    refused = served_shop.demand("train", "--task", "product_demand", "--resume", "logs", check=False)
    assert refused.returncode == 1 and "--resume is of customer_demand: leave it out for product_demand" in refused.stderr
    refused = served_shop.demand("train", "--task", "recommendation", "--refit", check=False)
    assert refused.returncode == 1 and "--refit is of customer_demand and product_demand" in refused.stderr
    refused = served_shop.demand("train", "--members", "2", check=False)
    assert refused.returncode == 1 and "--members is of product_demand" in refused.stderr
    refused = served_shop.demand("train", "--task", "recommendation", "--architecture", "gru", check=False)
    assert refused.returncode == 1 and "leave it out for recommendation" in refused.stderr


def test_a_version_of_products_is_reproduced(served_shop: UserProject) -> None:
    ((version,),) = served_shop.query("select model_version from model_registry")
    assert "the same bytes" in served_shop.demand("reproduce", version).stdout
