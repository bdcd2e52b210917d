"""Lists of candidates as arrays: what was known of each, and which were bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from demand_forecast.arrays import Floats, Integers, list_lengths, padded_lists, struct_matrix
from demand_forecast.signature import Signature

from demand_forecast_training.learning.dataset import Material
from demand_forecast_training.learning.reading import COUNTS, FINGERPRINT, ROLES, check_counts, kept

TASK = "recommendation"
BATCH_ROWS = 512
EXAMPLES = "select * from {examples} order by role, customer_id, as_of_date"
CUT_DATES = "select fitted_through_date, trained_through_date from {seq_cut_dates}"


@dataclass(frozen=True)
class Lists:
    """Customers at origins, each with a list of candidates in the baseline's order; all candidates lie one after another."""

    context: Floats  # (lists, C)
    days: Floats  # (lists, max_horizon_days, K)
    steps: Floats  # (candidates, F)
    is_bought: Floats  # (candidates,)
    lengths: Integers  # (lists,)
    bought_count: Integers  # (lists,) products bought, among the candidates or not

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> Integers:
        """Place of the first candidate of each list."""
        return np.cumsum(self.lengths) - self.lengths

    def padded(self, rows: Integers) -> tuple[Floats, Floats]:
        """Candidates (rows, longest, F) of some lists and whether each was bought (rows, longest), zeros at the end."""
        places = np.arange(max(int(self.lengths[rows].max(initial=0)), 1))
        source = np.minimum(self.starts[rows][:, None] + places, max(len(self.steps) - 1, 0))
        is_there = places < self.lengths[rows][:, None]
        steps = self.steps[source] * is_there[:, :, None]
        return steps.astype(np.float32, copy=False), self.is_bought[source] * is_there


ListData = Material[Lists]
"""Everything that a training of recommendations reads."""


def read_lists(connection: Any, relations: Mapping[str, str]) -> ListData:
    """Arrays of lbl_recommendation_examples. Raises NothingToTrain without rows of each role."""
    examples = kept(connection, relations["lbl_recommendation_examples"])
    counts = connection.execute(COUNTS.format(examples=examples)).fetchall()[0]
    check_counts(dict(zip(ROLES, counts[:2], strict=True)), ROLES, *counts[2:4])
    reader = connection.sql(EXAMPLES.format(examples=examples)).to_arrow_reader(BATCH_ROWS)
    parts: dict[str, list[Lists]] = {role: [] for role in ROLES}
    signature: Signature | None = None
    for batch in reader:
        context, steps, days = (batch.column(name) for name in ("context", "steps", "days"))
        signature = signature or Signature.of_types(context.type, steps.type, days.type, int(list_lengths(days)[0]))
        for role in ROLES:
            found = batch.filter(pa.compute.equal(batch.column("role"), role))
            if len(found):
                parts[role].append(lists_of(found, signature))
    assert signature is not None  # rows of each role were counted
    fitted, through = connection.execute(CUT_DATES.format_map(relations)).fetchall()[0]
    total, hashes = connection.execute(FINGERPRINT.format(examples=examples)).fetchall()[0]
    return ListData(
        joined(parts["train"]),
        joined(parts["validation"]),
        signature,
        counts[2],
        str(counts[4]),
        fitted,
        through,
        fingerprint=f"{total}-{hashes}",
    )


def lists_of(batch: pa.RecordBatch, signature: Signature) -> Lists:
    """Arrays of a batch of examples."""
    lengths, bought = list_lengths(batch.column("steps")), batch.column("places")
    steps = struct_matrix(batch.column("steps").flatten(), signature.steps)
    starts = np.cumsum(lengths) - lengths
    is_bought = np.zeros(len(steps), np.float32)
    is_bought[np.repeat(starts, list_lengths(bought)) + np.asarray(bought.flatten(), np.int64) - 1] = 1.0
    return Lists(
        struct_matrix(batch.column("context"), signature.context),
        padded_lists(batch.column("days"), signature.days)[0],
        steps,
        is_bought,
        lengths,
        np.asarray(batch.column("bought_count"), np.int64),
    )


def joined(parts: list[Lists]) -> Lists:
    return Lists(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})
