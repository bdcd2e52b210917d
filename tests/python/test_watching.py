"""How far readers were behind, round by round."""

from __future__ import annotations

from pathlib import Path

import pytest
from demand_forecast_training.publishing import watching
from demand_forecast_training.publishing.watching import Watched, watch


def test_readers_are_as_far_behind_as_the_last_published_round_is_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rounds of 28 s begin every hour; the second is not published, so that readers see the first until the third is shown."""
    now, outcomes = [0.0], iter([True, False, True, True])

    def one_round(watched: Watched) -> tuple[bool, str]:
        now[0] += 28
        return next(outcomes), "a round"

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(watching, "one_round", one_round)
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    assert watch(Watched(Path(), None, None, Path(), 1), 3600, 4, sleep)
    told = [line.split("readers were ")[1] for line in capsys.readouterr().out.splitlines()]
    assert told == ["28 s behind", "3628 s behind", "7228 s behind", "3628 s behind"]
