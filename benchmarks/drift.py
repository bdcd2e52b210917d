"""What fine-tuning makes of a drift, beside retraining from scratch, on a generated shop whose win-back mails stop.

Usage: ``python -m benchmarks.drift --seeds 2 3 1``. Generates a shop for each seed; from a day on most purchases vanish that come
late after the customer's previous one. A champion is trained on what was known before that day; at the end it is fine-tuned, and
another network is trained from scratch. All three are judged on test days of the end, and on old days of customers whom none of
them has seen. Writes benchmarks/results/drift.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from demand_forecast_training.dataset import Dataset, read_dataset
from demand_forecast_training.export import export
from demand_forecast_training.finetuning import finetune
from demand_forecast_training.hyper_parameters import FINETUNING, HyperParameters
from demand_forecast_training.training import Trained, train
from demand_forecast_training.warehouse import find_warehouse
from demand_forecast_training.workflow import registry_row
from numpy.typing import NDArray

from benchmarks.accuracy.shop import MODELS, dbt
from benchmarks.accuracy.trained import answered
from benchmarks.accuracy.variants import Variant
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.skill import log_losses
from benchmarks.speed import EVENT_COLUMNS, RESULTS, ROOT, execute, write_project

Floats = NDArray[np.float64]
HORIZONS = (1, 7)
"""Days within which a purchase is forecast."""
FORECASTERS = ("champion", "fine-tuned", "retrained")
HELD_BACK_OF = 6
"""One customer of so many teaches nobody, by a stable hash: the old days are judged on these."""
REPLICATES = 500
SAID = ("recent_days", "replayed_share")
"""Choices of fine-tuning that the report puts in a sentence."""
LEAST_RECOVERED, MOST_TIME, MOST_WORSE = 0.80, 0.20, 0.01
DEVELOPMENT_SEEDS = (4, 5, 6)
"""Shops on which FINETUNING was chosen; every other one is new to it."""
SEEDS = (2, 3, 1)


@dataclass(frozen=True)
class Drift:
    """From `first_date` on a stable `share` vanishes of the purchase days more than `late_days` after the one before."""

    first_date: date
    late_days: int = 14
    share: float = 0.7


@dataclass(frozen=True)
class Plan:
    """A shop of `customers` whose drift begins `drift_days` before its end; both builds keep the same number of days apart."""

    customers: int = 4800
    days: int = 320
    seed: int = 2
    drift_days: int = 80
    test_days: int = 21
    validation_days: int = 14
    old_days: int = 42
    """Days before the drift on which the customers held back are judged."""

    @property
    def last_date(self) -> date:
        return ShopParameters(self.customers, self.days).first_date + timedelta(days=self.days - 1)

    @property
    def drift(self) -> Drift:
        return Drift(self.last_date - timedelta(days=self.drift_days - 1))

    @property
    def recent_days(self) -> int:
        """Whoever bought at most so many days ago is untouched by the drift within every horizon."""
        return self.drift.late_days - max(HORIZONS)

    def cuts(self, is_before: bool, test_days: int) -> dict[str, str]:
        """Vars of a build as of the day before the drift, or of the last day."""
        latest = self.drift.first_date - timedelta(days=1) if is_before else self.last_date
        trained = latest - timedelta(days=test_days)
        fitted = trained - timedelta(days=self.validation_days)
        return {"as_of_date": str(latest), "trained_through_date": str(trained), "fitted_through_date": str(fitted)}


DRIFTED = """
    copy (
        with purchase_days as (
            select distinct customer_id, event_at::date as event_date from read_parquet($events) where event_type = 'purchase'
        ),
        gaps as (
            select *, event_date - lag(event_date) over (partition by customer_id order by event_date) as gap_days
            from purchase_days
        ),
        vanished as (
            select customer_id, event_date from gaps
            where event_date >= $first_date and gap_days > $late_days
                and md5_number_lower(customer_id || event_date) % 10000 < 10000 * $share
        )
        select events.* from read_parquet($events) as events
        anti join vanished
            on events.event_type = 'purchase' and events.customer_id = vanished.customer_id
                and events.event_at::date = vanished.event_date
        order by events.event_id
    ) to '{file}' (format parquet)
"""


def write_drifted(events: Path, drift: Drift, file: Path) -> None:
    """Write the events of a shop as they are after a drift. Gaps are counted between the purchase days of the shop without it, so
    that whoever bought at most `late_days` ago is untouched. The visits whose purchase vanishes keep their other events."""
    values = {"first_date": drift.first_date, "late_days": drift.late_days, "share": drift.share}
    with duckdb.connect() as con:
        con.execute(DRIFTED.format(file=str(file).replace("'", "''")), values | {"events": str(events)})


def generate(plan: Plan, folder: Path) -> None:
    """Events and calendar of the shop, and its events after the drift."""
    size = ["--customers", str(plan.customers), "--days", str(plan.days), "--seed", str(plan.seed)]
    command = [sys.executable, "-m", "benchmarks.shop_generator", "events", *size, "--out", str(folder), "--no-truth"]
    subprocess.run(command, cwd=ROOT, check=True)
    write_drifted(folder / "events.parquet", plan.drift, folder / "drifted.parquet")


def build_shop(project: Path, data: Path, cuts: dict[str, str], customers: str) -> Path:
    """Build what training and scoring read of the `customers` of an SQL condition; the dates are vars."""
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, cuts)
    columns = ", ".join(EVENT_COLUMNS)
    execute(
        project,
        "create schema if not exists shop",
        f"create or replace table shop.events as select {columns} from read_parquet('{data}/drifted.parquet') where {customers}",
        f"create or replace table shop.calendar as select * from read_parquet('{data}/calendar.parquet')",
    )
    dbt(project, "run", "--full-refresh", "--select", *MODELS)
    return project


def build_shops(plan: Plan, work: Path) -> dict[str, Path]:
    """The shop before the drift and at its end, and the old days of the customers held back."""
    is_held_back = f"md5_number_lower(customer_id) % {HELD_BACK_OF} = 0"
    wanted = {
        "before": (plan.cuts(True, plan.test_days), f"not ({is_held_back})"),
        "after": (plan.cuts(False, plan.test_days), f"not ({is_held_back})"),
        "old": (plan.cuts(True, plan.old_days), is_held_back),
    }
    return {name: build_shop(work / name, work / "data", cuts, customers) for name, (cuts, customers) in wanted.items()}


def read(project: Path) -> Dataset:
    """The training examples of a build."""
    warehouse = find_warehouse(project, project, None)
    with warehouse.visit() as connection:
        return read_dataset(connection, warehouse.relations)


@dataclass(frozen=True)
class Timed:
    """A training, and its wall and processor seconds."""

    trained: Trained
    seconds: float
    processor_seconds: float


def timed(training: Callable[[], Trained]) -> Timed:
    start, processor = time.perf_counter(), time.process_time()
    trained = training()
    return Timed(trained, time.perf_counter() - start, time.process_time() - processor)


def train_all(before: Dataset, after: Dataset, choices: HyperParameters) -> dict[str, Timed]:
    """Champion, fine-tuned and retrained, one after another. Networks alone are fairest: fine-tuning keeps its parent's trees as
    they are, beside which retraining would fit new ones."""
    champion = timed(lambda: train(before, choices))
    tuning = replace(champion.trained.choices, **FINETUNING)  # type: ignore[arg-type]
    tuned = timed(lambda: finetune(after, champion.trained.network, tuning))
    return {"champion": champion, "fine-tuned": tuned, "retrained": timed(lambda: train(after, choices))}


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


def judge(project: Path, data: Dataset, forecasters: dict[str, Trained]) -> Judged:
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


@dataclass(frozen=True)
class Target:
    """A bar and what was measured, horizons side by side."""

    title: str
    bar: str
    measured: str
    is_met: bool

    @property
    def verdict(self) -> str:
        return f"{self.measured}: {'met' if self.is_met else 'MISSED'}"


@dataclass(frozen=True)
class Result:
    """What one shop gave; `sizes` are training origins."""

    plan: Plan
    figures: dict[tuple[str, int], Compared]
    runs: dict[str, Timed]
    sizes: dict[str, int]

    def targets(self) -> list[Target]:
        """The targets beside what was measured."""
        share = self.runs["fine-tuned"].seconds / self.runs["retrained"].seconds
        recovered = [self.figures[EVERY, days].recovered for days in HORIZONS]
        return [
            Target("recovered", f"at least {LEAST_RECOVERED:.0%}", shown(recovered, ".1%"), min(recovered) >= LEAST_RECOVERED),
            Target("share of the time of retraining", f"at most {MOST_TIME:.0%}", shown([share], ".1%"), share <= MOST_TIME),
            *(self.target_of_slice(kind) for kind in (OLD_RECENT, RECENT, OLD)),
        ]

    def target_of_slice(self, kind: str) -> Target:
        """How much worse a slice may get."""
        found = [self.figures[kind, days] for days in HORIZONS]
        worse = [figure.worse for figure in found]
        title = f"worse than the champion: {found[0].title}"
        return Target(title, f"at most {MOST_WORSE:.0%}", shown(worse, "+.2%"), max(worse) <= MOST_WORSE)


def shown(values: list[float], digits: str) -> str:
    """Values of the horizons side by side."""
    return " and ".join(format(value, digits) for value in values)


def loss_lines(figures: dict[tuple[str, int], Compared], drifted: tuple[str, ...]) -> list[str]:
    """A row for each kind of rows and horizon; the share recovered where the drift is."""
    lines = []
    for (kind, days), found in figures.items():
        losses = " | ".join(f"{found.loss[name]:.5f}" for name in FORECASTERS)
        low, high = found.interval
        recovered = f"{found.recovered:.0%} ({low:.0%} to {high:.0%})" if kind in drifted else "-"
        lines.append(f"| {found.title} | {days} | {found.rows:,} | {losses} | {found.worse:+.2%} | {recovered} |")
    return lines


def time_lines(runs: dict[str, Timed]) -> list[str]:
    """A row for each training."""
    return [
        f"| {name} | {run.trained.epochs} | {run.seconds:.0f} | {run.processor_seconds:.0f} "
        f"| {run.seconds / runs['retrained'].seconds:.1%} | {run.trained.validation_loss:.5f} |"
        for name, run in runs.items()
    ]


def plan_lines(plan: Plan) -> list[str]:
    """What was built, the same for every shop but its seed."""
    drift = plan.drift
    return [
        f"{plan.customers:,} generated customers, {plan.days} days. From {drift.first_date} on, {plan.drift_days} days before",
        f"the end, {drift.share:.0%} of the purchase days vanish that come more than {drift.late_days} days after the customer's",
        "one before. The champion knows only what came before that day; fine-tuning starts from it and retraining from nothing,",
        f"both at the end. In both builds the last {plan.test_days} days test and the {plan.validation_days} before them",
        f"validate. One customer in {HELD_BACK_OF} teaches nobody; on these the last {plan.old_days} days before the drift are",
        f"judged. Whoever bought in the last {plan.recent_days} days is untouched by the drift within every horizon; the same",
        "history of anybody else now has another future. Networks without trees, since fine-tuning keeps its parent's.",
    ]


def finetuning_lines(choices: HyperParameters) -> list[str]:
    """How fine-tuning went, and where that was chosen."""
    chosen = ", ".join(f"{name} {value}" for name, value in FINETUNING.items() if name not in SAID)
    return [
        f"Fine-tuning teaches the last {choices.recent_days} days and {choices.replayed_share} older origins for each, with",
        f"{chosen}.",
        f"That was chosen on the shops of seeds {shown(list(DEVELOPMENT_SEEDS), 'd')}.",
    ]


def summary(results: list[Result]) -> list[str]:
    """Each target beside what every shop gave."""
    shops = " | ".join(f"shop of seed {result.plan.seed}" for result in results)
    horizons = " and ".join(map(str, HORIZONS))
    rows = zip(*(result.targets() for result in results), strict=True)
    return [
        f"| target, {horizons} days ahead | bar | {shops} |",
        "|---|---|" + "---|" * len(results),
        *(f"| {row[0].title} | {row[0].bar} | {' | '.join(target.verdict for target in row)} |" for row in rows),
    ]


def details(result: Result) -> list[str]:
    """All figures of a shop."""
    threads = result.runs["champion"].trained.choices.threads
    sizes = " and ".join(f"{count:,} ({name})" for name, count in result.sizes.items())
    return [
        f"## Shop of seed {result.plan.seed}",
        "",
        "| rows | days ahead | count | champion | fine-tuned | retrained | fine-tuned against champion | recovered |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *loss_lines(result.figures, (EVERY, LATE)),
        "",
        f"One after another in one process with {threads} threads, calibration included. Training origins: {sizes}.",
        "",
        "| training | epochs | seconds | processor seconds | share of retraining | validation loss |",
        "|---|---:|---:|---:|---:|---:|",
        *time_lines(result.runs),
        "",
    ]


def report(results: list[Result]) -> str:
    """The results as Markdown."""
    lines = [
        "# After a drift: fine-tuning beside retraining",
        "",
        *plan_lines(results[0].plan),
        "",
        *finetuning_lines(results[0].runs["fine-tuned"].trained.choices),
        "",
        *summary(results),
        "",
        "Below, mean log loss, all out of sample. Recovered is (champion - fine-tuned) / (champion - retrained), with its 95 %",
        "interval over customers.",
        "",
        *(line for result in results for line in details(result)),
    ]
    return "\n".join(lines)


def run(plan: Plan, work: Path) -> Result:
    """Build, train and judge one shop."""
    (work / "data").mkdir(parents=True, exist_ok=True)
    generate(plan, work / "data")
    projects = build_shops(plan, work)
    before, after = read(projects["before"]), read(projects["after"])
    runs = train_all(before, after, HyperParameters(are_trees_tried=False))
    trained = {name: run.trained for name, run in runs.items()}
    figures = figures_of(plan, judge(projects["after"], after, trained), judge(projects["old"], before, trained))
    return Result(plan, figures, runs, {"champion": len(before.train), "at the end": len(after.train)})


def main() -> None:
    standard = Plan()
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("customers", "days", "drift_days"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(standard, name))
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="a shop each")
    parser.add_argument("--work", type=Path, default=ROOT / "warehouse" / "drift", help="folder for data and warehouses")
    arguments = vars(parser.parse_args())
    work, seeds = arguments.pop("work").resolve(), arguments.pop("seeds")
    RESULTS.mkdir(exist_ok=True)
    results: list[Result] = []
    for seed in seeds:
        results.append(run(Plan(**arguments, seed=seed), work / f"shop_{seed}"))
        (RESULTS / "drift.md").write_text(report(results))
    print(report(results))


if __name__ == "__main__":
    main()
