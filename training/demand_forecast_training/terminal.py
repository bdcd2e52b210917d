"""Values and tables as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns side by side: words to the left, numbers to the right."""
    values = [list(row) for row in rows]
    cells = [[shown(value) for value in row] for row in values]
    is_number = [all(isinstance(row[at], int | float | None) for row in values) for at in range(len(header))]
    widths = [max(len(title), *(len(row[at]) for row in cells), 0) for at, title in enumerate(header)]
    lines = []
    for row in [list(header), *cells]:
        columns = zip(row, widths, is_number, strict=True)
        lines.append("  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in columns).rstrip())
    return "\n".join(lines)


def shown(value: Any) -> str:
    """Four digits for a fraction, thousands apart for a count, a dash for nothing."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
