"""Which features a model reads, by name and type. The names come from the warehouse: the SQL macros are their only list."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa

from demand_forecast.errors import FeatureMismatch

FEATURE_TYPE = pa.float32()
PARTS = ("context", "steps", "days")


@dataclass(frozen=True)
class Signature:
    """Feature names of the three inputs, in the order of the network's columns."""

    context: tuple[str, ...]
    steps: tuple[str, ...]
    days: tuple[str, ...]
    max_horizon_days: int

    @classmethod
    def of_types(cls, context: pa.DataType, steps: pa.DataType, days: pa.DataType, max_horizon_days: int) -> Signature:
        """Signature of Arrow columns: `context` a struct, `steps` and `days` lists of structs, every field float32."""
        names = {part: check_fields(part, kind) for part, kind in zip(PARTS, (context, steps, days), strict=True)}
        return cls(**names, max_horizon_days=max_horizon_days)

    @classmethod
    def from_json(cls, text: str) -> Signature:
        content = json.loads(text)
        names = {part: tuple(name for name, _ in content[part]) for part in PARTS}
        return cls(**names, max_horizon_days=content["max_horizon_days"])

    def to_json(self) -> str:
        parts = {part: [[name, str(FEATURE_TYPE)] for name in getattr(self, part)] for part in PARTS}
        return json.dumps(parts | {"max_horizon_days": self.max_horizon_days})

    def check(self, part: str, kind: pa.DataType, model_version: str) -> None:
        """Refuse a column whose feature names or types differ from the model's; their order does not matter."""
        expected, offered = set(getattr(self, part)), {field.name for field in fields_of(part, kind)}
        complaints = [f"missing: {', '.join(sorted(expected - offered))}"] if expected - offered else []
        complaints += [f"unknown: {', '.join(sorted(offered - expected))}"] if offered - expected else []
        if complaints:
            raise FeatureMismatch(
                f"{model_version} and the warehouse disagree about the features of `{part}` ({'; '.join(complaints)}). "
                "Train a new version (demand train --promote), or take the columns of seq_customer_inputs in SQL of your own"
            )
        check_fields(part, kind)


def fields_of(part: str, kind: pa.DataType) -> list[pa.Field]:
    """Fields of a struct, or of the struct inside a list."""
    inner = kind if part == "context" else getattr(kind, "value_type", None)
    if inner is None or not pa.types.is_struct(inner):
        raise FeatureMismatch(
            f"`{part}` is {kind}; it takes a {'struct' if part == 'context' else 'list of structs'}, as in seq_customer_inputs"
        )
    return [inner.field(position) for position in range(inner.num_fields)]


def check_fields(part: str, kind: pa.DataType) -> tuple[str, ...]:
    """Names of the fields; refuses one that is not float32."""
    for field in fields_of(part, kind):
        if field.type != FEATURE_TYPE:
            raise FeatureMismatch(f"the feature `{field.name}` of `{part}` is {field.type}; cast it to {FEATURE_TYPE} (FLOAT)")
    return tuple(field.name for field in fields_of(part, kind))
