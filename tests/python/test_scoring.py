"""Scoring: features by name, refusals by name, and answers that depend on a row alone."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest
from demand_forecast import model as model_module
from demand_forecast.dbt_models import check_version
from demand_forecast.errors import BadInput, FeatureMismatch, ModelRefused, ProviderUnavailable, VersionMismatch
from demand_forecast.model import OUTPUTS, load_model
from demand_forecast.udf import length_batches, score

from .conftest import CONTEXT

Columns = tuple[pa.StructArray, pa.ListArray, pa.ListArray]


def structs(values: np.ndarray, names: tuple[str, ...]) -> pa.StructArray:
    return pa.StructArray.from_arrays([pa.array(values[:, i], pa.float32()) for i in range(len(names))], names=list(names))


def lists(rows: list[np.ndarray], names: tuple[str, ...]) -> pa.ListArray:
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    flat = np.concatenate(rows) if sum(map(len, rows)) else np.zeros((0, len(names)), np.float32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs(flat, names))


@pytest.fixture
def columns() -> Columns:
    """50 rows with histories of 0 to 128 steps."""
    random = np.random.default_rng(5)
    lengths = [0, 1, 64, 65, 127, 128, *random.integers(0, 30, 44)]
    steps = [random.poisson(1.0, (length, 3)).astype(np.float32) for length in lengths]
    days = [random.integers(0, 2, (30, 2)).astype(np.float32) for _ in lengths]
    context = random.uniform(0.02, 0.3, (50, len(CONTEXT))).astype(np.float32)
    return (
        structs(context, CONTEXT),
        lists(steps, ("gap", "views", "bought")),
        lists(days, ("is_sunday", "is_holiday")),
    )


def answers(row: dict[str, Any], columns: Columns) -> dict[str, np.ndarray]:
    found = score(load_model(row), *columns)
    return {name: np.stack(found.field(name).to_numpy(zero_copy_only=False)) for name in OUTPUTS}


@pytest.mark.keeps("feature or model version mismatch")
def test_another_order_of_features_gives_the_same_numbers(row: dict[str, Any], columns: Columns) -> None:
    context, steps, days = columns
    order = [2, 0, 1, *range(9, 2, -1)]
    turned = pa.StructArray.from_arrays([context.field(i) for i in order], names=[CONTEXT[i] for i in order])
    for name, values in answers(row, (turned, steps, days)).items():
        np.testing.assert_array_equal(values, answers(row, columns)[name])


@pytest.mark.keeps("feature or model version mismatch")
@pytest.mark.parametrize(
    ("names", "kind", "named"),
    [
        (CONTEXT[:2] + CONTEXT[3:], pa.float32(), "missing: constant"),
        (("recency", "rate", "konstant", *CONTEXT[3:]), pa.float32(), "unknown: konstant"),
        ((*CONTEXT, "age"), pa.float32(), "unknown: age"),
        (CONTEXT, pa.float64(), "`recency` of `context` is double"),
    ],
)
def test_other_features_are_refused_by_name(
    row: dict[str, Any], columns: Columns, names: tuple[str, ...], kind: pa.DataType, named: str
) -> None:
    context = pa.StructArray.from_arrays([pa.array(np.ones(50), kind) for _ in names], names=list(names))
    with pytest.raises(FeatureMismatch, match=named):
        answers(row, (context, *columns[1:]))


def test_a_null_argument_is_refused_by_name(row: dict[str, Any], columns: Columns) -> None:
    for place, part in enumerate(("context", "steps", "days")):
        arguments = [*columns[:place], pa.nulls(50), *columns[place + 1 :]]
        with pytest.raises(FeatureMismatch, match=f"`{part}` is null"):
            answers(row, tuple(arguments))


@pytest.mark.keeps("NaN, infinity and overflow")
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_null_nan_and_infinity_stop_at_the_border(row: dict[str, Any], columns: Columns, value: float | None) -> None:
    fields = columns[0].flatten()
    fields[1] = pa.array([value, *[0.1] * 49], pa.float32())
    with pytest.raises(BadInput, match="`rate`"):
        answers(row, (pa.StructArray.from_arrays(fields, names=list(CONTEXT)), *columns[1:]))


def test_a_score_does_not_depend_on_the_rows_beside_it(row: dict[str, Any], columns: Columns) -> None:
    whole = answers(row, columns)
    order = np.random.default_rng(1).permutation(50)
    turned = answers(row, tuple(column.take(pa.array(order)) for column in columns))
    for name, values in whole.items():
        np.testing.assert_allclose(turned[name], values[order], atol=1e-5 * (1 + values.max()))
    for one in (0, 1, 5):
        alone = answers(row, tuple(column.slice(one, 1) for column in columns))
        for name, values in whole.items():
            np.testing.assert_allclose(alone[name][0], values[one], atol=1e-5 * (1 + values.max()))


@pytest.mark.keeps("a customer with no or one event")
def test_an_origin_without_steps_is_scored_like_any_other(row: dict[str, Any], columns: Columns) -> None:
    none = answers(row, (columns[0], lists([np.zeros((0, 3), np.float32)] * 50, ("gap", "views", "bought")), columns[2]))
    np.testing.assert_allclose(none["purchase_hazard"][0], answers(row, columns)["purchase_hazard"][0], atol=1e-5)
    assert (np.abs(none["purchase_hazard"][1:] - answers(row, columns)["purchase_hazard"][1:]) > 1e-4).any()


@pytest.mark.keeps("empty tables")
def test_no_rows_give_no_rows(row: dict[str, Any], columns: Columns) -> None:
    assert len(score(load_model(row), *(column.slice(0, 0) for column in columns))) == 0


def test_answers_are_bounded_and_probabilities_never_fall(row: dict[str, Any], columns: Columns) -> None:
    found = answers(row, columns)
    assert (np.diff(found["purchase_probability"], axis=1) >= 0).all()
    assert (found["purchase_probability"] >= 0).all() and (found["purchase_probability"] <= 1).all()
    assert (found["expected_units"] >= 0).all() and (found["expected_revenue"] >= 0).all()
    assert (np.cumsum(found["expected_units"], axis=1) >= found["purchase_probability"] - 1e-4).all()


@pytest.mark.keeps("corrupt ONNX")
def test_every_changed_byte_is_refused(row: dict[str, Any]) -> None:
    content = row["onnx_bytes"]
    for at in np.random.default_rng(2).integers(0, len(content), 40):
        tampered = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(ModelRefused, match="SHA-256"):
            load_model(row | {"onnx_bytes": tampered})


@pytest.mark.keeps("golden-row drift")
def test_a_model_that_answers_its_golden_rows_differently_is_refused(row: dict[str, Any]) -> None:
    with pa.ipc.open_stream(row["golden_rows"]) as reader:
        golden = reader.read_all()
    at = golden.schema.get_field_index("purchase_hazard")
    moved = pa.array(
        [[value + 0.01 for value in values] for values in golden["purchase_hazard"].to_pylist()], golden.schema.field(at).type
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, golden.schema) as writer:
        writer.write_table(golden.set_column(at, golden.schema.field(at), moved))
    with pytest.raises(ModelRefused, match="golden rows"):
        load_model(row | {"golden_rows": sink.getvalue().to_pybytes()})


@pytest.mark.keeps("no GPU")
def test_a_required_gpu_that_does_not_run_is_an_error(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module.ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert load_model(row).provider == "CPU"
    with pytest.raises(ProviderUnavailable, match="require_gpu"):
        load_model(row, require_gpu=True)


def test_batches_hold_every_row_once_and_similar_lengths() -> None:
    lengths = np.random.default_rng(3).integers(0, 129, 5000)
    batches = list(length_batches(lengths, 512))
    assert sorted(np.concatenate(batches).tolist()) == list(range(5000))
    assert all(len(rows) <= 512 and lengths[rows].max() <= max(8, 2 * lengths[rows].min()) for rows in batches)


def test_one_call_scores_at_a_time(row: dict[str, Any], columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine calls from several threads, and each call may use every core."""
    running, most, predict = [0], [0], model_module.Model.predict

    def counted(*arguments: Any) -> dict[str, np.ndarray]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        answer = predict(*arguments)
        running[0] -= 1
        return answer

    model = load_model(row)
    monkeypatch.setattr(model_module.Model, "predict", counted)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: score(model, *columns), range(8)))
    assert most == [1]


@pytest.mark.keeps("ONNX external data")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda file: file.opset_import.append(onnx.helper.make_opsetid("my.operators", 1)), "my.operators"),
        (lambda file: setattr(file.graph.initializer[0], "data_location", onnx.TensorProto.EXTERNAL), "outside its file"),
    ],
)
def test_foreign_operators_and_tensors_outside_the_file_are_refused(row: dict[str, Any], change: Any, named: str) -> None:
    """Also where the hash fits."""
    file = onnx.load_from_string(row["onnx_bytes"])
    change(file)
    content = file.SerializeToString()
    with pytest.raises(ModelRefused, match=named):
        load_model(row | {"onnx_bytes": content, "onnx_sha256": hashlib.sha256(content).hexdigest()})


@pytest.mark.keeps("feature or model version mismatch")
def test_another_minor_version_names_both_lines_to_change() -> None:
    check_version("0.1.7")
    with pytest.raises(VersionMismatch, match=r"packages\.yml.*demand-forecast=="):
        check_version("0.2.0")


def test_scoring_needs_no_torch(row: dict[str, Any], tmp_path: Any) -> None:
    """The package imports and scores in a process where torch cannot be imported."""
    names = (
        "model_version",
        "task",
        "feature_set_version",
        "signature",
        "onnx_sha256",
        "onnx_bytes",
        "golden_rows",
        "parity_tolerance",
    )
    table = pa.table({name: [row[name]] for name in names})
    with pa.OSFile(str(tmp_path / "row.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    program = f"""
import sys
for name in ("torch", "onnx", "demand_forecast_training"):
    sys.modules[name] = None
import demand_forecast.dbt_models, demand_forecast.dbt_plugin, demand_forecast.udf
import pyarrow as pa
from demand_forecast.model import load_model
row = pa.ipc.open_file({str(tmp_path / "row.arrow")!r}).read_all().to_pylist()[0]
print(load_model(row).model_version)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert row["model_version"] in result.stdout
