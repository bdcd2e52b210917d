"""The network: a memory of the steps, the context in bins, and a head that speaks about each of the next days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from demand_forecast.model import OUTPUTS_OF
from torch import Tensor, nn
from torch.nn import functional

from demand_forecast_training.customers.examples import Examples
from demand_forecast_training.customers.losses import hazard_loss, poisson_loss
from demand_forecast_training.customers.scalers import MONEY, Scalers, StartingRates
from demand_forecast_training.customers.survival import one_minus_exp
from demand_forecast_training.customers.trees import Nodes, Trees, hazard_logits, tree_columns
from demand_forecast_training.learning.dataset import Batch
from demand_forecast_training.learning.encoder import Encoder
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.scales import LEAST_RATE

OUTPUTS = 4  # hazard, extra units, repeat units, price
LARGEST_LOGIT = 15.0
LARGEST_LOG_RATE = 6.0
LARGEST_PRICE_RATIO = 10.0
"""A customer's own price moves the network's by this at most: some pay for what has no units."""
MONEY_DAYS = 90
"""Days of the rates of units and revenue among MONEY (scalers.py)."""


class Rates(NamedTuple):
    """What the head says of each day, all (batch, days): the logit of the first purchase's hazard, uncalibrated; units beyond
    the first on the first purchase day; units of the days after it; revenue of a unit; and what the trees say of the hazard's
    logit, 0 without trees. Beside them what the customer bought and paid in the last 90 days, (batch, 1)."""

    hazard_logit: Tensor
    extra_units: Tensor
    repeat_units: Tensor
    price: Tensor
    tree_logit: Tensor
    own_units: Tensor
    own_revenue: Tensor


class Forecast(NamedTuple):
    """What is served, all (batch, days): hazard, probability of a purchase up to the day, units and revenue of the day."""

    purchase_hazard: Tensor
    purchase_probability: Tensor
    expected_units: Tensor
    expected_revenue: Tensor


class Network(Encoder):
    """Raw features in, forecasts out: scaling, clamping and calibration are buffers of the network itself."""

    answers = OUTPUTS_OF["customer_demand"]
    operators: ClassVar[dict[str, int]] = {"ai.onnx.ml": 3}
    extra_units: Tensor
    repeat_units: Tensor
    unitless: Tensor
    price: Tensor
    basket_units: Tensor
    basket_revenue: Tensor
    slopes: Tensor
    intercepts: Tensor
    tree_weights: Tensor
    units_scale: Tensor
    revenue_scale: Tensor
    own_price_weight: Tensor
    money_columns: Tensor
    first_unit: Tensor
    habit_columns: Tensor
    habit_mean: Tensor

    def __init__(self, scalers: Scalers, choices: HyperParameters) -> None:
        super().__init__(scalers, choices)
        days, self.rank = len(scalers.start.hazard_logit), choices.rank
        for name in ("extra_units", "repeat_units", "unitless", "price", "basket_units", "basket_revenue"):
            self.register_buffer(name, torch.tensor(getattr(scalers.start, name)))
        scales = {"slopes": 1.0, "intercepts": 0.0, "tree_weights": 0.0, "units_scale": 1.0, "revenue_scale": 1.0}
        for name, level in scales.items():
            self.register_buffer(name, torch.full((days,), level))
        self.has_money = len(scalers.money_columns) > 0
        if self.has_money:
            self.register_buffer("money_columns", torch.as_tensor(scalers.money_columns))
            self.register_buffer("own_price_weight", torch.tensor(0.0))
        self.trees: Trees | None = None
        self.register_buffer("first_unit", torch.tensor(float(choices.are_units_whole)))
        self.customer_layer = nn.Linear(choices.context_units, OUTPUTS * choices.rank)
        self.day_vectors = nn.Parameter(torch.randn(OUTPUTS, choices.rank, days) * 0.1)
        self.calendar_vectors = nn.Parameter(torch.randn(OUTPUTS, choices.rank, len(scalers.day_mean)) * 0.1)
        self.day_bias = nn.Parameter(torch.zeros(OUTPUTS, days))
        self.day_bias.data[0] = torch.as_tensor(scalers.start.hazard_logit)
        self.has_habits = len(scalers.habit_columns) > 0
        if self.has_habits:
            self.register_buffer("habit_columns", torch.as_tensor(scalers.habit_columns)[torch.arange(days) % 7])
            self.register_buffer("habit_mean", torch.tensor(scalers.habit_mean))
            self.habit_weights = nn.Parameter(torch.full((OUTPUTS - 1,), 0.5))

    def habits(self, context: Tensor) -> Tensor:
        """Centred log of the customer's own rate on the weekday of each day, (batch, days): every output but the price starts
        from the habit and learns what differs from it."""
        own = torch.clamp(torch.index_select(context, 1, self.habit_columns), LEAST_RATE, 1.0)
        return torch.log(own) - self.habit_mean

    def own_money(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Units and revenue of the last 90 days that the customer was known, each (batch, 1); zeros where the context does not
        tell."""
        if not self.has_money:
            return torch.zeros_like(context[:, :1]), torch.zeros_like(context[:, :1])
        units, revenue, tenure = torch.split(torch.index_select(context, 1, self.money_columns), 1, dim=1)
        known_days = torch.clamp(tenure + 1, 1, MONEY_DAYS)
        return units * known_days, revenue * known_days

    def rates(self, state: Tensor, context: Tensor, days: Tensor) -> Rates:
        """Rates of each day from the memory (batch, hidden), the raw context (batch, C) and the raw days (batch, days, K)."""
        customer = self.customer_layer(self.joined(state, context)).reshape(-1, OUTPUTS, self.rank).transpose(0, 1)
        by_day = customer @ self.day_vectors  # (outputs, batch, days)
        tastes = (customer @ self.calendar_vectors).permute(1, 2, 0)  # (batch, K, outputs)
        scores = by_day + (self.encoded_days(days) @ tastes).permute(2, 0, 1) + self.day_bias.unsqueeze(1)
        if self.has_habits:
            scores = scores + functional.pad(self.habit_weights, (0, 1)).reshape(-1, 1, 1) * self.habits(context)
        grown = torch.exp(torch.clamp(scores[1:], -LARGEST_LOGIT, LARGEST_LOG_RATE))
        hazard_logit = torch.clamp(scores[0], -LARGEST_LOGIT, LARGEST_LOGIT)
        extra, repeat, price = grown[0] * self.extra_units, grown[1] * self.repeat_units, grown[2] * self.price
        trees = torch.zeros_like(hazard_logit)
        if self.trees is not None:
            trees = hazard_logits(self.trees(tree_columns(context, days)), hazard_logit)
            trees = torch.clamp(trees, -LARGEST_LOGIT, LARGEST_LOGIT)
        return Rates(hazard_logit, extra, repeat, price, trees, *self.own_money(context))

    def credible_price(self, rates: Rates) -> Tensor:
        """Revenue of a unit, (batch, days): the network's, and the customer's own of the last 90 days as far as its units make it
        credible (Buehlmann, 1967): each of them weighs `own_price_weight`, the network's price 1."""
        if not self.has_money:
            return rates.price
        weight = self.own_price_weight * (rates.own_units > 0)
        price = (rates.price + weight * torch.clamp(rates.own_revenue, min=0)) / (1 + weight * rates.own_units)
        return torch.maximum(torch.minimum(price, rates.price * LARGEST_PRICE_RATIO), rates.price / LARGEST_PRICE_RATIO)

    def forecast(self, rates: Rates) -> Forecast:
        """Calibrated forecast of rates. Probabilities come from sums of log survival, so small ones keep their digits."""
        logit = self.slopes * rates.hazard_logit + self.tree_weights * rates.tree_logit + self.intercepts
        day_survival = -functional.softplus(logit)
        survival = torch.cumsum(day_survival, dim=1)
        hazard = one_minus_exp(day_survival)
        first_purchase = torch.exp(survival - day_survival) * hazard
        beyond = self.units_scale * (first_purchase * rates.extra_units + rates.repeat_units)
        units = first_purchase * self.first_unit + beyond
        revenue = (units + self.unitless) * self.credible_price(rates) * self.revenue_scale
        return Forecast(hazard, one_minus_exp(survival), units, revenue)

    def batch_rates(self, batch: Batch[Examples]) -> Rates:
        """Rates of a batch's origins."""
        return self.rates(self.batch_state(batch), torch.from_numpy(batch.examples.context), torch.from_numpy(batch.days))

    def losses(self, batch: Batch[Examples]) -> dict[str, Tensor]:
        return self.losses_of(self.batch_rates(batch), batch.examples)

    def losses_of(self, rates: Rates, examples: Examples) -> dict[str, Tensor]:
        """Parts of the loss, each a mean over the origins of a sum over the observed days. Units and revenue are counted in
        average purchase days, so that the parts weigh alike in every shop."""
        observed, said = torch.from_numpy(examples.observed_days), self.forecast(rates)
        units, revenue = torch.from_numpy(examples.units), torch.from_numpy(examples.revenue)
        return {
            "hazard": hazard_loss(rates.hazard_logit, torch.from_numpy(examples.first_purchase_day), observed),
            "units": poisson_loss(said.expected_units / self.basket_units, units / self.basket_units, observed),
            "revenue": poisson_loss(said.expected_revenue / self.basket_revenue, revenue / self.basket_revenue, observed),
        }

    def forward(self, steps: Tensor, position: Tensor, context: Tensor, days: Tensor) -> Forecast:
        """Forecast of steps (batch, time, F), right-padded, of which `position` (batch,) count; the exported graph."""
        return self.forecast(self.rates(self.last_state(steps, position), context, days))


def network_of_weights(weights: Mapping[str, Tensor], choices: HyperParameters) -> Network:
    """The network whose state these weights are: sizes and every learnt statistic are read from them, not from any data."""
    names = ("step_mean", "step_scale", "day_mean", "day_scale", "bin_feature", "bin_left", "bin_width")
    days = len(weights["intercepts"])
    # A version that was registered when these were one number for all days may be a parent still.
    by_day = {name: weights[name].expand(days) for name in ("units_scale", "revenue_scale")}
    start = StartingRates(np.zeros(days, np.float32), *[0.0] * (len(fields(StartingRates)) - 1))
    habit_columns = np.arange(7 if "habit_weights" in weights else 0)
    money_columns = np.arange(len(MONEY) if "own_price_weight" in weights else 0)
    arrays = {name: weights[name].numpy() for name in names}
    network = Network(
        Scalers(**arrays, habit_columns=habit_columns, habit_mean=0.0, money_columns=money_columns, start=start), choices
    )
    if "trees.feature" in weights:
        network.trees = Trees(Nodes(**{name: weights[f"trees.{name}"].numpy() for name in Nodes.__annotations__}))
    network.load_state_dict({**weights, **by_day})
    return network.eval()
