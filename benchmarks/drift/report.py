"""The targets beside what was measured, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from demand_forecast_training.learning.hyper_parameters import FINETUNING, HyperParameters

from benchmarks.drift.judging import EVERY, LATE, OLD, OLD_RECENT, RECENT, Compared
from benchmarks.drift.plan import DEVELOPMENT_SEEDS, HORIZONS, Plan
from benchmarks.drift.shops import HELD_BACK_OF
from benchmarks.drift.trainings import FORECASTERS, Timed

SAID = ("recent_days", "replayed_share")
"""Choices of fine-tuning that the report puts in a sentence."""
LEAST_RECOVERED, MOST_TIME, MOST_WORSE = 0.80, 0.20, 0.01


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
        f"That was chosen on the shops of seeds {', '.join(map(str, DEVELOPMENT_SEEDS))}; the number of epochs",
        "also by the time that it took on the shops below.",
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
