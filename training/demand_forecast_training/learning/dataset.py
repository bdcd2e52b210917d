"""What a training reads, as arrays: origins with the histories that they read, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Self, TypeVar

import numpy as np
from demand_forecast.arrays import Floats, Integers
from demand_forecast.signature import Signature
from numpy.typing import NDArray

from demand_forecast_training.learning.hyper_parameters import HyperParameters

Days = NDArray[np.datetime64]
NO_HISTORY = -1
FIGURE_HORIZONS = (1, 7, 30)
"""Days ahead by which trainings are judged."""


@dataclass(frozen=True)
class Histories:
    """Steps of every history, one after another: `steps` (steps, F); history i is steps[starts[i] : starts[i] + lengths[i]]."""

    steps: Floats
    lengths: Integers

    @property
    def starts(self) -> Integers:
        return np.cumsum(self.lengths) - self.lengths


@dataclass(frozen=True)
class Origins:
    """What is known at the origins of one role."""

    context: Floats  # (origins, C)
    history: Integers  # (origins,) number of the history, or NO_HISTORY
    position: Integers  # (origins,) steps of the history that the origin reads
    date: Integers  # (origins,) row of Dataset.days

    def __len__(self) -> int:
        return len(self.context)

    def take(self, rows: Any) -> Self:
        """The origins of these row numbers, or of this mask."""
        return type(self)(**{name: values[rows] for name, values in vars(self).items()})


ExamplesT = TypeVar("ExamplesT", bound=Sized)
OriginsT = TypeVar("OriginsT", bound=Origins)


@dataclass(frozen=True)
class Material(Generic[ExamplesT]):
    """What a network of any task learns from and is judged by, and what tells of it."""

    train: ExamplesT
    validation: ExamplesT
    signature: Signature
    feature_set_version: str
    mapping_hash: str
    fitted_through_date: date
    trained_through_date: date
    fingerprint: str


@dataclass(frozen=True)
class Dataset(Material[OriginsT]):
    """Everything that a training on courses of days needs. `days` is (dates, max_horizon_days, K), `dates` the origins' days
    (dates,)."""

    histories: Histories
    days: Floats
    dates: Days


def joined(parts: list[OriginsT]) -> OriginsT:
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


@dataclass(frozen=True)
class Batch(Generic[OriginsT]):
    """Origins with the histories they read: padded `steps` (histories, time, F) and each origin's `row` among them."""

    examples: OriginsT
    steps: Floats
    row: Integers
    days: Floats  # (origins, days, K)
    rows: Integers
    """Row numbers of the origins among the examples."""


def batch_of(data: Dataset[OriginsT], examples: OriginsT, rows: Integers) -> Batch[OriginsT]:
    """The batch of some origins. Steps past the last one that an origin reads are left out; a batch without any gets one
    empty history, whose state is never used."""
    part = examples.take(rows)
    known = part.history >= 0
    numbers, place = np.unique(part.history[known], return_inverse=True)
    reach = np.zeros(max(len(numbers), 1), np.int64)
    np.maximum.at(reach, place, part.position[known])
    steps = np.zeros((len(reach), max(int(reach.max()), 1), data.histories.steps.shape[1]), np.float32)
    if len(numbers):
        starts = data.histories.starts[numbers]
        source = starts[:, None] + np.arange(steps.shape[1])
        steps = data.histories.steps[np.minimum(source, (starts + data.histories.lengths[numbers] - 1)[:, None])]
    row = np.zeros(len(rows), np.int64)
    row[known] = place
    return Batch(part, steps, row, data.days[part.date], rows)


def dealt_batches(
    lengths: Integers, examples: Origins, batch_origins: int, visits: int, random: np.random.Generator | None
) -> Iterator[Integers]:
    """Row numbers of batches of about `batch_origins` origins that read histories of similar length.

    Each history's origins are dealt at random into `visits` parts. Without `random` the batches are in a fixed order.
    """
    alone = np.where(examples.history >= 0, examples.history, len(lengths) + np.arange(len(examples)))
    part = random.integers(0, visits, len(examples)) if random else np.zeros(len(examples), np.int64)
    groups, group, sizes = np.unique(alone * visits + part, return_inverse=True, return_counts=True)
    reach = np.zeros(len(groups), np.int64)
    np.maximum.at(reach, group, examples.position)
    shuffled = random.permutation(len(groups)) if random else np.arange(len(groups))
    chunk = np.empty(len(groups), np.int64)
    chunk[shuffled] = np.cumsum(sizes[shuffled]) // (16 * batch_origins)
    order = np.lexsort((reach, chunk))
    number = np.empty(len(groups), np.int64)
    number[order] = (np.cumsum(sizes[order]) - sizes[order]) // batch_origins
    rows = np.argsort(number[group], kind="stable")
    batches = np.split(rows, np.flatnonzero(np.diff(number[group][rows])) + 1)
    return iter([batches[at] for at in random.permutation(len(batches))] if random else batches)


def plain_batches(data: Dataset[OriginsT], examples: OriginsT, choices: HyperParameters) -> Iterator[Batch[OriginsT]]:
    """Batches in a fixed order."""
    for rows in dealt_batches(data.histories.lengths, examples, choices.batch_origins, 1, None):
        yield batch_of(data, examples, rows)


def recent_rows(data: Dataset[OriginsT], examples: OriginsT, choices: HyperParameters) -> NDArray[np.bool_]:
    """Whether an origin lies in the last `recent_days` before the first cut, (rows,); where all are older, as origins of
    the shop's own may be, before the newest of them."""
    dates = data.dates[examples.date]
    end = np.datetime64(data.fitted_through_date)
    if dates.max() < end - choices.recent_days:
        end = dates.max() + 1
    return np.asarray(dates >= end - choices.recent_days)


def horizons_of(data: Dataset[OriginsT]) -> list[int]:
    """Days ahead by which a training is judged: those of FIGURE_HORIZONS that its examples reach."""
    return [days for days in FIGURE_HORIZONS if days <= data.days.shape[1]]
