"""Whatever a setting holds, it is refused by name or reaches SQL as what it was checked to be."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import duckdb
import pytest
import pytz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .macros import DEFAULTS, Macros, Refused
from .warehouse.user_project import EVENTS

SCALARS = (
    *("time_zone", "as_of_date", "fitted_through_date", "trained_through_date", "run_date", "test_days", "validation_days"),
    *("max_horizon_days", "active_days", "training_rows", "customer_sample_percent", "max_events_per_day", "units_basis"),
    *("require_gpu", "customer_daily_forecasts", "semantic_layer", "prediction_drivers", "pseudonymous_customers"),
)
SENTINEL = "zqx"
"""A word that is in every hostile text and nowhere in this package."""
HOSTILE = st.sampled_from(
    [
        "zqx' or 1=1 --",
        "zqx'; drop table zqx; --",
        '" from zqx --',
        "zqx\n",
        "2025-01-01\n; select zqx",
        "zqx\\' zqx",
        "/* zqx */",
        "$$ zqx $$",
        "{{ var('zqx') }}",
        "UTC' zqx",
        "gross zqx",
        "\u2019 zqx \u02bc",
        "zqx\x00' zqx",
    ]
) | st.text(max_size=20).map(lambda text: f"{text}zqx{text}")
PLAIN = st.sampled_from(
    ["id", "who", "2025-01-31", "UTC", "Europe/Berlin", "gross", "purchase", "view", "1", "true", "", "2025-02-31"]
)
TEXT = HOSTILE | PLAIN
# Libraries with fast arithmetic round subnormal numbers to zero for the whole process, so none is made.
ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_subnormal=False) | TEXT | st.dates()
DAYS = st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\n?", fullmatch=True) | st.sampled_from(
    ["2025-02-31", "2025-13-01", "2025-01-31\n"]
)
ANYTHING = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.integers(), inner, max_size=3)
)
MANY = settings(max_examples=500, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def is_checked(value: Any, kind: str) -> bool:
    """Whether a value that a setting returned is what its kind promises to SQL."""
    if kind == "zone":
        return value in pytz.all_timezones_set
    if kind == "date":
        return value is None or bool(value == date.fromisoformat(value).isoformat())
    if kind == "integer":
        return type(value) is int and value >= 1
    return value in ("gross", "net") if kind == "choice" else type(value) is bool


def kind_of(name: str) -> str:
    if name == "time_zone":
        return "zone"
    if name.endswith("_date"):
        return "date"
    return {bool: "boolean", str: "choice"}.get(type(DEFAULTS[name]), "integer")


@pytest.mark.keeps("SQL injection by vars")
@MANY
@given(name=st.sampled_from(SCALARS), value=DAYS | TEXT | ANYTHING)
def test_a_scalar_setting_is_checked_or_refused_by_name(name: str, value: Any) -> None:
    try:
        found = Macros({name: value}).setting(name)
    except Refused as refused:
        assert f"`{name}`" in str(refused)
    else:
        assert is_checked(found, kind_of(name)), found


def outside_of_literals(sql: str) -> str:
    """SQL without its strings and quoted names, as the engine's own parser tells them apart."""
    kept, tokens = "", [*duckdb.tokenize(sql), (len(sql.encode()), None)]
    encoded = sql.encode()
    for (start, kind), (end, _) in itertools.pairwise(tokens):
        text = encoded[start:end].decode()
        is_quoted = kind == duckdb.token_type.string_const or (kind == duckdb.token_type.identifier and text.startswith('"'))
        kept += "" if is_quoted else text
    return kept


SOURCE_KEYS = st.sampled_from(["name", "ref", "source", "columns", "constants", "event_types", "time_zone", "required", "zqx"])
NAMES = st.sampled_from(["event_at", "customer_id", "event_type", "channel", "amount", "quantity", "event_id", "zqx"])
PARTS = st.dictionaries(NAMES | TEXT, TEXT | ATOMS, max_size=4)
SOURCES = st.dictionaries(SOURCE_KEYS, PARTS | ANYTHING, max_size=5).map(lambda changes: EVENTS | changes)
NEARLY_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        "event_types": st.dictionaries(TEXT, st.sampled_from(["purchase", "product_view"]), max_size=4),
        "constants": st.fixed_dictionaries({"channel": TEXT}),
        "time_zone": st.sampled_from(pytz.all_timezones) | TEXT,
    },
).map(lambda changes: EVENTS | changes)


@pytest.mark.keeps("SQL injection by vars")
@MANY
@given(entries=st.lists(NEARLY_RIGHT | SOURCES, min_size=1, max_size=2) | ANYTHING, zone=st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_a_mapping_is_refused_by_name_or_stays_inside_of_its_quotes(entries: Any, zone: str) -> None:
    macros = Macros({"event_sources": entries, "time_zone": zone})
    try:
        found = macros.event_sources()
        parts = [macros.mapped_event_rows(source) for source in found]
        sql = " union all ".join(
            f"select *, {macros.mapped_event_type()}, {macros.mapping_hash()} from ({part})" for part in parts
        )
    except Refused as refused:
        assert "event" in str(refused) and "demand_forecast:" in str(refused)
        return
    if found:
        assert len(duckdb.extract_statements(sql)) == 1
        assert SENTINEL not in outside_of_literals(sql)


@pytest.mark.keeps("SQL injection by vars")
@MANY
@given(
    name=st.sampled_from(["customers", "products", "stock", "calendar", "identity_links", "origins_relation"]),
    value=ANYTHING | SOURCES,
)
def test_an_optional_table_is_refused_by_name_or_maps_plain_columns(name: str, value: Any) -> None:
    try:
        found = Macros({name: value}).optional_table(name)
    except Refused as refused:
        assert name in str(refused)
    else:
        assert found is None or all(column.isidentifier() and column.isascii() for column in found["columns"].values())


@MANY
@given(value=ANYTHING | st.lists(st.integers(-1, 40) | ATOMS, max_size=3))
def test_horizons_are_days_or_refused_by_name(value: Any) -> None:
    try:
        found = Macros({"horizons": value}).horizons()
    except Refused as refused:
        assert "`horizons`" in str(refused)
    else:
        assert found == sorted(set(found)) and all(type(days) is int and 1 <= days <= 30 for days in found)


def test_a_literal_that_breaks_out_would_be_seen() -> None:
    assert SENTINEL in outside_of_literals("select 'a' zqx, 'b'")
    assert SENTINEL not in outside_of_literals("select 'a''zqx', \"zqx\"")


def test_the_macros_are_those_that_dbt_renders() -> None:
    assert Macros({}).setting("test_days") == 42 and Macros({"run_date": date(2025, 1, 31)}).setting("run_date") == "2025-01-31"
    assert Macros({}).event_sources() == [] and len(Macros({}, "demand_forecast").event_sources()) == 3
