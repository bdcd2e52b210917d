"""Fit the few numbers that make validation days honest: they act on hazard logits, so probabilities stay monotone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from demand_forecast.arrays import Floats
from torch import Tensor

from demand_forecast_training.customers.examples import Examples
from demand_forecast_training.customers.losses import hazard_loss
from demand_forecast_training.customers.network import Network, Rates
from demand_forecast_training.learning.levels import GROUP_ENDS, LARGEST_SCALE, day_groups

PULL = 1.0
"""Weight of the pull towards no calibration, in origins: little data moves little."""
LARGEST_GRADIENT = 1e-5
"""Where a fit may end: its numbers are then right to about the fifth digit behind the point."""
EARLIER_WEIGHT = 1000
"""Purchases of validation days with which their level of units and revenue weighs as much as that of the days before them: a few
hundred baskets are off by 10 % by chance (decision 34)."""
OWN_PRICE_UNITS = (128, 64, 32, 16, 8, 4, 2, 1)
"""Units a customer must have bought for the own price to weigh as much as the network's; or none is enough."""


class Seen(NamedTuple):
    """Origins with what a network says of them."""

    rates: Rates
    examples: Examples


def reset_calibration(network: Network) -> Network:
    """The network as it was before `calibrate`; returns it."""
    for name in ("slopes", "units_scale", "revenue_scale"):
        getattr(network, name).fill_(1.0)
    for name in ("intercepts", "tree_weights", *(["own_price_weight"] if network.has_money else [])):
        getattr(network, name).fill_(0.0)
    return network


def calibrate(network: Network, seen: Seen, earlier: Seen | None = None) -> None:
    """Write slopes, intercepts, the weights of the trees and of a customer's own price, and the scales of units and revenue into
    the network, fitted on these origins; the scales lean on earlier ones where these are few."""
    write_line(network, fitted_line(*seen))
    write_scale(network, "units_scale", units_ratios, seen, earlier)
    if network.has_money:
        network.own_price_weight.fill_(fitted_own_price(network, seen))
    write_scale(network, "revenue_scale", revenue_ratios, seen, earlier)


def calibrate_level(network: Network, seen: Seen, earlier: Seen) -> None:
    """Write intercepts and the scales of units and revenue, fitted on these origins; slopes and weights stay."""
    write_line(network, levelled(line_of(network), *seen))
    write_scale(network, "units_scale", units_ratios, seen, earlier)
    write_scale(network, "revenue_scale", revenue_ratios, seen, earlier)


def shift_level(network: Network, rates: Rates, examples: Examples) -> None:
    """Move the hazard logits of all days ahead by the one number that these origins' first purchases make likeliest: few days are
    enough to fit it, and it also moves the days that they do not show. Everything else stays."""
    line = line_of(network)
    write_line(network, line._replace(intercepts=line.intercepts + fitted_shift(line, rates, examples)))


def write_scale(network: Network, name: str, ratios: Callable[[Network, Seen], Floats], seen: Seen, earlier: Seen | None) -> None:
    """Write the scale by group of days that makes the observed totals right. Of earlier origins it takes as large a part as
    EARLIER_WEIGHT has beside the purchases of the seen ones: half where they hold that many."""
    ratio = ratios(network, seen)
    if earlier is not None:
        purchases = int((seen.examples.first_purchase_day == 1).sum())
        share, before = purchases / (purchases + EARLIER_WEIGHT), ratios(network, earlier)
        both = np.where(np.isnan(before), ratio, share * ratio + (1 - share) * before)
        ratio = np.where(np.isnan(ratio), before, both)
    ratio = np.clip(np.nan_to_num(ratio, nan=1.0), 1 / LARGEST_SCALE, LARGEST_SCALE)
    scale = getattr(network, name)
    scale.copy_(torch.from_numpy(ratio)[day_groups(len(scale))])


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


def units_ratios(network: Network, seen: Seen) -> Floats:
    """By group of days, what the units beyond the first have to be multiplied with."""
    totals = []
    for scale in (0.0, 1.0):
        network.units_scale.fill_(scale)
        totals.append(group_sums(network.forecast(seen.rates).expected_units.numpy(), seen.examples))
    firsts, everything = totals
    return ratios_of(group_sums(seen.examples.units, seen.examples) - firsts, everything - firsts)


def revenue_ratios(network: Network, seen: Seen) -> Floats:
    """By group of days, what revenue has to be multiplied with."""
    network.revenue_scale.fill_(1.0)
    expected = network.forecast(seen.rates).expected_revenue.numpy()
    return ratios_of(group_sums(seen.examples.revenue, seen.examples), group_sums(expected, seen.examples))


def fitted_own_price(network: Network, seen: Seen) -> float:
    """The weight of a unit of the customer's own that makes the revenue of the window likeliest, 0 or one of OWN_PRICE_UNITS."""
    if not (seen.examples.revenue * observed(seen.examples, seen.examples.revenue.shape[1])).any():
        return 0.0

    def loss(weight: float) -> float:
        network.own_price_weight.fill_(weight)
        ratios = torch.from_numpy(np.nan_to_num(revenue_ratios(network, seen), nan=1.0))[day_groups(len(network.revenue_scale))]
        expected = network.forecast(seen.rates).expected_revenue * ratios.float()
        is_seen = observed(seen.examples, expected.shape[1])
        said, came = ((values * is_seen).sum(axis=1, dtype=np.float64) for values in (expected.numpy(), seen.examples.revenue))
        return float((said - came * np.log(said + 1e-12)).mean())

    return min((0.0, *(1 / units for units in OWN_PRICE_UNITS)), key=loss)


def observed(examples: Examples, days: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether a day was seen, (rows, days)."""
    return np.asarray(np.arange(1, days + 1) <= examples.observed_days[:, None])


def group_sums(values: Floats, examples: Examples) -> Floats:
    """Sum of daily values (rows, days) over the observed days of each group, (groups,)."""
    by_day = values.sum(axis=0, where=observed(examples, values.shape[1]), dtype=np.float64)
    return np.asarray(np.bincount(day_groups(values.shape[1]).numpy(), weights=by_day), np.float64)


def ratios_of(actual: Floats, expected: Floats) -> Floats:
    """Actual over expected of each group, NaN where nothing was expected, as of days that no window reaches."""
    return np.asarray(np.where(expected > 0, np.maximum(actual, 0) / np.where(expected > 0, expected, 1), np.nan))


def as_tensor(values: object) -> Tensor:
    return torch.as_tensor(values)
