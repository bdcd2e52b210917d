"""The table and the plot of ``benchmarks.simulate``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.simulation_plan import ALARM_DAYS, LEAST_ALARMS, LEAST_RECOVERED, MOST_FALSE_ALARMS, Plan
from benchmarks.speed import RESULTS

Run = Mapping[str, Any]
HEADER = (
    "seed",
    "first alarm",
    "promotions",
    "other attempts",
    "stale champion",
    "served",
    "hindsight",
    "recovered",
    "bias, stale",
    "bias, served",
)
COLOURS = {"ok": "#cfe8cf", "warning": "#f6e3a8", "retrain": "#e07b7b"}


def write_report(runs: Sequence[Run], commits: Sequence[str]) -> None:
    """Write results/simulation.md and simulation.png of what was simulated at some commits."""
    (RESULTS / "simulation.md").write_text("\n".join(page(runs, commits)) + "\n", encoding="utf-8")
    draw(runs)


def page(runs: Sequence[Run], commits: Sequence[str]) -> Iterator[str]:
    plan = Plan(0)
    drifted, calm = ([run for run in runs if run["is_drifted"] is is_drifted] for is_drifted in (True, False))
    shops, shares = f"of {len(drifted)}", ", ".join(f"{recovered(run):.0%}" for run in drifted)
    questions = [
        (
            f"health says `retrain` within {ALARM_DAYS} days of the drift and not before",
            f"{LEAST_ALARMS} of 5",
            f"{sum(in_time(run, plan) for run in drifted)} {shops}",
        ),
        (
            f"false alarms in {plan.simulated_days} days without drift",
            f"at most {MOST_FALSE_ALARMS} in all",
            sum(len(alarms(run)) for run in calm),
        ),
        ("a better challenger is promoted", "every shop", f"{sum(bool(promotions(run)) for run in drifted)} {shops}"),
        (
            f"log loss recovered from day {plan.judged_from_day} on",
            f"at least {LEAST_RECOVERED:.0%}",
            f"{together(drifted):.0%} ({shares})",
        ),
        ("a roll-back restores the forecasts exactly", "every shop", f"{count(drifted, 'is_rollback_exact')} {shops}"),
        ("a challenger of shuffled outcomes is refused", "every shop", f"{count(drifted, 'is_shuffled_refused')} {shops}"),
    ]
    yield from (
        "# Sixty days, from an alarm to a better champion",
        "",
        f"{plan.customers} generated customers a shop; from day {plan.drift_day} on 40 % of the days with a purchase vanish.",
        "What is done, and what counts as success, was written down before: `benchmarks/simulation_plan.py`. By `make simulate`",
        f"at {' and '.join(commits)}.",
        "",
        "| question | asked | found |",
        "|---|---|---|",
    )
    yield from (f"| {question} | {asked} | {found} |" for question, asked, found in questions)
    yield from ("", f"| {' | '.join(HEADER)} |", "|" + "---|" * len(HEADER))
    yield from (row_of(run) for run in drifted)
    yield from (
        "",
        "Log loss of the next day, mean over customers and days. Hindsight is the stale champion at the level that fits these",
        "days best. Bias is expected over actual purchases, less 1. An attempt waits where no day since the change lies before",
        "the gate, or where the champion has seen the gate's days.",
        "",
        "![Health by day, and promotions](simulation.png)",
    )


def count(runs: Sequence[Run], name: str) -> int:
    return sum(run[name] is True for run in runs)


def row_of(run: Run) -> str:
    losses = run["losses"]
    rate = losses["actual"][1]
    others = [f"{day}: {action}" for day, action, is_promoted, _ in run["decisions"] if not is_promoted]
    figures = [f"{losses[name][0]:.4f}" for name in ("stale", "served", "hindsight")]
    biases = [f"{losses[name][1] / rate - 1:+.1%}" for name in ("stale", "served")]
    cells = [
        run["seed"],
        *[f"day {alarms(run)[0]}" if alarms(run) else "none"],
        ", ".join(f"{day}: {action}" for day, action in promotions(run)),
        ", ".join(others),
        *figures,
        f"{recovered(run):.0%}",
        *biases,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def alarms(run: Run) -> list[int]:
    """Days that say `retrain` after one that did not."""
    status = ["ok", *run["status"]]
    return [day for day in range(1, len(status)) if status[day] == "retrain" != status[day - 1]]


def in_time(run: Run, plan: Plan) -> bool:
    return bool(alarms(run)) and plan.drift_day <= alarms(run)[0] <= plan.drift_day + ALARM_DAYS


def promotions(run: Run) -> list[tuple[int, str]]:
    return [(day, action) for day, action, is_promoted, _ in run["decisions"] if is_promoted]


def recovered(run: Run) -> float:
    stale, served, best = (run["losses"][name][0] for name in ("stale", "served", "hindsight"))
    return float((stale - served) / (stale - best))


def together(runs: Sequence[Run]) -> float:
    """Recovered of the sum over shops."""
    stale, served, best = (sum(run["losses"][name][0] for run in runs) for name in ("stale", "served", "hindsight"))
    return float((stale - served) / (stale - best))


def draw(runs: Sequence[Run]) -> None:
    """A row of days for each run, coloured by health; a triangle where a challenger was promoted."""
    figure, axes = plt.subplots(figsize=(10, 0.42 * len(runs) + 1.4))
    ordered = sorted(runs, key=lambda run: (run["is_drifted"], run["seed"]))
    for place, run in enumerate(ordered):
        for day, status in enumerate(run["status"], start=1):
            axes.barh(place, 1, left=day - 0.5, height=0.8, color=COLOURS[status])
        axes.plot([day for day, _ in promotions(run)], [place] * len(promotions(run)), "k^", markersize=6)
    names = [f"{'drifted' if run['is_drifted'] else 'calm'}, seed {run['seed']}" for run in ordered]
    axes.set_yticks(range(len(names)), names)
    axes.axvline(Plan(0).drift_day - 0.5, color="black", linewidth=1, linestyle="--")
    axes.set(xlabel="day", xlim=(0.5, Plan(0).simulated_days + 0.5))
    axes.set_title("model_health: ok green, warning yellow, retrain red; dashed the drift; triangles promotions", fontsize=9)
    figure.tight_layout()
    figure.savefig(RESULTS / "simulation.png", dpi=110)
