"""The intercept update finds a level from few days and moves the other days with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import torch
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.improvement.level import with_moved_level


def fallen(data: CustomerData, since: int) -> CustomerData:
    """Nobody whose origin is in the last dates buys any more; only their next two days are known."""
    known = data.validation
    late = known.date >= since
    changed: Examples = replace(
        known,
        first_purchase_day=np.where(late, 0, known.first_purchase_day),
        observed_days=np.where(late, 2, known.observed_days),
        units=np.where(late[:, None], 0, known.units).astype(np.float32),
    )
    return replace(data, validation=changed)


def test_the_level_of_the_days_since_a_change_is_found_and_moves_all_days(data: CustomerData, trained: Trained) -> None:
    drifted, since = fallen(data, 12), data.dates[12].item()
    moved = with_moved_level(drifted, trained.network, trained.choices, since).network
    shift = moved.intercepts - trained.network.intercepts
    assert shift[0] < -1 and torch.allclose(shift, shift[0].expand_as(shift))
    same = {name for name, values in moved.state_dict().items() if torch.equal(values, trained.network.state_dict()[name])}
    assert set(moved.state_dict()) - same == {"intercepts"}


def test_the_level_stays_where_nothing_changed(data: CustomerData, trained: Trained) -> None:
    moved = with_moved_level(data, trained.network, trained.choices, None).network
    assert torch.allclose(moved.intercepts, trained.network.intercepts, atol=0.05)


def test_a_change_within_the_gate_has_nothing_to_teach_yet(data: CustomerData, trained: Trained) -> None:
    with pytest.raises(NothingToTrain, match="demand improve again tomorrow"):
        with_moved_level(data, trained.network, trained.choices, date(2026, 1, 1))
