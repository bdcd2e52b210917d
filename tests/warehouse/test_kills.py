"""Whatever ends a command, every table is the one before or the new one. `make torture` kills fifty times, `make test` five.

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
from .published_shop import state_of
from .test_served_model import A_DAY_MORE
from .user_project import DBT, DEMAND, UserProject, child_environment

LONG = os.environ.get("TORTURE") == "1"
KILLS = {"build": 20 if LONG else 2, "train": 10 if LONG else 1, "promote": 10 if LONG else 1, "publish": 10 if LONG else 1}
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
    dice = random.Random(KILLS["build"])
    starts = [dice.randrange(5, 120) for _ in range(KILLS["build"])]
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


def killed(project: UserProject, seconds: float, *command: str) -> bool:
    """Kill a command of `demand` after some seconds; False if it had ended before."""
    process = started(project, DEMAND, *command)
    time.sleep(seconds)
    was_running = process.poll() is None
    kill(process)
    return was_running


def versions_and_promotions(project: UserProject) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Registered versions, each of which loads and answers its golden rows, and the promotions in order."""
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        rows = con.sql("select * from main_demand.model_registry order by trained_at").to_arrow_table().to_pylist()
        sql = "select promotion_number, model_version from main_demand.model_promotions order by promotion_number"
        return [load_model(row).model_version for row in rows], con.execute(sql).fetchall()


@pytest.mark.keeps("kill -9 in training", "kill -9 in promotion")
def test_a_killed_training_registers_and_promotes_a_whole_version_or_none(shop: ChangedShop) -> None:
    dice = random.Random(1)
    for seed in range(1, KILLS["train"] + 1):
        versions, promoted = versions_and_promotions(shop.project)
        killed(shop.project, dice.uniform(2, 14 if LONG else 8), "train", "--epochs", "1", "--seed", str(seed), "--promote")
        now, promoted_now = versions_and_promotions(shop.project)
        assert len(now) - len(versions) == len(promoted_now) - len(promoted) in (0, 1)
        assert now[: len(versions)] == versions and promoted_now[: len(promoted)] == promoted
        assert promoted_now[-1][1] in now


@pytest.mark.keeps("kill -9 in promotion")
def test_a_killed_promotion_is_there_or_not(shop: ChangedShop) -> None:
    dice = random.Random(2)
    for turn in range(KILLS["promote"]):
        versions, promoted = versions_and_promotions(shop.project)
        wanted = "baseline" if turn % 2 == 0 else versions[0]
        killed(shop.project, dice.uniform(0.5, 3), "promote", wanted)
        now, promoted_now = versions_and_promotions(shop.project)
        assert now == versions
        assert promoted_now in (promoted, [*promoted, (len(promoted) + 1, wanted)])


@pytest.mark.keeps("kill -9 while publishing")
def test_a_killed_publish_of_a_real_run_shows_the_old_run_or_the_new_one(rebuilt: ChangedShop) -> None:
    project, dice = rebuilt.project, random.Random(3)
    for _ in range(KILLS["publish"]):
        killed(project, dice.uniform(0.5, 4), "publish")
        assert state_of(project.folder / "published") in (rebuilt.shown, run_of(project))
    project.demand("publish")
    assert state_of(project.folder / "published") == run_of(project) != rebuilt.shown


def run_of(project: UserProject) -> str:
    return finished_run(project.folder / "target").run_id
