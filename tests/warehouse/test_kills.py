"""Whatever ends a command, every table is the old or the new one. `make torture` kills some fifty times, `make test` twenty.

The method is SQLite's: list the legal states, end the command anywhere, and see that the state is one of them.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demand_forecast.model import load_model
from demand_forecast_training.publishing.finished_run import finished_run

from .conftest import copied
from .killed import KILLED, killed_at
from .published_shop import state_of
from .test_served_model import A_DAY_MORE
from .user_project import DBT, UserProject, child_environment

LONG = os.environ.get("TORTURE") == "1"
KILLED_BUILDS = 20 if LONG else 2
KILLED_TRAININGS = 2 if LONG else 1
A_STATEMENT = "^writes: "
A_CHANGE = A_STATEMENT if LONG else "^writes: (insert|commit)"
"""Statements of a training's registration after which it is killed; the others change nothing."""
BUILD = (DBT, "--no-use-colors", "build")
NO_COLUMN = ("scored_at",)
"""The clock, which no two runs share."""
WORK_LISTS = ("_requests", "_candidates", "_model")
"""What is still to be scored, what may be said, and the answers: a build asks for what no ledger holds, so these shrink as builds
are cut off."""


@dataclass
class ChangedShop:
    """A shop whose data has changed since its last build, which readers see; its warehouse as it was, and after a clean build."""

    project: UserProject
    old: Path
    new: Path
    shown: str

    def check(self) -> None:
        """Every table is the old or the new one, and readers see what they saw."""
        with self.opened() as con:
            names = tables_of(con, "now")
            assert set(tables_of(con, "old")) <= set(names)
            others = [name for name in names if "__dbt_" not in name]
            assert [name for name in others if not (is_same(con, name, "old") or is_same(con, name, "new"))] == []
        assert state_of(self.project.folder / "published") == self.shown

    def opened(self) -> duckdb.DuckDBPyConnection:
        """The warehouse as it is, as it was, and as a clean build leaves it."""
        con = duckdb.connect()
        for name, path in (("now", self.project.warehouse), ("old", self.old), ("new", self.new)):
            con.execute(f"attach '{path}' as {name} (read_only)")
        return con


def tables_of(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    sql = "select table_name from duckdb_tables() where database_name = ? and schema_name = 'main_demand' order by all"
    return [name for (name,) in con.execute(sql, [database]).fetchall()]


def is_same(con: duckdb.DuckDBPyConnection, name: str, other: str) -> bool:
    """Whether a table of the warehouse as it is equals that of the other: keys in every row, fractions in their sums."""
    if name not in tables_of(con, other):
        return False
    sql = "select column_name, data_type from duckdb_columns() where database_name = 'now' and table_name = ?"
    columns = con.execute(sql, [name]).fetchall()
    fractions = {column: kind for column, kind in columns if kind.removesuffix("[]") in ("DOUBLE", "FLOAT")}
    keys = ", ".join(column for column, _ in columns if column not in (*fractions, *NO_COLUMN))
    now, then = (f"select {keys} from {database}.main_demand.{name}" for database in ("now", other))
    is_work_list = name.endswith(WORK_LISTS)
    missing = "" if is_work_list else f"union all ({then} except all {now})"
    if con.execute(f"select count(*) from (({now} except all {then}) {missing})").fetchall() != [(0,)]:
        return False
    if is_work_list:
        return True
    values = [f"list_sum({column})" if "[" in kind else column for column, kind in fractions.items()]
    totals = ["count(*)", *(f"coalesce(sum({value}), 0)" for value in values)]
    sums = [
        con.execute(f"select {', '.join(totals)} from {database}.main_demand.{name}").fetchall() for database in ("now", other)
    ]
    return list(sums[0][0]) == pytest.approx(list(sums[1][0]), rel=1e-6, abs=1e-6)


@pytest.fixture(scope="module")
def shop(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> ChangedShop:
    project = copied(trained_shop, tmp_path_factory.mktemp("changed"))
    project.demand("publish")
    old = shutil.copy(project.warehouse, project.folder.with_suffix(".old.duckdb"))
    project.execute(A_DAY_MORE, "insert into shop.clicks values (960001, 'K1', '2025-05-15 10:00', 'buy', 'P1', 3, 30)")
    clean = copied(project, tmp_path_factory.mktemp("clean"))
    clean.dbt("run")
    return ChangedShop(project, Path(old), clean.warehouse, state_of(project.folder / "published"))


@pytest.fixture(scope="module")
def rebuilt(shop: ChangedShop) -> ChangedShop:
    """The shop after what the tests before did to it, and then a build to the end."""
    shop.project.build()
    return shop


def started(project: UserProject, *command: str, **options: Any) -> subprocess.Popen[str]:
    environment = child_environment() | {"DBT_PROFILES_DIR": str(project.folder), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, **options
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.keeps("kill -9 in dbt build")
def test_a_killed_build_leaves_every_table_old_or_new(shop: ChangedShop) -> None:
    dice = random.Random(KILLED_BUILDS)
    starts = [dice.randrange(5, 120) for _ in range(KILLED_BUILDS)]
    for wanted in starts:
        process = started(shop.project, *BUILD)
        assert process.stdout
        seen = 0
        for line in process.stdout:
            seen += "START" in line
            if seen == wanted:
                break
        time.sleep(dice.uniform(0, 2 if LONG else 0.3))
        kill(process)
        assert seen == wanted and process.returncode == KILLED
        shop.check()


@pytest.mark.keeps("disk full")
def test_a_build_without_room_fails_by_name_and_leaves_every_table_old_or_new(shop: ChangedShop) -> None:
    """No file may grow beyond what dbt's manifest needs; the warehouse's log of writes does."""
    room = (shop.project.folder / "target" / "manifest.json").stat().st_size + 1_000_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    process = started(shop.project, DBT, "--no-use-colors", "--log-level-file", "none", "build", preexec_fn=limit)
    said = process.communicate()[0]
    assert process.returncode != 0 and "File too large" in said
    shop.check()


@pytest.mark.keeps("memory limit")
def test_a_build_with_too_little_memory_passes_or_fails_by_name(shop: ChangedShop) -> None:
    profiles = shop.project.folder / "profiles.yml"
    was = profiles.read_text()
    profiles.write_text(was.replace("threads: 1", "threads: 1\n      settings: {memory_limit: 20MB}"))
    process = started(shop.project, *BUILD)
    said = process.communicate()[0]
    profiles.write_text(was)
    assert process.returncode == 0 or "Out of Memory Error" in said
    shop.check()


@pytest.mark.keeps("kill -9 in dbt build", "disk full", "memory limit")
def test_the_next_build_ends_as_a_clean_one(rebuilt: ChangedShop) -> None:
    with rebuilt.opened() as con:
        names = tables_of(con, "new")
        assert len(names) > 20 and tables_of(con, "now") == names
        assert [name for name in names if not is_same(con, name, "new")] == []


Registry = tuple[list[str], list[tuple[Any, ...]]]


def versions_and_promotions(project: UserProject) -> Registry:
    """Registered versions, each of which loads and answers its golden rows, and the promotions in order."""
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        rows = con.sql("select * from main_demand.model_registry order by trained_at").to_arrow_table().to_pylist()
        sql = "select promotion_number, model_version from main_demand.model_promotions order by promotion_number"
        return [load_model(row).model_version for row in rows], con.execute(sql).fetchall()


def killed_after_each(statement: str, project: UserProject, *command: str) -> list[Registry]:
    """What is registered and promoted after a kill after the first such statement of a command, after the second one and so on,
    until the command has fewer and ends well."""
    seen: list[Registry] = []
    while (status := killed_at(project, statement, len(seen) + 1, *command)) == KILLED:
        seen.append(versions_and_promotions(project))
    assert status == 0
    return seen


@pytest.mark.keeps("kill -9 in training", "kill -9 in promotion")
@pytest.mark.parametrize("seed", range(1, KILLED_TRAININGS + 1))
def test_a_killed_training_registers_and_promotes_a_whole_version_or_none(shop: ChangedShop, tmp_path: Path, seed: int) -> None:
    """It is killed as the second epoch's checkpoint would take the place of the first one's, and goes on from there each time."""
    before = versions_and_promotions(shop.project)
    train = ("train", "--epochs", "2", "--seed", str(seed), "--promote", "--log-dir", str(tmp_path))
    assert killed_at(shop.project, r"^os.rename \S*/checkpoint\.part ", 2, *train) == KILLED
    assert versions_and_promotions(shop.project) == before
    seen = killed_after_each(A_CHANGE, shop.project, "train", "--resume", str(tmp_path), "--promote")
    versions, promoted = after = versions_and_promotions(shop.project)
    assert (versions[:-1], promoted[:-1]) == before and promoted[-1] == (len(promoted), versions[-1])
    assert seen == [before] * (len(seen) - 1) + [after] and len(seen) >= 3


@pytest.mark.keeps("kill -9 in promotion")
def test_a_killed_promotion_is_there_or_not(shop: ChangedShop) -> None:
    versions, promoted = before = versions_and_promotions(shop.project)
    seen = killed_after_each(A_STATEMENT, shop.project, "promote", "baseline")
    after = (versions, [*promoted, (len(promoted) + 1, "baseline")])
    assert seen == [before] * (len(seen) - 1) + [after] and len(seen) >= 3
    assert versions_and_promotions(shop.project) == after


WHILE_IT_IS_WRITTEN = [
    (r"^writes: create table ", 5),
    (r"^writes: copy ", 5),
    (r"^open \S*/\.new\.part/manifest\.json ", 1),
    (r"^os.rename \S*/\.new\.part ", 1),
    (r"^os.symlink ", 1),
    (r"^os.rename \S*/\.current\.part ", 1),
]
"""Events of a publish before readers see the new run: its tables, its Parquet, its manifest, its name, the link to it."""


@pytest.mark.keeps("kill -9 while publishing")
def test_a_killed_publish_of_a_real_run_shows_the_old_run_or_the_new_one(rebuilt: ChangedShop) -> None:
    project, published = rebuilt.project, rebuilt.project.folder / "published"
    dice = random.Random(3)
    anywhere = [(r"^writes: |/\.new\.part", dice.randrange(1, 100)) for _ in range(3 if LONG else 0)]
    for event, number in anywhere + WHILE_IT_IS_WRITTEN:
        assert killed_at(project, event, number, "publish") == KILLED, event
        assert state_of(published) == rebuilt.shown, event
    assert killed_at(project, r"^os.rename \S* \S*\.gone ", 1, "publish", "--keep", "1") == KILLED
    assert state_of(published) == run_of(project) != rebuilt.shown
    project.demand("publish", "--keep", "1")
    assert state_of(published) == run_of(project)
    assert sorted(path.name for path in published.iterdir()) == sorted([run_of(project), ".lock", "current", "forecast.duckdb"])


def run_of(project: UserProject) -> str:
    return finished_run(project.folder / "target").run_id
