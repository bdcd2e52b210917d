"""The console command `demand`: its words and options, and what becomes of an error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast.errors import DemandForecastError

from demand_forecast_training import commands
from demand_forecast_training.learning.hyper_parameters import ACTIONS, ARCHITECTURES
from demand_forecast_training.publishing.aggregates import SMALLEST_GROUP
from demand_forecast_training.warehouse.connection import find_warehouse
from demand_forecast_training.warehouse.registry import TASK, TASKS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = parser().parse_args(arguments)
    try:
        if options.command == "doctor":
            return commands.run_doctor(options)
        warehouse = find_warehouse(options.project_dir.resolve(), options.profiles_dir, options.target)
        options.run(options, warehouse)
    except DemandForecastError as error:
        print(f"demand {options.command}: {error}", file=sys.stderr)
        return 1
    except duckdb.CatalogException as error:
        words = str(error).splitlines()[0]
        print(f"demand {options.command}: {words}. The warehouse is not built, or only in part: type dbt build", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who reads has enough; nothing more may be written when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--project-dir", type=Path, default=Path(), help="folder of dbt_project.yml (default: here)")
    common.add_argument("--profiles-dir", type=Path, help="folder of profiles.yml (default: as dbt)")
    common.add_argument("--target", help="target of the profile (default: the profile's)")
    root = argparse.ArgumentParser(prog="demand", description="Train and promote the models that forecast inside the warehouse.")
    subcommands = root.add_subparsers(dest="command", required=True)

    def command(name: str, run: Any, about: str) -> argparse.ArgumentParser:
        added = subcommands.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(run=run)
        return added

    training = command("train", commands.run_train, "train a new version from nothing on the last build and register it")
    add_choices(training)
    add_register_options(training)
    training.add_argument("--architecture", choices=ARCHITECTURES)
    training.add_argument("--members", type=positive(int), help="networks of product_demand that speak as one (default: 4)")
    add_task(training)
    training.add_argument("--resume", type=Path, metavar="LOG_DIR", help="go on with the training that was cut off there")
    training.add_argument(
        "--refit",
        action="store_true",
        help="then train a refit on all days, test days too, to serve in its place",
    )
    training.add_argument("--study", type=Path, metavar="FILE", help="with the best hyper-parameters that demand tune found")
    starting = command(
        "pretrained", commands.run_pretrained, "register the network that ships with the package, before any training"
    )
    add_promote(starting)
    search = command("tune", commands.run_tune, "look for better hyper-parameters; goes on where it was cut off")
    add_choices(search)
    search.add_argument("--architecture", choices=ARCHITECTURES)
    search.add_argument("--trials", type=positive(int), default=20, help="trials that the study has in the end (default: 20)")
    search.add_argument("--study", type=Path, metavar="FILE", help="file of the study (default: logs/tuning.db in the project)")
    tuning = command(
        "finetune",
        commands.run_finetune,
        "train on from the champion over recent days (a pre-trained one: all days) and register the outcome",
    )
    add_choices(tuning, has_sizes=False)
    add_register_options(tuning)
    tuning.add_argument("--version", help="go on from this version (default: the champion)")
    improving = command(
        "improve", commands.run_improve, "do what model_health asks for: train a challenger, judge it, promote it or not"
    )
    add_choices(improving, has_sizes=False)
    improving.add_argument("--action", choices=ACTIONS, help="do this whatever model_health says")
    improving.add_argument("--trials", type=positive(int), default=10, help="trials of the action tune (default: 10)")
    improving.add_argument(
        "--log-dir", type=Path, help="folder of curves and of the study (default: logs/training in the project)"
    )
    command("status", commands.run_status, "the champion and every version beside the baseline")
    promoting = command("promote", commands.run_promote, "let a registered version serve, or the baseline")
    promoting.add_argument("version", help="a version of `demand status`, or baseline")
    promoting.add_argument("--reason", default="promoted by hand")
    add_task(promoting)
    going_back = command("rollback", commands.run_rollback, "let the version serve again that served before")
    going_back.add_argument("--reason", default="rolled back by hand")
    add_task(going_back)
    pruning = command(
        "prune", commands.run_prune, "remove the networks of old versions, but none that may serve; their rows stay"
    )
    pruning.add_argument(
        "--keep", type=positive(int), default=5, metavar="N", help="newest ones of each task that stay (default: 5)"
    )
    reproducing = command("reproduce", commands.run_reproduce, "train a version again from its registry row alone, and compare")
    reproducing.add_argument("version")
    exporting = command("export", commands.run_export, "write a version's ONNX file and its JSON description")
    exporting.add_argument("version")
    exporting.add_argument("path", type=Path)
    publishing = command("publish", commands.run_publish, "show the last build to readers, if it is finished, whole and tested")
    publishing.add_argument("--to", type=Path, metavar="DIR", help="folder of the readers (default: published in the project)")
    publishing.add_argument("--keep", type=positive(int), default=3, metavar="N", help="runs that stay there (default: 3)")
    publishing.add_argument("--group-readable", action="store_true", help="let the folder's group read, not its owner alone")
    publishing.add_argument(
        "--without-customers",
        action="store_true",
        help="only sums, nothing of a group smaller than --smallest-group (default folder: outside)",
    )
    publishing.add_argument(
        "--smallest-group", type=positive(int), default=SMALLEST_GROUP, metavar="K", help="customers (default: 11)"
    )
    watching = command("watch", commands.run_watch, "build and publish again and again, until it is interrupted")
    watching.add_argument("--every", type=positive(float), default=60.0, metavar="SECONDS", help="between rounds (default: 60)")
    watching.add_argument("--rounds", type=positive(int), help="end after so many (default: never)")
    watching.add_argument("--to", type=Path, metavar="DIR", help="folder of the readers (default: published in the project)")
    watching.add_argument("--keep", type=positive(int), default=3, metavar="N", help="runs that stay there (default: 3)")
    watching.add_argument("--threads", type=positive(int), metavar="N", help="models built at a time (default: the profile's)")
    csv = command("csv", commands.run_csv, "write a published table as CSV that a spreadsheet opens safely")
    csv.add_argument("table")
    csv.add_argument("path", type=Path, metavar="FILE")
    csv.add_argument("--from", dest="published", type=Path, metavar="DIR", help="folder of the readers (default: published)")
    naming = command(
        "pseudonyms", commands.run_pseudonyms, "write which customer each pseudonym means, as Parquet for its owner alone"
    )
    naming.add_argument("path", type=Path, metavar="FILE")
    erasing = command(
        "erase", commands.run_erase, "remove one customer from the warehouse, its file and what is published, with a receipt"
    )
    erasing.add_argument("customer", metavar="CUSTOMER_ID", help="the id, or - to type it where no shell keeps it")
    erasing.add_argument(
        "--published",
        type=Path,
        metavar="DIR",
        action="append",
        help="folder of the readers; may be repeated (default: published)",
    )
    erasing.add_argument("--receipt", type=Path, metavar="FILE", help="where the receipt goes (default: logs in the project)")
    erasing.add_argument(
        "--mapped-tables-are-clean", action="store_true", help="do not look for the customer in the mapped tables first"
    )
    doctor = command("doctor", commands.run_doctor, "what is well, what is doubtful and what stops it, each with the remedy")
    doctor.add_argument(
        "--map", metavar="SCHEMA.TABLE", help="write a first mapping block for this table of the warehouse instead"
    )
    command("report", commands.run_report, "the forecasts of the last build, how good they have been, and queries to start from")
    return root


def add_choices(command: argparse.ArgumentParser, has_sizes: bool = True) -> None:
    """Hyper-parameters of a training; what is left out keeps its default. A network that is there already has its sizes."""
    for name in ("epochs", "patience", "batch-origins", "threads", *(["hidden-units"] if has_sizes else [])):
        command.add_argument(f"--{name}", type=positive(int))
    command.add_argument("--seed", type=at_least_zero)
    command.add_argument("--learning-rate", type=positive(float))


def add_register_options(command: argparse.ArgumentParser) -> None:
    """What becomes of the version that was trained."""
    command.add_argument("--log-dir", type=Path, help="folder of TensorBoard curves (default: logs/training in the project)")
    add_promote(command)


def add_task(command: argparse.ArgumentParser) -> None:
    command.add_argument("--task", choices=TASKS, default=TASK, help=f"what is forecast (default: {TASK})")


def add_promote(command: argparse.ArgumentParser) -> None:
    about = "let it serve even if another version does, or the baseline is better"
    command.add_argument("--promote", action="store_true", help=about)


def at_least_zero(text: str) -> int:
    """Parser of a whole number from 0 on."""
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Parser of a number of a kind above 0."""

    def parse(text: str) -> Any:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return number

    return parse
