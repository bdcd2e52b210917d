"""Stock held and units served: a shop's days replayed with the levels of ``inventory_plan`` and with those of 28-day means.

Usage: ``python -m benchmarks.stock``. Writes benchmarks/results/stock.md. Each product is looked at once a week; what is
ordered at the end of a day arrives at the end of the day its lead time later; what is not there is not sold and not wanted
later. The network has seen no replayed day. The first days fill the pipeline, the next choose each policy's setting, the last are
reported.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.shop import dbt
from benchmarks.planned_shops import SHOPS, Shop, prepared
from benchmarks.shop_generator.stock import LEAD_TIMES
from benchmarks.speed import RESULTS, ROOT, execute

Array = NDArray[np.float64]
REVIEW_DAYS = 7
FILLING_DAYS, CHOOSING_DAYS = 28, 28
SERVICE_LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99)
COVER_FACTORS = tuple(np.round(np.geomspace(0.7, 6.0, 40), 4))
DEVIATIONS = tuple(np.round(np.linspace(-1.0, 5.0, 40), 4))
FILL_RATES = (0.9, 0.95, 0.98)
DRAWS = 1000
PLAN, MEANS, SPREADS = "inventory_plan", "28-day mean x factor", "28-day mean + deviations"
LEVELS = """
{{%- set quantiles = demand_forecast.product_quantiles().cumulative %}}
with covered as (
    select ledger.product_id, ledger.as_of_date, levels.service_level,
        {{%- for name, level, normal in quantiles %}}
        cast({{{{ demand_forecast.list_item('ledger.' ~ name, 'leads.lead_time_days + {review}') }}}} as double)
            as {{{{ name }}}},
        {{%- endfor %}}
        ledger.predictor
    from {{{{ ref('demand_forecast', 'pred_product_ledger') }}}} as ledger
    inner join shop.leads as leads on ledger.product_id = leads.product_id
    cross join (select unnest([{levels}]) as service_level) as levels
    where ledger.predictor = 'model' and ledger.purpose = 'backtest'
)
select product_id, as_of_date, service_level, {{{{ demand_forecast.units_at_level('service_level') }}}} as reorder_point
from covered
"""
"""The package's own macro: what inventory_plan would have said on each of the days."""


@dataclass(frozen=True)
class Replay:
    """One policy at one setting after another: [settings, days, products] of units served and on hand at the end of the day."""

    name: str
    settings: tuple[float, ...]
    served: Array
    held: Array


@dataclass(frozen=True)
class Past:
    """Days and products of a shop. ``demand`` [D, P]; ``mean`` and ``deviation`` [D, P] of the 28 days up to each day; ``plan``
    [settings, D, P]: the level of each day, NaN where nothing was said; ``lead`` [P] in days."""

    demand: Array
    mean: Array
    deviation: Array
    plan: Array
    lead: NDArray[np.int64]


PRODUCTS = """
    create or replace table shop.leads as
    select product_id, (list_value{leads})[1 + (row_number() over (order by product_id) - 1) % {count}] as lead_time_days
    from (
        select product_id from main_demand.pred_product_ledger where predictor = 'model' and purpose = 'backtest'
        group by product_id having min(as_of_date) = (select trained_through_date from main_demand.seq_cut_dates)
    )
"""
DAYS = """
    select event_date, timeline.product_id, units,
        avg(units) over last_28, coalesce(stddev_pop(units) over last_28, 0), lead_time_days
    from main_demand.seq_product_timeline as timeline
    inner join shop.leads as leads on timeline.product_id = leads.product_id
    window last_28 as (partition by timeline.product_id order by event_date rows between 27 preceding and current row)
    qualify event_date >= (select trained_through_date from main_demand.seq_cut_dates)
    order by event_date, timeline.product_id
"""
SAID = """
    select service_level, as_of_date, product_id, reorder_point from main.replay_levels
    order by service_level, as_of_date, product_id
"""


def past_of(project: Path) -> Past:
    """What was wanted, and what each policy knew on each day. Day 0 is the first origin: its own demand is past."""
    execute(project, PRODUCTS.format(leads=LEAD_TIMES, count=len(LEAD_TIMES)))
    model = LEVELS.format(levels=", ".join(map(str, SERVICE_LEVELS)), review=REVIEW_DAYS)
    (project / "models" / "replay_levels.sql").write_text("{{ config(materialized='table') }}\n" + model)
    dbt(project, "run", "--select", "replay_levels")
    rows = execute(project, DAYS)
    days, products = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    demand, mean, deviation, lead = (
        np.array([row[at] for row in rows], float).reshape(len(days), len(products)) for at in range(2, 6)
    )
    plan = np.full((len(SERVICE_LEVELS), len(days), len(products)), np.nan)
    place = {name: {value: at for at, value in enumerate(values)} for name, values in (("day", days), ("product", products))}
    for level, day, product, units in execute(project, SAID):
        plan[SERVICE_LEVELS.index(round(float(level), 4)), place["day"][day], place["product"][product]] = units
    return Past(demand, mean, deviation, plan, lead[0].astype(np.int64))


def levels_of(past: Past, name: str) -> tuple[tuple[float, ...], Array]:
    """Settings of a policy, and [settings, D, P] the level to order up to on each day, in whole units."""
    cover = past.lead + REVIEW_DAYS
    if name == PLAN:
        return SERVICE_LEVELS, past.plan
    if name == MEANS:
        return COVER_FACTORS, np.ceil(np.array(COVER_FACTORS)[:, None, None] * past.mean * cover)
    safety = np.array(DEVIATIONS)[:, None, None] * past.deviation * np.sqrt(cover)
    return DEVIATIONS, np.ceil(np.maximum(past.mean * cover + safety, 0))


def replay(past: Past, name: str) -> Replay:
    """Order up to the level once a week; start with the first level on hand."""
    settings, levels = levels_of(past, name)
    days, products = past.demand.shape
    on_hand = np.nan_to_num(levels[:, 0])
    coming = np.zeros((len(settings), days + max(LEAD_TIMES) + 1, products))
    served, held = np.zeros((len(settings), days, products)), np.zeros((len(settings), days, products))
    for day in range(1, days):
        served[:, day] = np.minimum(on_hand, past.demand[day])
        on_hand = on_hand - served[:, day] + coming[:, day]
        held[:, day] = on_hand
        if day % REVIEW_DAYS == 0:
            position = on_hand + coming[:, day + 1 :].sum(axis=1)
            order = np.maximum(np.nan_to_num(levels[:, day]) - position, 0)
            for lead in set(past.lead.tolist()):
                coming[:, day + lead, past.lead == lead] += order[:, past.lead == lead]
    return Replay(name, settings, served, held)


def figures(replayed: Replay, past: Past, days: slice, products: NDArray[np.int64]) -> tuple[Array, Array]:
    """[settings] fill rate and units on hand on a mean day."""
    served = replayed.served[:, days][:, :, products].sum(axis=(1, 2))
    return served / past.demand[days][:, products].sum(), replayed.held[:, days][:, :, products].sum(axis=2).mean(axis=1)


def stock_at(fill: Array, stock: Array, wanted: float) -> float:
    """Stock at a fill rate, on the line between the settings around it; NaN outside of what the settings reach."""
    order = np.argsort(fill)
    return float(np.interp(wanted, fill[order], stock[order], left=np.nan, right=np.nan))


def saving(ours: Replay, theirs: Replay, past: Past, days: slice, wanted: float, products: NDArray[np.int64]) -> float:
    """Share of the other policy's stock that the plan does without at the same fill rate."""
    return 1 - stock_at(*figures(ours, past, days, products), wanted) / stock_at(*figures(theirs, past, days, products), wanted)


def chosen(replayed: Replay, past: Past, days: slice, wanted: float) -> int:
    """The least setting whose fill rate on these days is the wanted one; the greatest where none reaches it."""
    fill, _ = figures(replayed, past, days, np.arange(past.demand.shape[1]))
    reached = np.flatnonzero(fill >= wanted)
    return int(reached[0]) if len(reached) else len(fill) - 1


def tuned_lines(replays: Sequence[Replay], past: Past, choosing: slice, last: slice) -> list[str]:
    """Each policy at the setting that the earlier days chose."""
    every = np.arange(past.demand.shape[1])
    lines = []
    for wanted in FILL_RATES:
        for replayed in replays:
            at = chosen(replayed, past, choosing, wanted)
            fill, stock = figures(replayed, past, last, every)
            lines.append(f"| {wanted:.0%} | {replayed.name} | {replayed.settings[at]:g} | {fill[at]:.1%} | {stock[at]:,.0f} |")
    return lines


def equal_lines(replays: Sequence[Replay], past: Past, last: slice) -> list[str]:
    """Stock at the same fill rate on the reported days, with an interval over draws of products."""
    count = past.demand.shape[1]
    draws = np.random.default_rng(0).integers(0, count, (DRAWS, count))
    ours, lines = replays[0], []
    for wanted in FILL_RATES:
        for theirs in replays[1:]:
            own, other = (stock_at(*figures(one, past, last, np.arange(count)), wanted) for one in (ours, theirs))
            if np.isnan(own + other):
                lines.append(f"| {wanted:.0%} | {theirs.name} | {units_held(own)} | {units_held(other)} | | |")
                continue
            drawn = np.array([drawn_saving(ours, theirs, past, last, wanted, draw) for draw in draws])
            low, high = np.nanpercentile(drawn, [2.5, 97.5])
            spread = f"{low:+.1%} to {high:+.1%}"
            lines.append(f"| {wanted:.0%} | {theirs.name} | {own:,.0f} | {other:,.0f} | {1 - own / other:+.1%} | {spread} |")
    return lines


def units_held(stock: float) -> str:
    """Stock as the table says it."""
    return "not reached" if np.isnan(stock) else f"{stock:,.0f}"


def drawn_saving(ours: Replay, theirs: Replay, past: Past, days: slice, wanted: float, draw: NDArray[np.int64]) -> float:
    """The saving of a draw of products."""
    found = []
    weights = np.bincount(draw, minlength=past.demand.shape[1])
    for one in (ours, theirs):
        fill = one.served[:, days].sum(axis=1) @ weights / (past.demand[days].sum(axis=0) @ weights)
        found.append(stock_at(fill, one.held[:, days].mean(axis=1) @ weights, wanted))
    return 1 - found[0] / found[1]


def section(shop: Shop, project: Path) -> list[str]:
    """The tables of one shop."""
    past = past_of(project)
    replays = [replay(past, name) for name in (PLAN, MEANS, SPREADS)]
    choosing = slice(1 + FILLING_DAYS, 1 + FILLING_DAYS + CHOOSING_DAYS)
    last = slice(choosing.stop, past.demand.shape[0])
    return [
        f"## {shop.title}",
        "",
        f"{past.demand.shape[1]} products, {past.demand[last].sum(axis=1).mean():,.0f} units a day. Settings are chosen on days",
        f"{choosing.start} to {choosing.stop - 1} of the test days; days {last.start} to {last.stop - 1} are reported.",
        "",
        "| wanted fill rate | policy | setting chosen | fill rate | units held |",
        "|---:|---|---:|---:|---:|",
        *tuned_lines(replays, past, choosing, last),
        "",
        "At the same fill rate on the reported days:",
        "",
        "| fill rate | beside | held by inventory_plan | held by the other | less | 95 % interval over products |",
        "|---:|---|---:|---:|---:|---|",
        *equal_lines(replays, past, last),
        "",
    ]


def generator_commit() -> str:
    """The last commit that changed the generator."""
    command = ["git", "log", "-1", "--format=%h of %as", "--", "benchmarks/shop_generator"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", nargs="+", choices=SHOPS, default=list(SHOPS))
    shops = [SHOPS[name] for name in parser.parse_args().shops]
    lines = [
        "# Stock held and units served",
        "",
        "Each product is looked at once a week and ordered up to a level; lead times are 4, 7, 10, 14 or 21 days; what is not",
        "there is not sold. `inventory_plan` orders up to the published quantile of demand over lead time and review period; its",
        "setting is the service level. The others order up to the mean of the last 28 days, times lead time and review period,",
        "times a factor; or plus so many deviations of a day of those 28 days, times the root of lead time and review period.",
        f"The networks have seen no day of the replay. The generator is that of commit {generator_commit()}, before any of this.",
        "",
    ]
    for shop in shops:
        lines += section(shop, prepared(shop))
    (RESULTS / "stock.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
