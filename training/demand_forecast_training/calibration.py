"""Fit the few numbers that make validation days honest: they act on hazard logits, so probabilities stay monotone."""

from __future__ import annotations

import numpy as np
import torch
from demand_forecast.arrays import Floats
from torch import Tensor

from demand_forecast_training.dataset import Examples
from demand_forecast_training.losses import hazard_loss
from demand_forecast_training.network import Network, Rates

GROUP_ENDS = (1, 7)
"""Intercepts are shared by day 1, days 2-7 and the days after them."""
PULL = 1.0
"""Weight of the pull towards no calibration, in origins: little data moves little."""
LARGEST_SCALE = 2.0


def day_groups(days: int) -> Tensor:
    """Group of each day, (days,)."""
    return torch.bucketize(torch.arange(1, days + 1), torch.tensor(GROUP_ENDS))


def reset_calibration(network: Network) -> Network:
    """The network as it was before `calibrate`; returns it."""
    for name, neutral in (("slope", 1.0), ("intercepts", 0.0), ("units_scale", 1.0), ("revenue_scale", 1.0)):
        getattr(network, name).fill_(neutral)
    return network


def calibrate(network: Network, rates: Rates, examples: Examples) -> None:
    """Write slope, intercepts and the scales of units and revenue into the network, fitted on these origins' rates."""
    slope, intercepts = fitted_logit_line(rates.hazard_logit, examples)
    network.slope.fill_(slope)
    network.intercepts.copy_(intercepts)
    network.units_scale.fill_(units_scale(network, rates, examples))
    network.revenue_scale.fill_(1.0)
    expected = network.forecast(rates).expected_revenue.double().numpy()
    network.revenue_scale.fill_(bounded_ratio(observed_sum(examples.revenue, examples), observed_sum(expected, examples)))


def fitted_logit_line(logit: Tensor, examples: Examples) -> tuple[float, Tensor]:
    """Positive slope, and intercepts by day (days,), that maximise the likelihood of the first purchases."""
    groups, first, observed = (
        day_groups(logit.shape[1]),
        as_tensor(examples.first_purchase_day),
        as_tensor(examples.observed_days),
    )
    line = torch.zeros(1 + len(GROUP_ENDS) + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=50, line_search_fn="strong_wolfe")
    wide = logit.double()

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = hazard_loss(line[0].exp() * wide + line[1:][groups], first, observed)
        total = total + PULL * line.square().sum() / len(wide)
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    fitted = line.detach()
    return float(fitted[0].exp()), fitted[1:][groups].float()


def units_scale(network: Network, rates: Rates, examples: Examples) -> float:
    """Scale of the units beyond the first that makes the observed total right."""
    network.units_scale.fill_(0.0)
    firsts = observed_sum(network.forecast(rates).expected_units.double().numpy(), examples)
    network.units_scale.fill_(1.0)
    everything = observed_sum(network.forecast(rates).expected_units.double().numpy(), examples)
    return bounded_ratio(observed_sum(examples.units, examples) - firsts, everything - firsts)


def observed_sum(values: Floats, examples: Examples) -> float:
    """Sum of daily values (rows, days) over the observed days."""
    days = np.arange(1, values.shape[1] + 1)
    return float(values.sum(where=days <= examples.observed_days[:, None], dtype=np.float64))


def bounded_ratio(actual: float, expected: float) -> float:
    """actual / expected, kept within a factor of LARGEST_SCALE; 1 where nothing is expected."""
    if expected <= 0:
        return 1.0
    return float(np.clip(actual / expected, 1 / LARGEST_SCALE, LARGEST_SCALE))


def as_tensor(values: object) -> Tensor:
    return torch.as_tensor(values)
