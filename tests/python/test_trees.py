"""Trees beside the network: the same answers as LightGBM's, in one graph, and only where they help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest
import torch
from demand_forecast.model import OUTPUTS, load_model
from demand_forecast_training.customers import calibration, stacking, trees
from demand_forecast_training.customers.calibration import Seen, calibrate, fitted_line
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.losses import hazard_loss
from demand_forecast_training.customers.network import Network, Rates, network_of_weights
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.stacking import relative_gain, with_useful_trees
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.customers.trees import Nodes, Trees, fit_trees, fitted, hazard_logits, rows_of, seeds, settings
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.learning.export import export, golden_examples, inputs_of, list_of, struct_of
from safetensors.torch import load
from threadpoolctl import threadpool_limits

from .conftest import CHOICES

TRYING = replace(CHOICES, are_trees_tried=True)


@pytest.fixture(scope="module", autouse=True)
def small_shop() -> Any:
    """The test shop is too small for trees of the usual size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "LEAST_ROWS", 10)
        patch.setitem(trees.SETTINGS, "min_data_in_leaf", 20)
        yield


@pytest.fixture(scope="module")
def nodes(data: CustomerData) -> Nodes:
    found = fit_trees(data, 0, 2)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def stacked(data: CustomerData, trained: Trained, nodes: Nodes) -> Trained:
    """The trained network with trees beside it, calibrated together."""
    network = network_of_weights(trained.network.state_dict(), trained.choices)
    network.trees = Trees(nodes)
    with torch.no_grad():
        calibrate(network, Seen(predicted_rates(network, data, data.validation, CHOICES), data.validation))
    return replace(trained, network=network)


def test_the_trees_answer_as_lightgbm_does(data: CustomerData, nodes: Nodes) -> None:
    for number, horizon in enumerate(trees.TREE_HORIZONS):
        taught, (columns, bought) = (rows_of(data, examples, horizon) for examples in (data.train, data.validation))
        forests = [fitted(taught, (columns, bought), settings(each, 2)) for each in seeds(0)]
        said = [forest.predict(columns, raw_score=True) for forest in forests]
        found = Trees(nodes)(torch.from_numpy(columns)).numpy()[:, number]
        np.testing.assert_allclose(found, np.mean(said, axis=0), atol=1e-5)
        assert np.abs(said[0] - said[1]).max() > 1e-3


def test_sums_do_not_hang_on_threads_or_batches(nodes: Nodes, data: CustomerData) -> None:
    columns = torch.from_numpy(rows_of(data, data.train, 1)[0])
    with threadpool_limits(1):
        alone = Trees(nodes)(columns)
    with threadpool_limits(2):
        assert torch.equal(Trees(nodes)(columns), alone)
        assert torch.equal(torch.cat([Trees(nodes)(part) for part in columns.split(37)]), alone)


def test_a_threshold_keeps_its_side_when_it_is_rounded() -> None:
    thresholds = np.array([0.1, 1 / 3, 16777217.0, -0.7])
    rounded = trees.rounded_down(thresholds)
    assert (rounded <= thresholds).all() and (np.nextafter(rounded, np.float32(np.inf)) > thresholds).all()


def test_the_days_hazards_make_up_the_horizons_of_the_trees() -> None:
    """And the network's say on which of the days: a day of twice its hazard gets twice as much. Rare buyers too."""
    sums = torch.tensor([[-2.0, 0.5], [0.0, 1.0], [-6.0, -5.0], [-11.0, -10.0]])
    hazard = torch.tensor([[0.1], [0.1], [1e-3], [1e-5]]).repeat(1, 30)
    hazard[:, [4, 20]] *= 2
    found = hazard_logits(sums, torch.log(torch.expm1(hazard.double())).float())
    survived = -torch.nn.functional.softplus(found.double()).cumsum(dim=1)
    for column, horizon in enumerate(trees.TREE_HORIZONS):
        np.testing.assert_allclose(-torch.expm1(survived[:, horizon - 1]), torch.sigmoid(sums[:, column].double()), rtol=1e-4)
    said = torch.nn.functional.softplus(found.double())
    for day in (4, 20):
        np.testing.assert_allclose(said[:, day], 2 * said[:, 1], rtol=1e-4)


def test_trees_that_contradict_each_other_stay_near_the_network() -> None:
    """Less within seven days than within one, or all of it in the days between: the days get a tenth of the network's hazard, or
    ten times as much."""
    sums = torch.tensor([[1.0, -1.0], [-9.0, 9.0]])
    hazard = torch.full((2, 30), 0.01)
    found = hazard_logits(sums, torch.log(torch.expm1(hazard)))
    said = torch.nn.functional.softplus(found[:, 1:])
    np.testing.assert_allclose(said[0], 0.001, rtol=1e-4)
    np.testing.assert_allclose(said[1], 0.1, rtol=1e-4)


def test_network_and_trees_are_one_graph_that_is_scored_by_the_same_code(data: CustomerData, stacked: Trained) -> None:
    row = registry_row(data, stacked, export(stacked.network, data))
    assert "TreeEnsembleRegressor" in {node.op_type for node in onnx.load_from_string(row["onnx_bytes"]).graph.node}
    golden = inputs_of(data, golden_examples(data))
    with torch.no_grad():
        expected = stacked.network(*golden.tensors())
        rebuilt = network_of_weights(load(row["weights_bytes"]), stacked.choices)(*golden.tensors())
    days = np.full(len(golden.days), golden.days.shape[1])
    found = load_model(row).predict(
        struct_of(golden.context, data.signature.context),
        pa.chunked_array([list_of(golden.steps, golden.position, data.signature.steps)]).combine_chunks(),
        list_of(golden.days, days, data.signature.days),
    )
    for name, values, again in zip(OUTPUTS, expected, rebuilt, strict=True):
        np.testing.assert_allclose(found[name], values.numpy(), atol=1e-4, rtol=1e-4, err_msg=name)
        assert torch.equal(values, again)


def test_trees_of_a_single_leaf_are_exported_too(data: CustomerData, trained: Trained) -> None:
    """What LightGBM gives where no leaf may be as small as half of the rows: a shop just above LEAST_ROWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(trees.SETTINGS, "min_data_in_leaf", len(data.train))
        nodes = fit_trees(data, 0, 2)
    assert nodes is not None and np.array_equal(nodes.left, np.arange(len(nodes.left)))
    network = network_of_weights(trained.network.state_dict(), trained.choices)
    network.trees = Trees(nodes)
    network.tree_weights.fill_(1.0)
    export(network, data)  # compares ONNX Runtime with PyTorch


def test_trees_stay_away_where_they_do_not_help(data: CustomerData, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the gain, the bar decides; too few rows fit none, and so does a choice."""
    monkeypatch.setattr(stacking, "LEAST_GAIN", -1.0)
    stacked, rates = with_useful_trees(trained.network, data, TRYING)
    assert stacked.trees is not None
    assert all(torch.equal(*both) for both in zip(rates, predicted_rates(stacked, data, data.validation, TRYING), strict=True))
    assert with_useful_trees(trained.network, data, CHOICES)[0].trees is None
    monkeypatch.setattr(stacking, "LEAST_GAIN", 1.0)
    alone, rates = with_useful_trees(trained.network, data, TRYING)
    assert alone.trees is None
    assert all(torch.equal(*both) for both in zip(rates, predicted_rates(alone, data, data.validation, TRYING), strict=True))
    monkeypatch.setattr(trees, "LEAST_ROWS", 10_000)
    assert fit_trees(data, 0, 2) is None


def test_the_gain_is_measured_on_customers_that_did_not_calibrate(data: CustomerData, trained: Trained) -> None:
    """Trees that know the outcome gain a lot; trees that say the opposite for the other half of the customers gain nothing."""
    with torch.no_grad():
        alone = predicted_rates(trained.network, data, data.validation, CHOICES)
    bought = torch.from_numpy(data.validation.first_purchase_day == 1).float().unsqueeze(1).expand(-1, 30)
    turned = torch.where(torch.arange(len(bought)) < len(bought) // 2, 1.0, -1.0).unsqueeze(1)
    knowing, lying = (alone._replace(tree_logit=(bought - 0.5) * sign) for sign in (1.0, turned))
    assert relative_gain(trained.network, knowing, alone, data.validation) > 0.1
    assert relative_gain(trained.network, lying, alone, data.validation) < 0


def test_the_line_is_a_minimum_whatever_the_order_of_the_rows(
    data: CustomerData, stacked: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Network and trees say nearly the same here, of many rows: their slopes and weights lie along a flat direction."""
    rows = np.tile(np.arange(len(data.validation)), 50)
    with torch.no_grad():
        rates = predicted_rates(stacked.network, data, data.validation, CHOICES)
    rates = rates._replace(tree_logit=rates.hazard_logit + 0.05 * (rates.tree_logit - rates.hazard_logit))
    calls: list[int] = []

    def counted(*arguments: Any) -> torch.Tensor:
        calls.append(len(arguments))
        return hazard_loss(*arguments)

    monkeypatch.setattr(calibration, "hazard_loss", counted)
    lines = [
        fitted_line(Rates(*(values[torch.from_numpy(order)] for values in rates)), data.validation.take(order))
        for order in (rows, np.random.default_rng(0).permutation(rows))
    ]
    for found, again in zip(*lines, strict=True):
        torch.testing.assert_close(again, found, rtol=0, atol=1e-6)
    assert len(calls) < 2 * 200


def test_fine_tuning_keeps_the_trees_and_weighs_them_anew(data: CustomerData, stacked: Trained) -> None:
    tuned: Network = finetune(data, stacked.network, replace(CHOICES, epochs=1)).network
    assert tuned.trees is not None and stacked.network.trees is not None
    assert torch.equal(tuned.trees.value, stacked.network.trees.value)
    assert tuned.tree_weights.abs().sum() > 0 and not torch.equal(tuned.tree_weights, stacked.network.tree_weights)
