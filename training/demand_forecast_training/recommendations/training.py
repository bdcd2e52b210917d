"""A training of recommendations, and the figures that judge it beside the baseline's order."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demand_forecast.arrays import Floats, Integers
from torch import Tensor
from tqdm import tqdm

from demand_forecast_training.errors import ExportRefused
from demand_forecast_training.learning.curves import Log, curves
from demand_forecast_training.learning.export import Exported, Inputs, export_with
from demand_forecast_training.learning.fitting import learning_rate, prepare
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.recommendations.examples import ListData, Lists
from demand_forecast_training.recommendations.network import LONGEST_LIST, RankingNetwork, is_clear, list_loss

RANKING: dict[str, Any] = {"epochs": 6, "patience": 2, "batch_origins": 64, "learning_rate": 3e-3, "encoder_rate_share": 0.1}
"""What a training of recommendations chooses otherwise: an origin is a list of hundreds of candidates, and the share of the rate
is that of the item vectors. Chosen on the validation weeks of `make bench-recommendations`."""
MINGLED_LISTS, GOLDEN_LISTS = 1024, 64
RECALL_AT, NDCG_AT = 20, 10


@dataclass(frozen=True)
class RankingFigures:
    """Means over lists: share of the products bought that are among the first 20, and NDCG of the first 10."""

    recall_at_20: float
    ndcg_at_10: float
    rows: int


@dataclass(frozen=True)
class TrainedRanking:
    """A network with its figures on validation days and the baseline's."""

    network: RankingNetwork
    choices: HyperParameters
    epochs: int
    validation_loss: float
    model: RankingFigures
    baseline: RankingFigures


def train_ranking(data: ListData, choices: HyperParameters, log_dir: Path | None = None) -> TrainedRanking:
    """Train on role train from nothing, stop early on role validation. Curves go to `log_dir`."""
    prepare(choices)
    network = RankingNetwork(data.train, data.signature, choices)
    with curves(log_dir) as log:
        best, epochs, loss = fit(network, data, choices, log)
    model = ranking_figures(data.validation, predicted_places(best, data.validation, choices))
    return TrainedRanking(best, choices, epochs, loss, model, ranking_figures(data.validation, baseline_places(data)))


def fit(network: RankingNetwork, data: ListData, choices: HyperParameters, log: Log) -> tuple[RankingNetwork, int, float]:
    """The network of the best epoch, the epochs run and its validation loss."""
    optimiser = optimiser_of(network, choices)
    random, best, best_loss, best_epoch = np.random.default_rng(choices.seed), network, math.inf, 0
    for epoch in tqdm(range(1, choices.epochs + 1), unit="epoch", desc="training"):
        network.train()
        batches = list(shuffled_batches(len(data.train), choices.batch_origins, random))
        for number, rows in enumerate(batches):
            rate = learning_rate(choices, (epoch - 1 + number / len(batches)) / choices.epochs)
            taught = taught_step(network, optimiser, data.train, rows, rate, choices)
            log("loss/train", taught, number + len(batches) * (epoch - 1))
        loss = mean_loss(network, data.validation, choices)
        log("loss/validation", loss, epoch)
        if loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(network), loss, epoch
        if epoch - best_epoch >= choices.patience:
            break
    return best.eval(), epoch, best_loss


def optimiser_of(network: RankingNetwork, choices: HyperParameters) -> torch.optim.Optimizer:
    """AdamW, in which each group keeps its share of the rate."""
    items = network.item_parameters()
    known = {id(parameter) for parameter in items}
    others = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [{"params": others, "share": 1.0}, {"params": items, "share": choices.encoder_rate_share}]
    return torch.optim.AdamW(groups, lr=choices.learning_rate, weight_decay=choices.weight_decay)


def shuffled_batches(lists: int, batch: int, random: np.random.Generator) -> Iterator[Integers]:
    """Row numbers of batches at random."""
    order = random.permutation(lists)
    return iter(np.array_split(order, max(1, math.ceil(lists / batch))))


def batch_scores(network: RankingNetwork, lists: Lists, rows: Integers) -> tuple[Tensor, Tensor]:
    """Scores (rows, longest) of some lists, and whether each candidate was bought."""
    steps, is_bought = lists.padded(rows)
    arrays = (steps, lists.lengths[rows], lists.context[rows], lists.days[rows])
    return network.scores(*(torch.from_numpy(values) for values in arrays)), torch.from_numpy(is_bought)


def taught_step(
    network: RankingNetwork,
    optimiser: torch.optim.Optimizer,
    lists: Lists,
    rows: Integers,
    rate: float,
    choices: HyperParameters,
) -> float:
    """One step of the optimiser; returns the loss."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]
    loss = list_loss(*batch_scores(network, lists, rows))
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), choices.gradient_norm)
    optimiser.step()
    return float(loss.detach())


def plain_batches(lists: Lists, choices: HyperParameters) -> Iterator[Integers]:
    """Row numbers in their order."""
    return iter(np.array_split(np.arange(len(lists)), max(1, math.ceil(len(lists) / choices.batch_origins))))


@torch.no_grad()
def mean_loss(network: RankingNetwork, lists: Lists, choices: HyperParameters) -> float:
    network.eval()
    losses = [float(list_loss(*batch_scores(network, lists, rows))) * len(rows) for rows in plain_batches(lists, choices)]
    return sum(losses) / len(lists)


@torch.no_grad()
def predicted(network: RankingNetwork, lists: Lists, choices: HyperParameters) -> tuple[Floats, Floats]:
    """The graph's places and scores of all lists, each (lists, LONGEST_LIST)."""
    parts = []
    for rows in plain_batches(lists, choices):
        inputs = inputs_of(lists, rows)
        parts.append([values.numpy() for values in network(*inputs.tensors())])
    places, scores = (np.concatenate(values) for values in zip(*parts, strict=True))
    return places, scores


def predicted_places(network: RankingNetwork, lists: Lists, choices: HyperParameters) -> Integers:
    return predicted(network, lists, choices)[0].astype(np.int64)


def baseline_places(data: ListData) -> Integers:
    """What the SQL baseline offers: candidates come in its order, those that may not be offered last."""
    lists, places = data.validation, np.arange(1, LONGEST_LIST + 1)
    offered = np.add.reduceat(lists.steps[:, data.signature.steps.index("is_offered")], lists.starts)
    return np.where(places <= offered[:, None], places, 0)


def ranking_figures(lists: Lists, places: Integers) -> RankingFigures:
    """Figures of places (lists, LONGEST_LIST), best first and counted from 1, zeros where there is none."""
    source = lists.starts[:, None] + np.maximum(places - 1, 0)
    hit = lists.is_bought[np.minimum(source, len(lists.is_bought) - 1)] * (places > 0)
    recall = hit[:, :RECALL_AT].sum(axis=1) / lists.bought_count
    gain = 1 / np.log2(np.arange(2, NDCG_AT + 2))
    ideal = np.cumsum(gain)[np.minimum(lists.bought_count, NDCG_AT) - 1]
    return RankingFigures(float(recall.mean()), float((hit[:, :NDCG_AT] @ gain / ideal).mean()), len(lists))


def inputs_of(lists: Lists, rows: Integers) -> Inputs:
    """What the graph reads of some lists."""
    return Inputs(lists.padded(rows)[0], lists.lengths[rows], lists.context[rows], lists.days[rows])


@torch.no_grad()
def export_ranking(network: RankingNetwork, data: ListData) -> Exported:
    """Bytes of a trained network, checked. Golden rows are mingled lists whose order is clear, so that any provider has it."""
    mingled = inputs_of(data.validation, np.arange(min(len(data.validation), MINGLED_LISTS))).mingled()
    _, scores = network(*mingled.tensors())
    rows = np.flatnonzero(is_clear(scores.numpy()).all(axis=1))[:GOLDEN_LISTS]
    if not len(rows):
        raise ExportRefused("no list has an order that every provider would find: train for longer, or on more customers")
    return export_with(network, mingled.take(rows), data.signature)
