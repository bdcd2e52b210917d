"""A first mapping block for an event table, guessed from names, types and values. A person reads it before it is used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from demand_forecast_training.errors import WarehouseUnavailable
from demand_forecast_training.warehouse.connection import connect
from demand_forecast_training.warehouse.words import quoted

NAMES = {
    "customer_id": "customer user member client buyer shopper account household who kunde kunden kundennummer",
    "loaded_at": "loaded ingested received imported inserted",
    "event_at": "at ts time timestamp datetime date day occurred ordered clicked created when datum zeit zeitpunkt zeitstempel",
    "event_type": "type action event kind what activity typ ereignis",
    "product_id": "product sku item article asin ean gtin goods artikel artikelnummer produkt",
    "unit_price": "price preis stueckpreis",
    "quantity": "quantity qty pieces units count number menge anzahl stueck",
    "amount": "amount money total revenue sales value paid gross net turnover betrag summe umsatz",
    "session_id": "session",
    "search_term": "query search term phrase keyword suche suchbegriff",
    "visitor_id": "visitor anonymous cookie device",
    "channel": "channel platform medium store",
    "event_id": "id key line uuid row event",
}
"""What columns of each meaning are often called, in words; earlier meanings take their column first."""
KINDS = {"event_at": "instant", "loaded_at": "instant", "quantity": "number", "amount": "number", "unit_price": "number"}
NEEDED = ("event_at", "customer_id")
PAID = {"quantity", "amount", "unit_price"}
"""A table without event types whose rows have one of these is taken for purchases."""
WORDS = {
    "remove_from_cart": "remove uncart delete",
    "favourite": "wish fav like bookmark save",
    "add_to_cart": "cart basket bag add",
    "return": "return refund",
    "search": "search query find",
    "page_view": "page screen visit home",
    "product_view": "view detail item product click pv",
    "purchase": "buy purchase sale order checkout transaction pay",
}
"""What events of each type are often called; the first that fits is taken."""
HUNDREDTHS = {"cent", "cents", "ct", "pence", "pennies", "minor"}
"""Words in the name of a column whose money is counted in hundredths."""
UNDONE = re.compile("(?<![a-z])(cancel|return|refund|void|fail|storn|reject)", re.IGNORECASE)
"""How states of an order often begin in which nothing was bought, or not for long."""
SAMPLE_ROWS = 10_000
MOST = 0.9
"""Share of the values that a column's meaning has to explain: tables are never clean."""
EPOCH = f"count(*) filter (where try_cast({{0}} as double) between 1e9 and 1e17) >= {MOST} * count({{0}}) and count({{0}}) > 0"
"""Whether numbers can be seconds to microseconds since 1970."""
MOST_WORDS = 30
"""A column with more values than this holds no event types."""


@dataclass
class Guess:
    """A mapping as it would stand under `event_sources`, and what a person should look at."""

    columns: dict[str, str]
    event_types: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def guess(connection: Any, relation: str) -> Guess:
    """Guess the mapping of a table of the open warehouse. Raises WarehouseUnavailable where it cannot be read."""
    name = ".".join(quoted(part) for part in relation.split("."))
    try:
        sample = connection.sql(f"select * from {name} limit {SAMPLE_ROWS}").to_arrow_table()
    except duckdb.Error as error:
        raise WarehouseUnavailable(f"cannot read {relation}: {error}. Name it as schema.table") from error
    connection.register("sampled", sample)
    found = Guess(columns_of(connection, sample.column_names))
    found.doubts = [*missing(found.columns), *epochs(connection, sample.column_names, found.columns), *hundredths(found.columns)]
    found.doubts += states(connection, sample, found.columns)
    if left := [name for name in sample.column_names if name not in found.columns.values()]:
        found.doubts.append(f"columns that are not used: {', '.join(left)}")
    if column := found.columns.get("event_type"):
        found.event_types, unknown = event_types_of(connection, name, column)
        found.doubts += [f"say what {json.dumps(word)} is, or leave it out and it is rejected" for word in unknown]
    connection.unregister("sampled")
    return found


def missing(columns: Mapping[str, str]) -> list[str]:
    """What a mapping needs and this one lacks."""
    doubts = [f"no column looks like {meaning}: add it" for meaning in NEEDED if meaning not in columns]
    if "event_type" not in columns and not is_of_purchases(columns):
        doubts.append("no column looks like event_type: add it, or say with constants: {event_type: ...} what each row is")
    return doubts


def is_of_purchases(columns: Mapping[str, str]) -> bool:
    """Whether each row is taken for a purchase: by someone, at some time, for something paid."""
    return "event_type" not in columns and not PAID.isdisjoint(columns) and set(NEEDED) <= columns.keys()


def epochs(connection: Any, names: list[str], columns: Mapping[str, str]) -> list[str]:
    """Columns that are called like an instant and hold numbers, where no column is one."""
    words = NAMES["event_at"].split()
    called = [name for name in names if "event_at" not in columns and name_score(name, "event_at", words)]
    numbers = [
        name for name in called if connection.execute(f"select {EPOCH.format(quoted(name))} from sampled").fetchall()[0][0]
    ]
    return [f"{name} looks like time since 1970: make it a timestamp in a view, such as epoch_ms({name})" for name in numbers]


def hundredths(columns: Mapping[str, str]) -> list[str]:
    """Columns of money that are called after the hundredth of a currency."""
    found = [columns[meaning] for meaning in ("amount", "unit_price") if meaning in columns]
    named = [name for name in found if not HUNDREDTHS.isdisjoint(parts_of(name))]
    return [f"{name} looks like hundredths: divide it by 100 in a view, or money is a hundred times too much" for name in named]


def states(connection: Any, sample: pa.Table, columns: Mapping[str, str]) -> list[str]:
    """Columns without a meaning that hold states of orders, of which some undo a purchase."""
    texts = [field.name for field in sample.schema if is_text(field.type) and field.name not in columns.values()]
    doubts = []
    for name in texts:
        distinct = f"select distinct {quoted(name)}::varchar from sampled where {quoted(name)} is not null order by all"
        values = [value for (value,) in connection.execute(distinct).fetchall()]
        undone = [value for value in values if UNDONE.search(value)]
        if undone and len(values) <= MOST_WORDS:
            doubts.append(f"{name} has {', '.join(undone)}: leave such rows out in a view, or make returns of them")
    return doubts


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def columns_of(connection: Any, names: list[str]) -> dict[str, str]:
    """Column of each meaning: the best name whose values fit, each column once."""
    found: dict[str, str] = {}
    for meaning, words in NAMES.items():
        left = [name for name in names if name not in found.values()]
        scores = {name: name_score(name, meaning, words.split()) for name in left}
        fitting = [name for name, score in scores.items() if score and fits(connection, name, meaning)]
        if fitting:
            found[meaning] = max(fitting, key=lambda name: scores[name])
    return found


def name_score(name: str, meaning: str, words: list[str]) -> int:
    """How well a column says a meaning: 3 by its own name, 2 by one of the words alone, 1 by one among others, else 0."""
    parts = parts_of(name)
    if "_".join(parts) == meaning:
        return 3
    kept = [part for part in parts if part not in ("id", "no", "nr", "code", "key")] or parts
    return 2 if kept in [[word] for word in words] else int(not set(parts).isdisjoint(words))


def parts_of(name: str) -> list[str]:
    """The words of a column's name, of snake_case or camelCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def fits(connection: Any, name: str, meaning: str) -> bool:
    """Whether the sampled values can be of a meaning."""
    column = quoted(name)
    conditions = {
        "instant": f"count(try_cast({column}::varchar as timestamp)) >= {MOST} * count({column})",
        "number": f"count(try_cast({column}::varchar as double)) >= {MOST} * count({column})",
        "event_type": f"count(distinct {column}) <= {MOST_WORDS}",
        "event_id": f"count(distinct {column}) >= {MOST} * count(*)",
    }
    condition = conditions.get(KINDS.get(meaning, meaning))
    if condition is None:
        return True
    ((is_fit,),) = connection.execute(f"select count({column}) > 0 and {condition} from sampled").fetchall()
    return bool(is_fit)


def event_types_of(connection: Any, relation: str, column: str) -> tuple[dict[str, str], list[str]]:
    """Event type by the table's own word for it, and the words that say nothing."""
    sql = f"select distinct {quoted(column)}::varchar from {relation} where {quoted(column)} is not null order by all"
    words = [word for (word,) in connection.execute(sql).fetchall()]
    known = {word: event_type for word in words if (event_type := event_type_of(word))}
    return known, [word for word in words if word not in known]


def event_type_of(word: str) -> str | None:
    """The package's word for a shop's word, or None."""
    if word in WORDS:
        return word
    return next((kind for kind, parts in WORDS.items() if any(part in word.lower() for part in parts.split())), None)


def block(found: Guess, place: Mapping[str, Any], name: str) -> str:
    """The guess as YAML that is pasted below `vars: demand_forecast:`."""
    entry: dict[str, Any] = {"name": name, **place, "time_zone": "UTC", "columns": found.columns}
    if found.event_types:
        entry["event_types"] = found.event_types
    elif is_of_purchases(found.columns):
        entry["constants"] = {"event_type": "purchase"}
    lines = yaml.safe_dump({"event_sources": [entry]}, sort_keys=False, allow_unicode=True).splitlines()
    doubts = ["time_zone is the clock of timestamps that carry no zone: check it", *found.doubts]
    return "\n".join(["# A guess from names, types and values. Read it before you use it.", *(f"# {d}" for d in doubts), *lines])


def first_block(path: Path, manifest: Path, relation: str) -> str:
    """The block for a table of a warehouse file, named as dbt knows it where it does. Raises WarehouseUnavailable."""
    connection = connect(path, read_only=True)
    try:
        found = guess(connection, relation)
    finally:
        connection.close()
    return block(found, place_of(manifest, relation), relation.split(".")[-1].lower())


def place_of(manifest: Path, relation: str) -> dict[str, Any]:
    """`ref` or `source` of a table; a table that dbt does not know yet is taken for a source."""
    content = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"nodes": {}, "sources": {}}
    asked = relation.lower().split(".")
    for node in (*content["nodes"].values(), *content["sources"].values()):
        if str(node.get("relation_name")).replace('"', "").lower().split(".")[-len(asked) :] == asked:
            is_source = node["resource_type"] == "source"
            return {"source": [node["source_name"], node["name"]]} if is_source else {"ref": node["name"]}
    return {"source": relation.split(".")[-2:] if "." in relation else ["main", relation]}
