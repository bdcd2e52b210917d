"""What a network says of many origins, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from demand_forecast_training.dataset import Batch, Dataset, Examples, OriginsT, batch_of, dealt_batches
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.network import Network, Rates


@torch.no_grad()
def predicted_rates(network: Network, data: Dataset, examples: Examples, choices: HyperParameters) -> Rates:
    """Rates of all examples, in their order."""
    widths = [1 if name.startswith("own_") else data.days.shape[1] for name in Rates._fields]
    found = [torch.empty(len(examples), width) for width in widths]
    for batch in plain_batches(data, examples, choices):
        for whole, part in zip(found, network.batch_rates(batch), strict=True):
            whole[torch.from_numpy(batch.rows)] = part
    return Rates(*found)


def plain_batches(data: Dataset[OriginsT], examples: OriginsT, choices: HyperParameters) -> Iterator[Batch[OriginsT]]:
    """Batches in a fixed order."""
    for rows in dealt_batches(data.histories.lengths, examples, choices.batch_origins, 1, None):
        yield batch_of(data, examples, rows)
