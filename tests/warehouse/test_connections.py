"""Every recipe of docs/connect.md runs as it stands, and a locked connection reaches nothing but the published file."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from .published_shop import publish_run, write_run
from .user_project import PACKAGE, UserProject, child_environment

RECIPES = re.findall(r"```(\w+)\n(.*?)```", (PACKAGE / "docs" / "connect.md").read_text(encoding="utf-8"), re.DOTALL)
PROGRAMS = {"sh": ["bash", "-euc"], "python": [sys.executable, "-Werror", "-c"]}


def test_the_page_has_a_recipe_for_every_way_in() -> None:
    assert [kind for kind, _ in RECIPES] == ["sh", "python", "python", "python", "python", "python", "powerquery", "sh", "yaml"]


@pytest.mark.parametrize(("kind", "recipe"), [one for one in RECIPES if one[0] in PROGRAMS])
def test_a_recipe_runs_as_it_stands(published: Path, kind: str, recipe: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = child_environment() | {"PATH": path}
    result = subprocess.run(
        [*PROGRAMS[kind], recipe], cwd=published.parent, capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


@pytest.mark.parametrize("recipe", [recipe for kind, recipe in RECIPES if kind not in PROGRAMS])
def test_a_recipe_for_another_program_names_a_file_that_is_there(published: Path, recipe: str) -> None:
    (named,) = re.findall(r"published[\\/][\w\\/]+\.\w+", recipe)
    assert (published.parent / named.replace("\\", "/")).stat().st_size > 0


@pytest.mark.keeps("queries that abuse")
@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('dbt_project.yml')",
        "copy customer_forecasts to 'stolen.csv'",
        "attach 'warehouse.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "create table mine as select 1 as one",
        "delete from customer_forecasts",
    ],
)
def test_a_locked_connection_reaches_no_other_file_and_changes_nothing(
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
    sql: str,
) -> None:
    monkeypatch.chdir(published.parent)
    locked: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False, "lock_configuration": True}
    with duckdb.connect("published/forecast.duckdb", read_only=True, config=locked) as con, pytest.raises(duckdb.Error):
        con.execute(sql)


# --- CSV ------------------------------------------------------------------------------------------------------------


@pytest.mark.keeps("formulas in CSV")
def test_words_that_are_formulas_to_a_spreadsheet_are_guarded(
    built_shop: UserProject, tmp_path: Path, copy_of: Callable[[UserProject], UserProject]
) -> None:
    words = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "sound", "a=b"]
    write_run(tmp_path, 1)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("update main_demand.customer_forecasts set number = -7, status = $words[1 + rowid % 7]", {"words": words})
    publish_run(tmp_path)
    project = copy_of(built_shop)
    project.demand("csv", "customer_forecasts", "forecasts.csv", "--from", str(tmp_path / "published"))
    with (project.folder / "forecasts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5000
    assert {row["status"] for row in rows} == {"'=HYPERLINK(1)", "'+1", "'-1", "'@x", "'\tx", "sound", "a=b"}
    assert {row["number"] for row in rows} == {"-7"}


@pytest.mark.keeps("path traversal")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("no_such_table", "x.csv"), "there is no table `no_such_table`; there are: churn_alerts, customer_forecasts"),
        (("customer_forecasts", "no_such_folder/x.csv"), "was not written"),
        (("customer_forecasts", "../x.csv"), "goes upwards"),
        (("customer_forecasts", "link.csv"), "is a link"),
    ],
)
def test_a_csv_that_cannot_be_written_is_refused_by_name(
    published: Path,
    trained_shop: UserProject,
    arguments: tuple[str, str],
    named: str,
) -> None:
    link = trained_shop.folder / "link.csv"
    if not link.is_symlink():
        link.symlink_to("elsewhere.csv")
    result = trained_shop.demand("csv", *arguments, check=False)
    assert result.returncode == 1 and named in result.stderr and "Traceback" not in result.stderr
    assert not (trained_shop.folder / "elsewhere.csv").exists()
