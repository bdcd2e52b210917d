"""Health: silent while nothing changes, loud when customers do; and what `demand improve` does about it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import duckdb
import pytest
from demand_forecast.model import load_model
from demand_forecast_training.improvement import workflow
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.shuffled import shuffled_outcomes

from .conftest import copied
from .killed import FORKS
from .user_project import UserProject, child_environment

CUSTOMERS = "where task = 'customer_demand'"
CHAMPION = "select model_version from model_promotions order by promotion_number desc limit 1"


@pytest.fixture(scope="module")
def drifted(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop whose customers buy on every second day from ten days before the end on."""
    project = copied(trained_shop, tmp_path_factory.mktemp("drifted"))
    project.execute("""
        insert into shop.clicks
        with days as (select max(clicked_at)::date - i::integer as day from shop.clicks, range(10) as t(i) group by i)
        select 970000 + row_number() over (order by who, day), who, day + interval 12 hour, 'buy', 'P1', 2, 19
        from (select distinct who from shop.clicks), days where hash(who, day) % 2 = 0""")
    project.rebuild()
    return project


@pytest.fixture(scope="module")
def improved(drifted: UserProject, tmp_path_factory: pytest.TempPathFactory) -> tuple[UserProject, str]:
    """The same shop after `demand improve`, and what the command said."""
    project = copied(drifted, tmp_path_factory.mktemp("improved"))
    return project, project.demand("improve").stdout


def test_health_says_retrain_after_a_drift_and_not_before(trained_shop: UserProject, drifted: UserProject) -> None:
    ((before, sums, since),) = trained_shop.query(
        f"select status, greatest(too_low, too_high, too_lossy), changed_since_date from model_health {CUSTOMERS}"
    )
    assert before != "retrain" and sums < 8 and since is None
    ((after, reasons, too_low, too_high, days),) = drifted.query(
        f"select status, reasons, too_low, too_high, as_of_date - changed_since_date from model_health {CUSTOMERS}"
    )
    assert (after, too_low > 8, too_high) == ("retrain", True, 0.0)
    assert "too low for too many days" in reasons and 8 <= days <= 10


def test_so_few_customers_have_no_index_and_the_mean_is_counted(trained_shop: UserProject) -> None:
    """Chance alone would move the features of 60 customers."""
    rows = trained_shop.query("""
        select drift.old_mean, avg(contexts.purchase_day_rate_30d)
        from err_feature_drift as drift, seq_customer_contexts as contexts
        join seq_origins as origins using (customer_id, as_of_date)
        where drift.feature = 'purchase_day_rate_30d' and origins.role = 'train' group by 1""")
    assert len(rows) == 1 and abs(rows[0][0] / rows[0][1] - 1) < 0.03  # 5,000 of somewhat more training origins
    ((indexes, features),) = trained_shop.query("select count(stability_index), count(*) from err_feature_drift")
    assert indexes == 0 and features > 30
    assert trained_shop.query(f"select drifted_feature, stability_index from model_health {CUSTOMERS}") == [(None, None)]


def test_a_level_that_is_off_is_moved_judged_on_unseen_days_and_served(improved: tuple[UserProject, str]) -> None:
    project, said = improved
    ((champion, challenger, action, gain, lower, is_promoted, refit, by),) = project.query("""
        select champion_version, challenger_version, action, gain, gain_lower, is_promoted, refit_version, decided_by
        from model_challenges""")
    assert (action, is_promoted) == ("intercept", True) and 0 < lower < gain and by
    assert project.query(CHAMPION) == [(refit,)] and f"promoted {refit}" in said
    assert project.query(f"select parent_version, evaluated_version from model_registry where model_version = '{refit}'") == [
        (champion, challenger)
    ]


def test_the_gate_judges_on_days_that_neither_has_learnt_from(improved: tuple[UserProject, str]) -> None:
    project, _ = improved
    ((rows, early, late),) = project.query("""
        select count(*), count(*) filter (days.as_of_date < registry.trained_through_date),
            count(*) filter (days.as_of_date + days.day > (select latest_origin_date from seq_cut_dates))
        from err_shadow_days as days
        cross join model_challenges as challenges
        join model_registry as registry on registry.model_version in (champion_version, challenger_version)""")
    assert rows > 100 and (early, late) == (0, 0)
    counts = project.query("select model_version, count(*), sum(has_purchased::int) from err_shadow_days group by 1 order by 1")
    assert len(counts) == 2 and counts[0][1:] == counts[1][1:]


def test_the_gates_days_are_those_of_the_challengers_examples(improved: tuple[UserProject, str]) -> None:
    """Either way: what the gate judges, and when each customer bought first, is what the examples of role gate say."""
    project, _ = improved
    ((judged, missing, unknown),) = project.query("""
        with examples as (
            select customer_id, as_of_date, observed_days, coalesce(purchases[1].day, observed_days + 1) as first_day
            from lbl_challenger_examples where role = 'gate'
        ),
        expected as (
            select customer_id, as_of_date, days.day, days.day = first_day as has_purchased
            from examples cross join (select unnest([1, 2, 3])::integer as day) as days
            where days.day <= least(observed_days, first_day)
        ),
        found as (select distinct customer_id, as_of_date, day, has_purchased from err_shadow_days)
        select (select count(*) from found), (select count(*) from (from expected except from found)),
            (select count(*) from (from found except from expected))""")
    assert judged > 50 and (missing, unknown) == (0, 0)


def test_a_challenger_is_reproduced_as_every_version_is(improved: tuple[UserProject, str]) -> None:
    project, _ = improved
    ((refit, challenger),) = project.query("select refit_version, challenger_version from model_challenges")
    said = project.demand("reproduce", refit).stdout
    assert f"{refit} has the figures of {challenger}" in said and "the same bytes" in said


def test_a_challenger_whose_parent_was_pruned_is_not_reproduced(improved: tuple[UserProject, str], tmp_path: Path) -> None:
    project = copied(improved[0], tmp_path / "copy")
    ((challenger, parent),) = project.query("""
        select model_version, parent_version from model_registry
        where model_version in (select challenger_version from model_challenges)""")
    project.execute(
        f"update main_demand.model_registry set onnx_bytes = null, weights_bytes = null where model_version = '{parent}'"
    )
    result = project.demand("reproduce", challenger, check=False)
    assert result.returncode == 1 and f"{challenger} went on from {parent}, whose network was pruned" in result.stderr


def test_a_second_run_waits_for_a_build(improved: tuple[UserProject, str]) -> None:
    result = improved[0].demand("improve", check=False)
    assert result.returncode == 1 and "serves since the last build" in result.stderr


@pytest.mark.parametrize("action", ["finetune", "train"])
def test_an_action_by_hand_is_judged_and_refitted_alike(drifted: UserProject, tmp_path: Path, action: str) -> None:
    project = copied(drifted, tmp_path / "copy")
    warehouse = find_warehouse(project.folder, project.folder, None)
    serving = workflow.improve(warehouse, {"epochs": 1}, action, 1, tmp_path / "logs")
    assert project.query(CHAMPION) == [(serving,)] and are_whole(project)
    assert project.query(f"""
        select action, is_promoted, refit.trained_through_date = latest_origin_date,
            gate_from_date = challenger.trained_through_date
        from model_challenges, seq_cut_dates, model_registry as refit, model_registry as challenger
        where refit.model_version = '{serving}' and challenger.model_version = refit.evaluated_version""") == [
        (action, True, True, True)
    ]


@pytest.mark.keeps("bad retraining")
def test_a_challenger_of_shuffled_outcomes_is_refused(
    trained_shop: UserProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copied(trained_shop, tmp_path / "copy")
    read = workflow.read_examples
    monkeypatch.setattr(workflow, "read_examples", lambda *arguments: shuffled_outcomes(read(*arguments)))
    before = project.query(CHAMPION)
    warehouse = find_warehouse(project.folder, project.folder, None)
    assert workflow.improve(warehouse, {"epochs": 2}, "train", 1, tmp_path / "logs") is None
    assert project.query(CHAMPION) == before
    assert project.query("select action, is_promoted, refit_version from model_challenges") == [("train", False, None)]
    assert project.query("select count(*) from model_registry") == [(2,)]


@pytest.mark.keeps("kill -9 in improve")
def test_a_run_that_is_killed_after_any_step_leaves_a_whole_champion_and_the_next_ends_as_one_that_was_not(
    drifted: UserProject, improved: tuple[UserProject, str], tmp_path: Path
) -> None:
    project = copied(drifted, tmp_path / "copy")
    serving = project.query(CHAMPION)
    for step in workflow.STEPS[:-1]:
        assert stopped_after(project, step) == 9, step
        assert project.query(CHAMPION) == serving and are_whole(project), step
        assert project.query("select count(*) from model_challenges") == [(0,)]
    assert stopped_after(project, workflow.STEPS[-1]) == 9 and are_whole(project)
    for table in ("model_challenges", "model_registry", "model_promotions"):
        columns = "* exclude (decided_at)" if table == "model_challenges" else "model_version"
        assert project.query(f"select {columns} from {table} order by all") == improved[0].query(
            f"select {columns} from {table} order by all"
        )


def stopped_after(project: UserProject, step: str) -> int | None:
    """Exit status of an improvement that ends at once after a step, as if it had been killed."""
    process = FORKS.Process(target=improve_until, args=(project.folder, step))
    process.start()
    process.join()
    return process.exitcode


def improve_until(folder: Path, step: str) -> None:
    def leave(name: str) -> None:
        if name == step:
            os._exit(9)

    os.environ.update(child_environment())
    with contextlib.chdir(folder):
        workflow.improve(find_warehouse(folder, folder, None), {}, None, 1, folder / "logs", leave)


def are_whole(project: UserProject) -> bool:
    """Whether every registered version loads and answers its golden rows."""
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        rows = con.sql("select * from main_demand.model_registry").to_arrow_table().to_pylist()
    return all(load_model(row).model_version == row["model_version"] for row in rows)
