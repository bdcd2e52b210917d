"""The package's tables that name customers, and the relations of the user's that it reads, from dbt's manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from demand_forecast_training.warehouse.connection import PACKAGE

CUSTOMER = "customer_id"
"""The column that names a customer, in every table of the package."""
NAMED = f"list_contains(?, {CUSTOMER})"
"""Condition of a customer's rows; the parameter is the list of its names."""
READ = "select '{name}', count(*) from {{relation}} where list_contains($names, customer_id) having count(*) > 0"
READERS = {
    "stg_source_rows": """
        select source_name, count(*) from {relation} where list_contains($names, customer_id) group by all order by all""",
    "stg_customers": READ.format(name="customers"),
    "stg_identity_links": READ.format(name="identity_links"),
}
"""Models that read the user's tables as they are: what they still find of a customer, by the name of the mapping."""
LEFT_BEHIND = ("", "__dbt_tmp", "__dbt_backup")
"""Ends of the names of a model's tables, those included that a dbt run may leave when it is killed."""

Node = Mapping[str, Any]


def tables_of_customers(connection: Any, manifest: Path) -> dict[str, list[str]]:
    """Columns of the package's tables in the warehouse that name customers, by the table's name in SQL.

    Tables of models that are switched off by now, and what a dbt run left that was killed, are among them; views are not.
    """
    names = {(node["schema"], node["alias"] + end) for node in own_models(manifest) for end in LEFT_BEHIND}
    return {
        f'"{schema}"."{table}"': columns
        for schema, table, columns in base_tables(connection)
        if CUSTOMER in columns and (schema, table) in names
    }


def base_tables(connection: Any) -> list[tuple[str, str, list[str]]]:
    """Schema, name and columns of every table of the open file."""
    sql = """
        select schema_name, table_name, list(column_name order by column_index)
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() group by all order by all
    """
    rows: list[tuple[str, str, list[str]]] = connection.execute(sql).fetchall()
    return rows


def own_models(manifest: Path) -> Iterator[Node]:
    """The package's models, also those that are switched off."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    switched_off = (node for nodes in content.get("disabled", {}).values() for node in nodes)
    for node in (*content["nodes"].values(), *switched_off):
        if node["resource_type"] == "model" and node["package_name"] == PACKAGE:
            yield node


def mapped_relations(manifest: Path) -> dict[str, str]:
    """Names of the relations of the user's that the package reads, by their id in the manifest."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    everything = content["nodes"] | content.get("sources", {})
    return {
        key: everything[key]["relation_name"].replace('"', "")
        for node in own_models(manifest)
        for key in outside(node["depends_on"]["nodes"])
        if key in everything and everything[key].get("relation_name")
    }


def outside(keys: Iterable[str]) -> list[str]:
    """Ids of what is no model of the package."""
    return [key for key in keys if not key.startswith(f"model.{PACKAGE}.")]
