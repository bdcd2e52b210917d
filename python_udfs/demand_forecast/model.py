"""A registered network, checked and ready to run with ONNX Runtime."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
import pyarrow as pa

from demand_forecast.arrays import Floats, Integers, list_lengths, one_chunk, padded_lists, struct_matrix
from demand_forecast.errors import BadInput, FeatureMismatch, ModelRefused, ProviderUnavailable
from demand_forecast.onnx_file import check_onnx_bytes
from demand_forecast.signature import Signature

CUDA = "CUDAExecutionProvider"
OUTPUTS = ("purchase_hazard", "purchase_probability", "expected_units", "expected_revenue")
DAILY_QUANTILES = {"units_p10": 0.1, "units_p50": 0.5, "units_p90": 0.9, "units_p95": 0.95}
CUMULATIVE_QUANTILES = {
    "cumulative_p50": 0.5,
    "cumulative_p80": 0.8,
    "cumulative_p90": 0.9,
    "cumulative_p95": 0.95,
    "cumulative_p98": 0.98,
    "cumulative_p99": 0.99,
}
COUNT_QUANTILES = DAILY_QUANTILES | CUMULATIVE_QUANTILES
"""Quantiles of a product's units, of a day and of all days up to it, with their levels."""
OUTPUTS_OF = {
    "customer_demand": OUTPUTS,
    "product_demand": ("expected_units", *COUNT_QUANTILES),
    "recommendation": ("place", "score"),
}
"""What a network of a task answers: a list of days each; of recommendations the places of candidates in their list, best first
and counted from 1, zeros where there are no more, and the logarithm of the share that each has of the next purchases."""
GOLDEN_TOLERANCE = 1e-4
"""Greatest difference that any provider may show on the golden rows, whatever the registry says."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """A model version with its open session; `provider` is the one that really runs, CUDA or CPU."""

    model_version: str
    feature_set_version: str
    signature: Signature
    session: ort.InferenceSession
    provider: str
    outputs: tuple[str, ...] = OUTPUTS

    def run(self, steps: Floats, position: Integers, context: Floats, days: Floats) -> dict[str, Floats]:
        """Outputs by name, each (rows, max_horizon_days), of steps (rows, time, F), position (rows,), context (rows, C)
        and days (rows, max_horizon_days, K). No rows give no rows: the runtime's LSTM aborts the process on an empty batch."""
        if not len(context):
            return {name: np.zeros((0, self.signature.max_horizon_days), np.float32) for name in self.outputs}
        feed = {"steps": steps, "position": position, "context": context, "days": days}
        return dict(zip(self.outputs, self.session.run(list(self.outputs), feed), strict=True))

    def predict(self, context: pa.StructArray, steps: pa.ListArray, days: pa.ListArray) -> dict[str, Floats]:
        """Outputs of Arrow columns, rows in one batch. Raises FeatureMismatch or BadInput."""
        for part, column in (("context", context), ("steps", steps), ("days", days)):
            self.signature.check(part, column.type, self.model_version)
        if (list_lengths(days) != self.signature.max_horizon_days).any():
            raise BadInput(f"`days` needs {self.signature.max_horizon_days} entries a row (var max_horizon_days)")
        padded, position = padded_lists(steps, self.signature.steps)
        calendar, _ = padded_lists(days, self.signature.days)
        shape = (len(context), self.signature.max_horizon_days, len(self.signature.days))
        return self.run(padded, position, struct_matrix(context, self.signature.context), calendar.reshape(shape))


def load_model(row: dict[str, Any], require_gpu: bool = False) -> Model:
    """Model of a registry row (its columns by name). Raises ModelRefused where the bytes, the operators or the golden rows
    are not the registered ones, ProviderUnavailable where a GPU is required and did not run."""
    if row["onnx_bytes"] is None:
        raise ModelRefused(f"the network of {row['model_version']} was pruned: promote another version (demand status)")
    content = bytes(row["onnx_bytes"])
    if hashlib.sha256(content).hexdigest() != row["onnx_sha256"]:
        raise ModelRefused(f"the bytes of {row['model_version']} do not match their SHA-256; roll back (demand rollback)")
    check_onnx_bytes(content)
    try:
        session = open_session(content)
    except Exception as error:  # ONNX Runtime's own errors have no common base
        raise ModelRefused(f"{row['model_version']} cannot be opened: {error}. Roll back (demand rollback)") from error
    provider = "CUDA" if session.get_providers()[0] == CUDA else "CPU"
    if require_gpu and provider != "CUDA":
        raise ProviderUnavailable(
            "require_gpu is set, but ONNX Runtime ran on the CPU: install CUDA 13 and cuDNN 9, or set require_gpu to false"
        )
    model = Model(
        row["model_version"],
        str(row["feature_set_version"]),
        Signature.from_json(row["signature"]),
        session,
        provider,
        OUTPUTS_OF[row["task"]],
    )
    check_network(model)
    check_golden_rows(model, bytes(row["golden_rows"]), float(row["parity_tolerance"]))
    return model


def check_network(model: Model) -> None:
    """Refuse a network whose inputs or outputs are not those of its signature, naming both sides."""
    widths = {"steps": model.signature.steps, "position": (), "context": model.signature.context, "days": model.signature.days}
    wanted = {
        name: f"{'int64' if name == 'position' else 'float'}, {len(names) or 'no'} columns" for name, names in widths.items()
    }
    found = {item.name: f"{item.type[7:-1]}, {columns_of(item.shape)} columns" for item in model.session.get_inputs()}
    spoken, expected = {item.name for item in model.session.get_outputs()}, set(model.outputs)
    if found != wanted or not expected <= spoken:
        raise ModelRefused(
            f"the network of {model.model_version} takes {found} and answers {sorted(spoken)}; its signature wants {wanted} and "
            f"{sorted(expected)}: train again or roll back (demand rollback)"
        )


def columns_of(shape: list[Any]) -> int | str:
    """Width of an input, or the word for one that is a number for each row."""
    return shape[-1] if len(shape) > 1 else "no"


def open_session(content: bytes, may_use_gpu: bool = True) -> ort.InferenceSession:
    """A session on CUDA where the installed ONNX Runtime offers it, else on the CPU. One call runs at a time (see `udf`), so
    it may use every core."""
    # TensorFloat-32, the default on newer GPUs, keeps three digits: golden rows would not hold.
    wanted: list[Any] = [(CUDA, {"use_tf32": "0"})] if may_use_gpu and CUDA in ort.get_available_providers() else []
    options = ort.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    options.log_severity_level = 3
    with quiet_onnxruntime():
        session = ort.InferenceSession(content, options, providers=[*wanted, "CPUExecutionProvider"])
    if wanted and session.get_providers()[0] != CUDA:
        log.warning("scoring runs on the CPU: ONNX Runtime could use a GPU, but CUDA 13, cuDNN 9 or the GPU itself is missing")
    return session


@contextmanager
def quiet_onnxruntime() -> Iterator[None]:
    """Keep ONNX Runtime from printing a page about missing CUDA libraries; we say it in a line."""
    ort.set_default_logger_severity(4)
    try:
        yield
    finally:
        ort.set_default_logger_severity(2)


def worst_difference(found: Floats, expected: Floats) -> float:
    """Greatest absolute difference, as a share of the greatest expected value where that is above 1; NaN counts as infinite."""
    difference = np.abs(found - expected).max(initial=0) / max(1.0, float(np.abs(expected).max(initial=0)))
    return float(np.nan_to_num(difference, nan=np.inf))


def check_golden_rows(model: Model, golden_rows: bytes, parity_tolerance: float) -> None:
    """Replay the stored inputs and compare with PyTorch's answers."""
    with pa.ipc.open_stream(golden_rows) as reader:
        golden = reader.read_all()
    try:
        found = model.predict(*(one_chunk(golden[part]) for part in ("context", "steps", "days")))
    except (FeatureMismatch, BadInput) as error:
        raise ModelRefused(f"the golden rows of {model.model_version} do not fit its network: {error}") from error
    for name in model.outputs:
        expected = np.stack(golden[name].to_numpy())
        worst = worst_difference(found[name], expected)
        if not worst <= min(parity_tolerance, GOLDEN_TOLERANCE):
            raise ModelRefused(
                f"{model.model_version} answers its golden rows differently on {model.provider}: "
                f"{name} is off by {worst:.2g}. Roll back (demand rollback) or train again"
            )
