"""What the pre-trained start is worth: beside the baseline, training from scratch and fine-tuning from it, by size of the shop.

Usage: ``python -m benchmarks.pretrained_worth``. Generates shops of settings that the pre-training has not seen, cuts them to so
many customers and days of history, and judges everybody on the same days after these. With ``--data FOLDER --harness FOLDER
--python PYTHON`` the validation days of the Tmall half are judged too. Writes benchmarks/results/pretrained.md.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demand_forecast.arrays import Floats
from demand_forecast_training.customers.examples import CustomerData, Examples, read_dataset, read_everything
from demand_forecast_training.customers.figures import Figures, baseline_probability, figures
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.training import train
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.pretrained.artefact import read_artefact
from demand_forecast_training.pretrained.basket import read_basket
from demand_forecast_training.pretrained.start import basket_fitted, calibrate_on
from demand_forecast_training.warehouse.connection import find_warehouse

from benchmarks.accuracy.cells import Place
from benchmarks.accuracy.data_sets import DATA_SETS
from benchmarks.accuracy.events import canonical_events
from benchmarks.accuracy.harness import Harness
from benchmarks.accuracy.shop import build_project, dbt
from benchmarks.accuracy.stages import Run, write_rows
from benchmarks.accuracy.trained import finetuned_start
from benchmarks.speed import RESULTS, ROOT
from benchmarks.varied_shops import OUTER, VariedShop, fill, generate, varied_shop, write_empty_project

CUSTOMERS, DAYS = (300, 1000, 3000), (60, 120, 240)
HORIZONS = (1, 7)
TEST_DAYS, VALIDATION_DAYS = 28, 14
FIRST_SEED = 9000
FORECASTERS = ("baseline", "uncalibrated", "pretrained", "from scratch", "fine-tuned")
METRICS = ("log_loss", "average_precision")
MODELS = ("+lbl_training_examples", "+lbl_refit_examples", "+seq_customer_histories")
MOST_ROWS = 80_000
"""Training origins, and test rows, of a shop."""
REAL = "tmall_2014_half"


@dataclass(frozen=True)
class Cuts:
    """The dates of a shop: what is known before the second cut teaches, the days after it judge."""

    fitted_through: date
    trained_through: date
    last: date

    def settings(self) -> dict[str, Any]:
        """Vars of a build."""
        cuts = {"fitted_through_date": str(self.fitted_through), "trained_through_date": str(self.trained_through)}
        return {**cuts, "as_of_date": str(self.last), "training_rows": MOST_ROWS}


def cuts_of(shop: VariedShop) -> Cuts:
    last = shop.parameters.first_date + timedelta(days=shop.parameters.days - 1)
    trained = last - timedelta(days=TEST_DAYS)
    return Cuts(trained - timedelta(days=VALIDATION_DAYS), trained, last)


@dataclass(frozen=True)
class Judged:
    """Figures by forecaster and horizon on the test days of one shop, and the seconds of each training."""

    figures: dict[tuple[str, int], Figures]
    seconds: dict[str, float]


def judge(project: Path, threads: int) -> Judged:
    """Let every forecaster speak of the test days of a shop that was built."""
    warehouse, artefact = find_warehouse(project, project, None), read_artefact()
    with warehouse.visit() as connection:
        data, everything = read_dataset(connection, warehouse.relations), read_everything(connection, warehouse.relations)
        basket = read_basket(connection, warehouse.relations).basket
    artefact.check(data.signature, data.feature_set_version)
    test = everything.train.take(everything.dates[everything.train.date] >= np.datetime64(data.trained_through_date))
    start, choices = basket_fitted(artefact, basket, data.signature.max_horizon_days)
    networks: dict[str, Callable[[], Network]] = {
        "uncalibrated": lambda: start,
        "pretrained": lambda: calibrated(start, data, choices),
        "from scratch": lambda: train(data, HyperParameters(threads=threads)).network,
        "fine-tuned": lambda: finetuned_start(data, basket, threads=threads).network,
    }
    spoken, seconds = {"baseline": baseline_probability(test)}, {}
    for name, made in networks.items():
        began = time.perf_counter()
        network = made()
        seconds[name] = time.perf_counter() - began
        spoken[name] = probabilities(network, everything, test, choices)
    found = {(name, days): figures(said, test, days) for name, said in spoken.items() for days in HORIZONS}
    return Judged(found, seconds)


def calibrated(network: Network, data: CustomerData, choices: HyperParameters) -> Network:
    """A copy, calibrated on the validation days as `demand pretrained` does."""
    network = copy.deepcopy(network)
    calibrate_on(network, data, choices)
    return network


@torch.no_grad()
def probabilities(network: Network, data: CustomerData, examples: Examples, choices: HyperParameters) -> Floats:
    """Probability of a purchase by each day, (rows, days)."""
    said: Floats = network.forecast(predicted_rates(network, data, examples, choices)).purchase_probability.numpy()
    return said


def judged_shop(number: int, work: Path, threads: int) -> Iterator[tuple[int, int, Judged]]:
    """Every size of one unseen shop: its first so many customers, and so many days before the test days."""
    shop = varied_shop(FIRST_SEED + number, max(CUSTOMERS), max(DAYS) + TEST_DAYS + 1, is_seen=False)
    project, cuts = work / f"shop_{number}", cuts_of(shop)
    generate(shop, work / "data")
    write_empty_project(project, cuts.settings())
    for customers in CUSTOMERS:
        for days in DAYS:
            first = cuts.trained_through - timedelta(days=days - 1)
            fill(project, shop, work / "data", f"customer_id <= 'C{customers:06d}' and event_at::date >= '{first}'")
            dbt(project, "run", "--full-refresh", "--select", *MODELS)
            judged = judge(project, threads)
            print(f"shop {number}, {customers} customers, {days} days:", *short(judged), flush=True)
            yield customers, days, judged


def short(judged: Judged) -> list[str]:
    """Log losses in a line."""
    return [f"{name} {days}d {found.log_loss:.4f}" for (name, days), found in judged.figures.items()]


def judged_real(options: argparse.Namespace) -> dict[int, Judged]:
    """The validation days of a real log by horizon, each built for its own cut dates."""
    data_set, folder = DATA_SETS[REAL], options.work / REAL
    folder.mkdir(parents=True, exist_ok=True)
    harness = Harness(options.harness.resolve(), options.python.absolute())
    place = Place(folder, canonical_events(harness, data_set, folder, options.data))
    run = Run(harness, data_set, "valid", place, folder / "peers", tuple(f"p1_h{days}" for days in HORIZONS))
    found = {}
    for cell in write_rows(run):
        last = cell.last_judged + timedelta(days=cell.horizon)
        found[cell.horizon] = judge(build_project(place.shop(cell), data_set, place, [cell], last, MODELS), options.threads)
        print(f"{REAL}, {cell.horizon} days:", *short(found[cell.horizon]), flush=True)
    return found


def mean_of(judged: list[Judged], name: str, days: int, metric: str) -> float:
    """Average over shops."""
    return float(np.mean([getattr(each.figures[name, days], metric) for each in judged]))


def lines_of(title: str, judged: list[Judged], horizons: tuple[int, ...]) -> list[str]:
    """A row for each horizon and metric; what beats the baseline is bold."""
    lines = []
    for days in horizons:
        rows = sum(each.figures["baseline", days].rows for each in judged)
        for metric in METRICS:
            values = [mean_of(judged, name, days, metric) for name in FORECASTERS]
            sign = -1 if metric == "log_loss" else 1
            shown = [f"**{value:.4f}**" if sign * (value - values[0]) > 0 else f"{value:.4f}" for value in values]
            gain = sign * (values[2] - values[0]) / values[0]
            lines.append(f"| {title} | {days} | {metric} | {' | '.join(shown)} | {gain:+.1%} | {rows:,} |")
    return lines


def verdict(found: dict[tuple[int, int], list[Judged]]) -> list[str]:
    """How often the pre-trained network and what is fine-tuned from it beat the others, and where they do not."""
    cells = [(size, days, metric) for size in found for days in HORIZONS for metric in METRICS]
    lines = []
    for name, other in (
        ("uncalibrated", "baseline"),
        ("pretrained", "baseline"),
        ("pretrained", "from scratch"),
        ("fine-tuned", "from scratch"),
    ):
        lost = [cell for cell in cells if not is_better(found[cell[0]], name, other, *cell[1:])]
        lines.append(f"- `{name}` beats `{other}` in {len(cells) - len(lost)} of {len(cells)} rows{named(lost)}.")
    return lines


def is_better(judged: list[Judged], name: str, other: str, days: int, metric: str) -> bool:
    ours, theirs = (mean_of(judged, each, days, metric) for each in (name, other))
    return ours < theirs if metric == "log_loss" else ours > theirs


def named(lost: list[tuple[tuple[int, int], int, str]]) -> str:
    """The rows that were lost, in words."""
    rows = ", ".join(f"{named_size(size)} ({metric}, {days} d)" for size, days, metric in lost)
    return f"; not in: {rows}" if rows else ""


def named_size(size: tuple[int, int]) -> str:
    return f"{size[0]:,} customers, {size[1]} days"


HEADER = [
    "| shop | within days | metric | baseline | uncalibrated | pretrained | from scratch | fine-tuned | gain | test rows |",
    "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|",
]


def report(found: dict[tuple[int, int], list[Judged]], real: dict[int, Judged]) -> str:
    """The page."""
    lines = introduction(len(next(iter(found.values()))))
    for size, judged in found.items():
        lines += lines_of(named_size(size), judged, HORIZONS)
    lines += ["", *verdict(found), "", "Seconds of a training, means over shops:", ""]
    lines += ["| shop | from scratch | fine-tuned |", "|---|---:|---:|"]
    lines += [seconds_line(size, judged) for size, judged in found.items()]
    if real:
        lines += ["", f"## {REAL}, validation days", "", *HEADER]
    for days, each in real.items():
        lines += lines_of(REAL, [each], (days,))
    return "\n".join(lines) + "\n"


def introduction(shops: int) -> list[str]:
    """What the first table shows."""
    return [
        "# What the pre-trained start is worth",
        "",
        "Purchases within 1 and 7 days of test days; bold beats the baseline; gain is of `pretrained` over the baseline.",
        "`uncalibrated` has learnt nothing of the shop but the size of a basket, as without validation days; `pretrained`",
        "is calibrated on validation days, as `demand pretrained` does where there are some; `from scratch` is `demand train`,",
        "`fine-tuned` is `demand finetune` from the pre-trained network; both stop early on the last days of history.",
        "",
        "## Generated shops of unseen settings",
        "",
        f"Means over {shops} shops, seeds {FIRST_SEED} to {FIRST_SEED + shops - 1}. Every setting with a range lies outside of",
        f"its range in pre-training (`benchmarks/varied_shops.py`), below or above it by 5 to {OUTER:.0%} of its length in logs.",
        f"Tested on {TEST_DAYS} days; the last {VALIDATION_DAYS} days of history stop a training early.",
        "",
        *HEADER,
    ]


def seconds_line(size: tuple[int, int], judged: list[Judged]) -> str:
    spent = [np.mean([each.seconds[name] for each in judged]) for name in ("from scratch", "fine-tuned")]
    return f"| {named_size(size)} | {spent[0]:.0f} | {spent[1]:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=1, help="unseen shops (the second and the third chose FIRST_FINETUNING)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "pretrained_worth")
    parser.add_argument("--data", type=Path, help="folder with events.parquet of the Tmall half")
    parser.add_argument("--harness", type=Path, help="folder of the accuracy harness")
    parser.add_argument("--python", type=Path, help="a Python with the harness's requirements")
    options = parser.parse_args()
    found: dict[tuple[int, int], list[Judged]] = {}
    for number in range(options.shops):
        for customers, days, judged in judged_shop(number, options.work, options.threads):
            found.setdefault((customers, days), []).append(judged)
    real = judged_real(options) if options.data else {}
    text = report(found, real)
    (RESULTS / "pretrained.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
