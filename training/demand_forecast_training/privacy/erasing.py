"""One customer removed from the warehouse, its file and what is published. The receipt says what went, and names nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast import __version__
from demand_forecast.secret_hash import secret_hash

from demand_forecast_training.errors import EraseRefused
from demand_forecast_training.privacy.compaction import rewrite
from demand_forecast_training.privacy.pseudonyms import names_of
from demand_forecast_training.privacy.republishing import count_of, republish_without
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.package_tables import NAMED, READERS, base_tables, mapped_relations, tables_of_customers
from demand_forecast_training.warehouse.registry import insert, transaction
from demand_forecast_training.warehouse.words import quoted

DAYS = ("event_date", "as_of_date")
"""Columns that tell when a customer was seen."""
SEARCHED_LENGTH = 4
"""Shorter ids are in every file by chance, so files are not searched for them."""

Receipt = dict[str, Any]


@dataclass(frozen=True)
class Removed:
    """Rows that went by table, and the model versions that had learnt from them."""

    rows: dict[str, int]
    versions: list[str]


def erase(
    warehouse: Warehouse,
    manifest: Path,
    published: Iterable[Path],
    searched: Iterable[Path],
    customer: str,
    is_checked: bool = True,
) -> Receipt:
    """Remove a customer for good and return the receipt; a run that was killed is ended by another.

    `published` are folders of readers; `searched` are folders of other files, which are only read, and named in the receipt where
    they hold the id. With `is_checked`, raises EraseRefused while the mapped tables hold the customer: the next build would bring
    them back.
    """
    customer = customer.strip()
    if not customer:
        raise EraseRefused("the customer's id is blank: name one")
    now = datetime.now(UTC).replace(tzinfo=None)
    with warehouse.visit(read_only=False) as connection:
        names = names_of(connection, warehouse.relations, customer)
        if is_checked:
            refuse_if_mapped(connection, warehouse.relations, manifest, names)
        tables = tables_of_customers(connection, manifest)
        removed = remove_rows(connection, warehouse.relations, tables, names, now)
        others = tables_that_name(connection, tables, names)
        rewrite_file(connection, warehouse.path)
    folders = {str(folder): vars(republish_without(folder, names)) for folder in published}
    return {
        "erased_at": now.isoformat(timespec="seconds"),
        "package_version": __version__,
        "customer_hash": secret_hash(customer),
        "mapped_tables_were_checked": is_checked,
        "warehouse": {"file": str(warehouse.path), "is_rewritten": True, "rows": removed.rows},
        "published": folders,
        "retrain_due": removed.versions,
        "left_to_you": {"tables": others, "files": files_that_name(searched, names)},
    }


def refuse_if_mapped(connection: Any, relations: Mapping[str, str], manifest: Path, names: Sequence[str]) -> None:
    """Raise EraseRefused with the mapped tables that hold the customer, or that cannot be read."""
    found: dict[str, int] = {}
    for model, sql in READERS.items():
        try:
            found |= dict(connection.execute(sql.format(relation=relations[model]), {"names": list(names)}).fetchall())
        except (duckdb.Error, KeyError) as error:
            raise EraseRefused(
                f"cannot look for the customer in your tables through {model}: {error}. Type dbt build, or, once the customer "
                "is in none of them, add --mapped-tables-are-clean"
            ) from error
    if found:
        counts = ", ".join(f"{name} ({count:,} rows)" for name, count in found.items())
        names = ", ".join(sorted(set(mapped_relations(manifest).values())))
        raise EraseRefused(
            f"your own tables still hold the customer, and the next build would bring them back: {counts}. Delete the rows there "
            f"first ({names}), and build again what you made of them; then type this again"
        )


def remove_rows(
    connection: Any,
    relations: Mapping[str, str],
    tables: Mapping[str, list[str]],
    names: Sequence[str],
    now: datetime,
) -> Removed:
    """Delete a customer's rows and mark the versions that learnt from them, all or nothing."""
    if "model_erasures" not in relations:
        raise EraseRefused("the last build made no table model_erasures: type dbt build, then this again")
    with transaction(connection):
        seen = first_day(connection, tables, names)
        counts = {table: count_of(connection, table, names) for table in tables}
        rows = {table: count for table, count in counts.items() if count}
        versions = taught_versions(connection, relations, seen) if rows else []
        for table in rows:
            connection.execute(f"delete from {table} where {NAMED}", [list(names)])
        mark(connection, relations["model_erasures"], versions, secret_hash(names[0]), now)
        forget_lists(connection, relations)
    return Removed({table.replace('"', ""): count for table, count in rows.items()}, versions)


def forget_lists(connection: Any, relations: Mapping[str, str]) -> None:
    """Delete what was recommended to anybody at the newest origin, where the customer still counts among what others bought: the
    next build asks for it again."""
    if ledger := relations.get("pred_recommendation_ledger"):
        connection.execute(f"delete from {ledger} where as_of_date = (select max(as_of_date) from {ledger})")


def first_day(connection: Any, tables: Mapping[str, list[str]], names: Sequence[str]) -> date | None:
    """The first day of a customer in any table; None where no table says."""
    days = [(table, column) for table, columns in tables.items() for column in DAYS if column in columns]
    found = []
    for table, column in days:
        sql = f"select min(cast({quoted(column)} as date)) from {table} where {NAMED}"
        found += [day for (day,) in connection.execute(sql, [list(names)]).fetchall() if day is not None]
    return min(found, default=None)


def taught_versions(connection: Any, relations: Mapping[str, str], seen: date | None) -> list[str]:
    """Versions whose training reached the customer's first day, or the fit of a pre-trained one's baskets and calibration; where
    no day tells, all."""
    sql = f"""
        select model_version from {relations["model_registry"]}
        where trained_through_date >= coalesce(?, trained_through_date)
        order by trained_at, model_version
    """
    return [version for (version,) in connection.execute(sql, [seen]).fetchall()]


def mark(connection: Any, relation: str, versions: Iterable[str], customer_hash: str | None, now: datetime) -> None:
    """Append a row for each version that is to be trained again, all under the next number."""
    ((number,),) = connection.execute(f"select coalesce(max(erasure_number), 0) + 1 from {relation}").fetchall()
    for version in versions:
        row = {"erasure_number": number, "model_version": version, "customer_hash": customer_hash, "erased_at": now}
        insert(connection, relation, row)


def rewrite_file(connection: Any, path: Path) -> None:
    """Write the warehouse anew. Raises EraseRefused."""
    try:
        rewrite(connection, path)
    except (OSError, duckdb.Error) as error:
        raise EraseRefused(
            f"the rows are gone, and their bytes may still be in {path}: {error}. Let this write there and type it again"
        ) from error


def tables_that_name(connection: Any, own: Collection[str], names: Sequence[str]) -> list[str]:
    """Columns of all other tables of the warehouse in which a cell is a name of the customer: they are the user's."""
    found = []
    for schema, table, columns in base_tables(connection):
        relation = f"{quoted(schema)}.{quoted(table)}"
        if relation not in own:
            found += [f"{schema}.{table}.{column}" for column in columns if holds(connection, relation, column, names)]
    return found


def holds(connection: Any, relation: str, column: str, names: Sequence[str]) -> bool:
    """Whether a text of a column is a name of the customer."""
    is_text, cell = f"typeof({quoted(column)}) = 'VARCHAR'", f"trim({quoted(column)}::varchar)"
    sql = f"select exists (from {relation} where {is_text} and list_contains(?, {cell}))"
    return bool(connection.execute(sql, [list(names)]).fetchall()[0][0])


def files_that_name(folders: Iterable[Path], names: Sequence[str]) -> list[str]:
    """Files below folders in which a name of the customer stands as a word; those that are too short are not searched for."""
    long = [re.escape(name.encode()) for name in names if len(name) >= SEARCHED_LENGTH]
    if not long:
        return []
    word = re.compile(rb"(?<![0-9A-Za-z_])(" + b"|".join(long) + rb")(?![0-9A-Za-z_])")
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [str(path) for path in files if word.search(path.read_bytes())]
