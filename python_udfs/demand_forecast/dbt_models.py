"""What the package's dbt Python models call."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from demand_forecast import __version__
from demand_forecast.duckdb_udf import register
from demand_forecast.errors import DemandForecastError, FeatureMismatch, VersionMismatch
from demand_forecast.model import load_model
from demand_forecast.reasons import answer_type, explain, explainer
from demand_forecast.udf import score


def check_version(dbt_version: str) -> None:
    """Refuse another minor version of the dbt side, naming both lines to change."""
    if dbt_version.split(".")[:2] != __version__.split(".")[:2]:
        raise VersionMismatch(
            f"the dbt package is {dbt_version} and the Python distribution is {__version__}: change the revision in "
            f"packages.yml, or the line demand-forecast=={__version__} in your Python requirements, to the same minor version"
        )


def version_row(version: Any) -> dict[str, Any] | None:
    """The registry row of a relation of at most one, by column name, or None."""
    rows = version.to_arrow_table().to_pylist()
    return rows[0] if rows else None


def score_requests(
    session: Any, *, keys: Sequence[str], inputs: Any, versions: Mapping[str, Any], require_gpu: bool, dbt_version: str
) -> Any:
    """Relation with the answer to every request of `inputs`, known by `keys`, by the version of its purpose; None without a
    champion.

    `versions` maps a purpose to a relation of at most one registry row. The answer is lazy: `create table as` streams it through
    the function, so memory is bounded by a batch. Raises DemandForecastError for a wrong var, FeatureMismatch, ModelRefused,
    ProviderUnavailable or VersionMismatch.
    """
    check_version(dbt_version)
    if not isinstance(require_gpu, bool):
        raise DemandForecastError(f"var `require_gpu` is `{require_gpu}`; it takes true or false")
    rows = {purpose: version_row(version) for purpose, version in versions.items()}
    spoken = {row["model_version"]: row for row in rows.values() if row is not None}
    purposes = {name: [purpose for purpose, row in rows.items() if row and row["model_version"] == name] for name in spoken}
    answers = [scored_by(session, asked_for(inputs, purposes[name]), keys, row, require_gpu) for name, row in spoken.items()]
    return functools.reduce(lambda done, more: done.union(more), answers) if answers else None


def asked_for(inputs: Any, purposes: list[str]) -> Any:
    """Requests of some purposes."""
    listed = ", ".join(f"'{purpose}'" for purpose in purposes)
    return inputs.filter(f"purpose in ({listed})")


def scored_by(session: Any, inputs: Any, keys: Sequence[str], row: dict[str, Any], require_gpu: bool) -> Any:
    """Lazy relation with one version's answers."""
    check_feature_set(inputs, row)
    model = load_model(row, require_gpu=require_gpu)
    # A name of its own each time: another query on this connection may hold an earlier registration.
    name = f"score_{uuid.uuid4().hex}"
    register(session, lambda context, steps, days: score(model, context, steps, days), name, model.outputs)
    scored = inputs.query("inputs", f"select {', '.join(keys)}, {name}(context, steps, days) as answer from inputs")
    served = [*keys, f"'{row['model_version']}' as model_version", f"'{model.provider}' as provider"]
    served += [f"answer.{output} as {output}" for output in model.outputs]
    return scored.query("scored", f"select {', '.join(served)} from scored")


def check_feature_set(inputs: Any, row: dict[str, Any]) -> None:
    """Refuse features whose meaning has changed since the model was trained."""
    offered = [version for (version,) in inputs.query("inputs", "select distinct feature_set_version from inputs").fetchall()]
    if any(version != row["feature_set_version"] for version in offered):
        raise FeatureMismatch(
            f"{row['model_version']} was trained on feature set {row['feature_set_version']}, the warehouse builds {offered}: "
            "train a new version (demand train --promote) or let the baseline serve (demand promote baseline)"
        )


def explain_requests(
    session: Any,
    *,
    keys: Sequence[str],
    inputs: Any,
    champion: Any,
    groups: Any,
    reference: Any,
    horizons: Sequence[int],
    dbt_version: str,
) -> Any:
    """Relation with the base and the contribution of each group, lists by horizon, for every row of `inputs`; None without a
    champion. `groups` has a row for each feature and its group, `reference` one row with a value of each feature.

    Lazy as `score_requests` is. Raises DemandForecastError, FeatureMismatch, ModelRefused or VersionMismatch.
    """
    check_version(dbt_version)
    row = version_row(champion)
    if row is None:
        return None
    check_feature_set(inputs, row)
    (values,) = reference.to_arrow_table().to_pylist()
    explaining = explainer(load_model(row), bytes(row["onnx_bytes"]), grouped(groups), values, sorted(set(horizons)))
    name = f"explain_{uuid.uuid4().hex}"
    answer = answer_type(tuple(explaining.groups))
    session.create_function(name, functools.partial(explain, explaining), None, answer, type="arrow", null_handling="special")
    explained = inputs.query("inputs", f"select {', '.join(keys)}, {name}(context, steps, days) as answer from inputs")
    told = ", ".join(f"answer.{field} as {field}" for field in ("base_value", *explaining.groups))
    return explained.query("explained", f"select {', '.join(keys)}, {told} from explained")


def grouped(groups: Any) -> dict[str, list[str]]:
    """Features by group; a group of the steps themselves has none."""
    found: dict[str, list[str]] = {}
    for name, feature in groups.query("groups", "select driver_group, feature from groups order by all").fetchall():
        found.setdefault(name, []).extend([] if feature is None else [feature])
    return found
