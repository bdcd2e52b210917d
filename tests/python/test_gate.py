"""The gate: only a challenger that is surely better, nowhere badly worse, and not off the level may serve."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.errors import NothingToJudge
from demand_forecast_training.improvement.actions import Health, chosen_action
from demand_forecast_training.improvement.challenger import Plan
from demand_forecast_training.improvement.gate import Slice, verdict
from demand_forecast_training.improvement.workflow import check_unseen

BUCKETS = 200
ALL = "all: all"


def part(champion: float, challenger: float, expected: float = 10.0, noise: float = 0.02) -> Slice:
    """A slice whose buckets have these losses on average, ten purchases each, and what the challenger expected of them."""
    draw = np.random.default_rng(5).normal(0, noise, (2, BUCKETS))
    whole = np.full(BUCKETS, 1.0)
    return Slice(
        hazards=100 * whole,
        champion_loss=champion + draw[0],
        challenger_loss=challenger + draw[1],
        expected=expected * whole,
        champion_expected=10.0 * whole,
        variance=whole,
        actual=10.0 * whole,
    )


def test_a_challenger_that_is_surely_better_may_serve() -> None:
    found = verdict({ALL: part(1.0, 0.97), "tenure: new": part(1.0, 0.98)}, seen=1)
    assert found.may_serve and found.gain == pytest.approx(0.03, abs=0.005) and 0 < found.gain_lower < found.gain
    assert found.worst_slice == "tenure: new" and found.hazards == 100 * BUCKETS


@pytest.mark.keeps("bad retraining")
@pytest.mark.parametrize("challenger", [1.0, 1.05])
def test_a_challenger_that_is_no_better_may_not(challenger: float) -> None:
    found = verdict({ALL: part(1.0, challenger)}, seen=1)
    assert not found.may_serve and "not surely better" in found.reason


def test_a_challenger_that_is_badly_worse_for_some_may_not() -> None:
    slices = {ALL: part(1.0, 0.9), "tenure: new": part(1.0, 1.05), "tenure: old": part(1.0, 1.01)}
    found = verdict(slices, seen=1)
    assert not found.may_serve and found.bad_slices == ("tenure: new",)


def test_a_challenger_whose_level_is_off_may_not_unless_the_champion_s_is_more() -> None:
    assert not verdict({ALL: part(1.0, 0.9, expected=12.0)}, seen=1).may_serve
    worse = part(1.0, 0.9, expected=12.0)
    champion_off = Slice(**(vars(worse) | {"champion_expected": 15.0 * np.ones(BUCKETS)}))
    assert verdict({ALL: champion_off}, seen=1).may_serve


def test_more_is_asked_of_a_challenger_after_others() -> None:
    slices = {ALL: part(1.0, 0.9945)}
    first, hundredth = verdict(slices, seen=1), verdict(slices, seen=100)
    assert first.may_serve and not hundredth.may_serve and hundredth.gain_lower < 0 < first.gain_lower


def test_nothing_is_judged_without_answers_of_both() -> None:
    with pytest.raises(NothingToJudge, match="answered by both"):
        verdict({}, seen=1)


def health(suggested: str | None) -> Health:
    return Health("v", "retrain", "", suggested, None, date(2025, 3, 1))


def test_the_action_follows_health_and_what_was_refused() -> None:
    assert chosen_action(health(None), {"intercept"}) is None
    assert chosen_action(health("intercept"), set()) == "intercept"
    assert chosen_action(health("finetune"), set()) == "finetune"
    assert chosen_action(health("intercept"), {"intercept"}) == "finetune"
    assert chosen_action(health("finetune"), {"intercept", "finetune"}) == "train"
    assert chosen_action(health("finetune"), {"tune"}) == "tune"


def test_days_that_the_champion_has_learnt_from_judge_nobody(data: CustomerData) -> None:
    serving = {"model_version": "v", "trained_through_date": data.trained_through_date}
    plan = Plan("train", serving, serving, None, {}, 1, Path(), None)
    check_unseen(plan, data)
    with pytest.raises(NothingToJudge, match="wait 2 days, or lower gate_days"):
        check_unseen(plan, replace(data, trained_through_date=data.trained_through_date - timedelta(days=2)))
