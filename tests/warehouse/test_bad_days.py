"""Bad days of a shop's data and machines: what arrives twice, late, mixed up, or with the clock of another country."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from .conftest import copied
from .published_shop import state_of
from .test_first_build import KEPT, changed_rows, snapshot
from .user_project import DBT, EVENTS, UserProject, child_environment, new_shop

Copy = Callable[[UserProject], UserProject]

SAME = tuple(name for name in KEPT if name not in ("rejected_events", "data_readiness"))
"""What copies of rows may not change."""


def differing(project: UserProject, other: UserProject, names: tuple[str, ...]) -> dict[str, int]:
    """Rows that only one of two warehouses has, by table, but for the clock and the count and hash of raw rows."""
    with duckdb.connect() as con:
        con.execute(f"attach '{project.warehouse}' as a (read_only); attach '{other.warehouse}' as b (read_only)")
        found = {}
        for name in names:
            columns = con.execute("select column_name from duckdb_columns() where database_name = 'a' and table_name = ?", [name])
            kept = ", ".join(
                one for (one,) in columns.fetchall() if not one.endswith(("scored_at", "fingerprint", "hash", "raw_count"))
            )
            a, b = (f"select {kept} from {database}.main_demand.{name}" for database in ("a", "b"))
            sql = f"select count(*) from (({a} except all {b}) union all ({b} except all {a}))"
            found[name] = con.execute(sql).fetchall()[0][0]
        return found


# --- rows -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed_up(tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The usual shop whose rows came in another order, a third of them twice, built in New York."""
    project = new_shop(tmp_path_factory.mktemp("mixed_up"))
    project.execute("""
        create or replace table shop.clicks as
        select * from (select * from shop.clicks union all select * from shop.clicks where hash(id) % 3 = 0)
        order by hash(id, 'another order'), hash(who)""")
    environment = child_environment() | {"TZ": "America/New_York", "DBT_PROFILES_DIR": str(project.folder)}
    subprocess.run([DBT, "--quiet", "run"], cwd=project.folder, env=environment, check=True)
    return project


@pytest.mark.keeps("duplicates", "out of order", "time zone and DST")
def test_copies_another_order_and_another_country_change_no_table(mixed_up: UserProject, built_shop: UserProject) -> None:
    assert differing(mixed_up, built_shop, SAME) == dict.fromkeys(SAME, 0)


@pytest.mark.keeps("duplicates")
def test_copies_are_counted(mixed_up: UserProject) -> None:
    copies = mixed_up.query("select count(*) - count(distinct id) from shop.clicks")
    assert copies[0][0] > 500
    assert mixed_up.query("select count(*) from rejected_events where verdict = 'duplicate'") == copies


@pytest.mark.keeps("time zone and DST")
def test_days_of_23_and_25_hours_are_days(tmp_path: Path) -> None:
    """2026-03-29 and 2026-10-25 in Berlin. At 02:30 on the first no clock stood; on the second it stood there twice."""
    project = new_shop(tmp_path, time_zone="Europe/Berlin", run_date="2026-12-01")
    project.execute(
        """insert into shop.clicks values
            (800001, 'spring', '2026-03-28 22:59:59', 'view', 'P1', null, null),
            (800002, 'spring', '2026-03-28 23:00:00', 'view', 'P1', null, null),
            (800003, 'spring', '2026-03-29 21:59:59', 'view', 'P1', null, null),
            (800004, 'spring', '2026-03-29 22:00:00', 'view', 'P1', null, null),
            (800005, 'autumn', '2026-10-24 21:59:59', 'view', 'P1', null, null),
            (800006, 'autumn', '2026-10-24 22:00:00', 'view', 'P1', null, null),
            (800007, 'autumn', '2026-10-25 22:59:59', 'view', 'P1', null, null),
            (800008, 'autumn', '2026-10-25 23:00:00', 'view', 'P1', null, null)"""
    )
    environment = child_environment() | {"TZ": "Asia/Kolkata", "DBT_PROFILES_DIR": str(project.folder)}
    command = [DBT, "--quiet", "run", "--select", "+seq_customer_steps"]
    subprocess.run(command, cwd=project.folder, env=environment, check=True)
    steps = project.query("""
        select customer_id, event_date::varchar, event_count::integer from seq_customer_steps
        where customer_id in ('spring', 'autumn') order by all""")
    assert steps == [
        ("autumn", "2026-10-24", 1),
        ("autumn", "2026-10-25", 2),
        ("autumn", "2026-10-26", 1),
        ("spring", "2026-03-28", 1),
        ("spring", "2026-03-29", 2),
        ("spring", "2026-03-30", 1),
    ]


# --- customers of every kind ----------------------------------------------------------------------------------------

ODD_CUSTOMERS = """
    insert into shop.clicks
    select 5000000 + id, 'twin of K7', clicked_at, what, item, pieces, money from shop.clicks where who = 'K7'
    union all select 5100000, 'one event', timestamp '2025-05-29 10:00', 'view', 'P1', null, null
    union all select 5200000, 'new product', timestamp '2025-05-29 10:00', 'buy', 'never seen before', 2, 19
    union all select 5300000, 'all returns', timestamp '2025-05-29 10:00', 'back', 'P1', 3, 30
    union all select 5400000, 'return first', timestamp '2025-05-20 10:00', 'back', 'P1', 1, 9.5
    union all select 5400001, 'return first', timestamp '2025-05-25 10:00', 'buy', 'P1', 1, 9.5
    union all select 5500000, 'larger return', timestamp '2025-05-20 10:00', 'buy', 'P1', 1, 9.5
    union all select 5500001, 'larger return', timestamp '2025-05-20 11:00', 'back', 'P1', 9, 85.5
    union all
    select 6000000 + 1000 * day.d + e, 'busy', timestamp '2025-01-01 06:00' + to_days(day.d::integer) + to_seconds(e::integer),
        case when e = 0 then 'buy' else 'view' end, 'P' || e % 20, case when e = 0 then 1 end, case when e = 0 then 9.5 end
    from range(149) day(d), range(400) events(e)"""
"""`busy` does 59,600 things on 149 days, below the limit that makes a bot."""


@pytest.fixture(scope="module")
def odd_customers(trained_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    project = copied(trained_shop, tmp_path_factory.mktemp("odd_customers"))
    project.settings |= {"event_sources": [EVENTS | {"event_types": EVENTS["event_types"] | {"back": "return"}}]}
    project.execute(ODD_CUSTOMERS)
    project.write().build()
    return project


@pytest.mark.keeps("membership inference")
def test_the_same_history_gives_the_same_forecast_whatever_the_name(odd_customers: UserProject) -> None:
    sql = """select purchase_probability, expected_units, expected_revenue, baseline_probability from customer_forecasts
        where customer_id = '{}' and predictor = 'model' order by horizon_days"""
    twins = [odd_customers.query(sql.format(name)) for name in ("K7", "twin of K7")]
    assert len(twins[0]) == 3
    for one, other in zip(*twins, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.keeps("a customer with no or one event", "unknown words", "negative quantities and returns")
def test_odd_customers_have_one_finite_forecast_per_horizon(odd_customers: UserProject) -> None:
    rows = odd_customers.query("""
        select customer_id, count(*), min(least(purchase_probability, expected_units, expected_revenue, baseline_revenue)) >= 0,
            bool_and(isfinite(expected_units + expected_revenue + baseline_units + baseline_revenue))
        from customer_forecasts where customer_id not similar to 'K[0-9]+' group by 1 order by 1""")
    names = ["all returns", "busy", "larger return", "new product", "one event", "return first", "twin of K7"]
    assert rows == [(name, 3, True, True) for name in names]


@pytest.mark.keeps("a customer with very many events")
def test_a_customer_with_very_many_events_is_read_through_a_window(odd_customers: UserProject) -> None:
    longest = odd_customers.query("""
        select customer_id, max(len(steps)) from seq_customer_inputs where role = 'latest' group by 1 order by 2 desc limit 1""")
    assert longest == [("busy", 64 + 149 % 64)]  # the block of its last step, and the one before
    assert odd_customers.query("select sum(event_count)::integer from seq_customer_steps where customer_id = 'busy'") == [
        (59600,)
    ]


# --- what is published, and who may write ---------------------------------------------------------------------------


@pytest.mark.keeps("schema drift")
def test_a_changed_source_is_named_and_readers_see_what_they_saw(
    published: Path, trained_shop: UserProject, copy_of: Copy
) -> None:
    project = copy_of(trained_shop)
    before = state_of(project.folder / "published")
    snapshot(project)
    project.execute("alter table shop.clicks rename column who to customer")
    result = project.build(check=False)
    assert result.returncode != 0 and "maps `customer_id` to the column `who`" in " ".join(result.stdout.split())
    assert {name: changed_rows(project, name) for name in KEPT} == dict.fromkeys(KEPT, 0)
    refused = project.demand("publish", check=False)
    assert refused.returncode == 1 and "failed run" in refused.stderr
    assert state_of(project.folder / "published") == before == state_of(published)


HOLDER = "import duckdb, sys, time; con = duckdb.connect(sys.argv[1]); print('holds', flush=True); time.sleep(60)"


@pytest.mark.keeps("crashed lock holder")
def test_a_holder_that_is_killed_frees_the_warehouse(built_shop: UserProject, copy_of: Copy) -> None:
    project = copy_of(built_shop)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(project.warehouse)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "holds\n"
        refused = project.dbt("--quiet", "run", "--select", "stg_events", check=False)
        assert refused.returncode != 0 and "lock" in refused.stdout.lower()
        os.kill(holder.pid, signal.SIGKILL)
    begun = time.monotonic()
    assert "champion" in project.demand("status").stdout
    assert time.monotonic() - begun < 15  # it did not wait for a lock


@pytest.mark.keeps("concurrent runs")
def test_two_builds_at_once_write_no_row_twice(built_shop: UserProject, copy_of: Copy) -> None:
    """One writes; the other fails by name, or waits where the profile says so."""
    project = copy_of(built_shop)
    project.execute("insert into shop.clicks values (960001, 'K1', '2025-05-15 10:00', 'buy', 'P1', 3, 30)")
    environment = child_environment() | {"DBT_PROFILES_DIR": str(project.folder)}
    runs = []
    for number in range(2):
        places = {"DBT_TARGET_PATH": f"target_{number}", "DBT_LOG_PATH": f"logs_{number}"}
        runs.append(
            subprocess.Popen(
                [DBT, "--no-use-colors", "run", "--select", "+customer_forecasts"],
                cwd=project.folder,
                env=environment | places,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    said = [run.communicate()[0] for run in runs]
    statuses = [run.returncode for run in runs]
    assert 0 in statuses
    assert all(status == 0 or "lock" in text.lower() for status, text in zip(statuses, said, strict=True))
    columns = "customer_id, as_of_date, input_hash, model_version, purpose"
    keys = f"select count(*) - count(distinct ({columns})) from pred_customer_ledger"
    assert project.query(keys) == [(0,)]
    assert project.query("select count(*) from pred_customer_ledger where customer_id = 'K1' and purpose = 'served'") == [(2,)]
