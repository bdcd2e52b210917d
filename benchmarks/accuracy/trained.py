"""Train a variant on a built shop and let its exported network answer the judged rows, through the function that SQL calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import torch
from demand_forecast.model import Model, load_model
from demand_forecast.udf import score
from demand_forecast_training.customers.calibration import reset_calibration
from demand_forecast_training.customers.examples import CustomerData, read_dataset, read_everything
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.refitting import refit
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.learning.export import export
from demand_forecast_training.learning.hyper_parameters import FIRST_FINETUNING
from demand_forecast_training.pretrained.artefact import read_artefact
from demand_forecast_training.pretrained.basket import Basket, read_basket
from demand_forecast_training.pretrained.start import basket_fitted
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.variants import Variant, seen_by

SCORED_ROWS = 8192
INPUTS = """
    select customer_id, as_of_date, context, steps, days from {pred_customer_inputs}
    where purpose = 'backtest'
"""


@dataclass(frozen=True)
class Answered:
    """Probabilities (rows, days) of a purchase by each day, with the keys of their rows, and what it cost."""

    keys: pa.Table
    probability: np.ndarray[Any, np.dtype[np.float32]]
    version: dict[str, Any]
    seconds: dict[str, float]


def answers(project: Path, refit_project: Path, variants: list[Variant]) -> dict[str, Answered]:
    """Answers by variant; variants that share their training are trained once."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        data, basket = read_dataset(connection, warehouse.relations), read_basket(connection, warehouse.relations).basket
    trained: dict[Variant, Trained] = {}
    found = {}
    for variant in variants:
        own, start, seconds = seen_by(variant, data), time.monotonic(), {}
        if variant.training() not in trained:
            trained[variant.training()] = trained_from(own, variant, basket)
            seconds["training"] = time.monotonic() - start
        result = trained[variant.training()]
        if variant.is_refit:
            result = refit(seen_by(variant, everything_in(refit_project)), result)
            seconds["refit"] = time.monotonic() - start
        row = exported_row(variant, own, result)
        with warehouse.visit() as connection:
            found[variant.name] = answered(connection, warehouse.relations, variant, row, seconds)
    return found


def trained_from(data: CustomerData, variant: Variant, basket: Basket) -> Trained:
    """What the variant's training leads to: from scratch, or from the shipped network, as `demand finetune` goes on from it."""
    if not variant.is_pretrained:
        return train(data, variant.choices)
    return finetuned_start(data, basket, threads=variant.choices.threads, seed=variant.choices.seed)


def finetuned_start(data: CustomerData, basket: Basket, **told: Any) -> Trained:
    """The shipped network, fine-tuned on a shop with what is told instead of its own hyper-parameters."""
    artefact = read_artefact()
    artefact.check(data.signature, data.feature_set_version)
    start, choices = basket_fitted(artefact, basket, data.signature.max_horizon_days)
    return finetune(data, start, replace(choices, **(FIRST_FINETUNING | told)))


def everything_in(project: Path) -> CustomerData:
    """All examples of a shop that ends on the first judged day."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return read_everything(connection, warehouse.relations)


def exported_row(variant: Variant, data: CustomerData, trained: Trained) -> dict[str, Any]:
    """The registry row of a variant; one without calibration is exported before the calibrated values come back."""
    if variant.is_calibrated:
        return registry_row(data, trained, export(trained.network, data))
    kept = {name: values.clone() for name, values in trained.network.state_dict().items()}
    with torch.no_grad():
        reset_calibration(trained.network)
    row = registry_row(data, trained, export(trained.network, data))
    trained.network.load_state_dict(kept)
    return row


def answered(
    connection: duckdb.DuckDBPyConnection,
    relations: dict[str, str],
    variant: Variant,
    row: dict[str, Any],
    seconds: dict[str, float],
) -> Answered:
    """Score the judged rows, batch by batch."""
    model, start = load_model(row), time.monotonic()
    keys, found = [], []
    for batch in connection.sql(INPUTS.format_map(relations)).to_arrow_reader(SCORED_ROWS):
        keys.append(batch.select(["customer_id", "as_of_date"]))
        found.append(batch_probability(model, variant, batch))
    seconds = seconds | {"scoring": time.monotonic() - start}
    return Answered(pa.Table.from_batches(keys), np.concatenate(found), row, seconds)


def batch_probability(model: Model, variant: Variant, batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Probabilities (rows, days) of one batch, of what the variant may see."""
    context, steps, days = (batch.column(name) for name in ("context", "steps", "days"))
    context = context if variant.sees_context else zeros_like(context)
    steps = steps if variant.sees_steps else empty_lists(steps)
    said = score(model, context, steps, days).field("purchase_probability")
    return np.asarray(said.flatten(), np.float32).reshape(len(batch), -1)


def zeros_like(context: pa.StructArray) -> pa.StructArray:
    """A context of zeros."""
    nothing = pa.array(np.zeros(len(context), np.float32))
    return pa.StructArray.from_arrays([nothing] * context.type.num_fields, fields=list(context.type))


def empty_lists(steps: pa.ListArray) -> pa.ListArray:
    """As many rows without a step."""
    return pa.ListArray.from_arrays(
        pa.array(np.zeros(len(steps) + 1, np.int32)), pa.array([], steps.type.value_type), type=pa.list_(steps.type.value_field)
    )
