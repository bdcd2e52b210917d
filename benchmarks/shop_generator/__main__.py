"""Command line of the shop generator.

python -m benchmarks.shop_generator seeds --out seeds [--truth FILE]
python -m benchmarks.shop_generator events --customers N --out DIR [--days 270] [--events-per-customer 50]
                                    [--no-truth] [--next-day] [--seed 1]
python -m benchmarks.shop_generator difficulty [--customers 5000]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import activity_for, write_shop
from benchmarks.shop_generator.seed_files import write_seeds


def main() -> None:
    """Run one command."""
    arguments = parser().parse_args()
    arguments.run(arguments)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m benchmarks.shop_generator", description="A shop with a known truth")
    commands = top.add_subparsers(required=True)
    seeds = commands.add_parser("seeds", help="write the seed shop's CSV files, byte for byte the same each time")
    seeds.add_argument("--out", type=Path, default=Path("seeds"))
    seeds.add_argument("--truth", type=Path, help="Parquet file for the true probabilities")
    seeds.set_defaults(run=run_seeds)
    events = commands.add_parser("events", help="write a shop of any size as Parquet")
    add_shop(events, customers=20_000)
    events.add_argument("--out", type=Path, required=True)
    events.add_argument("--events-per-customer", type=float, help="thin or thicken the natural shop, of about 120 in 270 days")
    events.add_argument("--truth", action=argparse.BooleanOptionalAction, default=True)
    events.add_argument("--next-day", action="store_true", help="also the day after, and rows 40 days late")
    events.set_defaults(run=run_events)
    difficulty = commands.add_parser("difficulty", help="log loss of a constant, rates, trees and the best possible")
    add_shop(difficulty, customers=5_000)
    difficulty.set_defaults(run=run_difficulty)
    return top


def add_shop(command: argparse.ArgumentParser, customers: int) -> None:
    command.add_argument("--customers", type=int, default=customers)
    command.add_argument("--days", type=int, default=270)
    command.add_argument("--seed", type=int, default=1)


def run_seeds(arguments: argparse.Namespace) -> None:
    for name, rows in write_seeds(arguments.out, arguments.truth).items():
        print(f"{name:22} {rows:7,} rows")


def run_events(arguments: argparse.Namespace) -> None:
    parameters = ShopParameters(arguments.customers, arguments.days, arguments.seed)
    if arguments.events_per_customer:
        parameters = replace(parameters, activity=activity_for(parameters, arguments.events_per_customer))
    count = write_shop(parameters, arguments.out, truth=arguments.truth, next_day=arguments.next_day)
    print(f"{count:,} events of {arguments.customers:,} customers in {arguments.out}")


def run_difficulty(arguments: argparse.Namespace) -> None:
    from benchmarks.shop_generator.difficulty import report

    print(report(ShopParameters(arguments.customers, arguments.days, arguments.seed)))


if __name__ == "__main__":
    main()
