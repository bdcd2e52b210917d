"""What each subcommand of `demand` does with its options."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from demand_forecast.errors import DemandForecastError
from demand_forecast.model import load_model

from demand_forecast_training.doctor import ERROR, examine, page
from demand_forecast_training.mapping_guess import first_block
from demand_forecast_training.privacy.erasing import erase
from demand_forecast_training.privacy.pseudonyms import write_keys
from demand_forecast_training.publishing.files import CURRENT, DATABASE, publish
from demand_forecast_training.publishing.output_files import output_path, write_csv, write_receipt
from demand_forecast_training.publishing.watching import Watched, watch
from demand_forecast_training.report import erasure_lines, report, retrain_lines, versions_table
from demand_forecast_training.warehouse.connection import Warehouse, find_path, manifest_path
from demand_forecast_training.warehouse.pruning import prune
from demand_forecast_training.warehouse.registry import TASK, TASKS, champion, promote, roll_back, version_row

MISSING = 'training needs {}, which is not installed. Type: pip install "demand-forecast[training]"'
WORKFLOWS = {TASK: "customers", "product_demand": "products", "recommendation": "recommendations"}
"""Where the training of each task lies."""
OPTIONS_OF: dict[str, tuple[str, ...]] = {
    "architecture": (TASK, "product_demand"),
    "members": ("product_demand",),
    "resume": (TASK,),
    "study": (TASK,),
    "refit": (TASK, "product_demand"),
}
"""Options of `demand train` that are not of every task, and of which they are."""
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


def run_train(options: argparse.Namespace, warehouse: Warehouse) -> None:
    """Read and close, train, then open again and write: the warehouse is free in between."""
    check_options(options)
    log_dir = options.resume or new_log_dir(options)
    given = {"is_resumed": options.resume is not None, "study": options.study, "is_refitted": options.refit}
    wanted = {name: value for name, value in given.items() if value}
    workflow_of(options.task).train_and_register(warehouse, chosen(options), log_dir, options.promote, **wanted)
    print(f"curves: tensorboard --logdir {log_dir}")


def check_options(options: argparse.Namespace) -> None:
    """Refuse options of `demand train` that do not go together, or are of other tasks."""
    if options.resume is not None and (options.study or chosen(options)):
        raise DemandForecastError("--resume goes on with the hyper-parameters that the training began with: leave out the others")
    for name, tasks in OPTIONS_OF.items():
        if getattr(options, name) and options.task not in tasks:
            raise DemandForecastError(f"--{name} is of {' and '.join(tasks)}: leave it out for {options.task}")


def run_finetune(options: argparse.Namespace, warehouse: Warehouse) -> None:
    workflow, log_dir = workflow_of(), new_log_dir(options)
    workflow.finetune_and_register(warehouse, chosen(options), log_dir, options.promote, options.version)
    print(f"curves: tensorboard --logdir {log_dir}")


def run_improve(options: argparse.Namespace, warehouse: Warehouse) -> None:
    workflow = imported("demand_forecast_training.improvement.workflow")
    workflow.improve(warehouse, chosen(options), options.action, options.trials, new_log_dir(options))


def run_pretrained(options: argparse.Namespace, warehouse: Warehouse) -> None:
    imported("demand_forecast_training.pretrained.start").register_pretrained(warehouse, options.promote)


def run_tune(options: argparse.Namespace, warehouse: Warehouse) -> None:
    file = options.study or options.project_dir.resolve() / "logs" / "tuning.db"
    workflow_of().tune_and_tell(warehouse, chosen(options), options.trials, file)


def workflow_of(task: str = TASK) -> ModuleType:
    """The training of a task from end to end."""
    return imported(f"demand_forecast_training.{WORKFLOWS[task]}.workflow")


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
            print(f"champion of {task}: {version or f'none, the baseline serves ({way_to_serve(connection, warehouse, task)})'}")
        for line in retrain_lines(connection, warehouse.relations, set(serving.values())):
            print(line)
        print(versions_table(connection, warehouse.relations, set(serving.values())))


def way_to_serve(connection: Any, warehouse: Warehouse, task: str) -> str:
    """What to type where the baseline serves."""
    registry = warehouse.relations["model_registry"]
    newest = f"select model_version from {registry} where task = ? order by trained_at desc, model_version limit 1"
    for (version,) in connection.execute(newest, [task]).fetchall():
        return f"demand promote {version}"
    return "demand train" if task == TASK else f"demand train --task {task}"


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
