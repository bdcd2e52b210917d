"""What speaks of a product's demand: a few networks that differ by where they began, as one calibrated graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from demand_forecast.model import CUMULATIVE_QUANTILES, DAILY_QUANTILES, OUTPUTS_OF
from torch import Tensor, nn

from demand_forecast_training.learning.dataset import Batch
from demand_forecast_training.learning.encoder import Learner
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.products.counts import quantiles, running_maximum
from demand_forecast_training.products.examples import TASK, ProductData, ProductExamples
from demand_forecast_training.products.network import Demand, ProductNetwork, demand_losses, fit_product_scales


class ProductEnsemble(Learner):
    """Raw features in, mean and quantiles out. What one training alone learnt of few days the others dampen: the mean is that
    of the networks' means, a size the geometric mean of their sizes (Hansen and Salamon, 1990, doi:10.1109/34.58871)."""

    answers = OUTPUTS_OF[TASK]
    mean_scale: Tensor
    size_scale: Tensor
    cumulative_size_scale: Tensor

    def __init__(self, networks: Sequence[ProductNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.register_buffer("mean_scale", torch.ones(networks[0].day_bias.shape[1]))
        for name in ("size_scale", "cumulative_size_scale"):
            self.register_buffer(name, torch.tensor(1.0))

    @property
    def members(self) -> list[ProductNetwork]:
        return [cast(ProductNetwork, network) for network in self.networks]

    def batch_demand(self, batch: Batch[ProductExamples]) -> Demand:
        """Uncalibrated demand of a batch's origins."""
        return averaged(network.batch_demand(batch) for network in self.members)

    def calibrated(self, demand: Demand) -> Demand:
        return Demand(
            demand.mean * self.mean_scale, demand.size * self.size_scale, demand.cumulative_size * self.cumulative_size_scale
        )

    def losses(self, batch: Batch[ProductExamples]) -> dict[str, Tensor]:
        """While they learn, the mean of each network's own, so that they stay different; else that of what they say together."""
        if not self.training:
            return demand_losses(self.calibrated(self.batch_demand(batch)), batch.examples)
        parts = [network.losses(batch) for network in self.members]
        return {name: torch.stack([part[name] for part in parts]).mean() for name in parts[0]}

    def forward(self, steps: Tensor, position: Tensor, context: Tensor, days: Tensor) -> tuple[Tensor, ...]:
        """Forecast of days (batch, time, F), right-padded, of which `position` (batch,) count; the exported graph. A quantile is
        `ceil` less 1 of what it answers (see counts.quantiles)."""
        said = averaged(network.demand(network.last_state(steps, position), context, days) for network in self.members)
        mean, size, cumulative_size = self.calibrated(said)
        daily = quantiles(mean, size, list(DAILY_QUANTILES.values()))
        cumulative = quantiles(torch.cumsum(mean, dim=1), cumulative_size, list(CUMULATIVE_QUANTILES.values()))
        return (mean, *daily, *(running_maximum(values) for values in cumulative))


def untaught(data: ProductData, choices: HyperParameters) -> ProductEnsemble:
    """Networks before training, each with random weights of its own."""
    scales = fit_product_scales(data, choices)
    return ProductEnsemble([ProductNetwork(scales, choices) for _ in range(choices.members)])


def averaged(said: Iterable[Demand]) -> Demand:
    """One demand of those of several networks, all (batch, days)."""
    mean, size, cumulative_size = (torch.stack(values) for values in zip(*said, strict=True))
    return Demand(mean.mean(dim=0), size.log().mean(dim=0).exp(), cumulative_size.log().mean(dim=0).exp())
