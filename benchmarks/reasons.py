"""Are the groups that `prediction_drivers` calls important those that accuracy needs, and what do reasons cost?

Usage: ``python -m benchmarks.reasons``, after ``make demo``. Takes groups of features from the champion one after another, in the
order of their importance and in random orders, on test days that it has not seen. Writes results/reasons.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from demand_forecast.arrays import list_lengths, padded_lists, struct_matrix
from demand_forecast.dbt_models import grouped, version_row
from demand_forecast.model import load_model
from demand_forecast.reasons import Explainer, explain, explainer
from demand_forecast.shapley import coalitions, shapley_values
from demand_forecast.udf import length_batches
from demand_forecast_training.warehouse.connection import find_warehouse
from numpy.typing import NDArray

from benchmarks.skill import log_losses
from benchmarks.speed import RESULTS, ROOT

Doubles = NDArray[np.float64]
HORIZONS = (1, 7)
ROWS = 4000
ORDERS = 1000
HEADER = ("taken away, in order of importance", "mean contribution", "log loss", "random order")
TEST_ROWS = """
    select inputs.context, inputs.steps, inputs.days, outcomes.horizon_days, outcomes.has_purchased
    from {seq_customer_inputs} as inputs
    inner join {lbl_customer_outcomes} as outcomes using (customer_id, as_of_date)
    where inputs.role = 'test' and outcomes.horizon_days = 7
    order by hash(customer_id, as_of_date) limit {rows}
"""
NEXT_DAY = """
    select outcomes.has_purchased
    from {seq_customer_inputs} as inputs
    inner join {lbl_customer_outcomes} as weeks using (customer_id, as_of_date)
    inner join {lbl_customer_outcomes} as outcomes using (customer_id, as_of_date)
    where inputs.role = 'test' and weeks.horizon_days = 7 and outcomes.horizon_days = 1
    order by hash(customer_id, as_of_date) limit {rows}
"""


def read(project: Path) -> tuple[Explainer, Any, NDArray[np.bool_]]:
    """An explainer of the evaluated version, inputs of test origins as Arrow columns, and outcomes (rows, horizons)."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        relations = warehouse.relations
        row = version_row(connection.sql(f"select * from {relations['pred_evaluated']}"))
        if row is None:
            raise SystemExit("no network serves: make demo first")
        groups = grouped(connection.sql(f"select * from {relations['pred_driver_groups']}"))
        (reference,) = connection.sql(f"select * from {relations['pred_driver_reference']}").to_arrow_table().to_pylist()
        table = connection.sql(TEST_ROWS.format(rows=ROWS, **relations)).to_arrow_table().combine_chunks()
        next_day = connection.execute(NEXT_DAY.format(rows=ROWS, **relations)).fetchnumpy()["has_purchased"]
    outcomes = np.stack([next_day, table.column("has_purchased").to_numpy()], axis=1).astype(bool)
    return explainer(load_model(row), bytes(row["onnx_bytes"]), groups, reference, HORIZONS), table, outcomes


def all_answers(explaining: Explainer, table: Any) -> Doubles:
    """Probabilities (rows, coalitions, horizons) of every coalition of groups."""
    columns = {name: table.column(name).chunk(0) for name in ("context", "steps", "days")}
    known, signature = coalitions(len(explaining.groups)), explaining.model.signature
    found = np.zeros((table.num_rows, len(known), len(HORIZONS)))
    for rows in length_batches(list_lengths(columns["steps"]), 64):
        part = {name: column.take(rows) for name, column in columns.items()}
        steps, position = padded_lists(part["steps"], signature.steps)
        days, _ = padded_lists(part["days"], signature.days)
        context = struct_matrix(part["context"], signature.context)
        found[rows] = explaining.answers(context, steps, position, days)
    return found


def losses_of(answers: Doubles, outcomes: NDArray[np.bool_]) -> Doubles:
    """Mean log loss (coalitions, horizons)."""
    return np.stack(
        [
            [float(log_losses(answers[:, number, place], outcomes[:, place]).mean()) for place in range(len(HORIZONS))]
            for number in range(answers.shape[1])
        ]
    )


def along(order: Sequence[int], losses: Doubles) -> Doubles:
    """Log loss (groups + 1, horizons) while groups are taken away in an order, from all to none."""
    left, path = (1 << len(order)) - 1, []
    for group in (None, *order):
        left -= 0 if group is None else 1 << group
        path.append(losses[left])
    return np.array(path)


def page(names: list[str], importance: Doubles, losses: Doubles, rows: int, seconds: float) -> Iterator[str]:
    """The report; importance is (groups, horizons), losses (coalitions, horizons), seconds of one customer."""
    dice = np.random.default_rng(0)
    random = np.array([along(dice.permutation(len(names)).tolist(), losses) for _ in range(ORDERS)])
    yield from (
        "# Reasons: what accuracy loses without them, and what they cost",
        "",
        f"{rows:,} test origins of the seed shop, unseen by the network. A group that is taken away has the features of the",
        f"mean customer, and the visits are none. Random orders: the mean of {ORDERS:,}. From `make bench-reasons`.",
    )
    for place, days in enumerate(HORIZONS):
        yield from (
            "",
            f"## Within {days} day{'s' if days > 1 else ''}",
            "",
            "| " + " | ".join(HEADER) + " |",
            "|---|---:|---:|---:|",
        )
        yield from rows_of(names, importance[:, place], losses[:, [place]], random[:, :, place])
    yield from (
        "",
        "## Cost",
        "",
        f"{1000 * seconds:.1f} ms a customer on two cores, so {seconds * 1e6 / 3600:.1f} hours for a million. Each is answered",
        f"for {2 ** len(names)} coalitions of groups, its history encoded once.",
    )


def rows_of(names: list[str], importance: Doubles, losses: Doubles, random: Doubles) -> Iterator[str]:
    """Rows of one horizon, and how many random orders lose less accuracy over all steps."""
    order, mean = np.argsort(-importance, kind="stable"), random.mean(axis=0)
    path = along(order.tolist(), losses)[:, 0]
    yield f"| nothing | | {path[0]:.4f} | {mean[0]:.4f} |"
    for step, group in enumerate(order, 1):
        yield f"| {names[group]} | {importance[group]:.4f} | {path[step]:.4f} | {mean[step]:.4f} |"
    slower = float((random.mean(axis=1) < path.mean()).mean())
    yield from ("", f"Of random orders {slower:.1%} lose accuracy more slowly than the order of importance.")


def main() -> None:
    explaining, table, outcomes = read(ROOT)
    answers = all_answers(explaining, table)
    importance = np.abs(shapley_values(answers)).mean(axis=0)
    started = time.perf_counter()
    explain(explaining, *(table.column(name).chunk(0) for name in ("context", "steps", "days")))
    seconds = (time.perf_counter() - started) / table.num_rows
    told = "\n".join(page(list(explaining.groups), importance, losses_of(answers, outcomes), table.num_rows, seconds))
    (RESULTS / "reasons.md").write_text(told + "\n", encoding="utf-8")
    print(told)


if __name__ == "__main__":
    main()
