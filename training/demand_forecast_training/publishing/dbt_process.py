"""dbt in a process of its own that need not import dbt first: a server keeps it imported, and each run is a fork of it."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

PATIENCE_SECONDS = 5
"""How long an interrupted dbt may take to end by itself."""
RARELY = (100_000, 50, 50)
"""When cycles of objects are looked for: dbt makes millions of objects and few cycles, and would spend a second on the search."""
PRELOADED = ["dbt.cli.main", "dbt.adapters.duckdb", "demand_forecast_training.cli"]


@dataclass(frozen=True)
class Finished:
    """What a process left: its exit status (the number of the signal that killed it, negative), and what it printed."""

    status: int
    printed: str

    @property
    def went_well(self) -> bool:
        return self.status == 0

    @property
    def output(self) -> str:
        """What was printed, and at its end what killed it."""
        return self.printed if self.status >= 0 else f"{self.printed}\ndbt was killed by signal {-self.status}"


def run_dbt(arguments: Sequence[str], folder: Path) -> Finished:
    """Run a dbt command in a folder, with no word of it to dbt's makers. Who interrupts this stops dbt as well."""
    with TemporaryDirectory() as place:
        output = Path(place) / "output"
        given = (list(arguments), folder, output, dict(os.environ))
        process = starter().Process(target=_invoke, args=given)  # type: ignore[attr-defined]
        process.start()
        try:
            process.join()
        except BaseException:
            stop(process)
            raise
        return Finished(process.exitcode, output.read_text(encoding="utf-8", errors="replace") if output.exists() else "")


def stop(process: BaseProcess) -> None:
    """Interrupt dbt, which then cancels what it runs and cleans up; end it where it does not."""
    if process.pid:
        os.kill(process.pid, signal.SIGINT)
    process.join(PATIENCE_SECONDS)
    process.terminate()
    process.join()


def starter() -> BaseContext:
    """How processes are made: from a server with dbt imported, where the operating system can fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _invoke(arguments: list[str], folder: Path, output: Path, environment: Mapping[str, str]) -> None:
    """In the new process: everything that is printed, also by libraries in C, goes to the file."""
    with output.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update({"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **environment})
    sys.argv = ["dbt", *arguments]
    gc.freeze()
    gc.set_threshold(*RARELY)
    from dbt.cli.main import dbtRunner

    with contextlib.chdir(folder):
        done = dbtRunner().invoke(arguments)
    if done.exception:
        print(done.exception, flush=True)
    sys.exit(int(not done.success))
