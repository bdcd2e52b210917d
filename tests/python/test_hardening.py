"""What a file, a name or a dependency from elsewhere cannot do."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import onnx
import pytest
from demand_forecast import model as model_module
from demand_forecast.errors import DemandForecastError, ModelRefused
from demand_forecast.model import Model, load_model
from demand_forecast.udf import score
from demand_forecast_training.warehouse.connection import connect

from .test_scoring import Columns, answers, columns  # noqa: F401

PACKAGE = Path(__file__).resolve().parents[2]
Change = Callable[[onnx.ModelProto], None]


def registered(row: dict[str, Any], content: bytes) -> dict[str, Any]:
    """A registry row of whoever can write the registry: the hash fits the bytes."""
    return row | {"onnx_bytes": content, "onnx_sha256": hashlib.sha256(content).hexdigest()}


def changed(row: dict[str, Any], change: Change) -> dict[str, Any]:
    file = onnx.load_from_string(row["onnx_bytes"])
    change(file)
    return registered(row, file.SerializeToString())


def python_sources() -> dict[str, str]:
    folders = ("python_udfs", "training", "models", "benchmarks", "examples")
    found = {path: path.read_text(encoding="utf-8") for folder in folders for path in (PACKAGE / folder).rglob("*.py")}
    assert len(found) > 50
    return {path.relative_to(PACKAGE).as_posix(): text for path, text in found.items()}


# --- networks -------------------------------------------------------------------------------------------------------


@pytest.mark.keeps("corrupt ONNX")
def test_a_file_that_was_cut_off_is_refused_also_where_its_hash_fits(row: dict[str, Any]) -> None:
    content = row["onnx_bytes"]
    for length in [0, 1, *np.random.default_rng(4).integers(2, len(content), 15)]:
        with pytest.raises(ModelRefused):
            load_model(registered(row, content[:length]))


def external(tensor: onnx.TensorProto, location: str) -> None:
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value=location)


def in_a_constant(location: str) -> Change:
    def change(file: onnx.ModelProto) -> None:
        tensor = onnx.helper.make_tensor("stolen", onnx.TensorProto.FLOAT, [1], [0.0])
        external(tensor, location)
        file.graph.node.append(onnx.helper.make_node("Constant", [], ["stolen"], value=tensor))

    return change


def in_a_branch(location: str) -> Change:
    def change(file: onnx.ModelProto) -> None:
        tensor = onnx.helper.make_tensor("inner", onnx.TensorProto.FLOAT, [1], [0.0])
        external(tensor, location)
        answer = onnx.helper.make_tensor_value_info("inner", onnx.TensorProto.FLOAT, [1])
        branch = onnx.helper.make_graph([], "branch", [], [answer], [tensor])
        file.graph.node.append(onnx.helper.make_node("If", ["truth"], ["x"], then_branch=branch, else_branch=branch))

    return change


@pytest.mark.keeps("ONNX external data")
@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "nested/secret.bin", "link.bin"])
@pytest.mark.parametrize("place", [None, in_a_constant, in_a_branch])
def test_a_tensor_outside_of_the_file_is_refused_wherever_it_lies(
    row: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str, place: Callable[[str], Change] | None
) -> None:
    (tmp_path / "link.bin").symlink_to("/etc/passwd")
    monkeypatch.chdir(tmp_path)
    change = place(location) if place else lambda file: external(file.graph.initializer[0], location)
    with pytest.raises(ModelRefused, match="outside its file"):
        load_model(changed(row, change))


def renamed(file: onnx.ModelProto) -> None:
    for node in file.graph.node:
        node.input[:] = ["history" if name == "steps" else name for name in node.input]
    file.graph.input[0].name = "history"


def widened(file: onnx.ModelProto) -> None:
    (context,) = (item for item in file.graph.input if item.name == "context")
    context.type.tensor_type.shape.dim[1].dim_value += 1


def without_an_output(file: onnx.ModelProto) -> None:
    del file.graph.output[-1]


@pytest.mark.keeps("wrong ONNX inputs")
@pytest.mark.parametrize(
    ("change", "named"), [(renamed, "history"), (widened, "context"), (without_an_output, "expected_revenue")]
)
def test_a_network_that_does_not_fit_its_signature_is_refused_by_name(row: dict[str, Any], change: Change, named: str) -> None:
    with pytest.raises(ModelRefused, match=named) as refused:
        load_model(changed(row, change))
    assert row["model_version"] in str(refused.value)


@pytest.mark.keeps("wrong ONNX inputs")
def test_a_signature_of_another_network_is_refused(row: dict[str, Any]) -> None:
    signature = json.loads(row["signature"])
    signature["context"].append(["age", "float"])
    with pytest.raises(ModelRefused, match="its signature wants"):
        load_model(row | {"signature": json.dumps(signature)})


@pytest.mark.keeps("CUDA out of memory in a batch")
def test_a_batch_that_does_not_fit_into_memory_is_halved(
    row: dict[str, Any],
    columns: Columns,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = answers(row, columns)
    run, sizes = Model.run, []

    def run_on_a_small_device(model: Model, steps: Any, position: Any, context: Any, days: Any) -> Any:
        sizes.append(len(context))
        if 7 < len(context) < 60:  # golden rows are of another number
            raise RuntimeError("Failed to allocate memory for requested buffer of size 1")
        return run(model, steps, position, context, days)

    monkeypatch.setattr(model_module.Model, "run", run_on_a_small_device)
    found = answers(row, columns)
    assert max(size for size in sizes if size < 60) > 7
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5 * (1 + values.max()))


@pytest.mark.keeps("CUDA out of memory in a batch")
def test_a_row_that_does_not_fit_by_itself_is_an_error_by_name(
    row: dict[str, Any],
    columns: Columns,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(*arguments: Any) -> Any:
        raise RuntimeError("CUDA failure 2: out of memory")

    model = load_model(row)
    monkeypatch.setattr(model_module.Model, "run", run)
    with pytest.raises(DemandForecastError, match="does not fit into memory for one row"):
        score(model, *columns)


# --- the source -----------------------------------------------------------------------------------------------------

RUNS_WHAT_IT_LOADS = re.compile(r"\b(pickle|joblib|dill)\b|torch\.(load|save)\b|yaml\.load\(|(?<![.\w])(eval|exec)\(")
SHELL = re.compile(r"shell\s*=\s*True|os\.(system|popen)\b|getoutput\(")
DROPS_ROWS = re.compile(r"ignore_errors|read_csv|read_json")


@pytest.mark.keeps("pickle")
def test_nothing_that_is_loaded_can_run_code() -> None:
    found = {path for path, text in python_sources().items() if RUNS_WHAT_IT_LOADS.search(text)}
    assert found == set()
    assert RUNS_WHAT_IT_LOADS.search("content = torch.load(path)") and RUNS_WHAT_IT_LOADS.search("import pickle")


@pytest.mark.keeps("shell injection")
def test_nothing_passes_a_string_to_a_shell() -> None:
    assert [path for path, text in python_sources().items() if SHELL.search(text)] == []
    assert SHELL.search("subprocess.run(command, shell=True)")


NETWORK = "socket|socketserver|http|urllib|xmlrpc|wsgiref|asyncio|multiprocessing.managers|multiprocessing.connection"
SERVERS_AND_CLIENTS = f"{NETWORK}|requests|httpx|aiohttp|urllib3|uvicorn|flask|fastapi|streamlit|dash|gradio|panel|tensorboard"


@pytest.mark.keeps("commands on the network")
def test_nothing_imports_what_listens_or_calls() -> None:
    """TensorBoard is a reader's own command; its curves are files."""
    imports = re.compile(rf"^\s*(import|from) (.*, )?({SERVERS_AND_CLIENTS})\b", re.MULTILINE)
    assert all(map(imports.search, ["from http.server import HTTPServer", "    import os, socket", "from urllib import request"]))
    assert not imports.search("from torch.utils.tensorboard import X")
    assert {path: found.group() for path, text in python_sources().items() if (found := imports.search(text))} == {}


@pytest.mark.keeps("non-UTF-8 files")
def test_no_model_reads_a_file_and_none_drops_rows_silently() -> None:
    files = [path for pattern in ("models/**/*.sql", "models/**/*.py", "macros/**/*.sql") for path in PACKAGE.glob(pattern)]
    assert len(files) > 50
    assert [path for path in files if DROPS_ROWS.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.keeps("malicious dependencies")
def test_no_dbt_package_of_others_and_every_python_package_is_pinned() -> None:
    assert not (PACKAGE / "packages.yml").exists() and not (PACKAGE / "dependencies.yml").exists()
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    lines = (PACKAGE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.]+", line)] == []
    pinned = {normal(line.split("==")[0]) for line in lines}
    assert len(wanted) > 20
    assert {normal(re.split(r"[<>=\[; ]", one)[0]) for one in wanted} - pinned == set()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.keeps("extension auto-install")
def test_no_command_fetches_an_extension_because_a_query_names_it(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    names = ("autoinstall_known_extensions", "autoload_known_extensions")
    with connect(tmp_path / "w.duckdb", read_only=True) as con:
        assert [con.execute(f"select current_setting('{name}')").fetchall() for name in names] == [[(False,)]] * 2
    example = (PACKAGE / "profiles.yml.example").read_text(encoding="utf-8")
    assert all(f"{name}: false" in example for name in names)
    connections = [path for path, text in python_sources().items() if path.startswith("training") and "duckdb.connect(" in text]
    assert all("config=NO_EXTENSIONS" in (PACKAGE / path).read_text(encoding="utf-8") for path in connections)


def test_a_wheel_has_every_package() -> None:
    settings = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    roots = {name: PACKAGE / folder for name, folder in settings["package-dir"].items()}
    folders = {
        ".".join([name, *path.parent.relative_to(root).parts])
        for name, root in roots.items()
        for path in root.rglob("__init__.py")
    }
    assert set(settings["packages"]) == folders
