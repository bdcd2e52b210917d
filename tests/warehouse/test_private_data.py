"""Where a customer may be found: in the warehouse and in the published tables. And any row that one can think of."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from demand_forecast_training.publishing.aggregates import RULES
from demand_forecast_training.publishing.files import check_files
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import copied
from .in_process import network_calls
from .user_project import UserProject

CANARY = "ZZ-secret-7f3a"
MAY_HOLD = ("warehouse.duckdb", "warehouse.duckdb.wal", "forecast.duckdb", ".parquet")


@dataclass(frozen=True)
class Canary:
    """A shop with a customer of an unmistakable name, and what its commands did on the network."""

    project: UserProject
    network: list[str]


@pytest.fixture(scope="module")
def canary(trained_shop: UserProject, all_logs: None, tmp_path_factory: pytest.TempPathFactory) -> Canary:
    """After everything that the commands do."""
    project = copied(trained_shop, tmp_path_factory.mktemp("canary"))
    project.execute(f"update shop.clicks set who = '{CANARY}' where who = 'K3'")
    with network_calls() as heard:
        project.build()
        project.demand("train", "--epochs", "1", "--seed", "3")
        project.demand("publish")
        (version,) = project.query("select model_version from model_registry order by trained_at desc limit 1")[0]
        project.demand("export", version, "model.onnx")
        for command in ("report", "status", "doctor"):
            (project.folder / f"{command}.txt").write_text(project.demand(command, check=False).stdout)
        project.demand("finetune", "--epochs", "1", check=False)
        project.demand("improve", check=False)
        project.demand("promote", version)
        project.demand("rollback")
        project.demand("prune")
        project.dbt("--quiet", "docs", "generate")
    return Canary(project, heard)


@pytest.fixture(scope="module")
def with_canary(canary: Canary) -> UserProject:
    return canary.project


@pytest.mark.keeps("commands on the network")
def test_no_command_listens_or_calls_out(canary: Canary) -> None:
    with network_calls() as heard, socket.socket() as listener, socket.socket() as caller:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        caller.connect(listener.getsockname())
        socket.getaddrinfo("127.0.0.1", 80)
    assert heard == ["socket.bind", "socket.connect", "socket.getaddrinfo"], "what listens or calls is heard"
    assert canary.network == []


@pytest.mark.keeps("people in logs, docs, curves and networks")
def test_a_customer_is_in_no_log_page_curve_network_or_manifest(with_canary: UserProject) -> None:
    assert with_canary.query(f"select count(*) from customer_forecasts where customer_id = '{CANARY}'") == [(3,)]
    files = [path for path in with_canary.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    read = [path for path in files if "dbt_packages" not in path.parts and not path.name.endswith(MAY_HOLD)]
    names = {path.name for path in read}
    assert {"dbt.log", "run_results.json", "manifest.json", "catalog.json", "model.onnx", "model.json", "report.txt"} <= names
    assert any("tfevents" in name for name in names)
    assert [path for path in read if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.keeps("people in logs, docs, curves and networks")
def test_a_customer_is_in_no_part_of_a_registered_version(with_canary: UserProject) -> None:
    with duckdb.connect(str(with_canary.warehouse), read_only=True) as con:
        rows = con.sql("select * from main_demand.model_registry").to_arrow_table().to_pylist()
    assert len(rows) == 3  # the shop's own, trained and fine-tuned
    for row in rows:
        assert [
            name for name, value in row.items() if CANARY.encode() in (value if isinstance(value, bytes) else str(value).encode())
        ] == []


@pytest.mark.keeps("people in logs, docs, curves and networks")
def test_only_tables_of_customers_are_published_with_one(with_canary: UserProject) -> None:
    with duckdb.connect(str(with_canary.folder / "published" / "forecast.duckdb"), read_only=True) as con:
        columns = con.execute(
            "select table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR'"
        ).fetchall()
        found = [
            (table, column)
            for table, column in columns
            if con.execute(f"select count(*) from {table} where contains({column}, ?)", [CANARY]).fetchall() != [(0,)]
        ]
    assert {column for _, column in found} == {"customer_id"}
    assert "customer_forecasts" in {table for table, _ in found}


# --- erasure --------------------------------------------------------------------------------------------------------


def files_with(project: UserProject, word: str) -> set[str]:
    """Files of a project in whose bytes a word stands, by path."""
    return {path.relative_to(project.folder).as_posix() for path in files_of(project) if word.encode() in path.read_bytes()}


def files_of(project: UserProject) -> list[Path]:
    """Files of a project, but for the package in it."""
    files = [path for path in project.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if "dbt_packages" not in path.parts]


@pytest.fixture(scope="module")
def erased(with_canary: UserProject, tmp_path_factory: pytest.TempPathFactory) -> tuple[UserProject, dict[str, Any]]:
    """The shop after the canary was deleted in its own tables and erased by the command, and the receipt."""
    project = copied(with_canary, tmp_path_factory.mktemp("erased"))
    assert {"warehouse.duckdb", "published/forecast.duckdb"} & files_with(project, CANARY) == {"warehouse.duckdb"}
    assert any(name.endswith(".parquet") for name in files_with(project, CANARY))
    project.execute(
        f"create table shop.letters as select '{CANARY}' as addressee", f"delete from shop.clicks where who = '{CANARY}'"
    )
    project.demand("erase", CANARY, "--receipt", "receipt.json")
    return project, json.loads((project.folder / "receipt.json").read_text())


@pytest.mark.keeps("erasure")
def test_a_customer_whom_the_next_build_would_bring_back_is_not_erased(with_canary: UserProject) -> None:
    refused = with_canary.demand("erase", CANARY, check=False)
    assert refused.returncode == 1
    assert "your own tables still hold the customer" in refused.stderr and "web (" in refused.stderr
    assert "warehouse.shop.clicks" in refused.stderr and CANARY not in refused.stderr + refused.stdout
    assert with_canary.query(f"select count(*) from customer_forecasts where customer_id = '{CANARY}'") == [(3,)]


@pytest.mark.keeps("erasure")
def test_an_erased_customer_is_in_no_byte_of_any_file_but_where_the_user_kept_one(
    erased: tuple[UserProject, dict[str, Any]],
) -> None:
    project, receipt = erased
    assert files_with(project, CANARY) == {"warehouse.duckdb"}
    assert receipt["left_to_you"] == {"tables": ["shop.letters.addressee"], "files": []}
    project.execute("drop table shop.letters")
    project.demand("erase", CANARY)
    assert files_with(project, CANARY) == set()


@pytest.mark.keeps("erasure")
def test_the_receipt_says_what_went_and_what_stays_is_whole(
    erased: tuple[UserProject, dict[str, Any]], with_canary: UserProject
) -> None:
    project, receipt = erased
    rows = receipt["warehouse"]["rows"]
    assert rows["main_demand.customer_forecasts"] == 3 and rows["main_demand.pred_customer_ledger"] > 3
    for table in ("pred_customer_ledger", "seq_customer_steps", "model_registry", "model_promotions"):
        ((was,),) = with_canary.query(f"select count(*) from {table}")
        assert project.query(f"select count(*) from {table}") == [(was - rows.get(f"main_demand.{table}", 0),)]
    told = "select count(*) from pred_recommendation_ledger where as_of_date = (select max(as_of_date) from seq_origins)"
    assert with_canary.query(told)[0][0] > 0 and project.query(told) == [
        (0,)
    ]  # others' lists are asked anew without the customer
    (folder,) = receipt["published"].values()
    shown = (project.folder / "published" / "forecast.duckdb").resolve().parent
    assert folder["written"] == shown.name and len(folder["removed"]) == 1
    check_files(shown)
    with duckdb.connect(str(shown / "forecast.duckdb"), read_only=True) as con:
        assert con.execute("select count(*), count(distinct customer_id) from customer_forecasts").fetchall() == [(177, 59)]
        assert con.execute("select count(*) from freshness").fetchall() == [(1,)]


@pytest.mark.keeps("erasure")
def test_models_that_learnt_from_an_erased_customer_are_due_for_training(erased: tuple[UserProject, dict[str, Any]]) -> None:
    project, receipt = erased
    versions = [version for (version,) in project.query("select model_version from model_registry order by trained_at")]
    assert receipt["retrain_due"] == versions and len(versions) == 3
    assert "retrain due: customer_demand-lstm" in project.demand("status").stdout
    project.build()
    assert files_with(project, CANARY) <= {"warehouse.duckdb"}
    ((reasons,),) = project.query("select reasons from model_health where task = 'customer_demand'")
    assert "retrain due: it has learnt from customers who were erased (1)" in reasons
    assert project.query(f"select count(*) from seq_customer_steps where customer_id = '{CANARY}'") == [(0,)]


@pytest.mark.keeps("erasure")
def test_no_golden_row_of_a_registry_is_a_customers(with_canary: UserProject) -> None:
    """They stay when a customer is erased."""
    known = {tuple(context.values()) for (context,) in with_canary.query("select context from lbl_training_examples")}
    rows = with_canary.query("select golden_rows from model_registry where task = 'customer_demand'")
    golden = [context for (row,) in rows for context in pa.ipc.open_stream(bytes(row)).read_all()["context"].to_pylist()]
    assert len(golden) > 30 and not known & {tuple(context.values()) for context in golden}


# --- small groups ---------------------------------------------------------------------------------------------------


@pytest.mark.keeps("people in small groups")
def test_what_leaves_the_house_names_nobody_and_counts_no_small_group(trained_shop: UserProject, tmp_path: Path) -> None:
    trained_shop.demand("publish", "--without-customers", "--to", str(tmp_path), "--smallest-group", "2")
    with duckdb.connect(str(tmp_path / "forecast.duckdb"), read_only=True) as con:
        columns = con.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
        rows = con.execute("select count(*), min(customers) from customer_segment_movements").fetchall()
    assert {table for table, _ in columns} == {*RULES, "published_run", "freshness"}
    assert [column for _, column in columns if "customer_id" in column or "visitor" in column] == []
    manifest = json.loads((tmp_path / "current" / "manifest.json").read_text())
    ((all_rows,),) = trained_shop.query("select count(*) from customer_segment_movements")
    assert rows == [(all_rows - manifest["hidden_rows"]["customer_segment_movements"], rows[0][1])] and 0 < rows[0][0] < all_rows
    assert rows[0][1] >= 2 and manifest["smallest_group"] == 2
    refused = trained_shop.demand("publish", "--to", str(tmp_path), check=False)
    assert refused.returncode == 1 and "groups of 2 customers or more: name another folder" in refused.stderr


# --- any row --------------------------------------------------------------------------------------------------------

ODD_TEXT = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\x00", "\ufeffK1", "K1 ", "null", "NaN", "' or 1=1 --", "=1+1", "\U0001d50e1", "a" * 5000]
)
CLOCKS = (
    st.datetimes().map(str)
    | st.dates().map(str)
    | st.sampled_from(
        [
            "2025-03-30 02:30:00",
            "2025-02-29",
            "2025-05-01T10:00:00Z",
            "2025-05-01 10:00+99",
            "infinity",
            "-infinity",
            "epoch",
            "0",
        ]
    )
)
NUMBERS = (
    st.floats(allow_subnormal=False).map(str)
    | st.integers().map(str)
    | st.sampled_from(["1e308", "-0.0", "1e-320", "1,5", "0x10", "1_000", "\u0661", "1e400"])
)
WORDS = st.sampled_from(["view", "cart", "buy"])
ODD_WORDS = st.sampled_from(["VIEW", "buy ", "teleport"])
CUSTOMERS = st.sampled_from([f"K{number}" for number in range(60)])


def mostly(good: st.SearchStrategy[str], *odd: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """Good in three of four cases, so that rows are wrong in one place as often as in several; `one_of` would flatten the odd."""
    anything = st.one_of(*odd, ODD_TEXT, st.none())
    return st.integers(0, 3).flatmap(lambda case: good if case else anything)


ROWS = st.tuples(
    mostly(CUSTOMERS),
    mostly(st.just("2025-05-01 10:00:00"), CLOCKS),
    mostly(WORDS, ODD_WORDS),
    mostly(st.just("P1")),
    mostly(st.just("1"), NUMBERS),
    mostly(st.just("9.5"), NUMBERS),
)
COUNT = 10_000


def any_rows(count: int) -> list[tuple[str | None, ...]]:
    """Rows of every kind that the strategies know, the same each time."""
    rows: list[tuple[str | None, ...]] = []
    quick = settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @quick
    @given(row=ROWS)
    def keep(row: tuple[str | None, ...]) -> None:
        rows.append(row)

    keep()
    return rows


@pytest.fixture(scope="module")
def any_row(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The trained shop whose columns became text, with ten thousand rows that hold anything."""
    project = copied(trained_shop, tmp_path_factory.mktemp("any_row"))
    rows = any_rows(COUNT)
    names = ("who", "clicked_at", "what", "item", "pieces", "money")
    given_rows = pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})
    with duckdb.connect(str(project.warehouse)) as con:
        for name in ("clicked_at", "pieces", "money"):
            con.execute(f"alter table shop.clicks alter {name} type varchar")
        con.register("given_rows", given_rows)
        con.execute("insert into shop.clicks select 7000000 + row_number() over (), * from given_rows")
    project.build()
    return project


@pytest.mark.keeps("any bad row", "null or blank ids", "NaN, infinity and overflow")
def test_every_row_has_one_verdict_whatever_it_holds(any_row: UserProject) -> None:
    ((added,),) = any_row.query("select count(*) from shop.clicks where id > 7000000")
    assert added > 0.9 * COUNT
    counted = "select (select count(*) from shop.clicks) - (select sum(row_count) from main_demand.stg_event_counts)"
    assert any_row.query(counted) == [(0,)]
    verdicts = dict(any_row.query("select verdict, count(*) from stg_event_rows where event_id::bigint > 7000000 group by 1"))
    assert sum(verdicts.values()) == added
    assert verdicts["accepted"] > 100 and verdicts["rejected"] > 1000
    reasons = {reason for (reason,) in any_row.query("select distinct reason from rejected_events")}
    assert reasons >= {"bad_timestamp", "future_event", "unknown_event_type", "bad_quantity", "bad_amount", "blank_customer_id"}


@pytest.mark.keeps("any bad row", "NaN, infinity and overflow")
def test_no_mart_holds_a_nan_or_an_infinity(any_row: UserProject) -> None:
    manifest: dict[str, Any] = json.loads((any_row.folder / "target" / "manifest.json").read_text())
    marts = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("marts")
    ]
    assert len(marts) > 6
    kinds = f"data_type in ('DOUBLE', 'FLOAT') and table_name in {tuple(marts)}"
    columns = any_row.query(f"select table_name, column_name from duckdb_columns() where {kinds}")
    assert len(columns) > 30
    wrong = [
        (table, column)
        for table, column in columns
        if any_row.query(f"select count(*) from {table} where not isfinite({column})") != [(0,)]
    ]
    assert wrong == []
