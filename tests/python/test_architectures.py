"""Every architecture trains, exports, agrees with ONNX Runtime, is scored by the same code, and reads no later step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from demand_forecast.model import OUTPUTS, load_model
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Network, network_of_weights
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.errors import WrongChoice
from demand_forecast_training.learning.dataset import batch_of
from demand_forecast_training.learning.export import export, golden_examples, inputs_of, list_of, struct_of
from demand_forecast_training.learning.hyper_parameters import ARCHITECTURES
from demand_forecast_training.learning.memories import MEMORIES, transformer
from safetensors.torch import load

from .conftest import CHOICES

Run = tuple[Trained, dict[str, Any]]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def run(request: pytest.FixtureRequest, data: CustomerData) -> Run:
    """A trained network of an architecture, and its registry row."""
    trained = train(data, replace(CHOICES, architecture=request.param))
    return trained, registry_row(data, trained, export(trained.network, data))


def test_each_architecture_learns_and_is_registered_by_its_name(run: Run) -> None:
    trained, row = run
    assert row["architecture"] == trained.choices.architecture and trained.choices.architecture in row["model_version"]
    assert trained.uncalibrated[0].log_loss < trained.baseline[0].log_loss


def test_each_architecture_is_scored_by_the_same_code(run: Run, data: CustomerData) -> None:
    trained, row = run
    golden = inputs_of(data, golden_examples(data))
    with torch.no_grad():
        expected = trained.network(*golden.tensors())
    days = np.full(len(golden.days), golden.days.shape[1])
    found = load_model(row).predict(
        struct_of(golden.context, data.signature.context),
        pa.chunked_array([list_of(golden.steps, golden.position, data.signature.steps)]).combine_chunks(),
        list_of(golden.days, days, data.signature.days),
    )
    for name, values in zip(OUTPUTS, expected, strict=True):
        np.testing.assert_allclose(found[name], values.numpy(), atol=1e-4, rtol=1e-4, err_msg=name)


def test_each_architecture_is_rebuilt_from_its_weights(run: Run, data: CustomerData) -> None:
    trained, row = run
    golden = inputs_of(data, golden_examples(data))
    rebuilt = network_of_weights(load(row["weights_bytes"]), trained.choices)
    with torch.no_grad():
        for ours, theirs in zip(rebuilt(*golden.tensors()), trained.network(*golden.tensors()), strict=True):
            assert torch.equal(ours, theirs)


def test_no_architecture_reads_a_later_step(run: Run, data: CustomerData) -> None:
    network: Network = run[0].network
    batch = batch_of(data, data.train, np.arange(200))
    last = batch.examples.position
    cut = int(np.median(last[last > 0]))
    changed = batch.steps.copy()
    changed[:, cut:] += 7.0
    with torch.no_grad():
        before, after = (network.batch_rates(replace(batch, steps=steps)).hazard_logit for steps in (batch.steps, changed))
    reads_earlier = torch.from_numpy(last <= cut)
    assert torch.equal(before[reads_earlier], after[reads_earlier])
    assert not torch.equal(before[~reads_earlier], after[~reads_earlier])


def test_the_names_are_those_that_can_be_built() -> None:
    assert set(ARCHITECTURES) == set(MEMORIES)


def test_a_transformer_whose_heads_do_not_divide_its_size_is_refused() -> None:
    with pytest.raises(WrongChoice, match="hidden_units is 6"):
        transformer(6, 0.1)
