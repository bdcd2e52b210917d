"""The negative binomial distribution of a count: its likelihood for training, its quantiles for the graph."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import torch
from torch import Tensor

GRID = 64
"""Counts that are gone through one by one; beyond them a gamma distribution is close."""
LEAST_MEAN = 1e-6
LEAST_MASS = 1e-9


def negative_log_likelihood(mean: Tensor, size: Tensor, count: Tensor) -> Tensor:
    """Of counts with a `mean` and the variance mean + mean^2 / size, all of one shape."""
    total = mean + size
    return (
        torch.lgamma(size)
        + torch.lgamma(count + 1)
        - torch.lgamma(count + size)
        - size * torch.log(size / total)
        - count * torch.log(mean / total + 1e-12)
    )


def quantiles(mean: Tensor, size: Tensor, levels: Sequence[float]) -> list[Tensor]:
    """A number for each level, of the shape of `mean`, from which `ceil` less 1 is the quantile: the least count that the
    level's share of outcomes does not exceed. It moves smoothly with its inputs, and never falls from level to level."""
    # Sums of small masses need the digits of a double: a far quantile would differ between runtimes.
    mean, size = torch.clamp(mean, min=LEAST_MEAN).double(), size.double()
    mass = masses(mean, size)
    before = torch.cumsum(mass, dim=-1) - mass
    found: list[Tensor] = []
    for level in levels:
        stepped = torch.clamp((level - before) / torch.clamp(mass, min=LEAST_MASS), 0, 1).sum(dim=-1)
        far = far_quantile(mean, size, level)
        share = torch.clamp((far - 0.6 * GRID) / (0.25 * GRID), 0, 1)
        value = ((1 - share) * stepped + share * far).float()
        found.append(torch.maximum(value, found[-1]) if found else value)
    return found


def masses(mean: Tensor, size: Tensor) -> Tensor:
    """Probability of each count below GRID, (..., GRID), each from the one before: the graph has no gamma function."""
    counts = torch.arange(1, GRID, dtype=mean.dtype, device=mean.device)
    growth = torch.log((counts - 1 + size.unsqueeze(-1)) / counts) + torch.log(mean / (mean + size)).unsqueeze(-1)
    none = (-size * torch.log(1 + mean / size)).unsqueeze(-1)
    return torch.exp(torch.cat([none, none + torch.cumsum(growth, dim=-1)], dim=-1))


def far_quantile(mean: Tensor, size: Tensor, level: float) -> Tensor:
    """The gamma distribution's quantile with the same mean and variance (Wilson and Hilferty, 1931), half a count higher."""
    shape = mean * size / (mean + size)
    root = torch.clamp(1 - 1 / (9 * shape) + NormalDist().inv_cdf(level) / (3 * torch.sqrt(shape)), min=0)
    return mean * root * root * root + 0.5


def running_maximum(values: Tensor) -> Tensor:
    """The greatest value so far along the last axis (the graph has no such operator): by steps of 1, 2, 4, ... places."""
    step = 1
    while step < values.shape[-1]:
        earlier = torch.nn.functional.pad(values[..., :-step], (step, 0))
        values, step = torch.maximum(values, earlier), 2 * step
    return values
