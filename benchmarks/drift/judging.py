"""Every network's log loss on the same rows, by kind of customer and day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from demand_forecast_training.customers.examples import CustomerData
from demand_forecast_training.customers.training import Trained
from demand_forecast_training.customers.workflow import registry_row
from demand_forecast_training.learning.export import export
from demand_forecast_training.warehouse.connection import find_warehouse
from numpy.typing import NDArray

from benchmarks.accuracy.trained import answered
from benchmarks.accuracy.variants import Variant
from benchmarks.drift.plan import HORIZONS, Plan
from benchmarks.skill import log_losses

Floats = NDArray[np.float64]
REPLICATES = 500


@dataclass(frozen=True)
class Judged:
    """Rows by customer and day: `customer` (rows,) numbers them; days since the last purchase and until the next, inf where there
    is none, and `observed_days` ahead, all (rows,); log loss by forecaster and horizon, (rows,)."""

    customer: NDArray[np.int64]
    days_since: Floats
    days_until: Floats
    observed_days: Floats
    losses: dict[tuple[str, int], Floats]


JUDGED = """
    select
        answers.row, dense_rank() over (order by answers.customer_id) - 1 as customer,
        coalesce(answers.as_of_date - origins.last_purchase_date, 'inf'::double) as days_since,
        coalesce(purchases.event_date - answers.as_of_date, 'inf'::double) as days_until,
        (cuts.latest_origin_date - answers.as_of_date)::double as observed_days
    from answers
    join {seq_origins} as origins using (customer_id, as_of_date)
    cross join {seq_cut_dates} as cuts
    asof left join {lbl_purchase_days} as purchases
        on answers.customer_id = purchases.customer_id and answers.as_of_date < purchases.event_date
    order by answers.customer_id, answers.as_of_date
"""


def judge(project: Path, data: CustomerData, forecasters: dict[str, Trained]) -> Judged:
    """Score the test days of a build with every forecaster's exported network, through the function that SQL calls."""
    warehouse, found, rows = find_warehouse(project, project, None), {}, {}
    with warehouse.visit() as connection:
        for name, trained in forecasters.items():
            row = registry_row(data, trained, export(trained.network, data))
            said = answered(connection, warehouse.relations, Variant(name, trained.choices), row, {})
            answers = said.keys.append_column("row", [np.arange(len(said.keys))])
            connection.register("answers", answers)
            rows = connection.execute(JUDGED.format_map(warehouse.relations)).fetchnumpy()
            for days in HORIZONS:
                probability = said.probability[rows["row"], days - 1].astype(float)
                found[name, days] = log_losses(probability, rows["days_until"] <= days)
    return Judged(**{name: rows[name] for name in ("customer", "days_since", "days_until", "observed_days")}, losses=found)


@dataclass(frozen=True)
class Compared:
    """Mean log loss by forecaster on some rows, and how much of the way from the champion to the retrained the fine-tuned one
    goes, with its 95 % interval over customers."""

    title: str
    horizon_days: int
    rows: int
    loss: dict[str, float]
    recovered: float
    interval: tuple[float, float]

    @property
    def worse(self) -> float:
        """How much worse than the champion the fine-tuned one is, relative."""
        return self.loss["fine-tuned"] / self.loss["champion"] - 1


def recovered_share(loss: dict[str, Any]) -> Any:
    return (loss["champion"] - loss["fine-tuned"]) / (loss["champion"] - loss["retrained"])


def compared(title: str, judged: Judged, mask: NDArray[np.bool_], days: int) -> Compared:
    """Figures on the rows of a mask whose window was observed whole."""
    chosen = mask & (judged.observed_days >= days)
    losses = {name: values[chosen] for (name, horizon), values in judged.losses.items() if horizon == days}
    means = {name: float(values.mean()) for name, values in losses.items()}
    sums = {name: np.bincount(judged.customer[chosen], values) for name, values in losses.items()}
    customers = len(sums["champion"])
    draws = np.random.default_rng(0).multinomial(customers, np.full(customers, 1 / customers), REPLICATES)
    low, high = np.percentile(recovered_share({name: draws @ total for name, total in sums.items()}), [2.5, 97.5])
    return Compared(title, days, int(chosen.sum()), means, float(recovered_share(means)), (float(low), float(high)))


EVERY, RECENT, LATE = "every origin", "bought in the last {} days", "not bought for {} days"
OLD, OLD_RECENT = "days before the drift, every origin", "days before the drift, bought in the last {} days"


def figures_of(plan: Plan, end: Judged, old: Judged) -> dict[tuple[str, int], Compared]:
    """Figures by kind of rows and horizon."""
    is_recent, was_recent = end.days_since <= plan.recent_days, old.days_since <= plan.recent_days
    kinds = {
        EVERY: (end, np.ones_like(is_recent)),
        RECENT: (end, is_recent),
        LATE: (end, ~is_recent),
        OLD: (old, np.ones_like(was_recent)),
        OLD_RECENT: (old, was_recent),
    }
    return {
        (kind, days): compared(kind.format(plan.recent_days), *rows, days) for kind, rows in kinds.items() for days in HORIZONS
    }
