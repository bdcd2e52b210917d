"""Names and texts as words of SQL."""

from __future__ import annotations


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: object) -> str:
    """A string in SQL."""
    return "'" + str(value).replace("'", "''") + "'"
