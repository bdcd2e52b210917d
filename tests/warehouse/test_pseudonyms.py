"""Customers as keyed hashes: the same in SQL as in Python, in every table, and with one way back for whoever has the secret."""

from __future__ import annotations

import hmac
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as parquet
import pytest
import yaml
from demand_forecast.errors import SecretRefused
from demand_forecast.secret_hash import padded, pseudonym, set_pads
from demand_forecast_training.warehouse.package_tables import own_models

from .test_private_data import CANARY, files_of, files_with
from .user_project import EVENTS, UserProject, new_shop

Copy = Callable[[UserProject], UserProject]
SECRET = "a secret of some length"
PLUGIN = [{"module": "demand_forecast.dbt_plugin"}]
PEOPLE = {"source": ["shop", "customers"], "columns": {"customer_id": "who"}}
LINKS = {"source": ["shop", "links"], "columns": {"visitor_id": "cookie", "customer_id": "who", "linked_at": "seen_at"}}


def derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"demand_forecast pseudonyms", "sha256")


def key(customer: str, secret: str = SECRET) -> str:
    return hmac.digest(derived(secret), customer.encode(), "sha256").hex()


def with_plugin(project: UserProject) -> UserProject:
    """Write the project with the package's plugin in its profile."""
    content = yaml.safe_load((project.write().folder / "profiles.yml").read_text(encoding="utf-8"))
    content["my_shop"]["outputs"]["dev"] |= {"plugins": PLUGIN, "threads": 2}
    project.write_yaml("profiles.yml", content)
    return project


@pytest.fixture(scope="module")
def secret() -> Any:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DEMAND_SECRET", SECRET)
        yield SECRET


@pytest.fixture(scope="module")
def keyed_shop(secret: str, all_logs: None, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop whose events, customers and links name customers, one of them with blanks around; built, trained and published."""
    entry = EVENTS | {"columns": EVENTS["columns"] | {"visitor_id": "cookie"}}
    project = new_shop(tmp_path_factory.mktemp("keyed"), event_sources=[entry], customers=PEOPLE, identity_links=LINKS)
    project.settings["pseudonymous_customers"] = True
    with_plugin(project).execute(
        f"update shop.clicks set who = ' {CANARY} ' where who = 'K3'",
        "alter table shop.clicks add column cookie varchar",
        "create table shop.customers as select distinct who from shop.clicks",
        f"create table shop.links as select 'c-1' as cookie, '{CANARY}' as who, timestamp '2025-05-03 09:00' as seen_at",
        "insert into shop.clicks values (800001, null, '2025-05-01 10:00', 'view', 'P1', null, null, 'c-1')",
        f"insert into shop.clicks values (800002, '{CANARY}', '2025-05-01 10:00', 'wave', 'P1', null, null, null)",
    )
    project.build()
    project.demand("train", "--epochs", "1", "--promote")
    project.build()
    project.demand("publish")
    return project


@pytest.mark.keeps("people in predictions")
def test_every_table_names_customers_by_a_keyed_hash(keyed_shop: UserProject) -> None:
    """The directly named, the linked and the rejected alike; what is published can be searched for the id in vain."""
    steps = "select count(*) > 20, max(linked_event_count) from seq_customer_steps where customer_id = '{}'"
    assert keyed_shop.query(steps.format(key(CANARY))) == [(True, 1)]
    assert keyed_shop.query("select customer_id from rejected_events where event_id = '800002'") == [(key(CANARY),)]
    assert keyed_shop.query(f"select count(*) from customer_forecasts where customer_id = '{key(CANARY)}'") == [(3,)]
    with duckdb.connect(str(keyed_shop.warehouse), read_only=True) as con:
        named = con.execute(
            "select schema_name, table_name from duckdb_columns() inner join duckdb_tables() using (schema_name, table_name)"
            " where column_name = 'customer_id'"
        ).fetchall()
        assert len(named) > 20
        for schema, table in named:
            wrong = f"select count(*) from {schema}.{table} where length(customer_id) <> 64"
            assert con.execute(wrong).fetchall() == [(0,)], table
    found = files_with(keyed_shop, CANARY)
    assert found == {"warehouse.duckdb"}  # the shop's own table


@pytest.mark.keeps("people in predictions")
def test_neither_the_secret_nor_the_key_is_in_a_file(keyed_shop: UserProject) -> None:
    assert "logs/dbt.log" in files_with(keyed_shop, "getvariable('demand_inner_pad')")
    for content in (SECRET.encode(), derived(SECRET), *padded(derived(SECRET)).values()):
        for word in (content, content.hex().encode(), content[:20], escaped(content[:8])):
            assert [path for path in files_of(keyed_shop) if word in path.read_bytes()] == []


def escaped(content: bytes) -> bytes:
    """As DuckDB and Python write bytes in text."""
    return "".join(f"\\x{byte:02X}" for byte in content).encode()


@pytest.mark.keeps("people in predictions")
def test_nothing_that_is_published_reads_who_is_who(keyed_shop: UserProject) -> None:
    models = {node["unique_id"]: node for node in own_models(keyed_shop.folder / "target" / "manifest.json")}
    private = {name for name, node in models.items() if node["config"]["meta"].get("pii")}
    assert private == {"model.demand_forecast.stg_customer_keys"}
    assert [name for name, node in models.items() if private & set(node["depends_on"]["nodes"])] == []


def test_the_keys_are_written_for_their_owner_alone(keyed_shop: UserProject, tmp_path: Path) -> None:
    file = tmp_path / "keys.parquet"
    assert "60 customers" in keyed_shop.demand("pseudonyms", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = dict(zip(*(column.to_pylist() for column in parquet.read_table(file).columns), strict=True))
    assert len(rows) == 60 and rows[key(CANARY)] == CANARY
    assert all(key(own) == known for known, own in rows.items())


def test_keys_of_customers_who_are_none_are_refused(built_shop: UserProject, tmp_path: Path) -> None:
    refused = built_shop.demand("pseudonyms", str(tmp_path / "keys.parquet"), check=False)
    assert refused.returncode == 1 and "pseudonymous_customers is false" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.keeps("people in predictions", "erasure")
def test_a_customer_is_erased_under_the_own_id(keyed_shop: UserProject, copy_of: Copy) -> None:
    project = with_plugin(copy_of(keyed_shop))
    refused = project.demand("erase", CANARY, check=False)
    assert refused.returncode == 1 and "your own tables still hold the customer" in refused.stderr
    for table in ("clicks", "customers", "links"):
        project.execute(f"delete from shop.{table} where trim(who) = '{CANARY}'")
    project.demand("erase", CANARY, "--receipt", "receipt.json")
    receipt = json.loads((project.folder / "receipt.json").read_text())
    assert (
        receipt["customer_hash"] not in (None, key(CANARY))
        and receipt["warehouse"]["rows"]["main_demand.customer_forecasts"] == 3
    )
    assert files_with(project, CANARY) == files_with(project, key(CANARY)) == set()


def test_another_secret_makes_other_keys_of_every_day(
    keyed_shop: UserProject, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_plugin(copy_of(keyed_shop))
    monkeypatch.setenv("DEMAND_SECRET", SECRET * 5)  # longer than a block of SHA-256
    project.rebuild("seq_customer_steps")
    known = {customer for (customer,) in project.query("select customer_id from seq_customer_steps where event_count > 0")}
    assert len(known) == 60 and key(CANARY, SECRET * 5) in known


def test_what_was_said_under_the_own_id_is_erased_too(keyed_shop: UserProject, copy_of: Copy) -> None:
    """A ledger that is older than the option."""
    project = with_plugin(copy_of(keyed_shop))
    project.execute(
        f"""update main_demand.pred_customer_ledger set customer_id = 'K5'
            where customer_id = '{key("K5")}' and purpose = 'backtest'""",
        "delete from shop.clicks where who = 'K5'",
        "delete from shop.customers where who = 'K5'",
    )
    project.demand("erase", "K5")
    left = f"select count(*) from pred_customer_ledger where customer_id in ('K5', '{key('K5')}')"
    assert project.query(left) == [(0,)]


def test_a_secret_that_is_not_that_of_the_last_build_is_refused(
    keyed_shop: UserProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing would be found, and the receipt would say that all is well."""
    monkeypatch.setenv("DEMAND_SECRET", SECRET + "!")
    for command in (("erase", CANARY), ("pseudonyms", str(tmp_path / "keys.parquet")), ("doctor",)):
        refused = keyed_shop.demand(*command, check=False)
        assert refused.returncode == 1 and "no customer is one of the last build" in refused.stderr + refused.stdout


def test_fingerprints_of_rows_know_no_own_id(keyed_shop: UserProject, secret: str) -> None:
    """Rows of two customers that are the same otherwise have the same hash; the key makes them differ later."""
    row = "'2025-05-01 10:00', 'view', 'P1', null, null, null"
    with duckdb.connect(str(keyed_shop.warehouse)) as con:
        set_pads(con)
        con.execute(f"begin; insert into shop.clicks values (800009, 'K1', {row}), (800009, 'K2', {row})")
        hashes = "count(distinct raw_hash), count(distinct row_hash)"
        sql = f"select {hashes} from main_demand.stg_checked_rows where event_id = '800009'"
        assert con.execute(sql).fetchall() == [(1, 2)]
        con.execute("rollback")


def test_a_missing_plugin_stops_the_build_by_name(keyed_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(keyed_shop).write()
    stopped = project.rebuild("seq_customer_steps", check=False)
    assert stopped.returncode != 0 and "list the plugin demand_forecast.dbt_plugin in your profile" in stopped.stdout


def test_without_the_secret_nothing_is_built_read_or_erased(
    keyed_shop: UserProject, copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_plugin(copy_of(keyed_shop))
    monkeypatch.delenv("DEMAND_SECRET")
    stopped = project.rebuild("seq_customer_steps", check=False)
    assert stopped.returncode != 0 and "set the environment variable DEMAND_SECRET" in stopped.stdout
    for command in (("erase", CANARY), ("pseudonyms", str(tmp_path / "keys.parquet"))):
        refused = project.demand(*command, check=False)
        assert refused.returncode == 1 and "DEMAND_SECRET" in refused.stderr
    assert "set the environment variable DEMAND_SECRET as it was" in project.demand("doctor", check=False).stdout
    assert project.query("select count(*) from customer_forecasts") == [(180,)]


@pytest.mark.keeps("people in predictions")
def test_own_ids_in_a_ledger_fail_the_test_of_the_package(keyed_shop: UserProject, copy_of: Copy) -> None:
    project = with_plugin(copy_of(keyed_shop))
    project.execute("update main_demand.pred_customer_ledger set customer_id = 'K1' where as_of_date = '2025-05-20'")
    result = project.dbt("test", "--select", "assert_customers_are_pseudonyms", check=False)
    assert result.returncode != 0 and "FAIL" in result.stdout


@pytest.mark.parametrize("customer", ["K1", "", "Zo\u00eb \U0001f600", "x" * 1000])
@pytest.mark.parametrize("given", [SECRET, "s" * 64, "s" * 65, "\u00e9" * 40])
def test_sql_and_python_agree(customer: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMAND_SECRET", given)
    sql = "sha256(getvariable('demand_outer_pad') || unhex(sha256(getvariable('demand_inner_pad') || encode($customer))))"
    with duckdb.connect() as con:
        set_pads(con)
        assert con.execute(f"select {sql}", {"customer": customer}).fetchall() == [(pseudonym(customer),)]
    assert pseudonym(customer) == key(customer, given)


def test_a_secret_that_can_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMAND_SECRET", "shop")
    with pytest.raises(SecretRefused, match="has 4 bytes: set one of 16 or more"):
        pseudonym("K1")
