"""A training that was cut off goes on from its checkpoint, and ends as if it had not been."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.training import train
from demand_forecast_training.errors import NothingToResume
from demand_forecast_training.learning.checkpoint import FILE_NAME
from demand_forecast_training.learning.fitting import Progress

from .conftest import CHOICES

THREE_EPOCHS = replace(CHOICES, epochs=3)


class PulledPlug(Exception):
    """The machine went off."""


def pull_the_plug(progress: Progress, loss: float) -> None:
    if progress.epoch == 1:
        raise PulledPlug


@pytest.fixture
def cut_off(data: CustomerData, tmp_path: Path) -> Path:
    """Folder of a training of three epochs that was killed after the first."""
    with pytest.raises(PulledPlug):
        train(data, THREE_EPOCHS, tmp_path, after_epoch=pull_the_plug)
    return tmp_path


@pytest.mark.keeps("kill -9 in training")
def test_a_resumed_training_ends_as_if_it_had_not_been_cut_off(data: CustomerData, cut_off: Path) -> None:
    whole = train(data, THREE_EPOCHS)
    epochs: list[int] = []
    resumed = train(data, CHOICES, cut_off, is_resumed=True, after_epoch=lambda progress, loss: epochs.append(progress.epoch))
    assert epochs == [2, 3] and resumed.choices == whole.choices and resumed.validation_loss == whole.validation_loss
    for name, values in whole.network.state_dict().items():
        assert torch.equal(values, resumed.network.state_dict()[name]), name


def test_a_checkpoint_of_other_examples_is_refused(data: CustomerData, cut_off: Path) -> None:
    with pytest.raises(NothingToResume, match="other examples"):
        train(replace(data, fingerprint="newer"), CHOICES, cut_off, is_resumed=True)


def test_a_folder_without_a_checkpoint_is_refused_by_name(data: CustomerData, tmp_path: Path) -> None:
    with pytest.raises(NothingToResume, match=FILE_NAME):
        train(data, CHOICES, tmp_path, is_resumed=True)


def test_a_training_that_had_stopped_early_takes_no_further_epoch(data: CustomerData, tmp_path: Path) -> None:
    """Killed after its last epoch: the checkpoint knows that patience is spent."""

    def unplug(progress: Progress, loss: float) -> None:
        if progress.epoch - progress.best_epoch >= 1:
            raise PulledPlug

    impatient = replace(CHOICES, epochs=40, patience=1, learning_rate=0.1)
    with pytest.raises(PulledPlug):
        train(data, impatient, tmp_path, after_epoch=unplug)
    epochs: list[int] = []
    train(data, impatient, tmp_path, is_resumed=True, after_epoch=lambda progress, loss: epochs.append(progress.epoch))
    assert epochs == []
