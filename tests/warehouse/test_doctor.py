"""`demand doctor`: what it says of a sound shop, of broken ones, and the mapping that it writes from a table's columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml
from demand_forecast_training.doctor import published_line
from demand_forecast_training.mapping_guess import block, columns_of, guess, place_of
from demand_forecast_training.publishing.files import CURRENT, DATABASE

from .user_project import DEMAND, EVENTS, PACKAGE, UserProject, new_shop

CopyOf = Callable[[UserProject], UserProject]


def lines_of(page: str) -> dict[tuple[str, str], str]:
    """Words of each line of the page by its status and what it is about."""
    found = [line.split(None, 1) for line in page.split("\n\n")[0].splitlines()]
    return {(status, rest.split("  ")[0]): rest.split("  ", 1)[1].strip() for status, rest in found}


def test_a_sound_shop_has_a_page_without_errors(trained_shop: UserProject) -> None:
    seen = trained_shop.demand("doctor")
    lines = lines_of(seen.stdout)
    assert not [key for key in lines if key[0] == "error"] and "0 error" in seen.stdout
    assert {"versions", "profile", "disk", "lock", "mapping", "time zones", "champion"} <= {about for _, about in lines}
    ((rows,),) = trained_shop.query("select count(*) from shop.clicks")
    assert lines["ok", "mapping"] == f"warehouse.shop.clicks: {rows:,} rows"
    assert lines["ok", "champion"].startswith("customer_demand-lstm")
    assert "at night" in lines["ok", "time zones"]


def test_a_damaged_champion_and_a_renamed_column_are_errors_with_their_remedies(
    trained_shop: UserProject, copy_of: CopyOf
) -> None:
    project = copy_of(trained_shop)
    project.execute(
        "alter table shop.clicks rename money to price",
        "update main_demand.model_registry set onnx_bytes = 'damaged'::blob",
    )
    seen = project.demand("doctor", check=False)
    lines = lines_of(seen.stdout)
    assert seen.returncode == 1
    assert "money" in lines["error", "mapping"] and "Correct the mapping" in lines["error", "mapping"]
    assert "demand rollback" in lines["error", "champion"]


def test_who_holds_the_warehouse_is_named(built_shop: UserProject, copy_of: CopyOf) -> None:
    project = copy_of(built_shop)
    assert "the baseline serves: demand train" in lines_of(project.demand("doctor").stdout)["warning", "champion"]
    with duckdb.connect(str(project.warehouse)):
        seen = project.run(DEMAND, "doctor", check=False)
    assert seen.returncode == 1
    assert "PID" in lines_of(seen.stdout)["error", "lock"] and "End that process" in seen.stdout


def test_a_shop_without_a_build_is_told_to_build_and_given_a_first_mapping(tmp_path: Path) -> None:
    project = new_shop(tmp_path)
    seen = project.demand("doctor", check=False)
    assert seen.returncode == 1 and "type dbt build first" in lines_of(seen.stdout)["error", "build"]
    (entry,) = yaml.safe_load(project.demand("doctor", "--map", "shop.clicks").stdout)["event_sources"]
    assert {key: entry[key] for key in ("source", "columns", "event_types")} == {
        key: EVENTS[key] for key in ("source", "columns", "event_types")
    }
    missing = project.demand("doctor", "--map", "shop.none", check=False)
    assert missing.returncode == 1 and "cannot read shop.none" in missing.stderr


def test_a_failed_build_and_a_changed_project_are_told(trained_shop: UserProject, copy_of: CopyOf) -> None:
    project = copy_of(trained_shop)
    project.settings = {"event_sources": [EVENTS | {"columns": EVENTS["columns"] | {"amount": "monney"}}]}
    project.write()
    assert "dbt_project.yml has changed" in lines_of(project.demand("doctor", check=False).stdout)["warning", "mapping"]
    project.dbt("build", check=False)
    seen = project.demand("doctor", check=False)
    words = lines_of(seen.stdout)["error", "last run"]
    assert seen.returncode == 1 and "failed run: stg_source_rows" in words and "monney" in words


def test_a_var_that_the_package_does_not_have_is_named_with_the_nearest(trained_shop: UserProject, copy_of: CopyOf) -> None:
    """dbt says nothing of it, and the shop's days would be those of UTC."""
    project = copy_of(trained_shop)
    project.settings["timezone"] = project.settings.pop("time_zone", "Europe/Berlin")
    project.write()
    seen = project.demand("doctor", check=False)
    assert lines_of(seen.stdout)["error", "mapping"] == "there is no var timezone, so it does nothing: perhaps meant as time_zone"
    assert seen.returncode == 1


@pytest.mark.parametrize("command", ["report", "status"])
def test_a_command_before_the_build_says_what_to_type(built_shop: UserProject, copy_of: CopyOf, command: str) -> None:
    project = copy_of(built_shop)
    project.execute("drop schema main_demand cascade")
    seen = project.demand(command, check=False)
    assert seen.returncode == 1 and "type dbt build" in seen.stderr and "Traceback" not in seen.stderr


SEED_SOURCES = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text())["vars"]["demand_forecast"]["seed_shop"]["event_sources"]


@pytest.mark.parametrize("source", SEED_SOURCES, ids=lambda source: source["name"])
def test_the_mapping_of_dirty_tables_is_guessed(source: dict[str, dict[str, str]]) -> None:
    with duckdb.connect() as con:
        con.execute(f"create table t as from read_csv('{PACKAGE}/seeds/{source['ref']}.csv', all_varchar = true)")
        found = guess(con, "t")
    assert (found.columns, found.event_types) == (source["columns"], source["event_types"])
    assert any("teleport" in doubt or "hover" in doubt for doubt in found.doubts)


def test_a_column_whose_values_do_not_fit_its_name_is_not_taken() -> None:
    with duckdb.connect() as con:
        con.execute("create view sampled as select 'soon' as clicked_at, 'many' as qty, 'K1' as customer_id")
        assert columns_of(con, ["clicked_at", "qty", "customer_id"]) == {"customer_id": "customer_id"}


def test_what_rows_are_is_asked_where_nothing_tells() -> None:
    with duckdb.connect() as con:
        con.execute("create table clicks as select 1 as n, 'K1' as member, 1735689600000 as clicked_ts, 'zoom' as gesture")
        con.execute("create table lines as select 'K1' as member, timestamp '2025-01-01 10:00' as ordered_at, 2 as qty")
        clicks, lines = guess(con, "clicks"), guess(con, "lines")
    assert "purchase" not in block(clicks, {}, "clicks") and "constants" in block(lines, {}, "lines")
    said = " | ".join(clicks.doubts)
    assert "epoch_ms(clicked_ts)" in said and "what each row is" in said and "not used: n, clicked_ts, gesture" in said


def test_money_in_hundredths_states_of_orders_and_tables_without_events_are_told() -> None:
    with duckdb.connect() as con:
        con.execute("""create table orders as
            select i as line_id, i % 7 as customer_no, timestamp '2025-01-01' + interval (i) hour as placed_at,
                999 as price_cents, case i % 3 when 0 then 'paid' when 1 then 'cancelled' else 'returned' end as status
            from range(100) t(i)""")
        con.execute("create table leads as select 'c' as contact, timestamp '2025-01-01' as ordered_at, 2 as qty, 9 as amount")
        con.execute("create table articles as select i as artikelnummer, 9.5 as preis from range(9) t(i)")
        orders, articles, leads = (guess(con, name) for name in ("orders", "articles", "leads"))
    assert orders.columns["unit_price"] == "price_cents" and articles.columns["product_id"] == "artikelnummer"
    assert any("price_cents looks like hundredths" in doubt for doubt in orders.doubts)
    assert "status has cancelled, returned: leave such rows out in a view, or make returns of them" in orders.doubts
    assert any("event_type" in doubt for doubt in leads.doubts) and any("customer_id" in doubt for doubt in leads.doubts)
    assert "event_type: purchase" in block(orders, {}, "orders") and "event_type: purchase" not in block(articles, {}, "articles")


def test_a_table_is_found_by_its_whole_name(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    names = {"web_orders": '"w"."main"."web_orders"', "orders": '"w"."domain"."orders"', "clicks": '"w"."Shop"."Clicks"'}
    nodes = {name: {"name": name, "resource_type": "model", "relation_name": relation} for name, relation in names.items()}
    manifest.write_text(json.dumps({"nodes": nodes, "sources": {}}))
    assert place_of(manifest, "orders") == {"ref": "orders"} and place_of(manifest, "shop.clicks") == {"ref": "clicks"}
    assert place_of(manifest, "main.orders") == {"source": ["main", "orders"]}


def test_what_readers_see_may_be_broken_or_old(tmp_path: Path) -> None:
    package = tmp_path / "dbt_packages" / "demand_forecast"
    package.mkdir(parents=True)
    (package / "dbt_project.yml").write_text("vars: {demand_forecast: {health_stale_days: 3}}")
    shown = tmp_path / "published" / CURRENT
    shown.mkdir(parents=True)
    (tmp_path / "published" / DATABASE).symlink_to(shown / DATABASE)
    (shown / DATABASE).write_bytes(b"no database" * 1000)
    assert published_line(tmp_path).status == "error"
    (shown / DATABASE).unlink()
    with duckdb.connect(str(shown / DATABASE)) as connection:
        connection.execute("create table freshness as select 'r1' as run_id, current_date - 3 as data_cut_off")
    assert published_line(tmp_path).status == "ok"
    with duckdb.connect(str(shown / DATABASE)) as connection:
        connection.execute("update freshness set data_cut_off = current_date - 4")
    line = published_line(tmp_path)
    assert line.status == "warning" and "4 days old" in line.words
