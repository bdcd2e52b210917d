"""Fine-tuning follows a drift, keeps what was learnt before any training, and does not read what it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import torch
from demand_forecast.errors import FeatureMismatch
from demand_forecast_training.customers.calibration import reset_calibration
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.customers.finetuning import finetune, recent_and_old, with_moved_intercepts
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.learning.curves import curves
from demand_forecast_training.learning.dataset import recent_rows
from demand_forecast_training.learning.fitting import ENCODER, validation_loss
from demand_forecast_training.learning.versions import check_same_features

from .conftest import CHOICES

TUNED = replace(CHOICES, recent_days=20, learning_rate=1e-3, encoder_rate_share=0.1)


def drifted(examples: Examples, is_drifted: Any) -> Examples:
    """Half of the customers who bought do not any more."""
    stopped = is_drifted & (np.arange(len(examples)) % 2 == 0)
    amounts = {name: np.where(stopped[:, None], 0, getattr(examples, name)).astype(np.float32) for name in ("units", "revenue")}
    return replace(examples, first_purchase_day=np.where(stopped, 0, examples.first_purchase_day), **amounts)


@pytest.fixture(scope="module")
def later(data: CustomerData) -> CustomerData:
    """The same shop after a drift of the level: recent training origins and the validation days show it."""
    train = drifted(data.train, recent_rows(data, data.train, TUNED))
    return replace(data, train=train, validation=drifted(data.validation, np.ones(len(data.validation), bool)))


def raw_loss(network: Network, data: CustomerData) -> float:
    with curves(None) as log:
        return validation_loss(network, data, TUNED, log, 0)


def test_moved_intercepts_alone_follow_a_drift_of_the_level(later: CustomerData, trained: Trained) -> None:
    parent = reset_calibration(with_moved_intercepts(trained.network, later, replace(TUNED, recent_days=0)))
    moved = with_moved_intercepts(parent, later, TUNED)
    assert raw_loss(moved, later) < raw_loss(parent, later) - 0.02
    for name, values in parent.state_dict().items():
        assert (name == "day_bias") != torch.equal(values, moved.state_dict()[name]), name


def test_a_fine_tuned_network_keeps_its_scalers_and_beats_its_parent(later: CustomerData, trained: Trained) -> None:
    tuned = finetune(later, trained.network, TUNED)
    assert tuned.validation_loss < raw_loss(reset_calibration(with_moved_intercepts(trained.network, later, TUNED)), later) + 1e-6
    calibration = {"slopes", "intercepts", "units_scale", "revenue_scale"}
    for name, values in trained.network.named_buffers():
        if name not in calibration:
            assert torch.equal(values, dict(tuned.network.named_buffers())[name]), name


def test_fine_tuning_leaves_its_parent_as_it_was(later: CustomerData, trained: Trained) -> None:
    before = {name: values.clone() for name, values in trained.network.state_dict().items()}
    finetune(later, trained.network, TUNED)
    for name, values in trained.network.state_dict().items():
        assert torch.equal(values, before[name]), name


def test_without_a_rate_for_the_encoder_what_reads_the_steps_stays(later: CustomerData, trained: Trained) -> None:
    tuned = finetune(later, trained.network, replace(TUNED, encoder_rate_share=0.0, patience=9))
    parameters = dict(tuned.network.named_parameters())
    for name, values in trained.network.named_parameters():
        assert ENCODER.isdisjoint(name.split(".")) or torch.equal(values, parameters[name]), name


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_an_epoch_holds_every_recent_origin_and_its_share_of_old_ones(data: CustomerData, share: float) -> None:
    random, taught = np.random.default_rng(0), recent_and_old(data, replace(TUNED, replayed_share=share))
    first, second = taught(data.train, random), taught(data.train, random)
    is_recent = recent_rows(data, data.train, TUNED)
    for epoch in (first, second):
        recent = recent_rows(data, epoch, TUNED)
        assert recent.sum() == is_recent.sum() and (~recent).sum() == min((~is_recent).sum(), round(share * is_recent.sum()))
    assert len(first) == len(second) and not np.array_equal(first.context, second.context)


@pytest.mark.parametrize(
    ("column", "named"), [("feature_set_version", "feature set"), ("mapping_hash", "mapping"), ("signature", "list of features")]
)
def test_a_version_of_other_features_is_no_start(data: CustomerData, row: dict[str, Any], column: str, named: str) -> None:
    check_same_features(row, data)
    with pytest.raises(FeatureMismatch, match=named):
        check_same_features(row | {column: "other"}, data)


def test_where_no_origin_is_recent_the_newest_ones_are(data: CustomerData) -> None:
    """Origins of the shop's own may be months older than the first cut: a level is then told by the newest, not by none."""
    old, choices = replace(data, fitted_through_date=date(2026, 1, 1)), replace(TUNED, recent_days=5)
    dates = old.dates[old.train.date]
    assert np.array_equal(recent_rows(old, old.train, choices), dates > dates.max() - 5)
