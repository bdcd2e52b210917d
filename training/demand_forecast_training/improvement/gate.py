"""The gate: a challenger beside the champion on days that neither has learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demand_forecast_training.errors import NothingToJudge
from demand_forecast_training.terminal import table

Sums = NDArray[np.float64]
REPLICATES = 2000
CHANCE = 0.05
"""One-sided: a challenger that is no better passes so often. Challengers that were seen on the same days share it."""
SLICE_LOSS = 0.02
"""A slice is badly worse when its log loss is higher by this share, and chance does not explain it."""
LARGEST_BIAS = 0.10
BIAS_ERRORS = 3.0
"""Expected purchases may be off by LARGEST_BIAS or so many standard errors, or by less than the champion's."""
LOSSES = """
    select slice_kind || ': ' || slice as slice, customer_bucket, model_version = ? as is_challenger,
        hazard_count, log_loss, expected, variance, actual
    from {err_shadow_losses} where model_version in (?, ?) order by all
"""


@dataclass(frozen=True)
class Slice:
    """Sums by bucket of customers, (buckets,): both versions' log losses and expected purchases, the challenger's variance."""

    hazards: Sums
    champion_loss: Sums
    challenger_loss: Sums
    expected: Sums
    champion_expected: Sums
    variance: Sums
    actual: Sums

    def gain(self, weights: Sums) -> Sums:
        """Share of the champion's log loss that the challenger saves, by draw of weights (draws, buckets)."""
        theirs = weights @ self.champion_loss
        gained: Sums = 1 - np.divide(weights @ self.challenger_loss, theirs, out=np.ones_like(theirs), where=theirs > 0)
        return gained


@dataclass(frozen=True)
class Verdict:
    """What the gate found, and whether the challenger may serve."""

    hazards: int
    champion_loss: float
    challenger_loss: float
    gain: float
    gain_lower: float
    bias: float
    champion_bias: float
    is_calibrated: bool
    worst_slice: str
    worst_slice_gain: float
    bad_slices: tuple[str, ...]

    @property
    def may_serve(self) -> bool:
        return self.gain_lower > 0 and self.is_calibrated and not self.bad_slices

    @property
    def reason(self) -> str:
        """Why, in words."""
        is_better = self.gain_lower > 0
        found = [
            f"{'' if is_better else 'not surely better: '}log loss lower by {self.gain:.2%}, surely by {self.gain_lower:.2%}"
        ]
        if not self.is_calibrated:
            found.append(f"expects {self.bias:+.1%} purchases, the champion {self.champion_bias:+.1%}")
        if self.bad_slices:
            found.append(f"worse for {', '.join(self.bad_slices)}")
        return "; ".join(found)

    def shown(self) -> str:
        """The figures as a table."""
        rows = [
            ("days ahead judged", self.hazards, self.hazards),
            ("log loss", self.champion_loss, self.challenger_loss),
            ("expected over actual purchases, less 1", self.champion_bias, self.bias),
        ]
        return table(("gate", "champion", "challenger"), rows)


def judged(connection: Any, relations: Mapping[str, str], champion: str, challenger: str, seen: int) -> Verdict:
    """The verdict on a challenger, one of `seen` on these days. Raises NothingToJudge where the days hold no forecast of both."""
    return verdict(read_slices(connection, relations, champion, challenger), seen)


def read_slices(connection: Any, relations: Mapping[str, str], champion: str, challenger: str) -> dict[str, Slice]:
    """Slices by name, the one of all customers included."""
    found = connection.execute(LOSSES.format(**relations), [challenger, champion, challenger]).fetchnumpy()
    names = np.asarray(found.pop("slice"), dtype=str)
    values = {name: np.asarray(column) for name, column in found.items()}
    return {str(name): slice_of({key: column[names == name] for key, column in values.items()}) for name in np.unique(names)}


def slice_of(rows: Mapping[str, Any]) -> Slice:
    """Sums of one slice by bucket; both versions were asked about the same customers."""
    buckets, place = np.unique(rows["customer_bucket"], return_inverse=True)
    ours = rows["is_challenger"].astype(bool)

    def by_bucket(name: str, of: Any) -> Sums:
        summed: Sums = np.bincount(place[of], rows[name][of], len(buckets)).astype(np.float64)
        return summed

    return Slice(
        by_bucket("hazard_count", ours),
        by_bucket("log_loss", ~ours),
        by_bucket("log_loss", ours),
        by_bucket("expected", ours),
        by_bucket("expected", ~ours),
        by_bucket("variance", ours),
        by_bucket("actual", ours),
    )


def verdict(slices: Mapping[str, Slice], seen: int) -> Verdict:
    """Judge by a paired bootstrap over buckets of customers; slices share CHANCE (Bonferroni), as challengers do."""
    everyone = slices.get("all: all")
    if everyone is None or not everyone.hazards.sum() or not everyone.champion_loss.sum():
        raise NothingToJudge("no origin of the gate's days was answered by both versions: type dbt build, or raise gate_days")
    draws = np.random.default_rng(0)
    others = {name: part for name, part in slices.items() if name != "all: all"}
    gains = {name: float(part.gain(np.ones((1, len(part.hazards))))[0]) for name, part in slices.items()}
    worst = min(others, key=gains.__getitem__, default="all: all")
    return Verdict(
        hazards=int(everyone.hazards.sum()),
        champion_loss=float(everyone.champion_loss.sum() / everyone.hazards.sum()),
        challenger_loss=float(everyone.challenger_loss.sum() / everyone.hazards.sum()),
        gain=gains["all: all"],
        gain_lower=float(np.quantile(drawn_gains(everyone, draws), CHANCE / seen)),
        bias=bias(everyone.expected, everyone.actual),
        champion_bias=bias(everyone.champion_expected, everyone.actual),
        is_calibrated=is_calibrated(everyone),
        worst_slice=worst,
        worst_slice_gain=gains[worst],
        bad_slices=tuple(name for name, part in others.items() if is_badly_worse(part, gains[name], draws, len(others))),
    )


def drawn_gains(part: Slice, draws: np.random.Generator) -> Sums:
    """Gain in each of REPLICATES draws of the buckets with replacement, (REPLICATES,)."""
    buckets = len(part.hazards)
    return part.gain(draws.multinomial(buckets, np.full(buckets, 1 / buckets), REPLICATES).astype(np.float64))


def is_badly_worse(part: Slice, gain: float, draws: np.random.Generator, slices: int) -> bool:
    """Whether the challenger loses more than SLICE_LOSS in a slice, and would in all but a CHANCE of draws."""
    return gain < -SLICE_LOSS and float(np.quantile(drawn_gains(part, draws), 1 - CHANCE / slices)) < 0


def bias(expected: Sums, actual: Sums) -> float:
    """Expected over actual, less 1; against one purchase where there was none."""
    return float((expected.sum() - actual.sum()) / max(actual.sum(), 1.0))


def is_calibrated(everyone: Slice) -> bool:
    """Whether the challenger's expected purchases are as near to the actual ones as they should be, or as the champion's."""
    allowed = max(LARGEST_BIAS, BIAS_ERRORS * float(np.sqrt(everyone.variance.sum())) / max(float(everyone.actual.sum()), 1.0))
    ours, theirs = bias(everyone.expected, everyone.actual), bias(everyone.champion_expected, everyone.actual)
    return abs(ours) <= max(allowed, abs(theirs))
