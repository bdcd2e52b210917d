"""What customers bought in the week after each cut: peers, and every system beside them on the same lists and draws.

Usage: ``python -m benchmarks.accuracy.beside_harness.recommendations DATASET EVENTS JOB OUT``. JOB (JSON) has the cuts on which
peers are tuned, the cuts that are judged, and the lists of the systems: files by name and cut. The harness has one cut a
split: its own functions are called at each of ours, half-life and neighbours are those with the best mean NDCG@10 over the tuned
cuts, and a draw takes customers with all their weeks.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Array = Any
"""Numbers of any shape."""
WINDOW_DAYS = 7
REPLICATES = 1000
METRICS = ("recall_at_20", "ndcg_at_10", "mrr_at_20")


def harness(name: str) -> Any:
    return import_module(name)


class Week:
    """One cut: what was known, who bought what in the week after it, and the peers' lists."""

    def __init__(self, dataset: str, events: Path, cut: date) -> None:
        self.peers = harness("peers_topk")
        self.seen = self.peers.history(events, dataset, cut)
        self.pairs = bought_after(dataset, events, cut)
        self.customers = np.sort(self.pairs["customer_id"].unique())
        self.popular = self.peers.popular_products(self.seen)

    def lists(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Twenty products for each customer of the week, best first; short lists end with popular ones."""
        found: pd.DataFrame = self.peers.ranked(scores, self.customers, self.popular)
        return found

    def decayed(self, half_life: float) -> pd.DataFrame:
        return self.lists(self.peers.decayed_history(self.seen, half_life))

    def neighbours(self, half_life: float, count: int) -> pd.DataFrame:
        return self.lists(self.peers.item_neighbours(self.seen, half_life, count, self.customers))

    def quality(self, lists: pd.DataFrame) -> float:
        """Mean NDCG@10."""
        return float(self.peers.quality(lists, self.pairs))

    def all_peers(self, half_life: float, count: int) -> dict[str, pd.DataFrame]:
        own = self.peers.own_history(self.seen)
        return {
            "popularity": self.lists(own.iloc[:0]),
            "own_history": self.lists(own),
            "own_history_decayed": self.decayed(half_life),
            "item_knn": self.neighbours(half_life, count),
        }

    def system(self, file: Path) -> pd.DataFrame:
        """A system's lists of the customers of the week, filled up as the peers' are."""
        said = pd.read_parquet(file)
        said = said.assign(customer_id=said["customer_id"].astype(self.pairs["customer_id"].dtype))
        said["product_id"] = said["product_id"].astype(self.pairs["product_id"].dtype)
        return self.lists(said.assign(score=1000.0 - said["rank"])[["customer_id", "product_id", "score"]])

    def figures(self, lists: pd.DataFrame) -> pd.DataFrame:
        """Metrics by customer."""
        found: pd.DataFrame = harness("metrics").topk_per_customer(self.pairs, lists)
        return found


def bought_after(dataset: str, events: Path, cut: date) -> pd.DataFrame:
    """The protocol's pairs at a cut of ours: products bought in the week after it, by customers seen on or before it."""
    con = harness("protocols").open_events(events, dataset)
    found: pd.DataFrame = con.execute(
        """
        select distinct customer_id, product_id from events
        where event_type = 'purchase' and product_id is not null and event_date > ? and event_date <= ?
          and customer_id in (select customer_id from events where event_date <= ? and event_type <> 'return')
        order by customer_id, product_id""",
        [cut, cut + timedelta(days=WINDOW_DAYS), cut],
    ).df()
    return found


def tuned(weeks: list[Week]) -> tuple[float, int]:
    """Half-life and number of neighbours with the best mean NDCG@10."""
    peers = harness("peers_topk")
    half_life = max(peers.HALF_LIVES, key=lambda half: np.mean([week.quality(week.decayed(half)) for week in weeks]))
    count = max(peers.NEIGHBOURS, key=lambda k: np.mean([week.quality(week.neighbours(half_life, k)) for week in weeks]))
    return float(half_life), int(count)


def judge(dataset: str, events: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Means of every peer and system over customers and weeks, and the systems' gains over each peer."""
    half_life, count = tuned([Week(dataset, events, date.fromisoformat(cut)) for cut in job["tuned_cuts"]])
    parts: dict[str, list[pd.DataFrame]] = {}
    for cut in job["judged_cuts"]:
        week = Week(dataset, events, date.fromisoformat(cut))
        lists = week.all_peers(half_life, count)
        lists |= {name: week.system(Path(files[cut])) for name, files in job["systems"].items()}
        for name, found in lists.items():
            parts.setdefault(name, []).append(week.figures(found))
    figures = {name: pd.concat(found) for name, found in parts.items()}
    customer, customers = pd.factorize(next(iter(figures.values())).index)
    draws = harness("compare").sample_and_replicates(len(customers), REPLICATES, seed=1)
    means = {
        name: {metric: mean(customer, found[metric].to_numpy(), draws) for metric in METRICS} for name, found in figures.items()
    }
    peers = [name for name in means if name not in job["systems"]]
    return {
        "lists": len(customer),
        "customers": len(customers),
        "half_life": half_life,
        "neighbours": count,
        "means": {name: {metric: float(values[0]) for metric, values in found.items()} for name, found in means.items()},
        "gains": {
            name: {metric: {peer: gain(means[name][metric], means[peer][metric]) for peer in peers} for metric in METRICS}
            for name in job["systems"]
        },
    }


def mean(customer: Array, values: Array, draws: Array) -> Array:
    """Mean over lists, of the sample and of each draw of customers."""
    return (draws @ np.bincount(customer, weights=values)) / (draws @ np.bincount(customer).astype(float))


def gain(ours: Array, theirs: Array) -> dict[str, float]:
    """Relative gain over a peer, with its 95 % interval over draws of customers."""
    gains = ours / theirs - 1
    low, high = np.quantile(gains[1:], [0.025, 0.975])
    return {"gain": float(gains[0]), "low": float(low), "high": float(high)}


def main() -> None:
    found = judge(sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
    Path(sys.argv[4]).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
