"""Read the warehouse's training examples into arrays, batch by batch; nothing of the warehouse stays open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

import numpy as np
import pyarrow as pa
from demand_forecast.arrays import Floats, list_lengths, padded_lists, struct_matrix
from demand_forecast.signature import Signature

from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.learning.dataset import Dataset, Histories, OriginsT, joined

BATCH_ROWS = 65536


ROLES = ("train", "validation")


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


KEPT = "training_examples"
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


def read_all_days(connection: Any, relations: Mapping[str, str], entity: Entity[OriginsT]) -> Dataset[OriginsT]:
    """All origins of an entity before the latest one as role train, observed through the latest; without a role validation."""
    (latest,) = connection.execute(entity.sql(LATEST, relations)).fetchall()[0]
    data = read_entity(connection, {**relations, entity.examples: relations[entity.refit_examples]}, entity, ("train",))
    return replace(data, fitted_through_date=latest, trained_through_date=latest)


def read_entity(
    connection: Any, relations: Mapping[str, str], entity: Entity[OriginsT], roles: Sequence[str] = ROLES
) -> Dataset[OriginsT]:
    """Arrays of an entity's training examples, in an order that does not depend on the query plan.

    Raises NothingToTrain without rows of each of the roles or with several feature set versions, BadInput for a null, NaN or
    infinite feature.
    """
    relations = {**relations, entity.examples: kept(connection, relations[entity.examples])}
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


def kept(connection: Any, relation: str) -> str:
    """Name of a copy of a relation for this visit: examples are views, which each query would evaluate again."""
    connection.execute(f"create or replace temp table {KEPT} as select * from {relation}")
    return KEPT


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


def known_arrays(batch: pa.RecordBatch, signature: Signature) -> dict[str, Any]:
    """The fields of Origins of a batch of examples."""
    return {
        "context": struct_matrix(batch.column("context"), signature.context),
        "history": np.asarray(batch.column("history"), np.int64),
        "position": np.asarray(batch.column("position").fill_null(0), np.int64),
        "date": np.asarray(batch.column("date_number"), np.int64),
    }
