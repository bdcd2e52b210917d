"""A warehouse of three small marts and the artefacts of a dbt run, so that a publish takes a moment.

Every value names its run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast_training.publishing.files import MANIFEST, publish, sha256
from demand_forecast_training.warehouse.connection import Warehouse

TABLES = ("customer_forecasts", "data_readiness", "forecast_accuracy")
CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod"}
"""What Python reports when a file or folder changes; so it does for `open`."""


def run_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def write_run(folder: Path, number: int) -> None:
    """What a finished dbt run of a number leaves."""
    with duckdb.connect(str(folder / "shop.duckdb")) as con:
        con.execute("create schema if not exists main_demand")
        for name in TABLES:
            con.execute(f"""
                create or replace table main_demand.{name} as
                select {number} as number, 'customer_demand' as task, 'ready' as status, '' as reason,
                    date '2025-01-01' + {number} as as_of_date, date '2025-01-01' + {number} as latest_origin_date,
                    'version ' || {number} as model_version
                from range({1 if name == "data_readiness" else 5000})""")
    tests = {f"test.demand_forecast.{name}": [f"model.demand_forecast.{name}"] for name in TABLES}
    models = {f"model.demand_forecast.{name}": [] for name in TABLES}
    nodes = {key: node(key, parents) for key, parents in (models | tests).items()}
    results = [{"unique_id": key, "status": "success" if key in models else "pass"} for key in nodes]
    metadata = {"invocation_id": run_id(number)}
    (folder / "target").mkdir(exist_ok=True)
    (folder / "target" / "manifest.json").write_text(json.dumps({"metadata": metadata, "nodes": nodes}))
    (folder / "target" / "run_results.json").write_text(json.dumps({"metadata": metadata, "results": results, "args": {}}))


def node(key: str, parents: list[str]) -> dict[str, Any]:
    kind, package, name = key.split(".")
    return {
        "unique_id": key,
        "resource_type": kind,
        "package_name": package,
        "name": name,
        "path": f"marts/{name}.sql",
        "config": {},
        "database": "shop",
        "relation_name": f'"shop"."main_demand"."{name}"',
        "depends_on": {"nodes": parents},
    }


def publish_run(folder: Path, **options: Any) -> Path:
    return publish(Warehouse(folder / "shop.duckdb", {}), folder / "target", folder / "published", **options)


# --- a program that kills publishes ---------------------------------------------------------------------------------


def killed_at(step: int) -> Callable[[str, tuple[Any, ...]], None]:
    """Audit hook that ends the process, as kill -9 does, before its change of a file of that number."""
    changes = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal changes
        if event in CHANGES or (event == "open" and "published" in str(arguments[0])):
            changes += 1
            if changes == step:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def in_child(action: Callable[[], object]) -> int:
    """Exit status of a child process with this action: minus the signal that ended it, 0 if it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except Exception:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def publish_and_die(folder: Path, step: int) -> None:
    sys.addaudithook(killed_at(step))
    publish_run(folder)


def state_of(published: Path) -> str:
    """Id of the run that readers see, or what is wrong with it."""
    shown = (published / "forecast.duckdb").resolve().parent
    manifest = json.loads((shown / MANIFEST).read_text())
    wrong = [name for name, file in manifest["files"].items() if sha256(shown / name) != file["sha256"]]
    return f"changed: {wrong}" if wrong or manifest["run_id"] != shown.name else shown.name


def main(folder: Path) -> None:
    """Kill the publish of run 2 at every step while run 1 is published; print what was seen after each kill, and after another
    publish, as a line of JSON."""
    write_run(folder, 1)
    in_child(lambda: publish_run(folder))
    in_child(lambda: write_run(folder, 2))
    shutil.copytree(folder / "published", folder / "before", symlinks=True)
    ended, step = -signal.SIGKILL, 0
    while ended:
        step += 1
        shutil.rmtree(folder / "published")
        shutil.copytree(folder / "before", folder / "published", symlinks=True)
        ended = in_child(lambda: publish_and_die(folder, step))  # noqa: B023
        killed = state_of(folder / "published")
        in_child(lambda: publish_run(folder, keep=1))
        left = sorted(path.name for path in (folder / "published").iterdir())
        print(json.dumps({"signal": -ended, "killed": killed, "again": state_of(folder / "published"), "left": left}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
