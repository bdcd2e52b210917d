"""The network of products: a memory of the days, and a head that speaks of each day's units and of their sum so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from demand_forecast.arrays import Integers
from torch import Tensor, nn

from demand_forecast_training.learning.dataset import Batch
from demand_forecast_training.learning.encoder import Encoder
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.scales import Scales, fit_scales, habits
from demand_forecast_training.products.counts import negative_log_likelihood
from demand_forecast_training.products.examples import ProductData, ProductExamples

HEADS = 3  # log of the mean, log of the size of a day's count, log of the size of the sum so far
DAILY_HEADS = 2
"""The first heads, which are of a day and read its calendar. How sure a sum is does not hang on the calendar of its last day: a
network that reads it there learns from the few windows that end on a rare day, and doubts all others that do."""
RATES = "unit_rate_"
LEAST_RATE = 0.01
"""Units a day added to each rate before its logarithm."""
SMALLEST_LOG_SIZE, LARGEST_LOG_SIZE = -4.0, 5.0
LARGEST_LOG_MEAN = 12.0


@dataclass(frozen=True)
class ProductScales(Scales):
    """Scales, and the columns of the context that hold the product's own rates."""

    weekday_columns: Integers  # (7,) the rate on the weekday of target day 1 to 7
    rate_columns: Integers  # the rates over several windows
    days: int


class Demand(NamedTuple):
    """Of each day, all (batch, days): mean units, and the sizes of the negative binomials of the day and of the sum so far."""

    mean: Tensor
    size: Tensor
    cumulative_size: Tensor


class ProductNetwork(Encoder):
    """Raw features in, uncalibrated demand out. The mean starts from the product's own rates, and learns what differs."""

    weekday_columns: Tensor
    rate_columns: Tensor

    def __init__(self, scales: ProductScales, choices: HyperParameters) -> None:
        super().__init__(scales, choices)
        self.rank = choices.rank
        self.register_buffer("weekday_columns", torch.as_tensor(scales.weekday_columns)[torch.arange(scales.days) % 7])
        self.register_buffer("rate_columns", torch.as_tensor(scales.rate_columns))
        self.product_layer = nn.Linear(choices.context_units, HEADS * choices.rank)
        self.day_vectors = nn.Parameter(torch.randn(HEADS, choices.rank, scales.days) * 0.1)
        self.calendar_vectors = nn.Parameter(torch.randn(DAILY_HEADS, choices.rank, len(scales.day_mean)) * 0.1)
        self.day_bias = nn.Parameter(torch.zeros(HEADS, scales.days))
        self.weekday_weight = nn.Parameter(torch.tensor(0.5))
        self.rate_weights = nn.Parameter(torch.full((len(scales.rate_columns),), 0.5 / len(scales.rate_columns)))

    def own_level(self, context: Tensor) -> Tensor:
        """Log of the product's own rates, weighed, (batch, days)."""
        weekday = torch.log(torch.index_select(context, 1, self.weekday_columns) + LEAST_RATE)
        rates = torch.log(torch.index_select(context, 1, self.rate_columns) + LEAST_RATE)
        return self.weekday_weight * weekday + (rates @ self.rate_weights).unsqueeze(1)

    def demand(self, state: Tensor, context: Tensor, days: Tensor) -> Demand:
        """Uncalibrated demand by day, of the memory (batch, hidden), raw context (batch, C) and raw days (batch, days, K)."""
        product = self.product_layer(self.joined(state, context)).reshape(-1, HEADS, self.rank).transpose(0, 1)
        tastes = (product[:DAILY_HEADS] @ self.calendar_vectors).permute(1, 2, 0)  # (batch, K, daily heads)
        calendar = (self.encoded_days(days) @ tastes).permute(2, 0, 1)
        level, log_size, log_cumulative_size = product @ self.day_vectors + self.day_bias.unsqueeze(1)
        mean = torch.exp(torch.clamp(self.own_level(context) + level + calendar[0], max=LARGEST_LOG_MEAN))
        size = torch.exp(torch.clamp(log_size + calendar[1], SMALLEST_LOG_SIZE, LARGEST_LOG_SIZE))
        cumulative_size = torch.exp(torch.clamp(log_cumulative_size, SMALLEST_LOG_SIZE, LARGEST_LOG_SIZE))
        return Demand(mean, size, cumulative_size)

    def batch_demand(self, batch: Batch[ProductExamples]) -> Demand:
        """Uncalibrated demand of a batch's origins."""
        return self.demand(self.batch_state(batch), torch.from_numpy(batch.examples.context), torch.from_numpy(batch.days))

    def losses(self, batch: Batch[ProductExamples]) -> dict[str, Tensor]:
        return demand_losses(self.batch_demand(batch), batch.examples)


def demand_losses(demand: Demand, examples: ProductExamples) -> dict[str, Tensor]:
    """Negative log likelihood of each day's units and of the sum so far, a mean over the origins of a sum over the seen days."""
    units, is_seen = torch.from_numpy(examples.units), torch.from_numpy(examples.is_seen)
    sums, is_whole = torch.from_numpy(examples.cumulative_units), torch.from_numpy(examples.is_seen_whole)
    daily = negative_log_likelihood(demand.mean, demand.size, units) * is_seen
    so_far = negative_log_likelihood(torch.cumsum(demand.mean, dim=1), demand.cumulative_size, sums) * is_whole
    return {"daily": daily.sum() / len(units), "cumulative": so_far.sum() / len(units)}


def fit_product_scales(data: ProductData, choices: HyperParameters) -> ProductScales:
    """Scales of a products' data set, from its training origins."""
    weekdays, _ = habits(data.train.context, data.signature.context)
    rates = np.array([at for at, name in enumerate(data.signature.context) if name.startswith(RATES)], np.int64)
    scales = vars(fit_scales(data, choices))
    return ProductScales(**scales, weekday_columns=weekdays, rate_columns=rates, days=data.days.shape[1])
