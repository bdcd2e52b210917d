"""The package by itself, as `make demo` runs it: the seed shop is built, trained on and built again, unit tests included."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demand_forecast_training.publishing.finished_run import finished_run

from benchmarks.shop_generator.dirt import DIRTY_ROWS
from benchmarks.shop_generator.seed_files import write_seeds

from .user_project import DBT, DEMAND, PACKAGE, child_environment

QUESTIONS_PAGE = (PACKAGE / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"### (.*?)\n.*?```sql\n(.*?)```", QUESTIONS_PAGE, re.DOTALL)
"""Each question of docs/questions.md with its query."""

DEMO_BUILD = re.findall(r"^\tdbt (build .*)$", (PACKAGE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[-1].split()
"""The last build of `make demo`."""

REASONS = {"blank_id": "blank_customer_id", "duplicate": "duplicate_row"}
"""The package's word where it is not the generator's."""


@dataclass
class SeedShop:
    """The warehouse and dbt's artefacts of the package's own project, in a folder apart."""

    folder: Path
    unit_tests: list[str] = field(default_factory=list)
    """Those that passed in the first build; the second has no other rows to give them."""

    def write_profile(self) -> SeedShop:
        text = (PACKAGE / "profiles.yml.example").read_text(encoding="utf-8")
        (self.folder / "profiles.yml").write_text(text.replace("warehouse/demand.duckdb", str(self.folder / "demand.duckdb")))
        return self

    def run(self, *command: str) -> None:
        places = {
            "DBT_PROFILES_DIR": self.folder,
            "DBT_TARGET_PATH": self.folder / "target",
            "DBT_LOG_PATH": self.folder / "logs",
        }
        environment = child_environment() | {name: str(path) for name, path in places.items()}
        result = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, f"{' '.join(command)} failed\n{result.stdout}\n{result.stderr}"

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "demand.duckdb"), read_only=True) as con:
            con.execute("set schema = 'main_demand'")
            rows: list[tuple[Any, ...]] = con.execute(sql, list(parameters)).fetchall()
            return rows

    def passed(self, kind: str) -> list[str]:
        """Nodes of a kind that passed in the last build."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return [one["unique_id"] for one in results if one["unique_id"].startswith(f"{kind}.") and one["status"] == "pass"]


@pytest.fixture(scope="module")
def seed_shop(tmp_path_factory: pytest.TempPathFactory) -> SeedShop:
    shop = SeedShop(tmp_path_factory.mktemp("seed_shop")).write_profile()
    shop.run(DBT, "build")
    shop.unit_tests = shop.passed("unit_test")
    shop.run(DEMAND, "train")
    shop.run(DBT, *DEMO_BUILD)
    return shop


def test_every_unit_test_and_data_test_passes(seed_shop: SeedShop) -> None:
    assert len(seed_shop.unit_tests) >= 14
    assert len(seed_shop.passed("test")) >= 40


def test_the_demos_run_may_be_published(seed_shop: SeedShop) -> None:
    assert "seed" in DEMO_BUILD
    assert "customer_forecasts" in finished_run(seed_shop.folder / "target").tables


def test_every_dirty_row_is_counted_under_its_reason(seed_shop: SeedShop) -> None:
    found = dict(seed_shop.query("select (source, reason), count(*) from rejected_events group by 1"))
    for source, file in (("app", "shop_app_events"), ("orders", "shop_orders")):
        kinds = {REASONS.get(kind, kind): count for kind, count in DIRTY_ROWS[file].items() if kind != "late"}
        assert {reason: count for (name, reason), count in found.items() if name == source} == kinds
    web = DIRTY_ROWS["shop_web_events"]
    assert found["web", "too_many_events"] + found["web", "duplicate_row"] >= web["bot"]
    assert found["web", "anonymous_visitor"] > 0


def test_the_lstm_serves_every_eligible_customer(seed_shop: SeedShop) -> None:
    served = """select distinct customer_forecasts.predictor, architecture
        from customer_forecasts join model_versions using (model_version)"""
    assert seed_shop.query(served) == [("model", "lstm")]
    eligible = seed_shop.query("select count(*) from seq_origins where role = 'latest'")[0][0]
    assert eligible > 400
    assert seed_shop.query("select horizon_days, count(*) from customer_forecasts group by 1 order by 1") == [
        (1, eligible),
        (7, eligible),
        (30, eligible),
    ]
    assert seed_shop.query("select count(*) from customer_daily_forecasts") == [(30 * eligible,)]


def test_the_daily_forecasts_add_up_to_the_horizons(seed_shop: SeedShop) -> None:
    sql = """
        select max(abs(horizons.expected_units - days.units)), max(abs(horizons.purchase_probability - days.probability)),
            count(*)
        from customer_forecasts as horizons
        join (
            select customer_id, sum(expected_units) as units,
                1 - exp(sum(ln(greatest(1 - purchase_hazard, 1e-12)))) as probability
            from customer_daily_forecasts where target_date <= as_of_date + 7 group by 1
        ) as days using (customer_id)
        where horizon_days = 7"""
    units, probability, rows = seed_shop.query(sql)[0]
    assert rows > 400 and units < 1e-4 and probability < 1e-4


def test_the_model_beats_the_baseline_on_days_it_has_not_seen(seed_shop: SeedShop) -> None:
    rows = seed_shop.query("""
        select horizon_days, metric, skill from forecast_accuracy
        where predictor = 'model' and purpose = 'backtest' and metric in ('log_loss', 'average_precision', 'auroc')""")
    assert len(rows) == 9
    assert all(skill > 0 for _, _, skill in rows), rows


def test_the_model_closes_half_of_what_the_baseline_leaves_to_know(seed_shop: SeedShop, tmp_path: Path) -> None:
    """The generator knows the best score that the observable history allows; no honest forecast is better in the long run."""
    write_seeds(tmp_path, tmp_path / "truth.parquet")
    rows, model, baseline, attainable = seed_shop.query(
        """
        select count(*), avg(log_loss),
            avg(-ln(case when actual_purchased then baseline_probability else 1 - baseline_probability end)),
            avg(-ln(case when actual_purchased then attainable_probability else 1 - attainable_probability end))
        from prediction_errors as errors
        join read_parquet(?) as truth
            on errors.customer_id = truth.customer_id and truth.target_date = errors.as_of_date + 1
        where horizon_days = 1 and predictor = 'model'""",
        str(tmp_path / "truth.parquet"),
    )[0]
    assert rows > 19_000
    assert attainable < model < (baseline + attainable) / 2


def test_reasons_follow_the_causes_that_the_generator_planted(seed_shop: SeedShop) -> None:
    """Whoever is about to buy puts things into the cart; whoever is away does not come back tomorrow."""
    rows = seed_shop.query("""
        select
            avg(contribution) filter (where driver_group = 'carts' and cart_add_rate_3d > 0),
            avg(contribution) filter (where driver_group = 'carts' and cart_add_rate_30d = 0),
            avg(contribution) filter (where driver_group = 'recency' and days_since_step = 0),
            avg(contribution) filter (where driver_group = 'recency' and days_since_step > 30),
            count(*) filter (where driver_group = 'carts' and cart_add_rate_3d > 0)
        from prediction_drivers join seq_customer_contexts using (customer_id, as_of_date) where horizon_days = 1""")
    with_cart, without_cart, here, away, carts = rows[0]
    assert carts > 20 and with_cart > without_cart + 0.005
    assert here > 0 > away


def test_a_cart_raises_what_carts_add_to_the_same_customers_forecast(seed_shop: SeedShop, tmp_path: Path) -> None:
    """The generator's customers fill the cart before they buy. Customers of the latest day who put nothing into it now do; all
    else about them stays. What carts add for everybody else moves only with the mean customer, beside whom reasons are told."""
    other = SeedShop(Path(shutil.copytree(seed_shop.folder, tmp_path / "shop"))).write_profile()
    chosen = """
        select customer_id from seq_customer_contexts join seq_origins using (customer_id, as_of_date)
        where role = 'latest' and days_since_step = 0 and cart_add_rate_7d = 0"""
    customers = [customer for (customer,) in seed_shop.query(chosen)]
    assert len(customers) >= 10
    with duckdb.connect(str(other.folder / "demand.duckdb")) as con:
        con.execute(
            """insert into main_demand.shop_web_events (event_key, user_id, ts, action, sku)
            select 'added' || customer, customer, latest_origin_date + time '12:00', 'cart', 'P0002'
            from unnest(?) as customers(customer), main_demand.seq_cut_dates""",
            [customers],
        )
    other.run(DBT, "run", "--select", "+prediction_drivers")
    with duckdb.connect() as con:
        for name, shop in (("before", seed_shop), ("after", other)):
            con.execute(f"attach '{shop.folder / 'demand.duckdb'}' as {name} (read_only)")
        rows = con.execute(
            """select customer_id in (select unnest(?)) as is_chosen, count(*), avg(later.contribution - earlier.contribution),
                max(abs(later.contribution - earlier.contribution))
            from after.main_demand.prediction_drivers as later
            join before.main_demand.prediction_drivers as earlier using (customer_id, as_of_date, horizon_days, driver_group)
            where driver_group = 'carts' and horizon_days = 1 group by all order by all""",
            [customers],
        ).fetchall()
    (_, others, _, most_of_others), (_, count, mean, _) = rows
    assert (others > 300, count) == (True, len(customers))
    assert most_of_others < 0.005 < mean


def test_every_question_has_its_query() -> None:
    assert len(QUESTIONS) >= 15
    assert len(QUESTIONS) == QUESTIONS_PAGE.count("\n### ")
    assert all(question.endswith("?") and "main_demand." in query for question, query in QUESTIONS)


@pytest.mark.parametrize(("question", "query"), QUESTIONS)
def test_a_question_is_answered(seed_shop: SeedShop, question: str, query: str) -> None:
    """Rows come back, and no column of them is empty throughout."""
    rows = seed_shop.query(query)
    assert rows, question
    assert all(any(value is not None for value in column) for column in zip(*rows, strict=True)), rows
