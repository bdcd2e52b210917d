"""The three trainings that are compared, and their time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.learning.hyper_parameters import FINETUNING, HyperParameters

FORECASTERS = ("champion", "fine-tuned", "retrained")


@dataclass(frozen=True)
class Timed:
    """A training, and its wall and processor seconds."""

    trained: Trained
    seconds: float
    processor_seconds: float


def timed(training: Callable[[], Trained]) -> Timed:
    start, processor = time.perf_counter(), time.process_time()
    trained = training()
    return Timed(trained, time.perf_counter() - start, time.process_time() - processor)


def train_all(before: CustomerData, after: CustomerData, choices: HyperParameters) -> dict[str, Timed]:
    """Champion, fine-tuned and retrained, one after another. Networks alone are fairest: fine-tuning keeps its parent's trees as
    they are, beside which retraining would fit new ones."""
    champion = timed(lambda: train(before, choices))
    tuning = replace(champion.trained.choices, **FINETUNING)
    tuned = timed(lambda: finetune(after, champion.trained.network, tuning))
    return {"champion": champion, "fine-tuned": tuned, "retrained": timed(lambda: train(after, choices))}
