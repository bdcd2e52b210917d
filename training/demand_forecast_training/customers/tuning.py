"""Look for better hyper-parameters: trials in a study file, judged on validation days before calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.training import train
from demand_forecast_training.errors import NothingToResume
from demand_forecast_training.learning.fitting import Progress
from demand_forecast_training.learning.hyper_parameters import RANGES, HyperParameters
from demand_forecast_training.terminal import table
from demand_forecast_training.warehouse.registry import TASK

FREE_TRIALS = 4
"""Trials before any is pruned."""
FREE_EPOCHS = 2
"""Epochs of a trial before it may be pruned."""
SHOWN_TRIALS = 10
CHOSEN = "chosen"
NOT_CHOSEN = ("epochs", "patience", "threads")
"""What a search may shorten without a word about the training that follows."""
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def tune(data: CustomerData, given: Mapping[str, Any], trials: int, file: Path) -> optuna.Study:
    """A study with `trials` finished trials, the first of them with the defaults; what is `given` is not searched.

    One that was killed goes on where it was: its file keeps what was tried, and the trial that was running is tried again.
    """
    study = open_study(data, file)
    # A search that goes on must not draw what it drew when it began.
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials))
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    if not study.trials:
        study.enqueue_trial({name: getattr(HyperParameters(), name) for name in RANGES if name not in given})
    missing = trials - len(study.get_trials(deepcopy=False, states=FINISHED))
    if missing > 0:
        study.optimize(lambda trial: tried(trial, data, given), n_trials=missing)
    return study


def open_study(data: CustomerData, file: Path) -> optuna.Study:
    """The study of a data set in a file, new or begun before. Other training examples get a study of their own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        study_name=f"{TASK} {data.fingerprint}",
        storage=f"sqlite:///{file}",
        pruner=optuna.pruners.MedianPruner(FREE_TRIALS, FREE_EPOCHS),
        load_if_exists=True,
    )


def tried(trial: optuna.Trial, data: CustomerData, given: Mapping[str, Any]) -> float:
    """Validation loss of a trial. Raises TrialPruned where it lags behind the median of the others."""

    def prune(progress: Progress[Network], loss: float) -> None:
        trial.report(loss, progress.epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    chosen = suggested(trial, given) | dict(given)
    trial.set_user_attr(CHOSEN, {name: value for name, value in chosen.items() if name not in NOT_CHOSEN})
    choices = HyperParameters(**chosen, are_trees_tried=False)  # the loss is the network's own
    return train(data, choices, after_epoch=prune).validation_loss


def suggested(trial: optuna.Trial, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value of every range that is not given: a list is a choice, a pair of floats is searched by its logarithm."""
    return {
        name: trial.suggest_categorical(name, values)
        if isinstance(values, list)
        else trial.suggest_float(name, *values, log=True)
        for name, values in RANGES.items()
        if name not in given
    }


def best_choices(data: CustomerData, file: Path) -> dict[str, Any]:
    """Hyper-parameters of the best trial on these training examples. Raises NothingToResume where there is none."""
    found = open_study(data, file).get_trials(deepcopy=False, states=(TrialState.COMPLETE,)) if file.exists() else []
    if not found:
        raise NothingToResume(f"{file} holds no finished trial on the examples of the last build: type demand tune")
    return dict(min(found, key=lambda trial: float(trial.value or 0)).user_attrs[CHOSEN])


def trials_table(study: optuna.Study) -> str:
    """The best trials of a study, best first, with what they chose."""
    done = sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: float(trial.value or 0))
    names = sorted({name for trial in done for name in trial.user_attrs[CHOSEN]})
    rows = [(trial.number, trial.value, *(trial.user_attrs[CHOSEN].get(name) for name in names)) for trial in done[:SHOWN_TRIALS]]
    return table(("trial", "validation_loss", *names), rows)
