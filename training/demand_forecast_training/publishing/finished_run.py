"""Whether dbt's last run may be published: whole, without a failure and tested, all in one invocation of dbt."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demand_forecast_training.errors import PublishRefused
from demand_forecast_training.warehouse.connection import PACKAGE

Node = Mapping[str, Any]

PASSED = {"model": {"success"}, "test": {"pass", "warn"}}
NAMED = 3
"""How many of the models or tests that are in the way a message names."""


@dataclass(frozen=True)
class FinishedRun:
    """A run of dbt: its invocation id, the database it wrote, and the relations of the public marts by table name."""

    run_id: str
    database: str
    tables: dict[str, str]


def finished_run(target: Path) -> FinishedRun:
    """The last run of a dbt project, from the artefacts in its target folder.

    Raises PublishRefused, which says whether it was mixed, partial, failed or untested, and what to type.
    """
    manifest, results = read(target / "manifest.json"), read(target / "run_results.json")
    run_id = common_invocation(manifest, results)
    marts = public_marts(manifest)
    check_whole(marts, manifest, results)
    return FinishedRun(run_id, marts[0]["database"], {mart["name"]: mart["relation_name"] for mart in marts})


def read(path: Path) -> dict[str, Any]:
    """An artefact of dbt."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PublishRefused(f"no run: there is no {path}. Type dbt build first") from error
    except ValueError as error:
        raise PublishRefused(f"failed run: {path} was not written to its end. Type dbt build") from error
    return content


def common_invocation(manifest: Node, results: Node) -> str:
    """The id of the dbt command that wrote both artefacts. It becomes the name of a folder, so nothing but a UUID will do."""
    ids = [artefact["metadata"]["invocation_id"] for artefact in (manifest, results)]
    if ids[0] != ids[1]:
        raise PublishRefused(
            f"mixed run: dbt began {ids[0]} after the run {ids[1]} had ended, and it did not end as a build: it was stopped, or "
            "it was dbt show, compile or docs, which write over what dbt knows of it. Type dbt build, and demand publish at once"
        )
    return str(uuid.UUID(ids[0]))


def public_marts(manifest: Node) -> list[Node]:
    """The package's marts, but those whose meta says `is_public: false`, by name."""
    own = [node for node in models_of(manifest).values() if node["path"].startswith("marts")]
    public = [node for node in own if node["config"].get("meta", {}).get("is_public", True)]
    if not public:
        raise PublishRefused(f"no run: the last dbt command knows no mart of the package {PACKAGE}. Type dbt build")
    return sorted(public, key=lambda node: str(node["name"]))


def models_of(manifest: Node) -> dict[str, Node]:
    """The package's models by unique id."""
    nodes = manifest["nodes"].items()
    return {key: node for key, node in nodes if node["resource_type"] == "model" and node["package_name"] == PACKAGE}


def check_whole(marts: list[Node], manifest: Node, results: Node) -> None:
    """Refuse a run in which a mart, a model that it is made from or a test of either was left out or did not pass."""
    statuses = {result["unique_id"]: result["status"] for result in results["results"]}
    models = with_ancestors((mart["unique_id"] for mart in marts), models_of(manifest))
    tests = tests_of(models, manifest)
    if results.get("args", {}).get("empty"):
        raise PublishRefused("partial run: it was built with --empty. Type dbt build")
    refuse_if(models - statuses.keys(), "partial run: it did not build {}. Type dbt build without --select")
    failed = {key for key in models | tests if key in statuses and statuses[key] not in PASSED[key.split(".")[0]]}
    failed = {key for key in failed if statuses[key] != "skipped"} or failed  # what was skipped failed for another's sake
    refuse_if(failed, "failed run: {} did not pass. See dbt's output, and type dbt build again")
    refuse_if(tests - statuses.keys(), "untested run: it left out {}. Type dbt build, which tests what it builds")
    tested = {parent for test in tests for parent in manifest["nodes"][test]["depends_on"]["nodes"]}
    refuse_if({mart["unique_id"] for mart in marts} - tested, "untested run: no test reads {}. Enable the package's data tests")


def with_ancestors(keys: Iterable[str], models: Mapping[str, Node]) -> set[str]:
    """Unique ids of models and of all that they are made from."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in models and key not in found:
            found.add(key)
            waiting.extend(models[key]["depends_on"]["nodes"])
    return found


def tests_of(models: Collection[str], manifest: Node) -> set[str]:
    """Unique ids of the data tests that read any of the models."""
    tests = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    return {key for key, node in tests.items() if not set(models).isdisjoint(node["depends_on"]["nodes"])}


def refuse_if(keys: Collection[str], message: str) -> None:
    """Raise PublishRefused with the names of what is in the way, if anything is."""
    names = sorted(key.split(".")[2] for key in keys)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    if names:
        raise PublishRefused(message.format(", ".join(names[:NAMED]) + more))


def failures(target: Path, began: float) -> list[str]:
    """What dbt wrote of the first models and tests that failed; nothing where the run did not come so far as to write it."""
    results = target / "run_results.json"
    if not results.exists() or results.stat().st_mtime < began:
        return []
    failed = [one for one in json.loads(results.read_text(encoding="utf-8"))["results"] if one["status"] in ("error", "fail")]
    return [f"{one['unique_id'].split('.')[2]}: {' '.join((one['message'] or '').split())}" for one in failed[:NAMED]]
