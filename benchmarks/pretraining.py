"""Train the network that ships with the package, on generated shops alone.

Usage: ``python -m benchmarks.pretraining``. Generates shops of varied settings, builds each, trains one network on all of them
and writes it into the training package. Some shops teach nobody: they stop the training early and calibrate it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from demand_forecast_training.customers.calibration import Seen, calibrate, reset_calibration
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.figures import validation_table
from demand_forecast_training.customers.finetuning import figures_of
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.pretrained.artefact import write_artefact
from demand_forecast_training.pretrained.pretraining import joined_shops, sampled, with_quiet_memory, without_scale

from benchmarks.speed import ROOT
from benchmarks.varied_shops import TAUGHT, VariedShop, built_everything, fill, generate, varied_shop, write_empty_project

CUSTOMERS, DAYS = (300, 1500), (90, 300)
HELD_BACK_OF = 5
"""One shop of so many teaches nobody."""
FIRST_SEED = 1000
"""Shops have the seeds from here on; whoever wants a shop that the network has not seen takes others."""
CHOICES = HyperParameters(
    hidden_units=48,
    context_units=48,
    context_bins=12,
    epochs=14,
    patience=4,
    dropout=0.2,
    batch_origins=4096,
    are_trees_tried=False,
)


@dataclass(frozen=True)
class Plan:
    """How many shops, and the most origins of each that are taken."""

    shops: int = 45
    origins: int = 10_000
    threads: int = 1


def shop_of(number: int) -> VariedShop:
    """The shop of a number: its size is drawn like its settings, and every shop ends at least 90 days after it began."""
    random = np.random.default_rng([FIRST_SEED, number])
    customers = int(np.exp(random.uniform(*np.log(CUSTOMERS))))
    return varied_shop(FIRST_SEED + number, customers, int(random.integers(*DAYS)))


def build(plan: Plan, work: Path) -> list[CustomerData]:
    """A data set of every shop, one project after another in the same warehouse."""
    project, found = work / "project", []
    write_empty_project(project, {"training_rows": 3 * plan.origins, "test_days": 1, "validation_days": 1})
    for number in range(plan.shops):
        start, shop = time.monotonic(), shop_of(number)
        generate(shop, work / "data")
        fill(project, shop, work / "data")
        data = sampled(without_scale(built_everything(project)), plan.origins, np.random.default_rng(number))
        bought = np.mean(data.train.first_purchase_day == 1)
        print(
            f"shop {number}: {shop.parameters.customers} customers, {shop.parameters.days} days, {len(data.train):,} origins, "
            f"{bought:.2%} buy the next day, {len(shop.kinds)} kinds of events, {time.monotonic() - start:.0f} seconds",
            flush=True,
        )
        found.append(data)
    return found


def is_held_back(number: int) -> bool:
    return number % HELD_BACK_OF == HELD_BACK_OF - 1


def trained_on(shops: list[CustomerData], plan: Plan) -> tuple[CustomerData, Trained]:
    """One network of all shops, and the data set that they make. Its memory is made quiet, and the rest calibrated anew."""
    taught = [shop for number, shop in enumerate(shops) if not is_held_back(number)]
    data = joined_shops(taught, [shop for number, shop in enumerate(shops) if is_held_back(number)])
    choices = replace(CHOICES, threads=plan.threads)
    return data, quietened(train(data, choices), data)


def quietened(trained: Trained, data: CustomerData) -> Trained:
    """The network with a quiet memory, calibrated anew, and its figures."""
    network = with_quiet_memory(trained.network)
    rates = predicted_rates(network, data, data.validation, trained.choices)
    calibrate(reset_calibration(network), Seen(rates, data.validation))
    return replace(trained, network=network, model=figures_of(network, data, trained.choices))


def told_of(plan: Plan, data: CustomerData, trained: Trained) -> dict[str, Any]:
    """What the description of the network says of its training."""
    return {
        "shops": plan.shops,
        "shops_held_back": sum(map(is_held_back, range(plan.shops))),
        "seeds": [FIRST_SEED, FIRST_SEED + plan.shops - 1],
        "customers": CUSTOMERS,
        "days": DAYS,
        "ranges": asdict(TAUGHT),
        "training_rows": len(data.train),
        "validation_rows": len(data.validation),
        "epochs": trained.epochs,
        "fingerprint": data.fingerprint,
        "held_back": {
            name: {f"{row.horizon_days}_days": row.log_loss for row in getattr(trained, name)} for name in ("model", "baseline")
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "pretraining")
    options = parser.parse_args()
    plan = Plan(options.shops, options.origins, options.threads)
    data, trained = trained_on(build(plan, options.work), plan)
    print(validation_table(trained.model, trained.baseline, "pretrained"))
    told = told_of(plan, data, trained)
    print(write_artefact(trained.network, trained.choices, data.signature, data.feature_set_version, told))


if __name__ == "__main__":
    main()
