"""Write the network as ONNX and refuse it unless ONNX Runtime answers as PyTorch does."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, replace

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import torch
from demand_forecast.arrays import Floats, Integers
from demand_forecast.model import open_session, worst_difference
from demand_forecast.onnx_file import check_onnx_bytes
from demand_forecast.signature import FEATURE_TYPE, Signature
from safetensors.torch import save

from demand_forecast_training.errors import ExportRefused
from demand_forecast_training.learning.dataset import Dataset, OriginsT
from demand_forecast_training.learning.encoder import Graph

OPSET = 17
EXPORT_TOLERANCE = 2e-5
"""Greatest difference between PyTorch and ONNX Runtime on the CPU."""
PARITY_TOLERANCE = 1e-4
"""Stored with the model: greatest difference on the golden rows, on any provider."""
GOLDEN_ROWS = 64
CHECKED_SHAPES = ((1, 1), (2, 3), (7, 5), (64, 128))
"""Batch sizes and lengths at which the two are compared."""
INPUTS = ("steps", "position", "context", "days")


@dataclass(frozen=True)
class Inputs:
    """What the graph reads: steps (batch, time, F), position (batch,), context (batch, C), days (batch, max_horizon_days, K)."""

    steps: Floats
    position: Integers
    context: Floats
    days: Floats

    def tensors(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.from_numpy(getattr(self, name)) for name in INPUTS)

    def take(self, rows: Integers) -> Inputs:
        return Inputs(*(getattr(self, name)[rows] for name in INPUTS))

    def mingled(self) -> Inputs:
        """The same with each column dealt anew, among the rows or among all their steps: a registry outlives who is erased, so no
        golden row may be the history of anybody."""
        random = np.random.default_rng(0)
        is_step = np.arange(self.steps.shape[1]) < self.position[:, None]
        steps = self.steps.copy()
        steps[is_step] = random.permuted(steps[is_step], axis=0)
        return replace(self, steps=steps, context=random.permuted(self.context, axis=0))


@dataclass(frozen=True)
class Exported:
    """The bytes that the registry keeps."""

    onnx_bytes: bytes
    weights_bytes: bytes
    golden_rows: bytes
    parity_tolerance: float


def export(network: Graph, data: Dataset[OriginsT]) -> Exported:
    """Bytes of a trained network, checked. Raises ExportRefused, and then nothing may be registered."""
    return export_with(network, inputs_of(data, golden_examples(data)).mingled(), data.signature)


def export_with(network: Graph, golden: Inputs, signature: Signature) -> Exported:
    """The same with golden rows of one's own, which are nobody's (`Inputs.mingled`)."""
    network.eval()
    content = onnx_bytes(network, golden)
    check_onnx_bytes(content)
    check_export(network, open_session(content, may_use_gpu=False), signature, golden)
    return Exported(content, weights_bytes(network), golden_bytes(network, golden, signature), PARITY_TOLERANCE)


def weights_bytes(network: Graph) -> bytes:
    """Everything learnt, as safetensors."""
    content: bytes = save({name: values.contiguous() for name, values in network.state_dict().items()})
    return content


def golden_examples(data: Dataset[OriginsT]) -> OriginsT:
    """Validation origins from the shortest history to the longest."""
    order = np.argsort(data.validation.position, kind="stable")
    rows = np.unique(np.linspace(0, len(order) - 1, GOLDEN_ROWS).astype(np.int64))
    return data.validation.take(order[rows])


def inputs_of(data: Dataset[OriginsT], examples: OriginsT) -> Inputs:
    """Inputs as scoring sees them: each origin with the steps that it reads, right-padded with zeros."""
    steps = np.zeros(
        (len(examples), max(int(examples.position.max(initial=0)), 1), data.histories.steps.shape[1]),
        np.float32,
    )
    for row, (history, position) in enumerate(zip(examples.history, examples.position, strict=True)):
        start = data.histories.starts[history]
        steps[row, :position] = data.histories.steps[start : start + position]
    return Inputs(steps, examples.position, examples.context, data.days[examples.date])


def onnx_bytes(network: Graph, inputs: Inputs) -> bytes:
    """The network as one ONNX file. The tracing exporter writes a recurrent memory as one operator."""
    file = io.BytesIO()
    sizes = {name: {0: "batch"} for name in (*INPUTS, *network.answers)}
    sizes["steps"] = {0: "batch", 1: "time"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            inputs.tensors(),
            file,  # type: ignore[arg-type]
            input_names=list(INPUTS),
            output_names=list(network.answers),
            dynamic_axes=sizes,
            opset_version=OPSET,
            dynamo=False,
            custom_opsets=network.operators,
            autograd_inlining=False,
        )
    return file.getvalue()


def check_export(network: Graph, session: ort.InferenceSession, signature: Signature, golden: Inputs) -> None:
    """Compare names, then types and shapes, then values at several batch sizes and lengths, and on the golden rows."""
    check_names(session, signature, network.answers)
    for batch, time in CHECKED_SHAPES:
        check_values(network, session, stretched(golden, batch, time), f"{batch} rows of {time} steps")
    check_values(network, session, golden, "the golden rows")


def check_names(session: ort.InferenceSession, signature: Signature, outputs: tuple[str, ...]) -> None:
    """Refuse other names, types or sizes than the contract's."""
    days, sizes = (
        signature.max_horizon_days,
        {part: len(getattr(signature, part)) for part in ("context", "steps", "days")},
    )
    expected = {
        "steps": ("tensor(float)", ["batch", "time", sizes["steps"]]),
        "position": ("tensor(int64)", ["batch"]),
        "context": ("tensor(float)", ["batch", sizes["context"]]),
        "days": ("tensor(float)", ["batch", days, sizes["days"]]),
    }
    found = {item.name: (item.type, item.shape) for item in session.get_inputs()}
    if found != expected:
        raise ExportRefused(f"the graph's inputs are {found}, not {expected}: keep network.forward and export.py in step")
    answers = {item.name: item.type for item in session.get_outputs()}
    if answers != dict.fromkeys(outputs, "tensor(float)"):
        raise ExportRefused(
            f"the graph's outputs are {answers}, not {outputs} of float: keep network.forward and export.py in step"
        )


def stretched(golden: Inputs, batch: int, time: int) -> Inputs:
    """The golden rows repeated to a batch size, their steps repeated to a length; positions run from 0 to that length."""
    rows = np.arange(batch) % len(golden.position)
    steps = golden.steps[rows][:, np.arange(time) % golden.steps.shape[1]]
    return Inputs(steps, np.arange(batch) % (time + 1), golden.context[rows], golden.days[rows])


@torch.no_grad()
def check_values(network: Graph, session: ort.InferenceSession, inputs: Inputs, what: str) -> None:
    """Refuse an output whose shape or values are not PyTorch's."""
    expected = [values.numpy() for values in network(*inputs.tensors())]
    found = session.run(list(network.answers), {name: getattr(inputs, name) for name in INPUTS})
    settled = network.settled(dict(zip(network.answers, expected, strict=True)))
    for name, theirs, ours in zip(network.answers, found, expected, strict=True):
        if theirs.shape != ours.shape:
            raise ExportRefused(f"{name} of {what} has shape {theirs.shape} in ONNX Runtime and {ours.shape} in PyTorch")
        where = settled.get(name, np.float32(1))
        worst = worst_difference(theirs * where, ours * where)
        if not worst <= EXPORT_TOLERANCE:
            raise ExportRefused(
                f"{name} of {what} differs by {worst:.2g} between ONNX Runtime and PyTorch (allowed {EXPORT_TOLERANCE:.0e})"
            )


@torch.no_grad()
def golden_bytes(network: Graph, golden: Inputs, signature: Signature) -> bytes:
    """Inputs with PyTorch's answers as an Arrow stream: columns context, steps, days and the outputs, lists by day."""
    answers = network(*golden.tensors())
    lengths = np.full(len(golden.days), golden.days.shape[1])
    columns = {
        "context": struct_of(golden.context, signature.context),
        "steps": list_of(golden.steps, golden.position, signature.steps),
        "days": list_of(golden.days, lengths, signature.days),
    } | {name: pa.array(list(values.numpy())) for name, values in zip(network.answers, answers, strict=True)}
    sink = pa.BufferOutputStream()
    table = pa.table(columns)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def struct_of(values: Floats, names: tuple[str, ...]) -> pa.StructArray:
    """Matrix (rows, names) as a struct column."""
    columns = [pa.array(np.ascontiguousarray(column), FEATURE_TYPE) for column in values.T]
    return pa.StructArray.from_arrays(columns, names=list(names))


def list_of(values: Floats, lengths: Integers, names: tuple[str, ...]) -> pa.ListArray:
    """The first `lengths` (rows,) items of values (rows, longest, names) as a column of lists of structs."""
    flat = values[np.arange(values.shape[1]) < lengths[:, None]]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), struct_of(flat, names))
