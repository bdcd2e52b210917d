"""Commands run inside the test's own process: what a start of Python, of dbt and of torch costs is paid once a session.

What a shell sees is the same: arguments, environment, folder, output and exit status.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from demand_forecast_training import cli

Result = subprocess.CompletedProcess[str]


def run_dbt(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Result:
    """A dbt command in a folder; lets go of the warehouse when it ends. What stopped dbt itself is in its output."""
    with captured(folder, environment) as (output, errors):
        done = dbtRunner().invoke(arguments)
        DuckDBConnectionManager.close_all_connections()
    said = f"\n{done.exception}" if done.exception else ""
    return subprocess.CompletedProcess(["dbt", *arguments], int(not done.success), output.getvalue() + said, errors.getvalue())


def run_demand(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Result:
    """A `demand` command in a folder."""
    with captured(folder, environment) as (output, errors):
        status = exit_status(lambda: cli.main(arguments))
    return subprocess.CompletedProcess(["demand", *arguments], status, output.getvalue(), errors.getvalue())


def exit_status(command: Callable[[], int]) -> int:
    """A command's exit status; the parser of arguments leaves by an exception."""
    try:
        return command()
    except SystemExit as left:
        return int(left.code or 0)


@contextlib.contextmanager
def captured(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Stand in a folder with an environment; what is printed goes to the two buffers."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.dict("os.environ", environment, clear=True),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        yield output, errors
