"""Commands that are killed at their work: at an event of a name, not after some time, in which they may not have begun.

An event is a statement that a connection has done, told as `reads: <SQL>` or `writes: <SQL>`, or a file that is about to change,
told as Python's own hook names it, such as `os.rename <from> <to>`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from demand_forecast_training import cli
from demand_forecast_training.publishing.dbt_process import PRELOADED

from .published_shop import CHANGES
from .user_project import UserProject

FORKS = multiprocessing.get_context("forkserver")
"""Children of a server that has imported what commands use once, so that each of them begins at once."""
FORKS.set_forkserver_preload([*PRELOADED, "demand_forecast_training.improvement.workflow"])
KILLED = -signal.SIGKILL


def killed_at(project: UserProject, event: str, number: int, *command: str) -> int | None:
    """Exit status of a command of `demand` that kills itself at the event of that number of those that a pattern finds: KILLED,
    or that of its own end if there were fewer."""
    process = FORKS.Process(target=work_until, args=(project.folder, project.environment, event, number, command))
    process.start()
    process.join()
    return process.exitcode


def work_until(folder: Path, environment: dict[str, str], event: str, number: int, command: tuple[str, ...]) -> None:
    """In the child: run the command, and die at the event."""
    os.environ.update(environment)
    tell_events(Killer(event, number))
    with contextlib.chdir(folder):
        sys.exit(cli.main(command))


class Killer:
    """Ends the process, as kill -9 does, at the event of a number among those that a pattern finds."""

    def __init__(self, event: str, number: int) -> None:
        self.event, self.left = re.compile(event, re.DOTALL), number

    def __call__(self, event: str) -> None:
        if self.event.search(event):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def tell_events(happened: Callable[[str], None]) -> None:
    """Tell every event of this process from now on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or event == "open":
            happened(" ".join(map(str, (event, *arguments))))

    connect = duckdb.connect
    duckdb.connect = lambda *arguments, **named: Told(connect(*arguments, **named), named.get("read_only", False), happened)
    sys.addaudithook(hook)


class Told:
    """A connection that tells every statement once it is done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, is_read_only: bool, happened: Callable[[str], None]) -> None:
        self.connection, self.does, self.happened = connection, "reads" if is_read_only else "writes", happened

    def execute(self, sql: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        done = self.connection.execute(sql, *parameters)
        self.happened(f"{self.does}: {sql}")
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
