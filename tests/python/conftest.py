"""A small trained model on random but learnable data, without a warehouse."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from demand_forecast.signature import Signature
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.learning.dataset import Histories
from demand_forecast_training.learning.export import export
from demand_forecast_training.learning.hyper_parameters import HyperParameters

CONTEXT = ("recency", "rate", "constant", *(f"weekday_rate_{number}" for number in range(1, 8)))
SIGNATURE = Signature(
    context=CONTEXT,
    steps=("gap", "views", "bought"),
    days=("is_sunday", "is_holiday"),
    max_horizon_days=30,
)
CHOICES = HyperParameters(
    hidden_units=8, context_units=12, rank=9, context_bins=4, epochs=2, batch_origins=256, are_trees_tried=False, seed=3
)


def random_examples(random: np.random.Generator, rows: int, histories: int, dates: int) -> Examples:
    """Origins whose hazard follows their rate; every tenth has no step."""
    rate = random.uniform(0.02, 0.3, rows)
    history = np.where(np.arange(rows) % 10 == 0, -1, random.integers(0, histories, rows))
    bought = random.random((rows, 30)) < rate[:, None]
    first = np.where(bought.any(axis=1), bought.argmax(axis=1) + 1, 0)
    units = (bought * random.integers(1, 4, (rows, 30))).astype(np.float32)
    habits = [rate * share for share in (0.5, 0.8, 1.0, 1.0, 1.2, 1.5, 1.0)]
    context = np.stack([1 / rate, rate, np.ones(rows), *habits], axis=1).astype(np.float32)
    return Examples(
        context=context,
        history=history,
        position=np.where(history < 0, 0, random.integers(1, 6, rows)),
        date=random.integers(0, dates, rows),
        observed_days=np.full(rows, 30),
        first_purchase_day=first,
        units=units,
        revenue=units * 9.5,
        baseline_rates=np.full((rows, 30), 0.1, np.float32),
    )


@pytest.fixture(scope="session")
def data() -> CustomerData:
    random = np.random.default_rng(11)
    lengths = random.integers(5, 129, 40)
    steps = random.poisson(1.0, (int(lengths.sum()), 3)).astype(np.float32)
    return CustomerData(
        train=random_examples(random, 1200, 40, 20),
        validation=random_examples(random, 400, 40, 20),
        histories=Histories(steps, lengths.astype(np.int64)),
        days=random.integers(0, 2, (20, 30, 2)).astype(np.float32),
        dates=np.datetime64("2025-04-01") + np.arange(20),
        signature=SIGNATURE,
        mapping_hash="0",
        feature_set_version="3-gross",
        fitted_through_date=date(2025, 5, 1),
        trained_through_date=date(2025, 6, 1),
        fingerprint="test",
    )


@pytest.fixture(scope="session")
def trained(data: CustomerData) -> Trained:
    return train(data, CHOICES)


@pytest.fixture(scope="session")
def row(data: CustomerData, trained: Trained) -> dict[str, Any]:
    """The registry row of the trained model."""
    return registry_row(data, trained, export(trained.network, data))
