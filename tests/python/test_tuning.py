"""The search keeps what was tried, prunes what lags, goes on after a kill, and hands over the best."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from demand_forecast_training.customers import tuning
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.errors import NothingToResume
from demand_forecast_training.learning.fitting import Progress
from demand_forecast_training.learning.hyper_parameters import RANGES, HyperParameters
from optuna.trial import TrialState

GIVEN = {"hidden_units": 8}


class Finished:
    """What a trial needs of a training."""

    def __init__(self, validation_loss: float) -> None:
        self.validation_loss = validation_loss


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[HyperParameters]:
    """Trainings that were asked for; each loses 1 + its dropout after every epoch, without being done."""
    asked: list[HyperParameters] = []

    def train(data: CustomerData, choices: HyperParameters, after_epoch: Any) -> Finished:
        asked.append(choices)
        for epoch in range(1, 5):
            progress = Progress.__new__(Progress)
            progress.epoch = epoch
            after_epoch(progress, 1 + choices.dropout)
        return Finished(1 + choices.dropout)

    monkeypatch.setattr(tuning, "train", train)
    return asked


def test_every_range_is_of_a_hyper_parameter_and_holds_its_default() -> None:
    defaults = {field.name: field.default for field in fields(HyperParameters)}
    for name, values in RANGES.items():
        assert defaults[name] in values if isinstance(values, list) else values[0] <= defaults[name] <= values[1], name


def test_the_first_trial_is_the_default_and_the_best_one_is_handed_over(
    data: CustomerData, trainings: list[HyperParameters], tmp_path: Path
) -> None:
    study = tuning.tune(data, GIVEN, 12, tmp_path / "study.db")
    assert trainings[0] == HyperParameters(**GIVEN, are_trees_tried=False) and all(asked.hidden_units == 8 for asked in trainings)
    best = tuning.best_choices(data, tmp_path / "study.db")
    assert best["dropout"] == min(asked.dropout for asked in trainings) and set(best) == set(RANGES) and best["hidden_units"] == 8
    assert str(study.best_trial.number) in tuning.trials_table(study)
    assert any(trial.state == TrialState.PRUNED for trial in study.trials)


@pytest.mark.keeps("kill -9 in training")
def test_a_search_that_was_killed_goes_on(
    data: CustomerData, trainings: list[HyperParameters], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, train = tmp_path / "study.db", tuning.train

    def killed(*arguments: Any, **named: Any) -> Trained:
        if len(trainings) == 3:
            raise SystemExit("killed")
        return train(*arguments, **named)

    monkeypatch.setattr(tuning, "train", killed)
    with pytest.raises(SystemExit):
        tuning.tune(data, GIVEN, 5, file)
    running = tuning.open_study(data, file).get_trials(states=(TrialState.RUNNING, TrialState.FAIL))
    monkeypatch.setattr(tuning, "train", train)
    study = tuning.tune(data, GIVEN, 5, file)
    assert len(study.get_trials(states=tuning.FINISHED)) == 5 and len(trainings) == 5
    assert all(getattr(trainings[3], name) == value for name, value in running[0].params.items())
    assert not study.get_trials(states=(TrialState.RUNNING,))


def test_other_examples_have_a_study_of_their_own(data: CustomerData, trainings: list[HyperParameters], tmp_path: Path) -> None:
    tuning.tune(data, GIVEN, 1, tmp_path / "study.db")
    with pytest.raises(NothingToResume, match=r"study\.db"):
        tuning.best_choices(replace(data, fingerprint="newer"), tmp_path / "study.db")


def test_a_real_training_is_a_trial(data: CustomerData, tmp_path: Path) -> None:
    study = tuning.tune(data, {"epochs": 1, "hidden_units": 8}, 1, tmp_path / "study.db")
    assert study.trials[0].value is not None and 0 < study.trials[0].value < 100


def test_a_search_that_goes_on_draws_what_it_has_not_drawn(
    data: CustomerData, trainings: list[HyperParameters], tmp_path: Path
) -> None:
    for trials in (3, 5, 7):
        tuning.tune(data, GIVEN, trials, tmp_path / "study.db")
    rates = [asked.learning_rate for asked in trainings]
    assert len(rates) == 7 and len(set(rates)) == 7
