"""The conventions of the package: over dbt's manifest of a built shop, and over the source files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from .user_project import PACKAGE, UserProject

Node = Mapping[str, Any]

PREFIXES = {
    "staging": ("stg_",),
    "sequences": ("seq_",),
    "labels": ("lbl_",),
    "predictions": ("pred_", "model_"),
    "errors": ("err_",),
}
INTERNAL = ("stg_", "seq_", "lbl_", "pred_", "err_")
GRAIN = re.compile(r"(One row (per|with)|At most one row|Every)\b[^.]*\w")
WITHOUT_KEY = {
    "seq_cut_dates",  # a single row
    "rejected_events",  # raw rows, which may be equal in every column
}
HOOKS = {"on_run_start", "on_run_end", "pre_hook", "post_hook"}
READERS = r"(?:var|setting|optional_table)\(\s*['\"]{}['\"]"


@pytest.fixture(scope="module")
def nodes(built_shop: UserProject) -> list[Node]:
    """Everything of the package that dbt builds or tests in a user's project."""
    manifest = json.loads((built_shop.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return [node for node in manifest["nodes"].values() if node["package_name"] == "demand_forecast"]


@pytest.fixture(scope="module")
def models(nodes: list[Node]) -> list[Node]:
    found = [node for node in nodes if node["resource_type"] == "model"]
    assert len(found) > 40
    return found


def folder_of(model: Node) -> str:
    return Path(model["original_file_path"]).parts[1]


def sources(*patterns: str) -> dict[str, str]:
    """Text of the package's files by path from its root."""
    found = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(PACKAGE.glob(pattern))
    }
    assert len(found) > 5
    return found


def sql_and_python() -> dict[str, str]:
    return sources("models/**/*.sql", "models/**/*.py", "macros/**/*.sql", "tests/*.sql", "tests/generic/*.sql")


# --- the manifest ---------------------------------------------------------------------------------------------------


def is_misplaced(name: str, folder: str) -> bool:
    """Whether a model's prefix is not its folder's."""
    if folder == "marts":
        return name.startswith(INTERNAL)
    return not name.startswith(PREFIXES[folder])


def test_every_prefix_fits_its_folder(models: list[Node]) -> None:
    assert [model["name"] for model in models if is_misplaced(model["name"], folder_of(model))] == []
    assert is_misplaced("stg_clicks", "marts") and is_misplaced("clicks", "staging") and is_misplaced("model_x", "errors")


def test_every_description_begins_with_the_grain(models: list[Node]) -> None:
    assert [model["name"] for model in models if not GRAIN.match(model["description"])] == []
    assert not GRAIN.match("The steps of a customer. One row per customer and day.") and not GRAIN.match("One row per.")


def keys(nodes: list[Node]) -> dict[str, list[str]]:
    """Columns of the key test of each model, by its unique id."""
    tests = [node for node in nodes if node.get("test_metadata") and node["test_metadata"]["name"] == "unique_key"]
    return {test["attached_node"]: test["test_metadata"]["kwargs"]["columns"] for test in tests}


def unkeyed(nodes: list[Node]) -> set[str]:
    """Names of the tables without a key test."""
    tables = [node for node in nodes if node["resource_type"] == "model" and node["config"]["materialized"] != "view"]
    return {table["name"] for table in tables if table["unique_id"] not in keys(nodes)}


def test_every_table_has_a_key_test(nodes: list[Node]) -> None:
    assert len(keys(nodes)) > 15
    assert unkeyed(nodes) - WITHOUT_KEY == set()


def test_every_exception_from_key_tests_is_needed(nodes: list[Node]) -> None:
    assert WITHOUT_KEY - unkeyed(nodes) == set()


def test_every_generic_test_names_its_own_model(nodes: list[Node]) -> None:
    generic = [node for node in nodes if node.get("test_metadata")]
    assert len(generic) > 30
    wrong = [node["name"] for node in generic if node["test_metadata"]["kwargs"]["of"] != node["attached_node"].split(".")[-1]]
    assert wrong == []


def undescribed(model: Node) -> list[str]:
    return [name for name, column in model["columns"].items() if not column["description"].strip()]


def test_every_mart_has_an_enforced_contract_with_described_columns(models: list[Node], built_shop: UserProject) -> None:
    marts = [model for model in models if folder_of(model) == "marts"]
    assert len(marts) >= 7
    assert [model["name"] for model in marts if not model["config"]["contract"]["enforced"]] == []
    assert {model["name"]: undescribed(model) for model in marts if undescribed(model)} == {}
    for model in marts:
        assert [row[0] for row in built_shop.query(f"describe {model['relation_name']}")] == list(model["columns"])
    assert undescribed({"columns": {"a": {"description": " "}, "b": {"description": "said"}}}) == ["a"]


def test_nothing_of_the_package_is_private_or_has_a_hook(nodes: list[Node], models: list[Node]) -> None:
    assert [model["name"] for model in models if model["access"] == "private"] == []
    assert [model["name"] for model in models if model["config"]["pre-hook"] or model["config"]["post-hook"]] == []
    assert [node["name"] for node in nodes if node["resource_type"] == "operation"] == []


def test_no_seed_of_the_package_reaches_the_user(nodes: list[Node]) -> None:
    assert {node["resource_type"] for node in nodes} == {"model", "test"}


# --- the source files -----------------------------------------------------------------------------------------------


def arguments_of(text: str, function: str) -> list[list[str]]:
    """Arguments of every call of a function, split at the commas outside of brackets."""
    found = []
    for call in re.finditer(rf"\b{function}\(", text):
        depth, argument, arguments = 1, "", []
        for letter in text[call.end() :]:
            depth += (letter in "([{") - (letter in ")]}")
            if depth == 0:
                break
            if letter == "," and depth == 1:
                arguments.append(argument.strip())
                argument = ""
            else:
                argument += letter
        found.append([*arguments, argument.strip()])
    return found


def loose_references(text: str) -> list[list[str]]:
    """Calls of ref that a user's model of the same name would take."""
    safe = {"'demand_forecast'", '"demand_forecast"', "project_name"}
    return [arguments for arguments in arguments_of(text, "ref") if len(arguments) != 2 or arguments[0] not in safe]


def test_every_reference_names_the_package() -> None:
    found = {path: loose_references(text) for path, text in sql_and_python().items()}
    assert {path: calls for path, calls in found.items() if calls} == {}
    assert sum(len(arguments_of(text, "ref")) for text in sql_and_python().values()) > 60


@pytest.mark.parametrize(
    "bad", ["{{ ref('stg_events') }}", 'dbt.ref("x")', "{{ ref(name(1, 2)) }}", "{{ ref('other', 'x') }}", "ref(\n  'x'\n)"]
)
def test_a_loose_reference_is_seen(bad: str) -> None:
    assert len(loose_references(bad)) == 1
    assert loose_references("ref('demand_forecast', 'x') or ref(project_name, check(1, 2)) or xref('x')") == []


def macros_in(text: str) -> set[str]:
    return set(re.findall(r"{%-?\s*macro\s+(\w+)\s*\(", text))


def macros_wanted(path: str) -> set[str]:
    """Macros that a file holds: the one of its name, and in macros/portable how each engine spells it."""
    name = Path(path).stem
    is_portable = "macros/portable/" in path and name != "unsupported_adapter"
    return {name, f"duckdb__{name}", f"default__{name}"} if is_portable else {name}


def test_every_macro_file_holds_the_macro_of_its_name() -> None:
    files = sources("macros/**/*.sql")
    wrong = {path: macros_in(text) for path, text in files.items() if macros_in(text) != macros_wanted(path)}
    assert wrong == {}
    assert macros_in("{%- macro a(b) -%}{%- endmacro %}{% macro c() %}") == {"a", "c"}


def test_every_macro_file_begins_with_a_comment() -> None:
    files = sources("macros/**/*.sql", "tests/generic/*.sql")
    assert [path for path, text in files.items() if not re.match(r"{#-?\s*\S.{20}", text, re.DOTALL)] == []


def test_every_model_file_begins_with_the_grain() -> None:
    files = sources("models/**/*.sql")
    assert [path for path, text in files.items() if not re.match(r"-- (One row|At most one row|Every)\b", text)] == []


def files_that_call(function: str, files: Mapping[str, str]) -> set[str]:
    return {path for path, text in files.items() if arguments_of(text, function)}


def test_sources_are_read_in_one_macro_only() -> None:
    assert files_that_call("source", sql_and_python()) == {"macros/staging/mapped_relation.sql"}
    assert files_that_call("source", {"a": "{{ source('shop', 'x') }}", "b": "{{ event_source(x) }}"}) == {"a"}


def test_engines_are_told_apart_in_portable_macros_only() -> None:
    found = files_that_call("dispatch", sql_and_python())
    assert len(found) > 15
    assert [path for path in found if not path.startswith("macros/portable/")] == []


def test_portable_macros_fail_by_name_on_other_engines() -> None:
    files = {path: text for path, text in sources("macros/portable/*.sql").items() if "unsupported_adapter" not in path}
    for path, text in files.items():
        name = Path(path).stem
        assert f"adapter.dispatch('{name}', 'demand_forecast')" in text, path
        assert arguments_of(text, "unsupported_adapter") == [[f"'{name}'"]], path


def filtered_windows(text: str) -> list[str]:
    """Window functions with a filter of their own, which Spark refuses."""
    return re.findall(r"\bfilter\s*\(where [^()]*\)\s*over\b", text)


def test_no_window_has_a_filter() -> None:
    found = {path: filtered_windows(text) for path, text in sql_and_python().items()}
    assert {path: calls for path, calls in found.items() if calls} == {}
    assert filtered_windows("count(*) filter (where a = 1) over (partition by b)")
    assert filtered_windows("sum(count(*) filter (where a = 1)) over (partition by b)") == []


def hooks_in(content: Any) -> list[str]:
    """Names of the hooks at any depth of a YAML file."""
    if isinstance(content, Mapping):
        own = [str(name) for name in content if str(name).lstrip("+").replace("-", "_") in HOOKS]
        return own + hooks_in(list(content.values()))
    return [name for item in content for name in hooks_in(item)] if isinstance(content, list) else []


def test_the_project_has_no_hook() -> None:
    paths = [PACKAGE / "dbt_project.yml", *PACKAGE.glob("models/**/*.yml"), *PACKAGE.glob("seeds/*.yml")]
    assert len(paths) > 5
    assert [path.name for path in paths if hooks_in(yaml.safe_load(path.read_text(encoding="utf-8")))] == []
    assert [path for path, text in sources("models/**/*.sql").items() if re.search(r"\b(pre|post)_hook\b", text)] == []
    assert hooks_in({"models": {"x": {"+post-hook": ["analyze"]}}, "on-run-end": []}) == ["on-run-end", "+post-hook"]


def unread(settings: Iterable[str], text: str) -> list[str]:
    """Settings that nothing reads."""
    return [name for name in settings if not re.search(READERS.format(name), text)]


def settings() -> set[str]:
    content = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text(encoding="utf-8"))
    return set(content["vars"]["demand_forecast"])


def test_every_setting_is_read_somewhere() -> None:
    text = "\n".join(sources("macros/**/*.sql", "models/**/*.sql", "models/**/*.yml").values())
    assert len(settings()) > 15
    assert unread(settings(), text) == []
    assert unread(["a", "b"], "{{ setting('a') }} and a macro that names 'b'") == ["b"]


def test_every_setting_that_is_read_has_a_default() -> None:
    text = "\n".join(sources("macros/**/*.sql", "models/**/*.sql", "models/**/*.py", "models/**/*.yml", "tests/*.sql").values())
    read = set(re.findall(READERS.format(r"(\w+)"), text))
    assert len(read) > 15
    assert read - settings() == set()


def test_unit_tests_run_in_the_packages_own_project_alone() -> None:
    """A user's vars may change what a model computes; the expected rows are made with the package's own."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PACKAGE.glob("models/**/*.yml")]
    unit_tests = [unit_test for file in files for unit_test in file.get("unit_tests", [])]
    assert len(unit_tests) > 20
    for unit_test in unit_tests:
        assert "project_name" in unit_test.get("config", {}).get("enabled", ""), unit_test["name"]


def test_no_file_holds_two_versions_of_a_passage() -> None:
    marks = ("<" * 7 + " ", ">" * 7 + " ")
    texts = sources("*.md", "*.yml", "docs/**/*.md", "models/**/*.yml", "tests/**/*.py") | sql_and_python()
    assert [path for path, text in texts.items() if any(line.startswith(marks) for line in text.splitlines())] == []
