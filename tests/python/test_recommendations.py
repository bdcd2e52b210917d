"""Recommendations: figures by hand, and a small ranking network from training to scoring."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from demand_forecast.model import load_model
from demand_forecast.signature import Signature
from demand_forecast.udf import score
from demand_forecast_training.learning.export import list_of, struct_of
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.recommendations.examples import ListData, Lists, lists_of
from demand_forecast_training.recommendations.network import LONGEST_LIST
from demand_forecast_training.recommendations.training import (
    RANKING,
    TrainedRanking,
    export_ranking,
    predicted,
    ranking_figures,
    train_ranking,
)
from demand_forecast_training.recommendations.workflow import beats_baseline, registry_row

from benchmarks.accuracy.recommendations.shop import SHOWN, ranked

SIGNATURE = Signature(
    context=("candidate_count",),
    steps=("noise", "purchase_days", "gap_ratio", "is_offered", "item_bucket"),
    days=("is_sunday",),
    max_horizon_days=30,
)
CHOICES = HyperParameters(**(RANKING | {"hidden_units": 16, "epochs": 4, "seed": 3}))


def random_lists(random: np.random.Generator, rows: int) -> Lists:
    """Customers who buy again what they bought about one gap ago; the order of the candidates says nothing of that."""
    lengths = random.integers(1, 60, rows)
    total = int(lengths.sum())
    purchases, ratio = random.poisson(1.0, total), random.uniform(0, 3, total)
    offered = random.random(total) > 0.1
    bought = (random.random(total) < np.where((purchases > 0) & (np.abs(ratio - 1) < 0.3), 0.6, 0.02)) & offered
    steps = np.stack([random.random(total), purchases, ratio, offered, random.integers(0, 1 << 20, total)], axis=1)
    starts = np.cumsum(lengths) - lengths
    return Lists(
        context=lengths[:, None].astype(np.float32),
        days=np.zeros((rows, 30, 1), np.float32),
        steps=steps.astype(np.float32),
        is_bought=bought.astype(np.float32),
        lengths=lengths.astype(np.int64),
        bought_count=np.maximum(np.add.reduceat(bought, starts), 1).astype(np.int64),
    )


@pytest.fixture(scope="module")
def data() -> ListData:
    random = np.random.default_rng(5)
    days = {"fitted_through_date": date(2025, 5, 1), "trained_through_date": date(2025, 6, 1)}
    return ListData(random_lists(random, 1200), random_lists(random, 300), SIGNATURE, "5-gross", "0", **days, fingerprint="test")


@pytest.fixture(scope="module")
def trained(data: ListData) -> TrainedRanking:
    return train_ranking(data, CHOICES)


@pytest.fixture(scope="module")
def row(data: ListData, trained: TrainedRanking) -> dict[str, Any]:
    return registry_row(data, trained, export_ranking(trained.network, data))


def columns(lists: Lists, rows: np.ndarray) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Some lists as SQL hands them over."""
    steps = pa.concat_arrays(
        [list_of(lists.padded(rows[[place]])[0], lists.lengths[rows[[place]]], SIGNATURE.steps) for place in range(len(rows))]
    )
    days = list_of(lists.days[rows], np.full(len(rows), 30), SIGNATURE.days)
    return struct_of(lists.context[rows], SIGNATURE.context), steps, days


def scored(lists: Lists, rows: np.ndarray, row: dict[str, Any]) -> dict[str, np.ndarray]:
    found = score(load_model(row), *columns(lists, rows))
    return {name: np.stack(found.field(name).to_numpy(zero_copy_only=False)) for name in ("place", "score")}


def test_figures_are_those_of_two_lists_by_hand() -> None:
    """Of the first list the second and third are bought, and one product that is no candidate; of the other the only one."""
    lists = Lists(
        context=np.zeros((2, 1), np.float32),
        days=np.zeros((2, 30, 1), np.float32),
        steps=np.zeros((4, 5), np.float32),
        is_bought=np.array([0, 1, 1, 1], np.float32),
        lengths=np.array([3, 1]),
        bought_count=np.array([3, 1]),
    )
    places = np.zeros((2, LONGEST_LIST), np.int64)
    places[0, :3], places[1, 0] = [2, 1, 3], 1
    found = ranking_figures(lists, places)
    assert found.recall_at_20 == pytest.approx((2 / 3 + 1) / 2)
    ideal = 1 + 1 / np.log2(3) + 0.5
    assert found.ndcg_at_10 == pytest.approx(((1 + 0.5) / ideal + 1) / 2)


def test_lists_come_from_arrow_as_they_were(data: ListData) -> None:
    rows = np.arange(20)
    context, steps, days = columns(data.train, rows)
    places = [list(np.flatnonzero(data.train.padded(rows[[place]])[1][0]) + 1) for place in rows]
    batch = pa.table({"context": context, "steps": steps, "days": days, "places": pa.array(places, pa.list_(pa.int64()))})
    batch = batch.append_column("bought_count", pa.array(data.train.bought_count[rows])).to_batches()[0]
    found = lists_of(batch, SIGNATURE)
    total = int(found.lengths.sum())
    np.testing.assert_array_equal(found.is_bought, data.train.is_bought[:total])
    np.testing.assert_array_equal(found.steps, data.train.steps[:total])


def test_a_network_learns_the_gap_and_beats_the_given_order(trained: TrainedRanking) -> None:
    assert beats_baseline(trained)
    assert trained.model.ndcg_at_10 > 1.3 * trained.baseline.ndcg_at_10


def test_it_is_served_by_the_same_code(data: ListData, trained: TrainedRanking, row: dict[str, Any]) -> None:
    rows = np.arange(len(data.validation))
    found, (places, scores) = scored(data.validation, rows, row), predicted(trained.network, data.validation, CHOICES)
    np.testing.assert_allclose(found["score"], scores, atol=2e-5)
    assert (found["place"] == places).mean() > 0.999


def test_a_list_does_not_depend_on_the_lists_beside_it(data: ListData, row: dict[str, Any]) -> None:
    rows = np.arange(100)
    together, alone = scored(data.validation, rows, row), scored(data.validation, rows[40:41], row)
    np.testing.assert_allclose(together["score"][40], alone["score"][0], atol=2e-6)
    np.testing.assert_array_equal(together["place"][40], alone["place"][0])


def test_what_may_not_be_offered_is_never_answered_and_nothing_is_twice(data: ListData, row: dict[str, Any]) -> None:
    rows = np.arange(len(data.validation))
    places = scored(data.validation, rows, row)["place"].astype(int)
    for number in rows:
        first, said = data.validation.starts[number], places[number][places[number] > 0]
        offered = np.flatnonzero(data.validation.steps[first : first + data.validation.lengths[number], 3] > 0) + 1
        assert sorted(said) == list(offered), number
        assert (places[number][len(said) :] == 0).all()


def test_shares_of_a_list_add_up_to_one(data: ListData, trained: TrainedRanking) -> None:
    places, scores = predicted(trained.network, data.validation, CHOICES)
    shares = np.where(places > 0, np.exp(scores.astype(np.float64)), 0).sum(axis=1)
    np.testing.assert_allclose(shares[(places > 0).any(axis=1)], 1, atol=1e-4)


def test_a_customer_of_100000_candidates_fits_into_memory(trained: TrainedRanking) -> None:
    """The graph answers a hundred places however long a list is."""
    steps = torch.zeros(1, 100_000, 5)
    steps[:, :, 3] = 1
    with torch.no_grad():
        places, _ = trained.network(steps, torch.tensor([100_000]), torch.ones(1, 1), torch.zeros(1, 30, 1))
    assert places.shape == (1, LONGEST_LIST) and places[0, :3].tolist() == [1, 2, 3]


def test_the_benchmark_reads_twenty_places_of_each_customer(data: ListData, row: dict[str, Any]) -> None:
    context, steps, days = columns(data.validation, np.arange(30))
    customers = pa.array([f"c{number}" for number in range(30)])
    batch = pa.record_batch({"customer_id": customers, "context": context, "steps": steps, "days": days})
    found = ranked(batch, score(load_model(row), context, steps, days)).to_pylist()
    places = scored(data.validation, np.arange(30), row)["place"].astype(int)
    expected = [
        {"customer_id": f"c{number}", "rank": rank, "place": place}
        for number, said in enumerate(places)
        for rank, place in enumerate(said[:SHOWN].tolist(), start=1)
        if place > 0
    ]
    assert found == expected and len(found) > 200
