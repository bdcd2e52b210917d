"""Whatever a setting holds, it is refused by name or reaches SQL as what it was checked to be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest
import pytz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import nodes

from .macros import DEFAULTS, ENVIRONMENT, ROOT, Macros, Refused
from .warehouse.user_project import EVENTS


def mapping_in(macro: str, name: str) -> dict[str, Any]:
    """A mapping of constants that a macro sets under a name, from its file."""
    (path,) = ROOT.glob(f"macros/*/{macro}.sql")
    assigned = ENVIRONMENT.parse(path.read_text(encoding="utf-8")).find_all(nodes.Assign)
    (found,) = (one.node.as_const() for one in assigned if isinstance(one.target, nodes.Name) and one.target.name == name)
    return dict(found)


RULES = mapping_in("setting", "rules")
"""Kind of every setting that is one value, and what it allows."""
TABLES = sorted(mapping_in("optional_table", "tables"))
OTHERS = {"event_sources", "horizons", "service_level", "registry"}
"""Settings with a test of their own below."""
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
FEWER = settings(MANY, max_examples=100)


def is_between(value: Any, bounds: list[float]) -> bool:
    """Whether a number is finite and inside of its bounds, which are finite too."""
    low, high = bounds
    return all(map(math.isfinite, (low, value, high))) and low <= value <= high


CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "zone": lambda value, _: value in pytz.all_timezones_set,
    "date": lambda value, _: value is None or bool(value == date.fromisoformat(value).isoformat()),
    "integer": lambda value, bounds: type(value) is int and is_between(value, bounds),
    "number": lambda value, bounds: type(value) in (int, float) and is_between(value, bounds),
    "choice": lambda value, words: type(value) is str and value.isidentifier() and value in words,
    "boolean": lambda value, _: type(value) is bool,
}
"""Whether a value that a setting returned is what its kind promises to SQL."""


def read(name: str, value: Any) -> Any:
    """What SQL gets of a setting that holds a value; where that is refused, the message names the setting."""
    kind, allowed = RULES[name]
    try:
        found = Macros({name: value}).setting(name)
    except Refused as refused:
        assert f"`{name}`" in str(refused)
        raise
    assert CHECKS[kind](found, allowed), (value, found)
    return found


def is_refused(name: str, value: Any) -> bool:
    try:
        read(name, value)
    except Refused:
        return True
    return False


@pytest.mark.keeps("SQL injection by vars")
def test_every_setting_has_a_kind_that_is_tried_here_or_a_test_of_its_own() -> None:
    assert len(RULES) > 40 and {kind for kind, _ in RULES.values()} == CHECKS.keys()
    assert DEFAULTS.keys() == {*RULES, *TABLES, *OTHERS, "seed_shop"}


WORDS = ("zqx' or 1=1 --", "zqx", "'1'", "", " ", "2025-02-31", "nan")
NO_SCALARS = (*WORDS, math.inf, -math.inf, math.nan, [], {}, [1], {"1": 1})
"""What no setting of one value takes."""


@pytest.mark.keeps("SQL injection by vars")
@pytest.mark.parametrize("name", RULES)
def test_what_no_setting_takes_is_refused_by_name_and_its_default_is_not(name: str) -> None:
    assert read(name, DEFAULTS[name]) == DEFAULTS[name]
    assert [value for value in NO_SCALARS if not is_refused(name, value)] == []


@pytest.mark.keeps("SQL injection by vars")
@pytest.mark.parametrize("name", [name for name, (kind, _) in RULES.items() if kind in ("integer", "number")])
def test_a_number_ends_at_its_bounds_and_nothing_else_is_a_number(name: str) -> None:
    kind, (low, high) = RULES[name]
    inside, outside = [low, high], [low - 1, high + 1, low - 1e-9, high + 1e-6]
    (inside if kind == "number" else outside).append((low + high) / 2 + 0.25)
    assert [value for value in inside if is_refused(name, value)] == []
    assert [value for value in (*outside, str(low), True, False, None, [low]) if not is_refused(name, value)] == []


ANY_OF_ITS_KIND = {"integer": st.integers(-2, 4000), "number": st.floats(-2, 1001, allow_subnormal=False)}
SCALARS = st.sampled_from(sorted(RULES)).flatmap(
    lambda name: st.tuples(st.just(name), DAYS | TEXT | ANYTHING | ANY_OF_ITS_KIND.get(RULES[name][0], st.nothing()))
)


@pytest.mark.keeps("SQL injection by vars")
@MANY
@given(scalar=SCALARS)
def test_a_scalar_setting_is_checked_or_refused_by_name(scalar: tuple[str, Any]) -> None:
    is_refused(*scalar)


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
    name=st.sampled_from(TABLES),
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


LEVELS = st.sampled_from([0.5, 0.95, 0.99, 1, 0.4999, math.nan, math.inf, True, "0.95"]) | ATOMS


@pytest.mark.keeps("SQL injection by vars")
@FEWER
@given(value=ANYTHING | LEVELS | st.dictionaries(st.just("default") | TEXT, LEVELS, min_size=1, max_size=3))
def test_service_levels_are_numbers_or_refused_by_name(value: Any) -> None:
    try:
        found = Macros({"service_level": value}).service_levels()
    except Refused as refused:
        assert "`service_level`" in str(refused)
    else:
        levels = (found["default"], *found["by_category"].values())
        assert all(type(level) is float and is_between(level, [0.5, 0.99]) for level in levels)


@pytest.mark.keeps("SQL injection by vars")
@FEWER
@given(value=ANYTHING | st.lists(PLAIN | TEXT, min_size=2, max_size=2))
def test_another_registry_is_two_plain_names_or_refused_by_name(value: Any) -> None:
    try:
        found = Macros({"registry": value}).registry_relation("model_registry")
    except Refused as refused:
        assert "`registry`" in str(refused)
    else:
        assert value is None or all(part.isidentifier() and part.isascii() for part in (found["database"], found["schema"]))


def test_a_literal_that_breaks_out_would_be_seen() -> None:
    assert SENTINEL in outside_of_literals("select 'a' zqx, 'b'")
    assert SENTINEL not in outside_of_literals("select 'a''zqx', \"zqx\"")


def test_the_macros_are_those_that_dbt_renders() -> None:
    assert Macros({}).setting("test_days") == 42 and Macros({"run_date": date(2025, 1, 31)}).setting("run_date") == "2025-01-31"
    assert Macros({}).event_sources() == [] and len(Macros({}, "demand_forecast").event_sources()) == 3
