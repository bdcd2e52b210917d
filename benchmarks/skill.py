"""Is the served model better than the baseline on test days? Paired bootstrap over customers.

Usage: ``python -m benchmarks.skill warehouse/demand.duckdb --title "Seed shop"``. Appends to benchmarks/results/skill.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parent / "results" / "skill.md"
REPLICATES = 500
CLIP = 1e-6
Floats = NDArray[np.float64]


def read_rows(warehouse: Path, horizon: int) -> dict[str, Any]:
    """Customer numbers, outcomes and both forecasts of the champion's back-test rows of a horizon."""
    sql = """
        select dense_rank() over (order by customer_id) - 1 as customer, actual_purchased as bought,
               purchase_probability as model, baseline_probability as baseline
        from main_demand.prediction_errors as errors
        join main_demand.model_versions as versions using (model_version)
        where versions.is_champion and purpose = 'backtest' and horizon_days = ?"""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return dict(con.execute(sql, [horizon]).fetchnumpy())


def log_losses(probability: Floats, bought: NDArray[np.bool_]) -> Floats:
    clipped = np.clip(probability, CLIP, 1 - CLIP)
    return -np.where(bought, np.log(clipped), np.log1p(-clipped))


class WeightedPrecision:
    """Average precision of one forecast under row weights; sorted once. Ties share their threshold."""

    def __init__(self, probability: Floats, bought: NDArray[np.bool_]) -> None:
        self.order = np.argsort(-probability, kind="stable")
        self.bought = bought[self.order]
        self.last_of_tie = np.append(np.diff(probability[self.order]) != 0, True)

    def __call__(self, weights: Floats) -> float:
        ordered = weights[self.order]
        hits, count = np.cumsum(ordered * self.bought)[self.last_of_tie], np.cumsum(ordered)[self.last_of_tie]
        return float(np.sum(np.diff(hits, prepend=0) * hits / np.maximum(count, 1e-12)) / hits[-1])


def gains(rows: dict[str, Any], seed: int = 0) -> dict[str, tuple[float, ...]]:
    """By metric: model, baseline, gain (above 0 is better) and its 95 % interval over customers."""
    bought, customer = np.asarray(rows["bought"], bool), np.asarray(rows["customer"])
    random, customers = np.random.default_rng(seed), int(customer.max()) + 1
    losses = {name: log_losses(rows[name], bought) for name in ("model", "baseline")}
    precision = {name: WeightedPrecision(rows[name], bought) for name in ("model", "baseline")}
    draws: dict[str, list[float]] = {"log_loss": [], "average_precision": []}
    for _ in range(REPLICATES):
        weights = random.multinomial(customers, np.full(customers, 1 / customers))[customer].astype(float)
        draws["log_loss"].append(float(np.average(losses["baseline"] - losses["model"], weights=weights)))
        draws["average_precision"].append(precision["model"](weights) - precision["baseline"](weights))
    whole = np.ones(len(bought))
    points = {
        "log_loss": (losses["model"].mean(), losses["baseline"].mean(), (losses["baseline"] - losses["model"]).mean()),
        "average_precision": (
            precision["model"](whole),
            precision["baseline"](whole),
            precision["model"](whole) - precision["baseline"](whole),
        ),
    }
    bounds = {name: np.percentile(values, [2.5, 97.5]) for name, values in draws.items()}
    return {name: (*map(float, points[name]), *map(float, bounds[name])) for name in points}


def report(title: str, warehouse: Path) -> str:
    lines = [
        f"## {title}",
        "",
        "| horizon | metric | model | baseline | gain | 95 % interval | rows | customers |",
        "|---:|---|---:|---:|---:|---|---:|---:|",
    ]
    for horizon in (1, 7, 30):
        rows = read_rows(warehouse, horizon)
        if not len(rows["bought"]):
            continue
        for metric, (model, baseline, gain, low, high) in gains(rows).items():
            size = f"{len(rows['bought']):,} | {int(np.max(rows['customer'])) + 1:,}"
            lines.append(
                f"| {horizon} | {metric} | {model:.4f} | {baseline:.4f} | {gain:+.4f} | {low:+.4f} to {high:+.4f} | {size} |"
            )
    return "\n".join([*lines, "", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--title", required=True)
    arguments = parser.parse_args()
    text = report(arguments.title, arguments.warehouse)
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        file.write(text)


if __name__ == "__main__":
    main()
