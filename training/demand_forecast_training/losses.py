"""What training minimises: sums over the observed days, averaged over the origins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from demand_forecast_training.dataset import Examples
from demand_forecast_training.hyper_parameters import HyperParameters

if TYPE_CHECKING:
    from demand_forecast_training.network import Network, Rates


def hazard_loss(logit: Tensor, first_purchase_day: Tensor, observed_days: Tensor) -> Tensor:
    """Negative log likelihood of the first purchase, in discrete time and censored after `observed_days`.

    `logit` is (batch, days); `first_purchase_day` (batch,) is 1 for the next day and 0 for none.
    """
    days = torch.arange(1, logit.shape[1] + 1)
    first = first_purchase_day.unsqueeze(1)
    last = torch.where(first > 0, first, observed_days.unsqueeze(1))
    losses = functional.binary_cross_entropy_with_logits(logit, (days == first).to(logit.dtype), reduction="none")
    return (losses * (days <= last)).sum() / len(logit)


def poisson_loss(expected: Tensor, actual: Tensor, observed_days: Tensor) -> Tensor:
    """Half the Poisson deviance of daily amounts (batch, days) less its constant: smallest at the mean, zeros included."""
    days = torch.arange(1, expected.shape[1] + 1)
    losses = expected - actual * torch.log(expected + 1e-12)
    return (losses * (days <= observed_days.unsqueeze(1))).sum() / len(expected)


def losses(rates: Rates, network: Network, examples: Examples) -> dict[str, Tensor]:
    """Parts of the loss, each a mean over the origins of a sum over the observed days. Units and revenue are counted in average
    purchase days, so that the parts weigh alike in every shop."""
    observed, said = torch.from_numpy(examples.observed_days), network.forecast(rates)
    units, revenue = torch.from_numpy(examples.units), torch.from_numpy(examples.revenue)
    return {
        "hazard": hazard_loss(rates.hazard_logit, torch.from_numpy(examples.first_purchase_day), observed),
        "units": poisson_loss(said.expected_units / network.basket_units, units / network.basket_units, observed),
        "revenue": poisson_loss(said.expected_revenue / network.basket_revenue, revenue / network.basket_revenue, observed),
    }


def weighted(parts: dict[str, Tensor], choices: HyperParameters) -> Tensor:
    """The loss: the likelihood of the first purchase, or of a product's units, first, and the other parts beside it."""
    weights = {"units": choices.units_weight, "revenue": choices.revenue_weight, "cumulative": choices.cumulative_weight}
    return torch.stack([part * weights.get(name, 1.0) for name, part in parts.items()]).sum()
