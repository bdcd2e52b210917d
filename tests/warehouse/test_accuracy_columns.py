"""The trees of the accuracy benchmark read what the network reads beside the steps, on the rows that it learns from."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet
from demand_forecast.signature import Signature
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.own_columns import tree_columns, warehouse_signature, write_own_columns

from .user_project import UserProject

KEYS = ["customer_id", "as_of_date", "part", "label"]


def test_the_columns_of_the_trees_are_the_features_of_the_champion(trained_shop: UserProject) -> None:
    warehouse = find_warehouse(trained_shop.folder, trained_shop.folder, None)
    with warehouse.visit() as connection:
        found = warehouse_signature(connection, warehouse.relations)
        (text,) = connection.execute(f"select signature from {warehouse.relations['pred_champion']}").fetchall()[0]
    champion = Signature.from_json(text)
    assert found == champion
    calendar = [f"day_{day}_{name}" for day in range(1, 8) for name in champion.days]
    assert list(tree_columns(found, 7)) == [*champion.context, *calendar]


def test_every_row_gets_its_own_context_and_calendar(trained_shop: UserProject, tmp_path: Path) -> None:
    rows, file = tmp_path / "rows.parquet", tmp_path / "columns.parquet"
    with duckdb.connect(str(trained_shop.warehouse), read_only=True) as con:
        con.execute(
            f"""copy (
                select customer_id, as_of_date::timestamp as as_of_date, 'train' as part, 1 as label
                from main_demand.lbl_training_examples order by customer_id, as_of_date limit 50
            ) to '{rows}' (format parquet)"""
        )
        wanted = con.execute(
            f"""select examples.context.tenure_days, target_days.days[2].is_monday
            from read_parquet('{rows}') as rows
            join main_demand.lbl_training_examples as examples
                on rows.customer_id = examples.customer_id and rows.as_of_date::date = examples.as_of_date
            join main_demand.seq_target_days as target_days on examples.as_of_date = target_days.as_of_date
            order by rows.as_of_date, rows.customer_id"""
        ).fetchall()
    write_own_columns(trained_shop.folder, rows, 2, file)
    table = pyarrow.parquet.read_table(file)
    assert table.column_names[:4] == KEYS
    assert list(zip(table["tenure_days"].to_pylist(), table["day_2_is_monday"].to_pylist(), strict=True)) == wanted
