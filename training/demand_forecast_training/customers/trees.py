"""Boosted trees beside the network, in the same graph: LightGBM fits them, the network's forecast leans on them.

They read the context and the calendar of the next days, and say the logit of a purchase within each of TREE_HORIZONS.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import torch
from demand_forecast.arrays import Floats, Integers
from torch import Tensor, nn
from torch.nn import functional

from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.survival import one_minus_exp

TREE_HORIZONS = (1, 7)
LEAST_ROWS = 200
"""Fewer buyers or others among training or validation rows teach no trees."""
LARGEST_SHARE = 10.0
"""Behind the next day, the trees say at most this many times the hazard that the network does, and at least that part of it."""
ROWS_AT_A_TIME = 64
"""Rows that walk down the trees together: their places stay in the processor's cache, four times as fast as a whole batch."""
SEEDS = 3
"""Forests of every horizon; their mean speaks, which is steadier than one of them."""
ROUNDS = 1000
PATIENCE = 50
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 400,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "extra_trees": True,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Nodes:
    """All nodes of all trees in one row of arrays (nodes,); `left` and `right` are places in it, a leaf's are its own.

    A row goes left where its feature is at most the threshold. `root` and `target` are by tree (trees,).
    """

    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    value: Floats
    root: Integers
    target: Integers


class TreeSum(torch.autograd.Function):
    """Sum of the leaves that a row falls into, by target; one operator in ONNX."""

    @staticmethod
    def forward(ctx: Any, columns: Tensor, trees: Trees) -> Tensor:
        # The exporter wants an answer that comes from the columns in its own sight.
        return trees.summed(columns) + 0.0 * columns[:, : len(TREE_HORIZONS)]

    @staticmethod
    def symbolic(graph: Any, columns: Any, trees: Trees) -> Any:
        answer = graph.op("ai.onnx.ml::TreeEnsembleRegressor", columns, **trees.attributes())
        return answer.setType(columns.type().with_sizes([None, len(TREE_HORIZONS)]))


class Trees(nn.Module):
    """Fitted trees as buffers; answers (batch, targets)."""

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    value: Tensor
    root: Tensor
    target: Tensor

    def __init__(self, nodes: Nodes) -> None:
        super().__init__()
        for name, values in vars(nodes).items():
            self.register_buffer(name, torch.as_tensor(values).clone())

    def forward(self, columns: Tensor) -> Tensor:
        answer: Tensor = TreeSum.apply(columns, self)  # type: ignore[no-untyped-call]
        return answer

    def summed(self, columns: Tensor) -> Tensor:
        """Every row walks down every tree at once, a level at a time, until nobody moves. In numpy, so that the exporter writes
        one operator and not this walk."""
        values = columns.detach().numpy()
        parts = range(0, len(values), ROWS_AT_A_TIME)
        leaves = [self.leaves(values[start : start + ROWS_AT_A_TIME]) for start in parts]
        if not leaves:
            return columns.new_zeros(0, len(TREE_HORIZONS))
        values = self.value.numpy()[np.concatenate(leaves)]
        # A product of matrices would round by the number of threads and the kind of processor.
        of_targets = [values[:, self.target.numpy() == number] for number in range(len(TREE_HORIZONS))]
        return torch.from_numpy(np.stack([np.ascontiguousarray(part).sum(axis=1) for part in of_targets], axis=1))

    def leaves(self, values: Floats) -> Any:
        """Place of the leaf of every tree, (rows, trees), into which a few rows of columns fall."""
        feature, root, left, right = (
            getattr(self, name).numpy().astype(np.int32) for name in ("feature", "root", "left", "right")
        )
        children, threshold = np.stack([right, left], axis=1).ravel(), self.threshold.numpy()
        first_column = np.arange(0, values.size, values.shape[1], dtype=np.int32)[:, None]
        place = np.broadcast_to(root, (len(values), len(root)))
        while True:
            is_left = values.ravel().take(first_column + feature.take(place)) <= threshold.take(place)
            below = children.take(2 * place + is_left)
            if np.array_equal(below, place):
                return place
            place = below

    def attributes(self) -> dict[str, Any]:
        """Attributes of the ONNX operator TreeEnsembleRegressor; every tree numbers its nodes by their place in all."""
        places = torch.arange(len(self.feature))
        is_leaf = self.left == places
        tree = torch.bucketize(places, self.root, right=True) - 1
        leaves = places[is_leaf]
        modes = ["LEAF" if leaf else "BRANCH_LEQ" for leaf in is_leaf.tolist()]
        return {
            "aggregate_function_s": "SUM",
            "n_targets_i": len(TREE_HORIZONS),
            "nodes_treeids_i": tree.tolist(),
            "nodes_nodeids_i": places.tolist(),
            "nodes_featureids_i": self.feature.tolist(),
            "nodes_values_f": self.threshold.tolist(),
            "nodes_truenodeids_i": self.left.tolist(),
            "nodes_falsenodeids_i": self.right.tolist(),
            "nodes_modes_s": modes,
            "target_treeids_i": tree[leaves].tolist(),
            "target_nodeids_i": leaves.tolist(),
            "target_ids_i": self.target[tree[leaves]].tolist(),
            "target_weights_f": self.value[leaves].tolist(),
        }


def tree_columns(context: Tensor, days: Tensor) -> Tensor:
    """What the trees read, (batch, columns): the context, the calendar of the next day, and the mean of the days after it."""
    return torch.cat([context, days[:, 0], days[:, 1 : TREE_HORIZONS[-1]].mean(dim=1)], dim=1)


def hazard_logits(sums: Tensor, network: Tensor) -> Tensor:
    """Logit of each day's hazard (batch, days) behind the logits of a purchase within TREE_HORIZONS: the next day's own; the days
    after it share the rest as the network's hazard logits (batch, days) do, and the last days stay as far from the network's."""
    first, whole = sums.unbind(1)
    rest = functional.softplus(whole) - functional.softplus(first)
    said = functional.softplus(network[:, 1:])
    share = rest / said[:, : TREE_HORIZONS[1] - TREE_HORIZONS[0]].sum(dim=1)
    later = said * torch.clamp(share, 1 / LARGEST_SHARE, LARGEST_SHARE).unsqueeze(1)
    return torch.cat([first.unsqueeze(1), later + torch.log(one_minus_exp(-later))], dim=1)


def fit_trees(data: CustomerData, seed: int, threads: int) -> Nodes | None:
    """Trees of every horizon, fitted on role train and stopped early on role validation; None where there is too little."""
    if data.days.shape[1] < TREE_HORIZONS[-1]:
        return None
    parts = [[rows_of(data, examples, horizon) for examples in (data.train, data.validation)] for horizon in TREE_HORIZONS]
    if any(min(bought.sum(), (~bought).sum()) < LEAST_ROWS for part in parts for _, bought in part):
        return None
    told = [settings(each, threads) for each in seeds(seed)]
    return joined_nodes([[fitted(train, validation, each) for each in told] for train, validation in parts])


def seeds(seed: int) -> range:
    """Seeds of the forests of a horizon."""
    return range(seed * SEEDS, (seed + 1) * SEEDS)


def settings(seed: int, threads: int) -> dict[str, Any]:
    """What LightGBM is told."""
    return SETTINGS | {"seed": seed, "num_threads": threads}


def fitted(taught: tuple[Floats, Any], judged: tuple[Floats, Any], told: dict[str, Any]) -> lightgbm.Booster:
    """Booster of the columns and labels of both roles."""
    train = lightgbm.Dataset(*taught)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    valid = lightgbm.Dataset(*judged, reference=train)
    return lightgbm.train(told, train, ROUNDS, valid_sets=[valid], callbacks=[stop])


def refit_trees(data: CustomerData, trees: Trees, seed: int, threads: int) -> Nodes:
    """As many trees of every horizon as there are, shared among the forests and fitted on role train alone."""
    told = [settings(each, threads) for each in seeds(seed)]
    forests = []
    for number, horizon in enumerate(TREE_HORIZONS):
        columns, bought = rows_of(data, data.train, horizon)
        rounds = np.array_split(np.arange(int((trees.target == number).sum())), SEEDS)
        pairs = zip(told, rounds, strict=True)
        forests.append([lightgbm.train(each, lightgbm.Dataset(columns, bought), len(some)) for each, some in pairs])
    return joined_nodes(forests)


def rows_of(data: CustomerData, examples: Examples, horizon: int) -> tuple[Floats, Any]:
    """Columns and labels of the origins that are observed for the whole horizon."""
    part = examples.take(examples.observed_days >= horizon)
    columns = tree_columns(torch.from_numpy(part.context), torch.from_numpy(data.days[part.date])).numpy()
    return columns, (part.first_purchase_day > 0) & (part.first_purchase_day <= horizon)


def joined_nodes(forests: list[list[lightgbm.Booster]]) -> Nodes:
    """Arrays of all trees; the boosters of a horizon speak by their mean."""
    rows: list[tuple[int, float, int, int, float]] = []
    root, target = [], []
    for number, boosters in enumerate(forests):
        for tree in itertools.chain.from_iterable(booster.dump_model()["tree_info"] for booster in boosters):
            root.append(len(rows))
            target.append(number)
            add_nodes(rows, tree["tree_structure"], 1 / len(boosters))
    feature, threshold, left, right, value = (np.array(column) for column in zip(*rows, strict=True))
    integers = (feature, left, right, root, target)
    feature, left, right, roots, targets = (np.asarray(column, np.int64) for column in integers)
    return Nodes(feature, rounded_down(threshold), left, right, value.astype(np.float32), roots, targets)


def add_nodes(rows: list[tuple[int, float, int, int, float]], node: dict[str, Any], share: float) -> int:
    """Append a node and all below it, with a share of its leaves' values; returns its place."""
    place = len(rows)
    if "split_index" not in node:
        rows.append((0, 0.0, place, place, share * float(node["leaf_value"])))
        return place
    rows.append((0, 0.0, place, place, 0.0))
    left, right = (add_nodes(rows, node[side], share) for side in ("left_child", "right_child"))
    rows[place] = (node["split_feature"], node["threshold"], left, right, 0.0)
    return place


def rounded_down(threshold: Any) -> Floats:
    """Greatest float32 at most the threshold: a float32 feature then goes the way that it went in training."""
    nearest = threshold.astype(np.float32)
    below: Floats = np.nextafter(nearest, np.float32(-np.inf))
    return np.asarray(np.where(nearest > threshold, below, nearest), np.float32)
