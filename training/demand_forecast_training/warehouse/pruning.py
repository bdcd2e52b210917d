"""`demand prune`: the networks of old versions go, their rows stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demand_forecast_training.warehouse.registry import BASELINE, TASKS, champion, predecessor, transaction, version_row

BYTES = ("onnx_bytes", "weights_bytes", "golden_rows")
STORED = f"coalesce({' + '.join(f'octet_length({name})' for name in BYTES)}, 0)"
NEWEST = """
    select model_version from {model_registry} where task = ? and onnx_bytes is not null
    order by trained_at desc, model_version limit ?
"""


def prune(connection: Any, relations: Mapping[str, str], keep: int) -> tuple[list[str], int]:
    """Remove the bytes of every version but those of `kept_versions`; returns which, oldest first, and how many bytes."""
    registry = relations["model_registry"]
    kept = sorted(name for task in TASKS for name in kept_versions(connection, relations, task, keep))
    condition = "onnx_bytes is not null and not list_contains(?, model_version)"
    sql = f"select model_version, {STORED} from {registry} where {condition} order by trained_at, model_version"
    pruned = connection.execute(sql, [kept]).fetchall()
    with transaction(connection):
        connection.execute(f"update {registry} set {', '.join(f'{name} = null' for name in BYTES)} where {condition}", [kept])
    connection.execute("checkpoint")
    return [version for version, _ in pruned], sum(size for _, size in pruned)


def kept_versions(connection: Any, relations: Mapping[str, str], task: str, keep: int) -> set[str]:
    """Versions of a task whose networks stay: the `keep` newest, the champion, what a roll-back would let serve, the versions
    that any of these are refits of, and those that the two that may serve were tuned from."""
    newest = [version for (version,) in connection.execute(NEWEST.format(**relations), [task, keep]).fetchall()]
    wanted = (champion(connection, relations, task), predecessor(connection, relations, task))
    serving = [str(version) for version in wanted if version not in (None, BASELINE)]
    parents = [version_row(connection, relations, version)["parent_version"] for version in serving]
    evaluated = [version_row(connection, relations, version)["evaluated_version"] for version in {*newest, *serving}]
    return {*newest, *serving, *filter(None, [*parents, *evaluated])}
