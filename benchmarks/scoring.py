"""Throughput of the SQL function beside bare ONNX Runtime on the same arrays and beside a plain pandas and torch loop.

Usage: ``python -m benchmarks.scoring PROJECT`` on a dbt project with a champion (any of the examples). Rows are validation
origins. Writes benchmarks/results/scoring.md. Read the ratios: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demand_forecast.arrays import one_chunk, padded_lists, struct_matrix
from demand_forecast.duckdb_udf import register
from demand_forecast.model import Model, load_model
from demand_forecast.udf import BATCH_ROWS, length_batches, score
from demand_forecast_training.customers.network import Network, network_of_weights
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.warehouse.connection import find_warehouse
from safetensors.torch import load

RESULTS = Path(__file__).resolve().parent / "results" / "scoring.md"
LOOP_ROWS = 512
INPUTS = """
    create or replace temp table inputs as
    select examples.context, coalesce(histories.steps[1:examples.position], []) as steps, days.days
    from {lbl_training_examples} as examples
    left join {seq_customer_histories} as histories using (customer_id, block)
    join {seq_target_days} as days using (as_of_date)
    where role = 'validation' order by examples.position limit {rows}"""


def seconds(work: Callable[[], object]) -> float:
    """Best of three runs after one to warm up."""
    work()
    found = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def bare_batches(model: Model, table: Any) -> list[tuple[np.ndarray[Any, Any], ...]]:
    """The arrays that the function would hand to ONNX Runtime, made beforehand."""
    context, steps, days = (one_chunk(table[name]) for name in ("context", "steps", "days"))
    matrix = struct_matrix(context, model.signature.context)
    calendar, _ = padded_lists(days, model.signature.days)
    lengths = np.asarray(steps.value_lengths(), dtype=np.int64)
    batches = []
    for rows in length_batches(lengths, BATCH_ROWS):
        padded, position = padded_lists(steps.take(rows), model.signature.steps)
        batches.append((padded, position, matrix[rows], calendar[rows]))
    return batches


def loop_over_rows(network: Network, frame: Any) -> None:
    """What one would write first: a pandas frame, row by row, through torch."""
    signature_of = [list(frame[name].iloc[0]) for name in ("context",)]
    with torch.no_grad():
        for _, row in frame.iterrows():
            context = torch.tensor([[row["context"][name] for name in signature_of[0]]])
            steps = torch.tensor([[list(step.values()) for step in row["steps"]]])
            days = torch.tensor([[list(day.values()) for day in row["days"]]])
            network(steps, torch.tensor([len(row["steps"])]), context, days)


def measure(project: Path, rows: int) -> tuple[Model, dict[str, float], int]:
    """Rows per second by way of scoring."""
    warehouse = find_warehouse(project, None, None)
    with warehouse.visit() as con:
        row = con.sql(f"select * from {warehouse.relations['pred_champion']}").to_arrow_table().to_pylist()[0]
        model = load_model(row)
        con.execute(INPUTS.format_map(warehouse.relations | {"rows": str(rows)}))
        register(con, lambda *columns: score(model, *columns))
        table = con.sql("select * from inputs").to_arrow_table()
        in_sql = (
            "create or replace temp table answers as select score_customer_demand(context, steps, days) as answer from inputs"
        )
        udf = table.num_rows / seconds(lambda: con.execute(in_sql))
    batches = bare_batches(model, table)
    bare = table.num_rows / seconds(lambda: [model.run(*batch) for batch in batches])
    network = network_of_weights(load(bytes(row["weights_bytes"])), HyperParameters(**json.loads(row["hyper_parameters"])))
    frame = table.slice(table.num_rows // 2, LOOP_ROWS).to_pandas()
    torch.set_num_threads(2)
    loop = len(frame) / seconds(lambda: loop_over_rows(network, frame))
    return (
        model,
        {"SQL function": udf, "bare ONNX Runtime, arrays made beforehand": bare, "pandas and torch, row by row": loop},
        table.num_rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rows", type=int, default=50_000)
    arguments = parser.parse_args()
    model, rates, rows = measure(arguments.project.resolve(), arguments.rows)
    lines = [
        "# Scoring throughput", "",
        f"{rows:,} origins of {arguments.project.name}, {model.model_version} on {model.provider}, best of three runs.", "",
        "| way | rows per second | of the SQL function |", "|---|---:|---:|",
    ]  # fmt: skip
    lines += [f"| {name} | {rate:,.0f} | {rate / rates['SQL function']:.2f} |" for name, rate in rates.items()]
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
