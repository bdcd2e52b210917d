"""dbt in a process of its own that need not import dbt first: a server keeps it imported, and each run is a fork of it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from tempfile import TemporaryDirectory

PRELOADED = ["dbt.cli.main", "dbt.adapters.duckdb", __name__]


@dataclass(frozen=True)
class Finished:
    """What a process left: its exit status, 0 where all went well, and what it printed."""

    status: int
    output: str


def run_dbt(arguments: Sequence[str], folder: Path) -> Finished:
    """Run a dbt command in a folder, with no word of it to dbt's makers."""
    with TemporaryDirectory() as place:
        output = Path(place) / "output"
        process = starter().Process(target=_invoke, args=(list(arguments), folder, output))  # type: ignore[attr-defined]
        process.start()
        process.join()
        return Finished(process.exitcode, output.read_text(encoding="utf-8", errors="replace") if output.exists() else "")


def starter() -> BaseContext:
    """How processes are made: from a server with dbt imported, where the operating system can fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _invoke(arguments: list[str], folder: Path, output: Path) -> None:
    """In the new process: everything that is printed, also by libraries in C, goes to the file."""
    with output.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    from dbt.cli.main import dbtRunner

    with contextlib.chdir(folder):
        done = dbtRunner().invoke(arguments)
    if done.exception:
        print(done.exception, flush=True)
    sys.exit(int(not done.success))
