"""A project that installs the package the way a user does: own tables, own names, vars alone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from .in_process import run_dbt, run_demand

PACKAGE = Path(__file__).resolve().parents[2]
DBT = str(Path(sys.executable).parent / "dbt")
DEMAND = str(Path(sys.executable).parent / "demand")

EVENTS: dict[str, Any] = {
    "name": "web",
    "source": ["shop", "clicks"],
    "columns": {
        "event_id": "id",
        "customer_id": "who",
        "event_at": "clicked_at",
        "event_type": "what",
        "product_id": "item",
        "quantity": "pieces",
        "amount": "money",
    },
    "event_types": {"view": "product_view", "cart": "add_to_cart", "buy": "purchase"},
}
"""The mapping of `make_clicks`."""


BESIDE_CUSTOMERS = (
    *("*product*", "*recommendation*", "*outlook*", "*market*", "inventory_plan", "seq_latest_stock", "seq_search_days"),
    *("lbl_category_*", "lbl_unseen_*", "seq_item_*", "seq_customer_items"),
)
"""Models that nothing of a single customer's forecast reads, by name as dbt selects them; the slices of its errors read items."""


def child_environment() -> dict[str, str]:
    """The environment of a command whose output a test reads: the same on a machine with a GPU as without."""
    told = {"NO_COLOR": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "CUDA_VISIBLE_DEVICES": "-1"}
    return {"DBT_LOG_LEVEL_FILE": "none"} | os.environ | told


@dataclass
class UserProject:
    """A dbt project in a folder of its own, with the package under dbt_packages."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=lambda: {"event_sources": [EVENTS]})

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def write(self) -> UserProject:
        """Write the project's files; returns the project."""
        (self.folder / "models").mkdir(parents=True, exist_ok=True)
        packages = self.folder / "dbt_packages"
        packages.mkdir(exist_ok=True)
        if not (packages / "demand_forecast").exists():
            (packages / "demand_forecast").symlink_to(PACKAGE)
        self.write_yaml("packages.yml", {"packages": [{"local": str(PACKAGE)}]})
        self.write_yaml(
            "dbt_project.yml",
            {
                "name": "my_shop",
                "version": "1.0.0",
                "profile": "my_shop",
                "flags": {"send_anonymous_usage_stats": False},
                "vars": {"demand_forecast": self.settings},
            },
        )
        output = {"type": "duckdb", "path": str(self.warehouse), "schema": "main", "threads": 1}
        self.write_yaml("profiles.yml", {"my_shop": {"target": "dev", "outputs": {"dev": output}}})
        tables = [{"name": name} for name in ("clicks", "orders", "calendar", "links", "products", "stock", "customers")]
        self.write_yaml("models/sources.yml", {"sources": [{"name": "shop", "schema": "shop", "tables": tables}]})
        return self

    def write_yaml(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content, sort_keys=False))

    def execute(self, *statements: str) -> None:
        with duckdb.connect(str(self.warehouse)) as con:
            for statement in statements:
                con.execute(statement)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query; the schema of the package's tables is the default."""
        with duckdb.connect(str(self.warehouse), read_only=True) as con:
            con.execute("set schema = 'main_demand'")
            rows: list[tuple[Any, ...]] = con.execute(sql).fetchall()
            return rows

    @property
    def environment(self) -> dict[str, str]:
        return child_environment() | {"DBT_PROFILES_DIR": str(self.folder)}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, in the project's folder; with `check`, a failure shows its whole output."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=self.environment)
        return checked(done) if check else done

    def dbt(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = run_dbt(["--no-use-colors", *arguments], self.folder, self.environment)
        return checked(done) if check else done

    def build(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.dbt("build", *arguments, check=check)

    def rebuild(self, *models: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run models and what they are made of; without a name, all of customers' forecasts, errors and readiness.

        The package's own data tests are left out; who wants them builds.
        """
        wanted = ("--select", *(f"+{name}" for name in models)) if models else ("--exclude", *BESIDE_CUSTOMERS)
        return self.dbt("run", *wanted, check=check)

    def demand(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = run_demand(list(arguments), self.folder, self.environment)
        return checked(done) if check else done


def checked(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """The same, or a failure with everything that was said."""
    if done.returncode:
        raise AssertionError(f"{' '.join(done.args)} failed\n{done.stdout}\n{done.stderr}")
    return done


def make_clicks(customers: int = 60, days: int = 150, first_day: str = "2025-01-01") -> str:
    """SQL that makes shop.clicks: customers with their own pace who look, put things into the cart and buy. Reproducible."""
    return f"""
        create or replace table shop.clicks as
        with pace as (
            select i as customer, 0.03 + 0.35 * (hash(i, 'pace') % 1000) / 1000.0 as pace,
                   (hash(i, 'start') % 40)::integer as first_day
            from range({customers}) t(i)),
        visits as (
            select customer, date '{first_day}' + d::integer as day, hash(customer, d, 'intent') % 1000 / 1000.0 as intent
            from pace, range({days}) r(d)
            where d >= first_day and hash(customer, d) % 1000 / 1000.0
                < pace * case when isodow(date '{first_day}' + d::integer) >= 6 then 1.6 else 0.8 end),
        clicks as (
            select customer, day, 'view' as what, n from visits, range(3) k(n) where hash(customer, day, n) % 3 > 0
            union all select customer, day, 'cart', 0 from visits where intent > 0.5
            union all select customer, day, 'buy', 0 from visits where intent > 0.65)
        select row_number() over (order by day, customer, what, n) as id,
               'K' || customer as who,
               day + interval (8 + hash(customer, day, what, n) % 12) hour
                   + interval (hash(n, what, day) % 60) minute as clicked_at,
               what,
               'P' || hash(customer, day, n) % 20 as item,
               case when what = 'buy' then 1 + hash(customer, day, 'units') % 3 end as pieces,
               case when what = 'buy' then (1 + hash(customer, day, 'units') % 3) * 9.5 end as money
        from clicks order by id"""


def new_shop(folder: Path, **settings: Any) -> UserProject:
    """A project over `make_clicks` with short validation and test windows."""
    project = UserProject(folder, {"event_sources": [EVENTS], "test_days": 20, "validation_days": 14} | settings).write()
    project.execute("create schema if not exists shop", make_clicks())
    return project
