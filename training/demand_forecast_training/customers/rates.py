"""What a network says of many origins, batch by batch."""

from __future__ import annotations

import torch

from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.network import Network, Rates
from demand_forecast_training.learning.dataset import plain_batches
from demand_forecast_training.learning.hyper_parameters import HyperParameters


@torch.no_grad()
def predicted_rates(network: Network, data: CustomerData, examples: Examples, choices: HyperParameters) -> Rates:
    """Rates of all examples, in their order."""
    widths = [1 if name.startswith("own_") else data.days.shape[1] for name in Rates._fields]
    found = [torch.empty(len(examples), width) for width in widths]
    for batch in plain_batches(data, examples, choices):
        for whole, part in zip(found, network.batch_rates(batch), strict=True):
            whole[torch.from_numpy(batch.rows)] = part
    return Rates(*found)
