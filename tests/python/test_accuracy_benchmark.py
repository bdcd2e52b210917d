"""The accuracy benchmark: what an ablation sees, which trainings are shared, the columns of the trees, the log and the report."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from demand_forecast.model import load_model
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.learning.export import golden_examples, inputs_of

from benchmarks.accuracy.calendars import holidays
from benchmarks.accuracy.cells import Place, cell_of, trainings
from benchmarks.accuracy.data_sets import DATA_SETS
from benchmarks.accuracy.harness import Harness
from benchmarks.accuracy.log import append_to_log
from benchmarks.accuracy.own_columns import tree_columns
from benchmarks.accuracy.report import write_report
from benchmarks.accuracy.secondary import holm
from benchmarks.accuracy.stages import Run, asked
from benchmarks.accuracy.trained import batch_probability, exported_row
from benchmarks.accuracy.variants import Variant, known_variants, seen_by, with_seeds

from .conftest import CHOICES

DAYS = {"train": ["2017-07-08", "2017-11-04"], "valid": ["2017-11-05", "2017-12-02"], "test": ["2017-12-03", "2017-12-30"]}


def batch_of_inputs(data: CustomerData) -> pa.RecordBatch:
    """Some validation origins as SQL would hand them over."""
    inputs, names = inputs_of(data, golden_examples(data)), data.signature
    context = pa.StructArray.from_arrays([pa.array(column) for column in inputs.context.T], names=list(names.context))
    lists = []
    for values, lengths, fields in (
        (inputs.steps, inputs.position, names.steps),
        (inputs.days, np.full(len(inputs.days), names.max_horizon_days), names.days),
    ):
        flat = np.concatenate([row[:length] for row, length in zip(values, lengths, strict=True)])
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
        structs = pa.StructArray.from_arrays([pa.array(column) for column in flat.T], names=list(fields))
        lists.append(pa.ListArray.from_arrays(offsets, structs))
    return pa.RecordBatch.from_arrays([context, *lists], names=["context", "steps", "days"])


def moved(batch: pa.RecordBatch, part: str, other: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with one part of other rows."""
    return batch.set_column(batch.schema.get_field_index(part), part, other.column(part))


@pytest.mark.parametrize(("kept_from", "part"), [("sees_context", "context"), ("sees_steps", "steps")])
def test_an_ablated_network_does_not_hear_what_it_is_kept_from(data: CustomerData, kept_from: str, part: str) -> None:
    variant = replace(Variant("ablated", replace(CHOICES, epochs=1)), **{kept_from: False})
    own = seen_by(variant, data)
    model, batch = load_model(exported_row(variant, own, train(own, variant.choices))), batch_of_inputs(data)
    shuffled = batch.take(pa.array(np.arange(len(batch))[::-1]))
    said = batch_probability(model, variant, batch)
    assert np.array_equal(said, batch_probability(model, variant, moved(batch, part, shuffled)))
    other = "steps" if part == "context" else "context"
    assert not np.array_equal(said, batch_probability(model, variant, moved(batch, other, shuffled)))


def test_a_network_without_calibration_is_the_same_network_before_it(data: CustomerData, trained: Trained) -> None:
    before = {name: values.clone() for name, values in trained.network.state_dict().items()}
    variant = Variant("no_calibration", CHOICES, is_calibrated=False)
    row, batch = exported_row(variant, data, trained), batch_of_inputs(data)
    full = Variant("full", CHOICES)
    said = batch_probability(load_model(row), variant, batch)
    assert not np.allclose(said, batch_probability(load_model(exported_row(full, data, trained)), full, batch), atol=1e-4)
    assert all(torch.equal(values, before[name]) for name, values in trained.network.state_dict().items())
    assert variant.training() == full.training()


def test_the_trees_read_the_columns_of_the_network(data: CustomerData) -> None:
    names = list(tree_columns(data.signature, 2))
    calendar = [f"day_{day}_{name}" for day in (1, 2) for name in data.signature.days]
    assert names == [*data.signature.context, *calendar]


def test_cells_share_a_training_where_both_cut_dates_are_theirs() -> None:
    later = {"valid": ["2017-10-20", "2017-10-26"], "test": ["2017-11-25", "2017-12-01"]}
    day, week, month = cell_of("p1_h1", DAYS), cell_of("p1_h7", DAYS), cell_of("p1_h30", later)
    assert (day.fitted_through, day.trained_through, day.last_judged) == (
        date(2017, 11, 5),
        date(2017, 12, 3),
        date(2017, 12, 30),
    )
    churn = cell_of("p5_h30", later)
    assert trainings([day, week, month, churn]) == [[day, week], [month], [churn]]


def test_a_calendar_knows_fixed_and_movable_holidays() -> None:
    found = dict(holidays("United States", date(2017, 4, 1), date(2018, 1, 31)))
    assert found[date(2017, 4, 16)] and found[date(2017, 11, 23)] and found[date(2018, 1, 1)]
    assert found[date(2017, 7, 4)] is False and date(2017, 1, 1) not in found and len(found) == 7


def test_cells_that_do_not_decide_get_the_chosen_variants_alone(tmp_path: Path) -> None:
    variants, run = list(known_variants(CHOICES).values()), a_run(tmp_path)
    days = {"valid": ["2017-10-08", ""], "test": ["2017-11-05", "2017-12-02"]}
    primary, other = cell_of("p1_h7", days), cell_of("p1_h30", days)
    assert asked(run, [other, primary], variants) == variants
    assert [variant.name for variant in asked(run, [other], variants)] == ["lstm", "refit"]


def test_several_seeds_show_in_the_names() -> None:
    variants = known_variants(CHOICES)
    chosen = [variants["lstm"], variants["no_context"]]
    assert [each.name for each in with_seeds(chosen, [4])] == ["lstm", "no_context"]
    found = with_seeds(chosen, [4, 5])
    assert [each.name for each in found] == ["lstm_seed4", "lstm_seed5", "no_context_seed4", "no_context_seed5"]
    assert [each.choices.seed for each in found] == [4, 5, 4, 5]


@pytest.fixture
def found() -> dict[str, Any]:
    """Figures of one horizon, one peer and one system."""
    gain = {"gain": -0.01, "low": -0.02, "high": 0.005, "p_worse": 0.9}
    summed = {"excess": 0.02, "standard_error": 0.01}
    calibration = {"error": 0.004, "chance": 0.006, "slope": 0.98, "sum": summed, "deciles": [summed]}
    metrics = {"log_loss": 0.4, "average_precision": 0.3, "auroc": 0.7, "brier": 0.1}
    cell = {
        "protocol": "p1",
        "horizon": 1,
        "rows": 100,
        "customers": 10,
        "label_mean": 0.2,
        "metrics": {"constant": metrics, "lstm": metrics},
        "against": {"lstm": {"constant": {"log_loss": gain, "average_precision": gain}}},
        "calibration": {"constant": calibration, "lstm": calibration},
        "slices": {"lstm": {"weekday": {"Mon": {"rows": 14, "gain": 0.001, "bias": 0.1}}}},
    }
    return {"cells": {"p1_h1": cell}, "joint": {"1+7": {"lstm": {"constant": gain}}}}


def a_run(folder: Path, name: str = "complete_journey") -> Run:
    version = {"model_version": "lstm-1", "seed": 0, "hyper_parameters": "{}"}
    place, harness = Place(folder, folder / "events.parquet"), Harness(folder, folder / "python")
    return Run(harness, DATA_SETS[name], "test", place, folder, ("p1_h1",), versions={"p1_h1 lstm": version})


def test_every_run_stays_in_the_log(found: dict[str, Any], tmp_path: Path) -> None:
    for commit in ("aaa", "bbb"):
        append_to_log(a_run(tmp_path), found, commit, tmp_path / "log.csv")
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["commit"] for row in rows] == ["aaa", "aaa", "bbb", "bbb"]
    assert (rows[0]["gain"], rows[0]["model_version"], rows[1]["horizon_days"]) == ("-0.01000", "lstm-1", "1+7")


def test_holm_stops_at_the_first_that_is_not_significant() -> None:
    p = {("a", "1"): 0.04, ("a", "2"): 0.012, ("b", "1"): 0.03, ("b", "2"): 0.2}
    assert holm(p) == {("a", "2")}
    assert holm({("a", "1"): 0.04}) == {("a", "1")}
    assert holm({}) == set()


def test_a_report_replaces_its_own_section_alone(found: dict[str, Any], tmp_path: Path) -> None:
    files = {"test": tmp_path / "accuracy.md"}
    for name in ("complete_journey", "tmall_2014_half", "complete_journey"):
        write_report(a_run(tmp_path, name), found, files)
    text = files["test"].read_text()
    assert text.count("\n## complete_journey\n") == text.count("\n## tmall_2014_half\n") == 1
    assert text.count("# Accuracy on test days") == 1
