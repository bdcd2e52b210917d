"""How much of what can be known does the model know? On a generated shop the best attainable score is known too.

Usage: ``python -m benchmarks.attainable --customers 20000``. Generates a shop with its truth, builds, trains, builds, and puts
the next-day log loss on test days of a constant, the baseline, LightGBM on the same context columns, the model, the best score
attainable from the observable history, and the true intent side by side. Writes benchmarks/results/attainable.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import lightgbm
import numpy as np

from benchmarks.skill import log_losses
from benchmarks.speed import RESULTS, ROOT, build, environment, execute, write_project

COLUMNS = "event_id, customer_id, event_at, event_type, product_id, quantity, amount, search_term, session_id"
JUDGED = """
    select errors.actual_purchased as bought, errors.purchase_probability as model, errors.baseline_probability as baseline,
           truth.attainable_probability as attainable, truth.true_probability as intent,
           contexts.* exclude (customer_id, as_of_date)
    from main_demand.prediction_errors as errors
    join main_demand.model_versions as versions on errors.model_version = versions.model_version and versions.is_champion
    join main_demand.seq_customer_contexts as contexts using (customer_id, as_of_date)
    join read_parquet(?) as truth
        on errors.customer_id = truth.customer_id and truth.target_date = errors.as_of_date + 1
    where horizon_days = 1 and purpose = 'backtest'"""
TAUGHT = """
    select len(list_filter(examples.purchases, lambda purchase: purchase.day = 1)) > 0 as bought, examples.role,
           contexts.* exclude (customer_id, as_of_date)
    from main_demand.lbl_training_examples as examples
    join main_demand.seq_customer_contexts as contexts using (customer_id, as_of_date)"""
NOT_FEATURES = {"bought", "model", "baseline", "attainable", "intent", "role", "history_fingerprint", "feature_set_version"}


def prepare(project: Path, data: Path, customers: int, days: int) -> None:
    """Generate the shop, build, train and build again."""
    if not (data / "truth.parquet").exists():
        command = [
            sys.executable,
            "-m",
            "benchmarks.shop_generator",
            "events",
            "--customers",
            str(customers),
            "--days",
            str(days),
        ]
        subprocess.run([*command, "--out", str(data), "--truth"], cwd=ROOT, check=True)
    write_project(project)
    execute(
        project,
        "create schema if not exists shop",
        f"create or replace table shop.events as select {COLUMNS} from read_parquet('{data}/events.parquet')",
        f"create or replace table shop.calendar as select * from read_parquet('{data}/calendar.parquet')",
    )
    build(project, "before training")
    subprocess.run(["demand", "train"], cwd=project, env=environment(project), check=True)
    build(project, "with the model")


def matrix(columns: dict[str, Any]) -> np.ndarray[Any, Any]:
    return np.column_stack([values for name, values in columns.items() if name not in NOT_FEATURES]).astype(np.float32)


def lightgbm_probability(taught: dict[str, Any], judged: dict[str, Any]) -> np.ndarray[Any, Any]:
    """LightGBM on the context columns: fitted on role train, stopped early on role validation."""
    is_train = np.asarray(taught["role"] == "train")
    features, bought = matrix(taught), np.asarray(taught["bought"], dtype=float)
    train = lightgbm.Dataset(features[is_train], bought[is_train])
    validation = lightgbm.Dataset(features[~is_train], bought[~is_train], reference=train)
    parameters = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_data_in_leaf": 200,
        "verbose": -1,
        "seed": 1,
    }
    stop = lightgbm.early_stopping(30, verbose=False)
    booster = lightgbm.train(parameters, train, 1000, valid_sets=[validation], callbacks=[stop])
    return np.asarray(booster.predict(matrix(judged)))


def scores(project: Path, truth: Path) -> tuple[dict[str, float], int]:
    """Next-day log loss on test days by forecaster, and the number of rows."""
    with duckdb.connect(str(project / "speed.duckdb"), read_only=True) as con:
        judged = dict(con.execute(JUDGED, [str(truth)]).fetchnumpy())
        taught = dict(con.execute(TAUGHT).fetchnumpy())
    bought = np.asarray(judged["bought"], bool)
    rate = float(np.mean(np.asarray(taught["bought"], dtype=float)[np.asarray(taught["role"] == "train")]))
    forecasts = {"constant": np.full(len(bought), rate), "lightgbm": lightgbm_probability(taught, judged)}
    forecasts |= {name: np.asarray(judged[name], dtype=float) for name in ("baseline", "model", "attainable", "intent")}
    return {name: float(log_losses(values, bought).mean()) for name, values in forecasts.items()}, len(bought)


def report(customers: int, found: dict[str, float], rows: int) -> str:
    """Log loss, and the share of the gap between the constant and the attainable score that each closes."""
    gap = found["constant"] - found["attainable"]
    lines = [
        f"# What can be known: {customers:,} generated customers",
        "",
        f"Next-day log loss on {rows:,} test rows. 100 % is the best score attainable from the observable history.",
        "",
        "| forecaster | log loss | share of the gap closed |",
        "|---|---:|---:|",
    ]
    for name in ("constant", "baseline", "lightgbm", "model", "attainable", "intent"):
        lines.append(f"| {name} | {found[name]:.5f} | {(found['constant'] - found[name]) / gap:.1%} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=270)
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "attainable")
    arguments = parser.parse_args()
    data, project = arguments.work / f"shop_{arguments.customers}", arguments.work / "project"
    data.mkdir(parents=True, exist_ok=True)
    project.mkdir(exist_ok=True)
    (project / "speed.duckdb").unlink(missing_ok=True)
    prepare(project, data, arguments.customers, arguments.days)
    text = report(arguments.customers, *scores(project, data / "truth.parquet"))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "attainable.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
