"""Fit the few numbers that make validation days honest: they act on hazard logits, so probabilities stay monotone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from demand_forecast.arrays import Floats
from torch import Tensor

from demand_forecast_training.dataset import Examples
from demand_forecast_training.losses import hazard_loss
from demand_forecast_training.network import Network, Rates

GROUP_ENDS = (1, 7)
"""Slopes, intercepts and weights are shared by day 1, days 2-7 and the days after them."""
PULL = 1.0
"""Weight of the pull towards no calibration, in origins: little data moves little."""
LARGEST_GRADIENT = 1e-5
"""Where a fit may end: its numbers are then right to about the fifth digit behind the point."""
LARGEST_SCALE = 2.0


def day_groups(days: int) -> Tensor:
    """Group of each day, (days,)."""
    return torch.bucketize(torch.arange(1, days + 1), torch.tensor(GROUP_ENDS))


def reset_calibration(network: Network) -> Network:
    """The network as it was before `calibrate`; returns it."""
    for name in ("slopes", "units_scale", "revenue_scale"):
        getattr(network, name).fill_(1.0)
    for name in ("intercepts", "tree_weights"):
        getattr(network, name).fill_(0.0)
    return network


def calibrate(network: Network, rates: Rates, examples: Examples) -> None:
    """Write slopes, intercepts, the weights of the trees and the scales of units and revenue into the network, fitted on these
    origins' rates."""
    write_line(network, fitted_line(rates, examples))
    write_scales(network, rates, examples)


def calibrate_level(network: Network, rates: Rates, examples: Examples) -> None:
    """Write intercepts and the scales of units and revenue, fitted on these origins' rates; slopes and weights stay."""
    write_line(network, levelled(line_of(network), rates, examples))
    write_scales(network, rates, examples)


def shift_level(network: Network, rates: Rates, examples: Examples) -> None:
    """Move the hazard logits of all days ahead by the one number that these origins' first purchases make likeliest: few days are
    enough to fit it, and it also moves the days that they do not show. Everything else stays."""
    line = line_of(network)
    write_line(network, line._replace(intercepts=line.intercepts + fitted_shift(line, rates, examples)))


def write_scales(network: Network, rates: Rates, examples: Examples) -> None:
    """Write the scales of units and revenue that make the observed totals right."""
    network.units_scale.fill_(units_scale(network, rates, examples))
    network.revenue_scale.fill_(1.0)
    expected = network.forecast(rates).expected_revenue.double().numpy()
    network.revenue_scale.fill_(bounded_ratio(observed_sum(examples.revenue, examples), observed_sum(expected, examples)))


class Line(NamedTuple):
    """Calibrated hazard logit: a slope times the network's, plus a weight times the trees', plus an intercept; by day (days,)."""

    slopes: Tensor
    intercepts: Tensor
    tree_weights: Tensor


def write_line(network: Network, line: Line) -> None:
    """Let a network's hazards follow a line."""
    network.slopes.copy_(line.slopes)
    network.intercepts.copy_(line.intercepts)
    network.tree_weights.copy_(line.tree_weights)


def line_of(network: Network) -> Line:
    """The line that a network's hazards follow."""
    return Line(network.slopes.clone(), network.intercepts.clone(), network.tree_weights.clone())


def levelled(line: Line, rates: Rates, examples: Examples) -> Line:
    """The same line with the intercepts that maximise the likelihood of the first purchases."""
    groups = day_groups(rates.hazard_logit.shape[1])
    intercepts = likeliest_intercepts(without_intercepts(line, rates), groups, examples)
    return line._replace(intercepts=intercepts[groups].float())


def fitted_shift(line: Line, rates: Rates, examples: Examples) -> float:
    """The one number to add to the logits of a line."""
    one_group = torch.zeros(rates.hazard_logit.shape[1], dtype=torch.int64)
    return float(likeliest_intercepts(without_intercepts(line, rates) + line.intercepts, one_group, examples))


def without_intercepts(line: Line, rates: Rates) -> Tensor:
    """Logits of a line before its intercepts, (rows, days)."""
    return line.slopes.double() * rates.hazard_logit.double() + line.tree_weights.double() * rates.tree_logit.double()


def likeliest_intercepts(logit: Tensor, groups: Tensor, examples: Examples) -> Tensor:
    """Intercepts by group of days, (groups,), that make the first purchases likeliest under hazard logits (rows, days)."""
    first, observed = as_tensor(examples.first_purchase_day), as_tensor(examples.observed_days)

    def loss(intercepts: Tensor) -> Tensor:
        return hazard_loss(logit + intercepts[groups], first, observed) * len(logit) + PULL * intercepts.square().sum()

    return minimum(loss, int(groups.max()) + 1)


def fitted_line(rates: Rates, examples: Examples) -> Line:
    """The line that maximises the likelihood of the first purchases. Weights stay 0 where no tree speaks."""
    groups, first, observed = (
        day_groups(rates.hazard_logit.shape[1]),
        as_tensor(examples.first_purchase_day),
        as_tensor(examples.observed_days),
    )
    network, trees = rates.hazard_logit.double(), rates.tree_logit.double()

    def loss(line: Tensor) -> Tensor:
        slopes, intercepts, weights = line.tensor_split(3)
        logit = slopes.exp()[groups] * network + intercepts[groups] + weights[groups] * trees
        return hazard_loss(logit, first, observed) * len(network) + PULL * line.square().sum()

    slopes, intercepts, weights = (part[groups].float() for part in minimum(loss, 3 * (len(GROUP_ENDS) + 1)).tensor_split(3))
    return Line(slopes.exp(), intercepts, weights)


def minimum(loss_of: Callable[[Tensor], Tensor], size: int) -> Tensor:
    """Where a smooth loss of so many numbers is smallest, (size,) of float64, from 0 on. Network and trees say nearly the same:
    along such a flat direction an early stop is a matter of rounding. The loss is a sum over the origins, beside which the pull
    curves every direction by 2, so a small gradient is near the minimum whatever their number."""
    point = torch.zeros(size, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [point], max_iter=500, tolerance_grad=LARGEST_GRADIENT, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = loss_of(point)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return point.detach()


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
