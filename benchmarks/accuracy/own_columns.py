"""The columns that the network reads beside the steps, as a table for trees: the context, and the calendar of each target day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
from demand_forecast.signature import Signature
from demand_forecast_training.warehouse.connection import find_warehouse

TABLE = """
    with contexts as (
        select customer_id, as_of_date, context from {lbl_training_examples}
        union all by name
        select customer_id, as_of_date, context from {pred_customer_inputs} where purpose = 'backtest'
    )
    select rows.customer_id, rows.as_of_date, rows.part, rows.label, {columns}
    from read_parquet($rows) as rows
    left join contexts on rows.customer_id = contexts.customer_id and rows.as_of_date::date = contexts.as_of_date
    left join {seq_target_days} as target_days on rows.as_of_date::date = target_days.as_of_date
    order by rows.as_of_date, rows.customer_id
"""


def tree_columns(signature: Signature, horizon: int) -> dict[str, str]:
    """SQL of every column by name: the network's context, and its calendar of the days up to the horizon."""
    context = {name: f"contexts.context.{name}" for name in signature.context}
    days = {f"day_{day}_{name}": f"target_days.days[{day}].{name}" for day in range(1, horizon + 1) for name in signature.days}
    return context | days


def warehouse_signature(connection: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> Signature:
    """The features that a network of this warehouse reads, by the types of its inputs."""
    sql = f"select context, steps, days from {relations['pred_customer_inputs']} limit 1"
    table = connection.sql(sql).to_arrow_table()
    context, steps, days = (table.schema.field(part).type for part in ("context", "steps", "days"))
    return Signature.of_types(context, steps, days, max_horizon_days=len(table["days"].to_pylist()[0]))


def write_own_columns(project: Path, rows: Path, horizon: int, file: Path) -> None:
    """Write the evaluation rows of a horizon with these columns. Raises ValueError where a row has no context."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        columns = tree_columns(warehouse_signature(connection, warehouse.relations), horizon)
        spoken = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
        sql = TABLE.format_map(warehouse.relations | {"columns": spoken})
        table: Any = connection.sql(sql, params={"rows": str(rows)}).to_arrow_table()
    missing = table[next(iter(columns))].null_count
    if missing:
        raise ValueError(f"{missing} of {len(table)} rows of {rows.name} have no context")
    pyarrow.parquet.write_table(table, file)
