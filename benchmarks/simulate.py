"""Sixty days of a shop, with and without a drift, from health's alarm to a better champion: see ``benchmarks.simulation_plan``.

Usage: ``python -m benchmarks.simulate --seeds 1 2 3 4 5``. Writes results/simulation.md and simulation.png.
What comes of a shop is kept in results/simulation/SEED.json; a shop with such a file is not simulated again.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from demand_forecast import __version__
from demand_forecast.dbt_models import score_requests
from demand_forecast_training.improvement import workflow
from demand_forecast_training.improvement.challenger import read_examples
from demand_forecast_training.warehouse.connection import find_warehouse
from numpy.typing import NDArray

from benchmarks.accuracy.log import clean_commit
from benchmarks.shuffled import shuffled_outcomes
from benchmarks.simulation_plan import SEEDS, VANISHING_SHARE, Plan
from benchmarks.simulation_report import write_report
from benchmarks.skill import log_losses
from benchmarks.speed import EVENT_COLUMNS, RESULTS, ROOT, execute, write_project

Floats = NDArray[np.float64]
WORK = ROOT / "warehouse" / "simulation"
KEPT = RESULTS / "simulation"
"""What came of each shop, a file a seed: a shop takes an hour on a slow machine, so that they are simulated one after another."""
MODELS = (
    *("+model_health", "+customer_forecasts", "+data_readiness", "+err_shadow_losses", "model_challenges"),
    *("+lbl_training_examples", "+lbl_refit_examples", "+lbl_challenger_refit_examples"),
    *("+seq_customer_histories", "+seq_customer_inputs"),
)
COLUMNS = ", ".join(name for name in EVENT_COLUMNS if name != "product_id")
"""Without products: nothing here asks for them."""
HEALTH = """
    select status, reasons, changed_since_date from main_demand.model_health where task = 'customer_demand'
"""
DAY = """
    insert into shop.events select {columns} from read_parquet('{events}') as events
    where event_at::date = date '{day}' and not exists (
        select 1 from vanished where vanished.customer_id = events.customer_id and events.event_type = 'purchase'
    )
"""
VANISHED = """
    create or replace temp table vanished as
    select distinct customer_id from read_parquet('{events}')
    where event_type = 'purchase' and event_at::date = date '{day}'
        and md5_number_lower(customer_id || event_at::date) % 10000 < 10000 * {share}
"""
ASKED = """
    select origins.customer_id, origins.as_of_date, origins.input_hash, 'shadow' as purpose, inputs.feature_set_version,
        inputs.context, inputs.steps, inputs.days
    from {seq_origins} as origins inner join {seq_customer_inputs} as inputs using (customer_id, as_of_date)
    where origins.as_of_date between ? and ? order by inputs.position
"""
JUDGED = """
    select served.purchase_probability as served, stale.purchase_probability[1] as stale, outcomes.has_purchased as bought
    from stale
    inner join {pred_customer_horizons} as served using (customer_id, as_of_date)
    inner join {lbl_customer_outcomes} as outcomes using (customer_id, as_of_date, horizon_days)
    where served.horizon_days = 1 and served.purpose = 'served'
    qualify row_number() over (partition by customer_id, as_of_date order by served.scored_at desc) = 1
    order by customer_id, as_of_date
"""


@dataclass
class Run:
    """What came of one shop, by day: the status of health, and what was decided."""

    seed: int
    is_drifted: bool
    status: list[str] = field(default_factory=list)
    losses: dict[str, list[float]] = field(default_factory=dict)
    decisions: list[tuple[int, str, bool, str]] = field(default_factory=list)
    is_rollback_exact: bool | None = None
    is_shuffled_refused: bool | None = None


def prepared(plan: Plan, work: Path) -> Path:
    """The shop of a seed on the eve of the drift, with the champion of day 0; returns its project."""
    project, events = work / "project", work / "data" / "events.parquet"
    shutil.rmtree(project, ignore_errors=True)
    if not events.exists():
        size = [
            "--customers",
            str(plan.customers),
            "--days",
            str(plan.history_days + plan.simulated_days),
            "--seed",
            str(plan.seed),
        ]
        command = [sys.executable, "-m", "benchmarks.shop_generator", "events", *size, "--out", str(events.parent), "--no-truth"]
        subprocess.run(command, cwd=ROOT, check=True)
    write_project(project, settings())
    execute(
        project,
        "create schema if not exists shop",
        f"create or replace table shop.events as select {COLUMNS} from read_parquet('{events}') "
        f"where event_at::date <= date '{plan.date_of(0)}'",
        f"create or replace table shop.calendar as select * from read_parquet('{events.parent}/calendar.parquet')",
    )
    build(project)
    demand(project, "train", "--promote")
    build(project)
    return project


def settings() -> dict[str, Any]:
    """The package's defaults; the day of the run is long after the shop's, so nothing is called stale."""
    columns = {name: name for name in EVENT_COLUMNS if name != "product_id"}
    source = {"name": "shop", "source": ["shop", "events"], "columns": columns, "loads_whole_days": True}
    return {"event_sources": [source], "health_stale_days": 3650}


@functools.cache
def parsed(project: Path) -> Any:
    """dbt's manifest of a project; its models do not change from day to day."""
    with contextlib.chdir(project):
        return dbtRunner().invoke(["--quiet", "parse", "--profiles-dir", str(project)]).result


def build(project: Path) -> None:
    """Build in this process, which saves most of a small build's time, and let go of the warehouse."""
    with contextlib.chdir(project):
        command = ["--quiet", "run", "--profiles-dir", str(project), "--select", *MODELS]
        done = dbtRunner(manifest=parsed(project)).invoke(command)
    DuckDBConnectionManager.close_all_connections()
    if not done.success:
        raise RuntimeError(f"dbt run failed in {project}: {done.exception or 'see logs/dbt.log'}")


def demand(project: Path, *arguments: str) -> str:
    command = [
        str(Path(sys.executable).parent / "demand"),
        *arguments,
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
    ]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode and (arguments[0] != "improve" or "Traceback" in said):  # improve may say that it waits
        raise RuntimeError(f"demand {' '.join(arguments)} failed in {project}: {said}")
    return said


def simulated(plan: Plan, work: Path) -> list[Run]:
    """The shop without drift and with it; the days before the drift are the same for both."""
    project = prepared(plan, work)
    calm = Run(plan.seed, is_drifted=False)
    for day in range(1, plan.drift_day):
        lived(plan, project, work, calm, day)
    drifted_project = copied(project, work / "drifted")
    drifted = replace(calm, is_drifted=True, status=list(calm.status), decisions=[])
    for day in range(plan.drift_day, plan.simulated_days + 1):
        lived(plan, project, work, calm, day)
        lived(plan, drifted_project, work, drifted, day)
    drifted.losses = judged(plan, drifted_project)
    calm.losses = judged(plan, project)
    return [calm, drifted]


def copied(project: Path, copy: Path) -> Path:
    """Another project with the same warehouse, in place of what was there."""
    shutil.rmtree(copy, ignore_errors=True)
    return shutil.copytree(project, copy, symlinks=True)


def lived(plan: Plan, project: Path, work: Path, run: Run, day: int) -> None:
    """A day of events, a build, a look at health; after an alarm of the drifted shop also `demand improve`."""
    share = VANISHING_SHARE if run.is_drifted and day >= plan.drift_day else 0.0
    names = {"events": work / "data" / "events.parquet", "day": plan.date_of(day), "share": share, "columns": COLUMNS}
    execute(project, VANISHED.format(**names), DAY.format(**names))
    build(project)
    ((status, reasons, since),) = execute(project, HEALTH)
    run.status.append(status)
    print(f"seed {plan.seed} {'drifted' if run.is_drifted else 'calm'} day {day}: {status}: {reasons} {since or ''}", flush=True)
    if status == "retrain" and run.is_drifted:
        improve(project, run, day)


def improve(project: Path, run: Run, day: int) -> None:
    """Run the command. With the first challenge see that the gate refuses in its place one that learnt nothing; after the first
    promotion, that a roll-back brings back what was."""
    execute(project, "create or replace table shop.before as select * from main_demand.customer_forecasts")
    unchallenged = copied(project, project.parent / "unchallenged") if run.is_shuffled_refused is None else None
    said = demand(project, "improve").strip().splitlines()[-2:]
    sql = "select action, is_promoted, refit_version from main_demand.model_challenges order by challenge_number"
    challenges = execute(project, sql)
    is_new = len(challenges) > sum(action != "waits" for _, action, _, _ in run.decisions)
    action, is_promoted, refit = challenges[-1] if is_new else ("waits", False, None)
    run.decisions.append((day, action, is_promoted, " ".join(said)))
    print(f"seed {run.seed} day {day}: {action}: {' '.join(said)}", flush=True)
    if unchallenged and is_new:
        run.is_shuffled_refused = shuffled_is_refused(unchallenged)
    if is_promoted:
        if run.is_rollback_exact is None:
            run.is_rollback_exact = comes_back(project, refit)
        build(project)


def comes_back(project: Path, refit: str) -> bool:
    """Whether a roll-back restores the forecasts of before to the last digit; the refit serves again afterwards."""
    build(project)
    demand(project, "rollback")
    build(project)
    both = ("main_demand.customer_forecasts", "shop.before")
    columns = "customer_id, horizon_days, model_version, purchase_probability, expected_units, expected_revenue"
    sides = [f"(select {columns} from {one} except select {columns} from {other})" for one, other in (both, both[::-1])]
    ((differing,),) = execute(project, f"select count(*) from ({sides[0]} union all {sides[1]})")
    demand(project, "promote", refit)
    return bool(differing == 0)


def judged(plan: Plan, project: Path) -> dict[str, list[float]]:
    """Mean next-day log loss on the judged days of the champion of day 0, of what was served, and of the former at the level of
    hindsight."""
    warehouse = find_warehouse(project, project, None)
    days = [plan.date_of(plan.judged_from_day), plan.date_of(plan.simulated_days - 1)]
    with warehouse.visit() as connection:
        relations = warehouse.relations
        connection.execute("create temp table asked as " + ASKED.format(**relations), days)
        first = connection.sql(f"select * from {relations['model_registry']} order by trained_at limit 1")
        inputs, keys = connection.table("asked"), ("customer_id", "as_of_date", "input_hash", "purpose")
        stale = score_requests(
            connection, keys=keys, inputs=inputs, versions={"shadow": first}, require_gpu=False, dbt_version=__version__
        )
        connection.register("stale", stale.to_arrow_table())
        rows = connection.execute(JUDGED.format(**relations)).fetchnumpy()
    bought, said = rows["bought"].astype(bool), {name: rows[name].astype(np.float64) for name in ("stale", "served")}
    said["hindsight"] = at_best_level(said["stale"], bought)
    return {name: [float(log_losses(values, bought).mean()), float(values.mean())] for name, values in said.items()} | {
        "actual": [0.0, float(bought.mean())]
    }


def at_best_level(probability: Floats, bought: NDArray[np.bool_]) -> Floats:
    """Probabilities whose logits are moved by the number with the lowest log loss: their mean is then the rate."""
    logit = np.log(probability / (1 - probability))
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (1 / (1 + np.exp(-logit - middle))).mean() > bought.mean() else (middle, high)
    return np.asarray(1 / (1 + np.exp(-logit - low)), dtype=np.float64)


def shuffled_is_refused(project: Path) -> bool:
    """Whether the gate refuses a challenger whose customers' outcomes were shuffled among them before training."""
    read = read_examples
    with mock.patch.object(workflow, "read_examples", lambda *arguments: shuffled_outcomes(read(*arguments))):
        return workflow.improve(find_warehouse(project, project, None), {}, "train", 1, project / "logs") is None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--only-report", action="store_true", help="write the report of what was simulated")
    options = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    commit = "" if options.only_report else clean_commit()
    for seed in options.seeds if not options.only_report else ():
        file = KEPT / f"{seed}.json"
        if not file.exists():
            runs = [asdict(run) for run in simulated(Plan(seed), WORK / str(seed))]
            content = {"commit": commit, "runs": runs}
            file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    kept = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(KEPT.glob("*.json"))]
    write_report([run for shop in kept for run in shop["runs"]], sorted({shop["commit"] for shop in kept}))


if __name__ == "__main__":
    main()
