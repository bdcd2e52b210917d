"""The `demand` command as a user types it: train, promote, roll back, look and export."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import duckdb
import onnxruntime as ort
import pytest
from demand_forecast_training.customers import training, workflow
from demand_forecast_training.customers.figures import Figures
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.errors import FileRefused, NotReproduced, UnknownVersion
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.publishing.output_files import output_path
from demand_forecast_training.reproducing import compared
from demand_forecast_training.warehouse import registry
from demand_forecast_training.warehouse.connection import find_warehouse
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

from .conftest import copied
from .test_first_build import changed_rows, snapshot
from .user_project import DEMAND, UserProject

Copy = Callable[[UserProject], UserProject]


def versions(project: UserProject) -> list[str]:
    """Registered versions, oldest first."""
    return [version for (version,) in project.query("select model_version from model_registry order by trained_at")]


def promotions(project: UserProject) -> list[tuple[Any, ...]]:
    return project.query("select model_version, action from model_promotions order by promotion_number")


@pytest.fixture(scope="module")
def two_versions(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> tuple[UserProject, str, str, str]:
    """A shop with a second version of another seed; the two versions, and what the command printed."""
    project = copied(trained_shop, tmp_path_factory.mktemp("two_versions"))
    said = project.demand("train", "--epochs", "1", "--seed", "7").stdout
    first, second = versions(project)
    return project, first, second, said


@pytest.fixture(scope="module")
def promoted(two_versions: tuple[UserProject, str, str, str], tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The second version serves; the tables as they were under the first are in the schema `shop`."""
    project = copied(two_versions[0], tmp_path_factory.mktemp("promoted"))
    snapshot(project, ("customer_forecasts",))
    project.demand("promote", two_versions[2], "--reason", "a try")
    project.rebuild("customer_forecasts", "model_versions", "forecast_accuracy")
    return project


@pytest.fixture(scope="module")
def rolled_back(promoted: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The first version serves again; the ledger as it was under the second is in the schema `shop`."""
    project = copied(promoted, tmp_path_factory.mktemp("rolled_back"))
    snapshot(project, ("pred_customer_ledger",))
    project.demand("rollback")
    project.rebuild("customer_forecasts", "model_versions")
    return project


# --- train ----------------------------------------------------------------------------------------------------------


def test_a_version_is_reproduced_from_its_registry_row(trained_shop: UserProject) -> None:
    (version,) = versions(trained_shop)
    said = trained_shop.demand("reproduce", version).stdout
    assert f"{version}: validation loss" in said and "the same bytes" in said


def test_a_version_of_other_examples_is_not_reproduced(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    (version,) = versions(project)
    project.execute("update main_demand.model_registry set data_fingerprint = '1-1'")
    result = project.demand("reproduce", version, check=False)
    assert result.returncode == 1 and "was trained on other examples" in result.stderr
    assert "trained_through_date: 20" in result.stderr


def test_a_loss_that_is_off_is_told(trained_shop: UserProject) -> None:
    row = {"model_version": "v", "package_version": "0.0.1", "onnx_sha256": "a", "validation_metrics": '{"validation_loss": 0.5}'}
    near, far = (row | {"onnx_sha256": "b", "validation_metrics": f'{{"validation_loss": {loss}}}'} for loss in (0.5009, 0.5011))
    assert "other bytes" in compared(row, near)
    with pytest.raises(NotReproduced, match="trained by version"):
        compared(row, far)


def test_old_networks_are_pruned_but_none_that_may_serve(two_versions: tuple[UserProject, str, str, str], copy_of: Copy) -> None:
    project, first, second = copy_of(two_versions[0]), *two_versions[1:3]
    rows = "select model_version, onnx_bytes is null from model_registry order by trained_at"
    assert "0 networks" in project.demand("prune", "--keep", "1").stdout  # the one serves, the other is the newest
    project.demand("promote", second)
    project.execute("update main_demand.model_registry set trained_at = trained_at + interval 1 day where seed = 0")
    assert "0 networks" in project.demand("prune", "--keep", "1").stdout  # the one serves, a roll-back would need the other
    project.demand("rollback")
    said = project.demand("prune", "--keep", "1").stdout
    assert f"pruned {second}" in said and "1 networks" in said and project.query(rows) == [(second, True), (first, False)]
    result = project.demand("promote", second, check=False)
    assert result.returncode == 1 and "was pruned" in result.stderr
    result = project.demand("finetune", "--version", second, check=False)
    assert result.returncode == 1 and "was pruned" in result.stderr
    assert project.demand("export", second, "old.onnx", check=False).returncode == 1


def test_another_seed_is_registered_but_does_not_serve(two_versions: tuple[UserProject, str, str, str]) -> None:
    project, first, second, said = two_versions
    assert f"registered {second}" in said and f"{first} still serves" in said and f"demand promote {second}" in said
    assert promotions(project) == [(first, "promote")]
    assert project.query("select model_version, seed from model_registry order by seed") == [(first, 0), (second, 7)]


def figures_of(log_loss: float | None) -> list[Figures]:
    return [Figures(1, 100, log_loss, 0.5, 0.1, 0.1)]


@pytest.mark.keeps("bad retraining")
@pytest.mark.parametrize(
    ("uncalibrated", "has_champion", "is_wanted", "may_serve"),
    [
        (0.1, False, False, True),
        (0.2, False, False, False),  # no better than the baseline
        (0.3, False, False, False),  # better after calibration on the same days only
        (None, False, False, False),
        (0.1, True, False, False),
        (0.3, True, True, True),
    ],
)
def test_a_version_serves_if_wanted_or_if_it_is_the_first_to_beat_the_baseline(
    uncalibrated: float | None, has_champion: bool, is_wanted: bool, may_serve: bool
) -> None:
    network = cast(Network, None)
    trained = Trained(network, HyperParameters(), 1, 1, 1.0, 0.0, figures_of(uncalibrated), figures_of(0.05), figures_of(0.2))
    assert (
        workflow.promotion_reason("demand train", has_champion, is_wanted, workflow.beats_baseline(trained)) is not None
    ) == may_serve


def test_training_draws_curves_for_tensorboard(trained_shop: UserProject) -> None:
    (file,) = trained_shop.folder.glob("logs/training/*/events.out.tfevents.*")
    curves = EventAccumulator(str(file)).Reload()
    assert {"loss_hazard/train", "loss_hazard/validation", "learning_rate"} <= set(curves.Tags()["scalars"])
    assert len(curves.Scalars("loss_hazard/validation")) == 3  # one for each epoch


def test_the_warehouse_is_free_while_training_runs(
    built_shop: UserProject, copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another process writes meanwhile. The version that we let come out equals the baseline, and so does not serve."""
    project = copy_of(built_shop)
    program = (
        f"import duckdb; duckdb.connect({str(project.warehouse)!r}).execute('create table shop.meanwhile as select 1 as one')"
    )

    def train_meanwhile(*arguments: Any) -> Trained:
        another = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert another.returncode == 0, another.stderr
        trained = training.train(*arguments)
        return replace(trained, uncalibrated=trained.baseline)

    monkeypatch.setattr(workflow, "train", train_meanwhile)
    monkeypatch.chdir(project.folder)
    warehouse = find_warehouse(project.folder, project.folder, None)
    version = workflow.train_and_register(warehouse, {"epochs": 1}, tmp_path / "curves", False)
    assert versions(project) == [version]
    assert project.query("select one from shop.meanwhile") == [(1,)]
    assert promotions(project) == []
    assert f"demand promote {version} insists" in capsys.readouterr().out


# --- promote and roll back ------------------------------------------------------------------------------------------


def test_a_promoted_version_serves_after_the_next_build(
    promoted: UserProject, two_versions: tuple[UserProject, str, str, str]
) -> None:
    _, first, second, _ = two_versions
    assert promoted.query("select distinct model_version from customer_forecasts") == [(second,)]
    ledger = (
        "select model_version, purpose, count(*) from pred_customer_ledger where predictor = 'model' group by all order by all"
    )
    assert promoted.query(ledger) == sorted(
        (version, *row) for version in (first, second) for row in (("backtest", 1200), ("served", 60))
    )
    assert changed_rows(promoted, "customer_forecasts") == 360
    champions = promoted.query("select model_version from model_versions where is_champion")
    assert champions == [(second,)]


def test_both_versions_are_judged_apart(promoted: UserProject, two_versions: tuple[UserProject, str, str, str]) -> None:
    _, first, second, _ = two_versions
    rows = promoted.query("""
        select model_version, count(distinct value), any_value(row_count) from forecast_accuracy
        where predictor = 'model' and purpose = 'backtest' and horizon_days = 1 and target = 'purchase' group by 1 order by 1""")
    assert [row[0] for row in rows] == sorted([first, second])
    assert [row[2] for row in rows] == [1200, 1200]


def test_a_rollback_restores_the_forecasts_without_scoring(
    rolled_back: UserProject, two_versions: tuple[UserProject, str, str, str]
) -> None:
    _, first, second, _ = two_versions
    assert rolled_back.query("select distinct model_version from customer_forecasts") == [(first,)]
    assert rolled_back.query("select count(*) from customer_forecasts") == [(180,)]
    assert changed_rows(rolled_back, "customer_forecasts") == 0
    assert changed_rows(rolled_back, "pred_customer_ledger") == 0
    assert promotions(rolled_back) == [(first, "promote"), (second, "promote"), (first, "rollback")]


def test_a_rollback_with_nothing_earlier_is_an_error(rolled_back: UserProject) -> None:
    before = promotions(rolled_back)
    result = rolled_back.demand("rollback", check=False)
    assert result.returncode == 1
    assert "no version of customer_demand served before" in result.stderr and "demand promote" in result.stderr
    assert "Traceback" not in result.stderr
    assert promotions(rolled_back) == before


def test_promoting_an_unknown_version_names_the_known_ones(two_versions: tuple[UserProject, str, str, str]) -> None:
    project, first, second, _ = two_versions
    result = project.demand("promote", "customer_demand-lstm-0", check=False)
    assert result.returncode == 1
    assert all(name in result.stderr for name in ("`customer_demand-lstm-0`", first, second))
    assert promotions(project) == [(first, "promote")]


def test_a_search_is_kept_in_a_file_and_its_best_trial_can_be_trained(trained_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(trained_shop)
    said = project.demand("tune", "--trials", "1", "--epochs", "1", "--hidden-units", "16").stdout
    file = project.folder / "logs" / "tuning.db"
    assert file.exists() and f"demand train --study {file}" in said
    project.demand("train", "--study", str(file), "--epochs", "1")
    newest = "select hyper_parameters::json->>'hidden_units' from model_registry order by trained_at desc limit 1"
    assert project.query(newest) == [("16",)]
    result = project.demand("train", "--resume", "logs", "--epochs", "2", check=False)
    assert result.returncode == 1 and "leave out the others" in result.stderr


def test_the_baseline_serves_again_where_it_is_promoted(trained_shop: UserProject, copy_of: Copy) -> None:
    """No champion row is marked, a second promotion changes nothing, and a rollback brings the version back."""
    project = copy_of(trained_shop)
    (version,) = versions(project)
    for _ in range(2):
        project.demand("promote", "baseline")
    assert promotions(project) == [(version, "promote"), ("baseline", "promote")]
    project.rebuild("customer_forecasts", "model_versions")
    assert project.query("select distinct predictor from customer_forecasts") == [("baseline",)]
    assert project.query("select is_champion from model_versions") == [(False,)]
    assert "champion of customer_demand: baseline" in project.demand("status").stdout
    project.demand("rollback")
    assert promotions(project)[-1] == (version, "rollback")


@pytest.mark.keeps("bad retraining")
def test_rollbacks_go_back_one_version_after_another() -> None:
    with duckdb.connect() as con:
        con.execute("""
            create table model_registry as select unnest(['a', 'b', 'c']) as model_version, 'customer_demand' as task,
                'x'::blob as onnx_bytes, unnest([now(), now(), now()]) as trained_at;
            create table model_promotions (promotion_number integer, task varchar, model_version varchar, action varchar,
                promoted_by varchar, reason varchar, promoted_at timestamp)""")
        relations = {name: name for name in ("model_registry", "model_promotions")}
        for version in ("a", "b", "c"):
            registry.promote(con, relations, version, "a test")
        assert [registry.roll_back(con, relations, "a test") for _ in range(2)] == ["b", "a"]
        with pytest.raises(UnknownVersion):
            registry.roll_back(con, relations, "a test")
        registry.promote(con, relations, "c", "a test")
        assert registry.roll_back(con, relations, "a test") == "a"
        numbers = con.execute("select promotion_number from model_promotions order by promotion_number").fetchall()
        assert [number for (number,) in numbers] == list(range(1, 8))


# --- look and export ------------------------------------------------------------------------------------------------


def test_status_marks_the_champion_among_the_versions(
    rolled_back: UserProject, promoted: UserProject, two_versions: tuple[UserProject, str, str, str]
) -> None:
    _, first, second, _ = two_versions
    for project, serving, other in ((rolled_back, first, second), (promoted, second, first)):
        lines = project.demand("status").stdout.splitlines()
        assert lines[0] == f"champion of customer_demand: {serving}"
        rows = {version: line for line in lines[1:] for version in (first, second) if version in line}
        assert rows[serving].startswith("serves ") and not rows[other].startswith("serves ")


def test_status_without_a_version_says_what_to_type(built_shop: UserProject) -> None:
    assert "none, the baseline serves (demand train)" in built_shop.demand("status").stdout


def test_status_outside_a_project_says_what_to_do(tmp_path: Path) -> None:
    result = subprocess.run([DEMAND, "status"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "no dbt_project.yml" in result.stderr and "--project-dir" in result.stderr
    assert "Traceback" not in result.stderr


def test_status_before_the_first_build_says_what_to_type(tmp_path: Path) -> None:
    result = UserProject(tmp_path).write().demand("status", check=False)
    assert result.returncode == 1
    assert "dbt build" in result.stderr and "Traceback" not in result.stderr


def test_an_exported_file_opens_and_has_the_registered_hash(trained_shop: UserProject, tmp_path: Path) -> None:
    (version,) = versions(trained_shop)
    trained_shop.demand("export", version, str(tmp_path / "model.onnx"))
    description = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    content = (tmp_path / "model.onnx").read_bytes()
    assert description["onnx_sha256"] == hashlib.sha256(content).hexdigest()
    assert (description["model_version"], description["architecture"]) == (version, "lstm")
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert {item.name for item in session.get_inputs()} == {"steps", "position", "context", "days"}
    features = json.loads(description["signature"])["context"]
    assert session.get_inputs()[2].shape[1] == len(features) > 50


def test_exporting_says_nothing_about_how_the_code_reads_the_warehouse(trained_shop: UserProject, tmp_path: Path) -> None:
    (version,) = versions(trained_shop)
    assert "UserWarning" not in trained_shop.demand("export", version, str(tmp_path / "model.onnx")).stderr


@pytest.mark.parametrize("path", ["model.json", "no_such_folder/model.onnx"])
def test_an_export_that_cannot_be_written_whole_is_refused(trained_shop: UserProject, tmp_path: Path, path: str) -> None:
    """The description would overwrite a network of the name model.json."""
    result = trained_shop.demand("export", versions(trained_shop)[0], str(tmp_path / path), check=False)
    assert result.returncode == 1
    assert "demand export:" in result.stderr and "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.keeps("path traversal")
def test_an_export_neither_goes_upwards_nor_writes_through_a_link(trained_shop: UserProject, tmp_path: Path) -> None:
    (tmp_path / "link.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    (tmp_path / "described.json").symlink_to(tmp_path / "elsewhere.json")
    before = sorted(tmp_path.iterdir())
    for path, named in (("link.onnx", "is a link"), ("described.onnx", "is a link"), ("x/../model.onnx", "goes upwards")):
        result = trained_shop.demand("export", versions(trained_shop)[0], f"{tmp_path}/{path}", check=False)
        assert result.returncode == 1 and named in result.stderr and "Traceback" not in result.stderr
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(FileRefused, match="null byte"):
        output_path(Path("model\0.onnx"))


def test_exporting_an_unknown_version_writes_nothing(trained_shop: UserProject, tmp_path: Path) -> None:
    result = trained_shop.demand("export", "nothing", str(tmp_path / "model.onnx"), check=False)
    assert result.returncode == 1 and versions(trained_shop)[0] in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def report(trained_shop: UserProject) -> str:
    return trained_shop.demand("report").stdout


def test_the_report_names_the_warehouse_and_who_speaks(report: str, trained_shop: UserProject) -> None:
    assert report.splitlines()[0] == f"warehouse: {trained_shop.warehouse}"
    assert "data_readiness:" not in report  # its data is ready
    (version,) = versions(trained_shop)
    buyers = trained_shop.query(
        "select sum(purchase_probability) from customer_forecasts group by horizon_days order by horizon_days"
    )
    for (total,), days in zip(buyers, ("1 days", "7 days", "30 days"), strict=True):
        (line,) = [line for line in report.splitlines() if version in line and f" {days} " in line]
        assert f"{total:,.4f}" in line


def test_the_report_lists_every_published_table_with_its_rows(report: str, trained_shop: UserProject) -> None:
    manifest = json.loads((trained_shop.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    marts = [node["name"] for node in manifest["nodes"].values() if node.get("path", "").startswith("marts/")]
    names = [name for name in marts if f"model.demand_forecast.{name}" in manifest["nodes"]]
    assert len(names) >= 7
    for name in names:
        count = trained_shop.query(f"select count(*) from {name}")[0][0]
        assert re.search(rf"main_demand\.{name} +{count:,}$", report, re.MULTILINE), name


def test_the_report_shows_the_figures_of_the_version_that_serves(report: str, trained_shop: UserProject) -> None:
    rows = trained_shop.query("""
        select horizon_days, target, metric, value, baseline_value, skill, row_count from forecast_accuracy
        where purpose = 'backtest' and predictor = 'model' and metric in ('log_loss', 'auroc', 'wape')""")
    assert len(rows) == 8  # two horizons; two metrics of purchases, one of units and one of revenue
    for horizon, target, metric, *figures, count in rows:
        cells = [f"{horizon} days", target, metric, *(f"{figure:,.4f}" for figure in figures), f"{count:,}"]
        assert re.search("^" + " +".join(map(re.escape, cells)) + "$", report, re.MULTILINE), cells


def test_the_three_queries_of_the_report_run(report: str, trained_shop: UserProject) -> None:
    queries = [query for query in report[report.index("\n-- ") :].split(";") if query.strip()]
    assert len(queries) == 3
    for query in queries:
        assert trained_shop.query(query), query
