"""Why a network says what it says: contributions of groups of features to the purchase probability of each horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
import pyarrow as pa

from demand_forecast.arrays import Floats, Integers, list_lengths, one_chunk, padded_lists, struct_matrix
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import Model, open_session
from demand_forecast.shapley import Doubles, coalitions, shapley_values
from demand_forecast.udf import ROUND_DIGITS, length_batches, one_at_a_time

HISTORY = "visits"
"""The group of the steps themselves; without it a customer has none."""
ANSWER = "purchase_probability"
BESIDE_HISTORY = frozenset({"context", "days"})
BATCH_CUSTOMERS = 64
"""Customers of a batch; each is answered for every coalition of groups."""


@dataclass(frozen=True)
class Explainer:
    """A network in two parts, so that a history is encoded once however many coalitions ask: `encoder` makes a state of steps and
    position, `head` an answer of state, context and days."""

    model: Model
    encoder: ort.InferenceSession
    head: ort.InferenceSession
    state: str
    groups: dict[str, Integers]
    """Places in the context of each group's features; none for HISTORY."""
    reference: Floats
    """Context (C,) of the customer that all are compared with."""
    horizons: tuple[int, ...]

    def explained(self, context: Floats, steps: Floats, position: Integers, days: Floats) -> tuple[Doubles, Doubles]:
        """Base (rows, horizons) and contributions (rows, groups, horizons), which add up to the network's own probability."""
        answers = self.answers(context, steps, position, days)
        return answers[:, 0], shapley_values(answers)

    def answers(self, context: Floats, steps: Floats, position: Integers, days: Floats) -> Doubles:
        """Probabilities (rows, coalitions, horizons) where each coalition of groups is known, from none to all."""
        rows, known = len(context), coalitions(len(self.groups))
        contexts, states = self.coalition_contexts(context, known), self.coalition_states(steps, position, known)
        feed = {
            self.state: states.reshape(rows * len(known), -1),
            "context": contexts.reshape(rows * len(known), -1),
            "days": np.repeat(days, len(known), axis=0),
        }
        (answer,) = self.head.run([ANSWER], feed)
        asked: Doubles = answer.astype(np.float64).reshape(rows, len(known), -1)[:, :, np.array(self.horizons) - 1]
        return asked

    def coalition_contexts(self, context: Floats, known: Any) -> Floats:
        """Contexts (rows, coalitions, C) in which the features of unknown groups are the reference's."""
        is_known = np.ones((len(known), context.shape[1]), bool)
        for number, places in enumerate(self.groups.values()):
            is_known[:, places] = known[:, [number]]
        contexts: Floats = np.where(is_known, context[:, None], self.reference)
        return contexts

    def coalition_states(self, steps: Floats, position: Integers, known: Any) -> Floats:
        """States (rows, coalitions, hidden): the customer's own, or that of nobody's history."""
        (own,) = self.encoder.run([self.state], {"steps": steps, "position": position})
        (none,) = self.encoder.run([self.state], {"steps": steps[:1], "position": np.zeros(1, np.int64)})
        has_history = known[:, list(self.groups).index(HISTORY)]
        states: Floats = np.where(has_history[:, None], own[:, None], none)
        return states


def explainer(
    model: Model, onnx_bytes: bytes, groups: Mapping[str, Sequence[str]], reference: Mapping[str, float], horizons: Sequence[int]
) -> Explainer:
    """An explainer of a loaded network. `groups` names the features of each group, `reference` has a value for each feature.

    Raises DemandForecastError where a feature is in no group or in two, or where the package onnx is missing, which cuts it.
    """
    names = model.signature.context
    grouped = [feature for features in groups.values() for feature in features]
    if sorted(grouped) != sorted(names):
        odd = sorted(set(grouped) ^ set(names)) or "a feature twice"
        raise DemandForecastError(f"driver_groups must name each feature once; it differs in {odd}")
    encoder, head, state = cut_graph(onnx_bytes)
    is_on_gpu = model.provider == "CUDA"
    return Explainer(
        model,
        open_session(encoder, may_use_gpu=is_on_gpu),
        open_session(head, may_use_gpu=is_on_gpu),
        state,
        {name: np.array([names.index(feature) for feature in features], np.int64) for name, features in groups.items()},
        np.array([reference[name] for name in names], np.float32),
        tuple(horizons),
    )


def cut_graph(onnx_bytes: bytes) -> tuple[bytes, bytes, str]:
    """The network cut where the memory of the steps meets the rest: both parts as ONNX bytes, and the name of the state."""
    try:
        import onnx
        from onnx.utils import Extractor
    except ModuleNotFoundError as missing:
        raise DemandForecastError("prediction_drivers needs the package onnx. Type: pip install onnx") from missing
    whole = onnx.shape_inference.infer_shapes(onnx.load_from_string(onnx_bytes))
    state = state_of(whole.graph)
    cut = Extractor(whole)
    parts = (
        cut.extract_model(["steps", "position"], [state]),
        cut.extract_model([state, "context", "days"], [ANSWER]),
    )
    encoder, head = (part.SerializeToString() for part in parts)
    return encoder, head, state


def state_of(graph: Any) -> str:
    """Name of the one value that is made of the steps alone and read by what also knows the context or the days.

    Raises DemandForecastError where there are several.
    """
    made_of: dict[str, set[str]] = {item.name: {item.name} for item in graph.input}
    border: set[str] = set()
    for node in graph.node:
        sources = {name: made_of.get(name, set()) for name in node.input}
        together: set[str] = set().union(*sources.values())
        made_of.update(dict.fromkeys(node.output, together))
        if together & BESIDE_HISTORY:
            border |= {name for name, made in sources.items() if made and not made & BESIDE_HISTORY}
    if len(border) != 1:
        raise DemandForecastError(f"the network's memory meets its head in {len(border)} places, not in one: train again")
    return border.pop()


def answer_type(groups: Sequence[str]) -> str:
    """SQL type of an answer: a list by horizon for the base and for each group."""
    return "STRUCT(" + ", ".join(f"{name} DOUBLE[]" for name in ("base_value", *groups)) + ")"


def explain(explainer: Explainer, context: pa.Array, steps: pa.Array, days: pa.Array) -> pa.StructArray:
    """Reasons of Arrow columns, one struct a row. Raises FeatureMismatch or BadInput by name."""
    columns = {"context": one_chunk(context), "steps": one_chunk(steps), "days": one_chunk(days)}
    for name, column in columns.items():
        explainer.model.signature.check(name, column.type, explainer.model.model_version)
    batches = list(length_batches(list_lengths(columns["steps"]), BATCH_CUSTOMERS))
    with one_at_a_time:
        parts = [explained_rows(explainer, columns, rows) for rows in batches]
    order = np.argsort(np.concatenate(batches)) if batches else np.zeros(0, np.int64)
    shape = (0, len(explainer.horizons))
    found = {
        name: (np.concatenate([part[name] for part in parts]) if parts else np.zeros(shape))[order]
        for name in ("base_value", *explainer.groups)
    }
    return pa.StructArray.from_arrays([lists_of(values) for values in found.values()], names=list(found))


def explained_rows(explainer: Explainer, columns: Mapping[str, Any], rows: Integers) -> dict[str, Any]:
    """Base and contributions of some rows, (rows, horizons) each, rounded as probabilities are served."""
    signature, part = explainer.model.signature, {name: column.take(pa.array(rows)) for name, column in columns.items()}
    padded, position = padded_lists(part["steps"], signature.steps)
    calendar, _ = padded_lists(part["days"], signature.days)
    base, contributions = explainer.explained(struct_matrix(part["context"], signature.context), padded, position, calendar)
    named = dict(zip(explainer.groups, contributions.transpose(1, 0, 2), strict=True))
    return {name: np.round(values, ROUND_DIGITS + 2) for name, values in ({"base_value": base} | named).items()}


def lists_of(values: Any) -> pa.ListArray:
    """Rows of a matrix as lists."""
    offsets = np.arange(0, values.size + 1, values.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel()))
