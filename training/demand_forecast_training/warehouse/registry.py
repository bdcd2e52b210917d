"""Model versions and promotions as rows. Each change is one transaction."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from demand_forecast.model import OUTPUTS_OF

from demand_forecast_training.errors import UnknownVersion

TASKS = tuple(OUTPUTS_OF)
TASK = "customer_demand"
"""The task that is meant where none is named."""
BASELINE = "baseline"
"""What a promotion names to let the SQL baseline serve."""


@contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """All statements or none."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def insert(connection: Any, relation: str, row: Mapping[str, Any]) -> None:
    """Append a row by column name."""
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    connection.execute(f"insert into {relation} ({names}) values ({marks})", list(row.values()))


def versions(connection: Any, relations: Mapping[str, str], task: str = TASK) -> list[str]:
    """Model versions of a task, oldest first."""
    sql = f"select model_version from {relations['model_registry']} where task = ? order by trained_at, model_version"
    return [version for (version,) in connection.execute(sql, [task]).fetchall()]


def champion(connection: Any, relations: Mapping[str, str], task: str = TASK) -> str | None:
    """What serves, a version or the baseline: the newest promotion of a task."""
    sql = f"select model_version from {relations['model_promotions']} where task = ? order by promotion_number desc limit 1"
    rows = connection.execute(sql, [task]).fetchall()
    return str(rows[0][0]) if rows else None


def version_row(connection: Any, relations: Mapping[str, str], version: str) -> dict[str, Any]:
    """Registry row of a version by column name. Raises UnknownVersion."""
    sql = f"select * from {relations['model_registry']} where model_version = ?"
    rows: list[dict[str, Any]] = connection.sql(sql, params=[version]).to_arrow_table().to_pylist()
    if not rows:
        raise unknown(version, [known for task in TASKS for known in versions(connection, relations, task)])
    return rows[0]


def unknown(version: str, known: list[str]) -> UnknownVersion:
    return UnknownVersion(f"there is no model version `{version}`; registered are: {', '.join(known) or 'none'} (demand status)")


def register(connection: Any, relations: Mapping[str, str], row: Mapping[str, Any], reason: str | None) -> bool:
    """Append a version, and with a `reason` promote it, in one transaction. False where the same bytes were there already."""
    with transaction(connection):
        return append_version(connection, relations, row, reason)


def append_version(connection: Any, relations: Mapping[str, str], row: Mapping[str, Any], reason: str | None) -> bool:
    """`register` inside of a transaction."""
    task = row["task"]
    is_new = row["model_version"] not in versions(connection, relations, task)
    if is_new:
        insert(connection, relations["model_registry"], row)
    if reason is not None and row["model_version"] != champion(connection, relations, task):
        append_promotion(connection, relations, task, row["model_version"], "promote", reason)
    return is_new


def promote(connection: Any, relations: Mapping[str, str], version: str, reason: str, task: str = TASK) -> None:
    """Let a registered version serve its own task, or the baseline serve `task`; nothing changes where it does already. Raises
    UnknownVersion."""
    if version != BASELINE:
        row = version_row(connection, relations, version)
        check_kept(row)
        task = row["task"]
    if version == (champion(connection, relations, task) or BASELINE):
        return
    with transaction(connection):
        append_promotion(connection, relations, task, version, "promote", reason)


def roll_back(connection: Any, relations: Mapping[str, str], reason: str, task: str = TASK) -> str:
    """Let the version serve a task again that served before the champion; returns it. Raises UnknownVersion where there was none.

    A second roll-back goes further back: versions that were rolled back from are passed over.
    """
    earlier = predecessor(connection, relations, task)
    if earlier is None:
        raise UnknownVersion(
            f"no version of {task} served before this one; train another (demand train), promote one (demand promote VERSION) or "
            "let the baseline serve (demand promote baseline)"
        )
    if earlier != BASELINE:
        check_kept(version_row(connection, relations, earlier))
    with transaction(connection):
        append_promotion(connection, relations, task, earlier, "rollback", reason)
    return earlier


def predecessor(connection: Any, relations: Mapping[str, str], task: str = TASK) -> str | None:
    """What a roll-back would let serve: a version or the baseline; None where nothing served before the champion."""
    sql = f"select model_version, action from {relations['model_promotions']} where task = ? order by promotion_number"
    served: list[str] = []
    for version, action in connection.execute(sql, [task]).fetchall():
        served = served[:-1] if action == "rollback" else [*served, version]
    earlier = [version for version in served if version != served[-1]]
    return earlier[-1] if earlier else None


def check_kept(row: Mapping[str, Any]) -> None:
    """Refuse a version whose network was pruned. Raises UnknownVersion."""
    if row["onnx_bytes"] is None:
        raise UnknownVersion(f"the network of {row['model_version']} was pruned: choose another version (demand status)")


def append_promotion(connection: Any, relations: Mapping[str, str], task: str, version: str, action: str, reason: str) -> None:
    """Append a promotion under the next number."""
    relation = relations["model_promotions"]
    ((number,),) = connection.execute(f"select coalesce(max(promotion_number), 0) + 1 from {relation}").fetchall()
    row = {
        "promotion_number": number,
        "task": task,
        "model_version": version,
        "action": action,
        "promoted_by": user_name(),
        "reason": reason,
        "promoted_at": datetime.now(UTC).replace(tzinfo=None),
    }
    insert(connection, relation, row)


def user_name() -> str:
    """The operating system's name of who types the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
