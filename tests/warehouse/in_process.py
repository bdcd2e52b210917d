"""Commands run inside the test's own process: what a start of Python, of dbt and of torch costs is paid once a session.

What a shell sees is the same: arguments, environment, folder, output and exit status.
"""

from __future__ import annotations

import contextlib
import functools
import io
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from demand_forecast_training import cli

Result = subprocess.CompletedProcess[str]
NETWORK_EVENTS = {f"socket.{event}" for event in ("bind", "connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname")}


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


@contextlib.contextmanager
def network_calls() -> Iterator[list[str]]:
    """What Python does on a network in this process meanwhile: each address that it listens on, calls or sends to, and each name
    that it asks for. Sockets between processes of one machine have no address of a network and are not among them."""
    heard: list[str] = []
    lists = hearers()
    lists.append(heard)
    try:
        yield heard
    finally:
        lists[:] = [other for other in lists if other is not heard]


@functools.cache
def hearers() -> list[list[str]]:
    """The lists to which Python's own hook adds; a hook stays for the life of the process, so there is one."""
    lists: list[list[str]] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if lists and event in NETWORK_EVENTS and not is_local(arguments):
            for heard in lists:
                heard.append(event)

    sys.addaudithook(hook)
    return lists


def is_local(arguments: tuple[Any, ...]) -> bool:
    """Whether the arguments are a socket and its address, and that is a file of this machine."""
    return isinstance(arguments[0], socket.socket) and not isinstance(arguments[1], tuple)
