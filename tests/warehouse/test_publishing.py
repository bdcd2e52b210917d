"""Readers see one finished run at a time, whole: through publishes, kills and runs that must not be shown."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from demand_forecast_training.errors import PublishRefused
from demand_forecast_training.publishing.dbt_process import run_dbt
from demand_forecast_training.publishing.files import DATABASE, sha256
from demand_forecast_training.publishing.finished_run import finished_run
from demand_forecast_training.publishing.watching import Watched, watch

from benchmarks.reading import READER

from .conftest import copied
from .published_shop import TABLES, publish_run, run_id, state_of, write_run
from .user_project import PACKAGE, UserProject


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(sql).fetchall()


# --- a real run -----------------------------------------------------------------------------------------------------


def test_every_public_mart_is_published_with_the_rows_of_the_warehouse(published: Path, trained_shop: UserProject) -> None:
    names = {name for (name,) in query(published / "forecast.duckdb", "select table_name from duckdb_tables()")}
    assert names >= {"customer_forecasts", "prediction_errors", "forecast_accuracy", "model_versions", "published_run"}
    for name in names - {"published_run"}:
        with duckdb.connect() as con:
            con.execute(f"attach '{trained_shop.warehouse}' as warehouse (read_only)")
            con.execute(f"attach '{published / 'forecast.duckdb'}' as ours (read_only)")
            both = f"from warehouse.main_demand.{name} except all from ours.{name}"
            assert con.execute(f"select count(*) from ({both})").fetchall() == [(0,)], name
            rows = con.execute(f"select count(*) from ours.{name}").fetchall()[0][0]
        assert pq.read_metadata(published / "current" / f"{name}.parquet").num_rows == rows, name


def test_the_manifest_says_which_run_of_which_data_and_models_it_is(published: Path, trained_shop: UserProject) -> None:
    manifest = json.loads((published / "current" / "manifest.json").read_text())
    results = json.loads((trained_shop.folder / "target" / "run_results.json").read_text())
    assert manifest["run_id"] == results["metadata"]["invocation_id"] == (published / "current").resolve().name
    cut_off, version = trained_shop.query("select max(as_of_date)::varchar, max(model_version) from customer_forecasts")[0]
    ((others,),) = trained_shop.query("select list(distinct model_version) from product_forecasts")
    assert (manifest["data_cut_off"], manifest["model_versions"]) == (cut_off, sorted([version, *others]))
    assert manifest["row_counts"]["customer_forecasts"] == 180 and manifest["package_version"] == "0.1.0"
    files = {path.name for path in (published / "current").iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == files and {"forecast.duckdb", "customer_forecasts.parquet"} <= files
    assert all(sha256(published / "current" / name) == file["sha256"] for name, file in manifest["files"].items())
    assert query(published / "forecast.duckdb", "select run_id, data_cut_off::varchar from published_run") == [
        (manifest["run_id"], cut_off)
    ]


def test_no_bytes_and_no_raw_rows_are_published(published: Path) -> None:
    columns = query(published / "forecast.duckdb", "select table_name, column_name, data_type from duckdb_columns()")
    assert len(columns) > 50
    assert [column for column in columns if column[2] == "BLOB" or column[0] == "rejected_events"] == []


@pytest.mark.keeps("reading at rest")
def test_only_the_owner_may_read_and_nobody_may_write(published: Path) -> None:
    files = list((published / "current").iterdir())
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o400"}
    assert oct((published / "current").resolve().stat().st_mode & 0o777) == oct(published.stat().st_mode & 0o777) == "0o700"


def test_the_format_is_the_one_that_older_drivers_open(published: Path) -> None:
    (tags,) = query(published / "forecast.duckdb", "select tags['storage_version'] from duckdb_databases() where not internal")[0]
    assert tags.startswith("v1.0.0")


# --- runs that are not shown ----------------------------------------------------------------------------------------


def edited(change: Callable[[dict[str, Any], dict[str, Any]], None], target: Path, folder: Path) -> Path:
    """Artefacts of a run with a change of manifest and results."""
    shutil.copytree(target, folder)
    manifest, results = (json.loads((folder / f"{name}.json").read_text()) for name in ("manifest", "run_results"))
    change(manifest, results)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "run_results.json").write_text(json.dumps(results))
    return folder


def without(part: str) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        results["results"] = [one for one in results["results"] if part not in one["unique_id"]]

    return change


def ended(part: str, status: str) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        found = [one for one in results["results"] if part in one["unique_id"]]
        assert found
        for one in found:
            one["status"] = status

    return change


def parsed_again(manifest: dict[str, Any], results: dict[str, Any]) -> None:
    manifest["metadata"]["invocation_id"] = run_id(7)


def no_test_enabled(manifest: dict[str, Any], results: dict[str, Any]) -> None:
    manifest["nodes"] = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] != "test"}


def not_a_uuid(manifest: dict[str, Any], results: dict[str, Any]) -> None:
    manifest["metadata"]["invocation_id"] = results["metadata"]["invocation_id"] = "../../elsewhere"


@pytest.mark.keeps("stale forecasts")
def test_the_published_file_says_how_old_its_data_is(published: Path) -> None:
    rows = query(published / "forecast.duckdb", "select days_old, current_date - data_cut_off, days_old > 30 from freshness")
    assert rows[0][0] == rows[0][1] and rows[0][2]  # the shop's data ends in May 2025


@pytest.mark.keeps("tests left out")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("model.demand_forecast.forecast_accuracy"), "partial run: it did not build forecast_accuracy"),
        (without("model.demand_forecast.seq_origins"), "partial run: it did not build seq_origins"),
        (lambda manifest, results: results["args"].update(empty=True), "partial run: it was built with --empty"),
        (ended("model.demand_forecast.forecast_accuracy", "error"), "failed run: forecast_accuracy did not pass"),
        (ended("model.demand_forecast.customer_forecasts", "skipped"), "failed run: customer_forecasts did not pass"),
        (ended("test.demand_forecast.between_customer_forecasts", "fail"), "failed run: between_customer_forecasts"),
        (without("test.demand_forecast.between_customer_forecasts"), "untested run: it left out between_customer_forecasts"),
        (without("test."), "untested run: it left out"),
        (no_test_enabled, "untested run: no test reads"),
        (parsed_again, "mixed run: dbt began"),
        (not_a_uuid, "badly formed"),
    ],
)
def test_a_run_that_readers_must_not_see_is_refused_by_name(
    built_shop: UserProject, tmp_path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None], named: str
) -> None:
    target = built_shop.folder / "target"
    assert len(finished_run(target).tables) >= 6
    with pytest.raises((PublishRefused, ValueError), match=named):
        finished_run(edited(change, target, tmp_path / "target"))
    assert finished_run(edited(ended("test.", "warn"), target, tmp_path / "warned")) == finished_run(target)


@pytest.mark.keeps("tests left out")
def test_a_selection_is_refused_and_the_published_run_stays(
    published: Path, trained_shop: UserProject, tmp_path: Path, copy_of: Callable[[UserProject], UserProject]
) -> None:
    project = copy_of(trained_shop)
    before = state_of(project.folder / "published")
    project.dbt("run", "--select", "customer_forecasts")
    result = project.demand("publish", check=False)
    assert result.returncode == 1 and "demand publish: partial run: it did not build" in result.stderr
    assert state_of(project.folder / "published") == before == state_of(published)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("update main_demand.data_readiness set status = 'refused', reason = 'no events'", "data_readiness refuses: no events"),
        (
            "update main_demand.customer_forecasts set as_of_date = as_of_date - 1 where rowid = 7",
            "mixed run: customer_forecasts",
        ),
        ("delete from main_demand.customer_forecasts", "mixed run: customer_forecasts is of no day"),
    ],
)
def test_tables_that_do_not_agree_are_refused_and_leave_nothing(tmp_path: Path, change: str, named: str) -> None:
    write_run(tmp_path, 1)
    publish_run(tmp_path)
    write_run(tmp_path, 2)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute(change)
    with pytest.raises(PublishRefused, match=named):
        publish_run(tmp_path)
    assert state_of(tmp_path / "published") == run_id(1)
    assert list((tmp_path / "published").glob(".*.part")) == []


def test_the_command_without_a_build_says_what_to_type(tmp_path: Path) -> None:
    result = UserProject(tmp_path).write().demand("publish", check=False)
    assert result.returncode == 1 and "dbt build" in result.stderr and "Traceback" not in result.stderr


# --- one run after another ------------------------------------------------------------------------------------------


def test_a_second_publish_of_the_same_run_changes_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    folder = publish_run(tmp_path)
    before = {path.name: (sha256(path), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert publish_run(tmp_path) == folder
    assert {path.name: (sha256(path), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_a_published_file_that_was_changed_is_named(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    file = publish_run(tmp_path) / "customer_forecasts.parquet"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(PublishRefused, match=r"customer_forecasts\.parquet"):
        publish_run(tmp_path)


def test_the_newest_runs_stay_and_older_ones_go(tmp_path: Path) -> None:
    for number in range(1, 6):
        write_run(tmp_path, number)
        publish_run(tmp_path, keep=2)
    left = sorted(path.name for path in (tmp_path / "published").iterdir())
    assert left == sorted([run_id(4), run_id(5), ".lock", "current", "forecast.duckdb"])


def test_who_has_a_run_open_keeps_reading_it(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    publish_run(tmp_path)
    numbers = "select distinct number from customer_forecasts"
    with duckdb.connect(str(tmp_path / "published" / "forecast.duckdb"), read_only=True) as con:
        for number in (2, 3):
            write_run(tmp_path, number)
            publish_run(tmp_path, keep=1)
            assert con.execute(numbers).fetchall() == [(1,)]
    assert query(tmp_path / "published" / "forecast.duckdb", numbers) == [(3,)]


@pytest.mark.keeps("kill -9 while publishing")
def test_a_reader_sees_one_run_in_every_query_through_twenty_publishes(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    publish_run(tmp_path)
    sql = "select distinct number from (" + " union all ".join(f"select number from {name}" for name in TABLES) + ")"
    arguments = [sys.executable, "-c", READER, str(tmp_path / "published" / "forecast.duckdb"), str(tmp_path / "stop"), sql]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as reader:
        for number in range(2, 22):
            write_run(tmp_path, number)
            publish_run(tmp_path)
        (tmp_path / "stop").touch()
        said = json.loads(reader.communicate(timeout=60)[0])
    assert said["errors"] == []
    assert {len(rows) for rows in said["seen"]} == {1}
    runs = [rows[0][0] for rows in said["seen"]]
    assert runs == sorted(runs) and len(set(runs)) > 5 and len(runs) >= 20
    waits = sorted(said["waits"])
    print(
        f"{len(waits)} reads: median {waits[len(waits) // 2]:.4f} s, slowest {waits[-1]:.4f} s"
    )  # how fast is the machine's affair


@pytest.mark.keeps("kill -9 while publishing")
def test_a_kill_at_any_step_leaves_the_old_run_or_the_new_one(tmp_path: Path) -> None:
    """Legal states: run 1 whole, run 2 whole. The next publish ends in run 2 and removes what the killed one left."""
    command = [sys.executable, "-m", "tests.warehouse.published_shop", str(tmp_path)]
    result = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    rounds = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rounds) > 15
    assert {one["killed"] for one in rounds} == {run_id(1), run_id(2)}
    assert {one["again"] for one in rounds} == {run_id(2)}
    assert {tuple(one["left"]) for one in rounds} == {tuple(sorted([run_id(2), ".lock", "current", "forecast.duckdb"]))}
    assert [one["signal"] for one in rounds] == [9] * (len(rounds) - 1) + [0]


def test_who_interrupts_a_build_stops_it(built_shop: UserProject) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    assert run_dbt(["--version"], built_shop.folder).went_well
    was = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1)
    with pytest.raises(KeyboardInterrupt):
        run_dbt(["parse", "--no-partial-parse", "--profiles-dir", str(built_shop.folder)], built_shop.folder)
    signal.signal(signal.SIGALRM, was)
    assert multiprocessing.active_children() == []


def test_watching_shows_readers_a_late_event_and_says_why_a_build_failed(
    trained_shop: UserProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = copied(trained_shop, tmp_path / "copy")
    watched = Watched(project.folder, project.folder, None, project.folder / "published", 2)
    shown = []

    def between(seconds: float) -> None:
        """A late event after the first round, a source that is gone after the second."""
        with duckdb.connect(str(watched.folder / DATABASE), read_only=True) as con:
            shown.append(con.execute("select sum(expected_units) from customer_forecasts").fetchall())
        change = "insert into shop.clicks values (990001, 'K1', '2025-05-20 10:00', 'buy', 'P1', 9, 90)"
        project.execute(change if len(shown) == 1 else "alter table shop.clicks rename to gone")

    log = project.folder / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    assert not watch(watched, 1.0, 3, between)
    assert "which does not exist" in log.read_text() and "[debug]" not in log.read_text()
    first, second, third = capsys.readouterr().out.splitlines()
    assert "scored 0 customers and days anew" in first and "published run" in first and "behind" in first
    assert "scored 1 customers and days anew" in second and shown[0] != shown[1]
    assert "the build failed" in third and "which does not exist" in third
    with duckdb.connect(str(watched.folder / DATABASE), read_only=True) as con:
        assert con.execute("select sum(expected_units) from customer_forecasts").fetchall() == shown[1]
