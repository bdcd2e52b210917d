"""What training minimises: sums over the observed days, averaged over the origins."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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
