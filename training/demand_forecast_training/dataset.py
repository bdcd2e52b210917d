"""Read the warehouse's training examples into arrays, batch by batch; nothing of the warehouse stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, Self

import numpy as np
import pyarrow as pa
from demand_forecast.arrays import Floats, Integers, check_finite, list_lengths, padded_lists, struct_matrix
from demand_forecast.signature import Signature
from numpy.typing import NDArray
from typing_extensions import TypeVar

from demand_forecast_training.errors import NothingToTrain

Days = NDArray[np.datetime64]
BATCH_ROWS = 65536
NO_HISTORY = -1
ROLES = ("train", "validation")


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


@dataclass(frozen=True)
class Examples(Origins):
    """Customers' origins. Outcomes are by day, (origins, days), zero after `observed_days`."""

    observed_days: Integers  # (origins,)
    first_purchase_day: Integers  # (origins,) 1 for the next day, 0 for none observed
    units: Floats
    revenue: Floats
    baseline_rates: Floats


OriginsT = TypeVar("OriginsT", bound=Origins, default=Examples)


@dataclass(frozen=True)
class Dataset(Generic[OriginsT]):
    """Everything a training needs. `days` is (dates, max_horizon_days, K), `dates` the origins' days (dates,)."""

    train: OriginsT
    validation: OriginsT
    histories: Histories
    days: Floats
    dates: Days
    signature: Signature
    feature_set_version: str
    mapping_hash: str
    fitted_through_date: date
    trained_through_date: date
    fingerprint: str


def are_units_whole(train: Examples) -> bool:
    """Whether every purchase day that teaches has at least one unit."""
    rows = np.flatnonzero(train.first_purchase_day)
    first = train.units[rows, train.first_purchase_day[rows] - 1]
    bought = train.units[train.units > 0]
    return bool(len(first) and first.min() >= 1 and bought.min() >= 1)


@dataclass(frozen=True)
class Entity(Generic[OriginsT]):
    """Who is forecast: the column that names it, its models, and how a batch of its examples becomes arrays."""

    key: str
    examples: str
    refit_examples: str
    histories: str
    arrays: Callable[[pa.RecordBatch, Signature], OriginsT]

    def sql(self, template: str, relations: Mapping[str, str]) -> str:
        """A statement below with this entity's names."""
        return template.format(
            key=self.key,
            examples=relations[self.examples],
            histories=relations[self.histories],
            target_days=relations["seq_target_days"],
            cut_dates=relations["seq_cut_dates"],
        )


NUMBERED_HISTORIES = """
    create or replace temp table numbered_histories as
    select {key}, block, row_number() over (order by {key}, block) - 1 as history
    from (select distinct {key}, block from {examples} where block is not null and position > 0)
"""
NUMBERED_DATES = """
    create or replace temp table numbered_dates as
    select as_of_date, row_number() over (order by as_of_date) - 1 as date_number
    from (select distinct as_of_date from {examples})
"""
EXAMPLES = """
    select examples.*, coalesce(numbered_histories.history, -1) as history, numbered_dates.date_number
    from {examples} as examples
    left join numbered_histories using ({key}, block)
    inner join numbered_dates on examples.as_of_date = numbered_dates.as_of_date
    order by examples.{key}, examples.as_of_date
"""
HISTORIES = """
    select histories.steps from {histories} as histories
    inner join numbered_histories using ({key}, block) order by numbered_histories.history
"""
DATES = "select as_of_date from numbered_dates order by date_number"
DAYS = """
    select target_days.days from {target_days} as target_days
    inner join numbered_dates using (as_of_date) order by numbered_dates.date_number
"""
FINGERPRINT = "select count(*), cast(coalesce(sum(hash(examples)), 0) as varchar) from {examples} as examples"
LATEST = "select latest_origin_date from {cut_dates}"
CUT_DATES = "select fitted_through_date, trained_through_date from {cut_dates}"
COUNTS = """
    select count(*) filter (where role = 'train'), count(*) filter (where role = 'validation'),
        min(feature_set_version), max(feature_set_version), max(mapping_hash)
    from {examples}
"""


def read_everything(connection: Any, relations: Mapping[str, str]) -> Dataset:
    """The customers' examples of all days, as `read_all_days`."""
    return read_all_days(connection, relations, CUSTOMERS)


def read_all_days(connection: Any, relations: Mapping[str, str], entity: Entity[OriginsT]) -> Dataset[OriginsT]:
    """All origins of an entity before the latest one as role train, observed through the latest; without a role validation."""
    (latest,) = connection.execute(entity.sql(LATEST, relations)).fetchall()[0]
    data = read_entity(connection, {**relations, entity.examples: relations[entity.refit_examples]}, entity, ("train",))
    return replace(data, fitted_through_date=latest, trained_through_date=latest)


def read_dataset(connection: Any, relations: Mapping[str, str], roles: Sequence[str] = ROLES) -> Dataset:
    """Arrays of the customers' training examples. `relations` maps model names to SQL. Raises as `read_entity`."""
    return read_entity(connection, relations, CUSTOMERS, roles)


def read_entity(
    connection: Any, relations: Mapping[str, str], entity: Entity[OriginsT], roles: Sequence[str] = ROLES
) -> Dataset[OriginsT]:
    """Arrays of an entity's training examples, in an order that does not depend on the query plan.

    Raises NothingToTrain without rows of each of the roles or with several feature set versions, BadInput for a null, NaN or
    infinite feature.
    """
    counts = connection.execute(entity.sql(COUNTS, relations)).fetchall()[0]
    check_counts(dict(zip(ROLES, counts[:2], strict=True)), roles, *counts[2:4])
    for template in (NUMBERED_HISTORIES, NUMBERED_DATES):
        connection.execute(entity.sql(template, relations))
    histories, steps_type = read_histories(connection.sql(entity.sql(HISTORIES, relations)).to_arrow_reader(BATCH_ROWS // 16))
    days, days_type = read_days(connection.sql(entity.sql(DAYS, relations)).to_arrow_reader(BATCH_ROWS))
    reader = connection.sql(entity.sql(EXAMPLES, relations)).to_arrow_reader(BATCH_ROWS)
    signature = Signature.of_types(reader.schema.field("context").type, steps_type, days_type, days.shape[1])
    examples = read_examples(reader, signature, entity)
    fitted_through_date, trained_through_date = connection.execute(entity.sql(CUT_DATES, relations)).fetchall()[0]
    return Dataset(
        train=examples["train"],
        validation=examples["validation"],
        histories=histories,
        days=days,
        dates=connection.execute(DATES).fetchnumpy()["as_of_date"].astype("datetime64[D]"),
        signature=signature,
        feature_set_version=str(counts[2]),
        mapping_hash=str(counts[4]),
        fitted_through_date=fitted_through_date,
        trained_through_date=trained_through_date,
        fingerprint=fingerprint_of(connection, relations, entity),
    )


def fingerprint_of(connection: Any, relations: Mapping[str, str], entity: Entity[OriginsT]) -> str:
    """A count and a sum of hashes of an entity's examples: the same rows, whatever their order, have the same."""
    total, hashes = connection.execute(entity.sql(FINGERPRINT, relations)).fetchall()[0]
    return f"{total}-{hashes}"


def check_counts(counts: Mapping[str, int], roles: Sequence[str], oldest: str | None, newest: str | None) -> None:
    """Refuse to train without rows of each role, or on features of two meanings."""
    for role in roles:
        if not counts[role]:
            raise NothingToTrain(
                f"the training examples hold no row of role {role}: map more history, or shorten test_days and validation_days"
            )
    if oldest != newest:
        raise NothingToTrain(f"the training examples mix feature sets {oldest} and {newest}: type dbt build --full-refresh")


def read_histories(reader: pa.RecordBatchReader) -> tuple[Histories, pa.DataType]:
    """Steps of the numbered histories in their order, and their Arrow type."""
    kind = reader.schema.field("steps").type
    names = tuple(kind.value_type.field(number).name for number in range(kind.value_type.num_fields))
    steps, lengths = [np.zeros((0, len(names)), np.float32)], [np.zeros(0, np.int64)]
    for batch in reader:
        steps.append(struct_matrix(batch.column("steps").flatten(), names))
        lengths.append(list_lengths(batch.column("steps")))
    return Histories(np.concatenate(steps), np.concatenate(lengths)), kind


def read_days(reader: pa.RecordBatchReader) -> tuple[Floats, pa.DataType]:
    """Target days of the numbered dates in their order, (dates, days, K), and their Arrow type."""
    kind = reader.schema.field("days").type
    names = tuple(kind.value_type.field(number).name for number in range(kind.value_type.num_fields))
    return np.concatenate([padded_lists(batch.column("days"), names)[0] for batch in reader]), kind


def read_examples(reader: pa.RecordBatchReader, signature: Signature, entity: Entity[OriginsT]) -> dict[str, OriginsT]:
    """Examples by role."""
    parts: dict[str, list[OriginsT]] = {role: [] for role in ROLES}
    for batch in reader:
        examples, roles = entity.arrays(batch, signature), np.asarray(batch.column("role"))
        for role, found in parts.items():
            found.append(examples.take(roles == role))
    return {role: joined(found) for role, found in parts.items()}


def joined(parts: list[OriginsT]) -> OriginsT:
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def known_arrays(batch: pa.RecordBatch, signature: Signature) -> dict[str, Any]:
    """The fields of Origins of a batch of examples."""
    return {
        "context": struct_matrix(batch.column("context"), signature.context),
        "history": np.asarray(batch.column("history"), np.int64),
        "position": np.asarray(batch.column("position").fill_null(0), np.int64),
        "date": np.asarray(batch.column("date_number"), np.int64),
    }


def examples_of(batch: pa.RecordBatch, signature: Signature) -> Examples:
    """Arrays of a batch of examples."""
    units, revenue, first = outcomes(batch.column("purchases"), signature.max_horizon_days)
    rates = np.asarray(batch.column("baseline_rates").flatten(), np.float32).reshape(-1, signature.max_horizon_days)
    check_finite(rates, tuple(f"baseline_rates[{day}]" for day in range(1, rates.shape[1] + 1)))
    return Examples(
        **known_arrays(batch, signature),
        observed_days=np.asarray(batch.column("observed_days"), np.int64),
        first_purchase_day=first,
        units=units,
        revenue=revenue,
        baseline_rates=rates,
    )


def outcomes(purchases: pa.ListArray, days: int) -> tuple[Floats, Floats, Integers]:
    """Units and revenue by day, (rows, days), and the day of the first purchase, (rows,), 0 for none."""
    lengths, bought = list_lengths(purchases), purchases.flatten()
    rows, day = np.repeat(np.arange(len(lengths)), lengths), np.asarray(bought.field("day"), np.int64)
    amounts = np.zeros((2, len(lengths), days), np.float32)
    for amount, name in zip(amounts, ("units", "revenue"), strict=True):
        np.add.at(amount, (rows, day - 1), np.asarray(bought.field(name), np.float32))
    first = np.full(len(lengths), days + 1)
    np.minimum.at(first, rows, day)
    return amounts[0], amounts[1], np.where(first > days, 0, first)


CUSTOMERS = Entity("customer_id", "lbl_training_examples", "lbl_refit_examples", "seq_customer_histories", examples_of)


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
