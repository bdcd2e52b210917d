"""The console command `demand`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import load_model

from demand_forecast_training.aggregates import SMALLEST_GROUP
from demand_forecast_training.doctor import ERROR, examine, page
from demand_forecast_training.erasing import erase
from demand_forecast_training.hyper_parameters import ACTIONS, ARCHITECTURES
from demand_forecast_training.mapping_guess import first_block
from demand_forecast_training.output_files import output_path, write_csv, write_receipt
from demand_forecast_training.pruning import prune
from demand_forecast_training.pseudonyms import write_keys
from demand_forecast_training.publishing import CURRENT, DATABASE, publish
from demand_forecast_training.registry import TASK, TASKS, champion, promote, roll_back, version_row
from demand_forecast_training.report import erasure_lines, report, retrain_lines, versions_table
from demand_forecast_training.warehouse import Warehouse, find_path, find_warehouse, manifest_path
from demand_forecast_training.watching import Watched, watch

MISSING = 'training needs {}, which is not installed. Type: pip install "demand-forecast[training]"'
WORKFLOWS = {"product_demand": "products", "recommendation": "recommendations"}
"""Where the training of a task lies that is not of customers."""
REFITTED = (TASK, "product_demand")
"""Tasks whose versions can be refitted."""
OVERRIDES = (
    "epochs",
    "patience",
    "hidden_units",
    "seed",
    "batch_origins",
    "learning_rate",
    "architecture",
    "threads",
    "members",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = parser().parse_args(arguments)
    try:
        if options.command == "doctor":
            return run_doctor(options)
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
    commands = root.add_subparsers(dest="command", required=True)

    def command(name: str, run: Any, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(run=run)
        return added

    training = command("train", run_train, "train a new version from nothing on the last build and register it")
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
    starting = command("pretrained", run_pretrained, "register the network that ships with the package, before any training")
    add_promote(starting)
    search = command("tune", run_tune, "look for better hyper-parameters; goes on where it was cut off")
    add_choices(search)
    search.add_argument("--architecture", choices=ARCHITECTURES)
    search.add_argument("--trials", type=positive(int), default=20, help="trials that the study has in the end (default: 20)")
    search.add_argument("--study", type=Path, metavar="FILE", help="file of the study (default: logs/tuning.db in the project)")
    tuning = command("finetune", run_finetune, "train on from the champion over recent days and register the outcome")
    add_choices(tuning, has_sizes=False)
    add_register_options(tuning)
    tuning.add_argument("--version", help="go on from this version (default: the champion)")
    improving = command("improve", run_improve, "do what model_health asks for: train a challenger, judge it, promote it or not")
    add_choices(improving, has_sizes=False)
    improving.add_argument("--action", choices=ACTIONS, help="do this whatever model_health says")
    improving.add_argument("--trials", type=positive(int), default=10, help="trials of the action tune (default: 10)")
    improving.add_argument(
        "--log-dir", type=Path, help="folder of curves and of the study (default: logs/training in the project)"
    )
    command("status", run_status, "the champion and every version beside the baseline")
    promoting = command("promote", run_promote, "let a registered version serve, or the baseline")
    promoting.add_argument("version", help="a version of `demand status`, or baseline")
    promoting.add_argument("--reason", default="promoted by hand")
    add_task(promoting)
    going_back = command("rollback", run_rollback, "let the version serve again that served before")
    going_back.add_argument("--reason", default="rolled back by hand")
    add_task(going_back)
    pruning = command("prune", run_prune, "remove the networks of old versions, but none that may serve; their rows stay")
    pruning.add_argument(
        "--keep", type=positive(int), default=5, metavar="N", help="newest ones of each task that stay (default: 5)"
    )
    reproducing = command("reproduce", run_reproduce, "train a version again from its registry row alone, and compare")
    reproducing.add_argument("version")
    exporting = command("export", run_export, "write a version's ONNX file and its JSON description")
    exporting.add_argument("version")
    exporting.add_argument("path", type=Path)
    publishing = command("publish", run_publish, "show the last build to readers, if it is finished, whole and tested")
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
    watching = command("watch", run_watch, "build and publish again and again, until it is interrupted")
    watching.add_argument("--every", type=positive(float), default=60.0, metavar="SECONDS", help="between rounds (default: 60)")
    watching.add_argument("--rounds", type=positive(int), help="end after so many (default: never)")
    watching.add_argument("--to", type=Path, metavar="DIR", help="folder of the readers (default: published in the project)")
    watching.add_argument("--keep", type=positive(int), default=3, metavar="N", help="runs that stay there (default: 3)")
    watching.add_argument("--threads", type=positive(int), metavar="N", help="models built at a time (default: the profile's)")
    csv = command("csv", run_csv, "write a published table as CSV that a spreadsheet opens safely")
    csv.add_argument("table")
    csv.add_argument("path", type=Path, metavar="FILE")
    csv.add_argument("--from", dest="published", type=Path, metavar="DIR", help="folder of the readers (default: published)")
    naming = command("pseudonyms", run_pseudonyms, "write which customer each pseudonym means, as Parquet for its owner alone")
    naming.add_argument("path", type=Path, metavar="FILE")
    erasing = command(
        "erase", run_erase, "remove one customer from the warehouse, its file and what is published, with a receipt"
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
    doctor = command("doctor", run_doctor, "what is well, what is doubtful and what stops it, each with the remedy")
    doctor.add_argument(
        "--map", metavar="SCHEMA.TABLE", help="write a first mapping block for this table of the warehouse instead"
    )
    command("report", run_report, "the forecasts of the last build, how good they have been, and queries to start from")
    return root


def add_choices(command: argparse.ArgumentParser, has_sizes: bool = True) -> None:
    """Hyper-parameters of a training; what is left out keeps its default. A network that is there already has its sizes."""
    for name in ("epochs", "patience", "batch-origins", "threads", *(["hidden-units"] if has_sizes else [])):
        command.add_argument(f"--{name}", type=positive(int))
    command.add_argument("--seed", type=int)
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


def positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Parser of a number of a kind above 0."""

    def parse(text: str) -> Any:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return number

    return parse


def run_train(options: argparse.Namespace, warehouse: Warehouse) -> None:
    """Read and close, train, then open again and write: the warehouse is free in between."""
    log_dir, is_resumed = options.resume or new_log_dir(options), options.resume is not None
    if is_resumed and (options.study or chosen(options)):
        raise DemandForecastError("--resume goes on with the hyper-parameters that the training began with: leave out the others")
    if options.members and options.task != "product_demand":
        raise DemandForecastError(f"--members is of product_demand: leave it out for {options.task}")
    if options.task == TASK:
        workflow = training_workflow()
        workflow.train_and_register(
            warehouse, chosen(options), log_dir, options.promote, is_resumed, options.study, options.refit
        )
    elif is_resumed or options.study:
        raise DemandForecastError(f"--resume and --study are of {TASK}: leave them out for {options.task}")
    elif options.refit and options.task not in REFITTED:
        raise DemandForecastError(f"--refit is of {' and '.join(REFITTED)}: leave it out for {options.task}")
    else:
        workflow = imported(f"demand_forecast_training.{WORKFLOWS[options.task]}.workflow")
        wanted = {"is_refitted": True} if options.refit else {}
        workflow.train_and_register(warehouse, chosen(options), log_dir, options.promote, **wanted)
    print(f"curves: tensorboard --logdir {log_dir}")


def run_finetune(options: argparse.Namespace, warehouse: Warehouse) -> None:
    workflow, log_dir = training_workflow(), new_log_dir(options)
    workflow.finetune_and_register(warehouse, chosen(options), log_dir, options.promote, options.version)
    print(f"curves: tensorboard --logdir {log_dir}")


def run_improve(options: argparse.Namespace, warehouse: Warehouse) -> None:
    workflow = imported("demand_forecast_training.improvement.workflow")
    workflow.improve(warehouse, chosen(options), options.action, options.trials, new_log_dir(options))


def run_pretrained(options: argparse.Namespace, warehouse: Warehouse) -> None:
    imported("demand_forecast_training.pretrained_start").register_pretrained(warehouse, options.promote)


def run_tune(options: argparse.Namespace, warehouse: Warehouse) -> None:
    file = options.study or options.project_dir.resolve() / "logs" / "tuning.db"
    training_workflow().tune_and_tell(warehouse, chosen(options), options.trials, file)


def training_workflow() -> ModuleType:
    return imported("demand_forecast_training.workflow")


def imported(name: str) -> ModuleType:
    """A module that needs torch, imported when it is asked for."""
    # Threads that wait by spinning made a step twenty times slower where another process used the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in {"lightgbm", "torch", "onnx", "optuna", "safetensors", "tensorboard", "tqdm"}:
            raise
        raise DemandForecastError(MISSING.format(missing.name)) from missing


def new_log_dir(options: argparse.Namespace) -> Path:
    """Folder of the curves and the checkpoint of a training that begins now."""
    return Path(options.log_dir or options.project_dir.resolve() / "logs" / "training" / time_in_name())


def time_in_name() -> str:
    """Now, as a part of a file's name."""
    return datetime.now().strftime("%Y-%m-%d_%H-%M-%S")


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Hyper-parameters that were given."""
    return {name: getattr(options, name) for name in OVERRIDES if getattr(options, name, None) is not None}


def run_status(options: argparse.Namespace, warehouse: Warehouse) -> None:
    """Print the champion, every version and what to type next."""
    with warehouse.visit() as connection:
        serving = {task: champion(connection, warehouse.relations, task) for task in TASKS}
        for task, version in serving.items():
            command = "demand train" if task == TASK else f"demand train --task {task}"
            print(f"champion of {task}: {version or f'none, the baseline serves ({command})'}")
        for line in retrain_lines(connection, warehouse.relations, set(serving.values())):
            print(line)
        print(versions_table(connection, warehouse.relations, set(serving.values())))


def run_promote(options: argparse.Namespace, warehouse: Warehouse) -> None:
    with warehouse.visit(read_only=False) as connection:
        promote(connection, warehouse.relations, options.version, options.reason, options.task)
    print(f"{options.version} serves from the next dbt build on")


def run_rollback(options: argparse.Namespace, warehouse: Warehouse) -> None:
    with warehouse.visit(read_only=False) as connection:
        version = roll_back(connection, warehouse.relations, options.reason, options.task)
    print(f"{version} serves again from the next dbt build on")


def run_prune(options: argparse.Namespace, warehouse: Warehouse) -> None:
    with warehouse.visit(read_only=False) as connection:
        pruned, size = prune(connection, warehouse.relations, options.keep)
    print("\n".join([*(f"pruned {version}" for version in pruned), f"{len(pruned)} networks, {size / 1e6:.1f} MB"]))


def run_reproduce(options: argparse.Namespace, warehouse: Warehouse) -> None:
    imported("demand_forecast_training.reproducing").reproduce(warehouse, options.version)


def run_export(options: argparse.Namespace, warehouse: Warehouse) -> None:
    """Write the ONNX bytes to the path, and the rest of the registry row beside it as JSON."""
    with warehouse.visit() as connection:
        row = version_row(connection, warehouse.relations, options.version)
    load_model(row)
    description = {name: value for name, value in row.items() if not isinstance(value, bytes)}
    beside = output_path(output_path(options.path).with_suffix(".json"))
    if beside == options.path:
        raise DemandForecastError(
            f"{options.path} is where the description goes: name the network something else, such as model.onnx"
        )
    try:
        options.path.write_bytes(row["onnx_bytes"])
        beside.write_text(json.dumps(description, indent=2, default=str) + "\n", encoding="utf-8")
    except OSError as error:
        raise DemandForecastError(f"cannot write {error.filename}: {error.strerror}") from error
    print(f"wrote {options.path} and {beside}")


def run_report(options: argparse.Namespace, warehouse: Warehouse) -> None:
    with warehouse.visit() as connection:
        print(f"warehouse: {warehouse.path}\n\n{report(connection, warehouse.relations)}")


def run_publish(options: argparse.Namespace, warehouse: Warehouse) -> None:
    project_dir = options.project_dir.resolve()
    smallest = options.smallest_group if options.without_customers else None
    folder = (options.to or project_dir / ("published" if smallest is None else "outside")).resolve()
    run = publish(warehouse, manifest_path(project_dir).parent, folder, options.keep, options.group_readable, smallest)
    print(f"published run {run.name}: {folder / DATABASE}, and Parquet in {folder / CURRENT}")


def run_pseudonyms(options: argparse.Namespace, warehouse: Warehouse) -> None:
    print(f"wrote {write_keys(warehouse, options.path):,} customers to {options.path}: keep it where forecasts are not published")


def run_erase(options: argparse.Namespace, warehouse: Warehouse) -> None:
    """Erase, write the receipt and say what is left to do by hand."""
    project_dir = options.project_dir.resolve()
    receipt_path = output_path(options.receipt or project_dir / "logs" / f"erasure_{time_in_name()}.json")
    customer = sys.stdin.readline() if options.customer == "-" else options.customer
    manifest, published = manifest_path(project_dir), options.published or [project_dir / "published"]
    searched = [manifest.parent, project_dir / "logs"]
    is_checked = not options.mapped_tables_are_clean
    receipt = erase(warehouse, manifest, [path.resolve() for path in published], searched, customer, is_checked)
    write_receipt(receipt_path, receipt)
    print("\n".join(erasure_lines(receipt)))
    print(f"receipt: {receipt_path}")


def run_doctor(options: argparse.Namespace) -> int:
    """Print the page, or the first mapping block; 1 where something is an error."""
    place = (options.project_dir.resolve(), options.profiles_dir, options.target)
    if options.map:
        print(first_block(find_path(*place), manifest_path(place[0]), options.map))
        return 0
    lines = examine(*place)
    print(page(lines))
    return int(any(line.status == ERROR for line in lines))


def run_watch(options: argparse.Namespace, warehouse: Warehouse) -> None:
    project_dir = options.project_dir.resolve()
    folder = (options.to or project_dir / "published").resolve()
    watched = Watched(project_dir, options.profiles_dir, options.target, folder, options.keep, options.threads)
    if not watch(watched, options.every, options.rounds):
        raise DemandForecastError("the last round did not reach readers, as said above")


def run_csv(options: argparse.Namespace, warehouse: Warehouse) -> None:
    rows = write_csv(options.published or options.project_dir / "published", options.table, options.path)
    print(f"wrote {rows:,} rows to {options.path}")
