"""What a network says of many origins: one pass over the histories of a batch, then each origin's own state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from demand_forecast_training.dataset import Batch, Dataset, Examples, batch_of, dealt_batches
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.network import Network, Rates


def batch_rates(network: Network, batch: Batch) -> Rates:
    """Rates of a batch's origins: one pass over its histories, then each origin's own state."""
    states = network.states(torch.from_numpy(batch.steps))
    place = torch.from_numpy(batch.row * states.shape[1] + np.maximum(batch.examples.position - 1, 0))
    is_known = torch.from_numpy(batch.examples.position > 0).unsqueeze(1)
    state = states.flatten(0, 1).index_select(0, place) * is_known
    return network.rates(state, torch.from_numpy(batch.examples.context), torch.from_numpy(batch.days))


@torch.no_grad()
def predicted_rates(network: Network, data: Dataset, examples: Examples, choices: HyperParameters) -> Rates:
    """Rates of all examples, in their order."""
    found = [torch.empty(len(examples), data.days.shape[1]) for _ in Rates._fields]
    for batch in plain_batches(data, examples, choices):
        for whole, part in zip(found, batch_rates(network, batch), strict=True):
            whole[torch.from_numpy(batch.rows)] = part
    return Rates(*found)


def plain_batches(data: Dataset, examples: Examples, choices: HyperParameters) -> Iterator[Batch]:
    """Batches in a fixed order."""
    for rows in dealt_batches(data.histories.lengths, examples, choices.batch_origins, 1, None):
        yield batch_of(data, examples, rows)
