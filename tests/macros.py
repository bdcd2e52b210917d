"""The package's macros without dbt: rendered by Jinja alone, so that thousands of settings are tried in seconds."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from hashlib import md5
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytz
import yaml

ROOT = Path(__file__).resolve().parents[1]
DEFAULTS: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["demand_forecast"]


ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.do"])


class Refused(Exception):
    """What `exceptions.raise_compiler_error` raises: a message with the thing and the remedy."""


class Returned(Exception):
    """The value of dbt's `return`, on its way to who called the macro."""

    def __init__(self, value: Any) -> None:
        self.value = value


def raised(error: type[Exception]) -> Callable[[Any], None]:
    def call(value: Any) -> None:
        raise error(value)

    return call


class Macros:
    """Every macro of the package by its name, over some vars."""

    def __init__(self, settings: Mapping[str, Any], project_name: str = "my_shop") -> None:
        values = DEFAULTS | settings
        self._modules: dict[str, Any] = {}
        self._globals = ENVIRONMENT.globals | {
            "var": values.__getitem__,
            "return": raised(Returned),
            "exceptions": SimpleNamespace(raise_compiler_error=raised(Refused), warn=lambda message: ""),
            "modules": SimpleNamespace(re=re, pytz=pytz),
            "dbt": SimpleNamespace(escape_single_quotes=lambda text: text.replace("'", "''"), type_string=lambda: "varchar"),
            "adapter": SimpleNamespace(
                quote=lambda name: f'"{name}"', dispatch=lambda name, package: getattr(self, f"duckdb__{name}")
            ),
            "api": SimpleNamespace(Relation=SimpleNamespace(create=lambda **parts: parts)),
            "ref": lambda *names: '"a"."b"."c"',
            "source": lambda *names: '"a"."b"."c"',
            "local_md5": lambda text: md5(text.encode()).hexdigest(),
            "tojson": json.dumps,
            "project_name": project_name,
            "execute": False,
            "demand_forecast": self,
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **named: self._call(name, arguments, named)

    def _call(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name not in self._modules:
            self._modules[name] = jinja2.Template.from_code(ENVIRONMENT, code_of(name), self._globals).module
        try:
            return str(getattr(self._modules[name], name)(*arguments, **named))
        except Returned as returned:
            return returned.value


@functools.cache
def code_of(name: str) -> Any:
    """The file of a macro, compiled."""
    (path,) = ROOT.glob(f"macros/*/{name.removeprefix('duckdb__')}.sql")
    return ENVIRONMENT.compile(path.read_text(encoding="utf-8"))
