"""The network that ships with the package. It was trained on generated shops alone, its amounts counted in average baskets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demand_forecast import __version__
from demand_forecast.errors import FeatureMismatch, ModelRefused
from demand_forecast.signature import PARTS, Signature
from safetensors.torch import load
from torch import Tensor

from demand_forecast_training.customers.network import Network, network_of_weights
from demand_forecast_training.learning.export import weights_bytes
from demand_forecast_training.learning.hyper_parameters import HyperParameters

FOLDER = Path(__file__).parent
WEIGHTS, DESCRIPTION = "network.safetensors", "network.json"
BY_DAY = ("slopes", "intercepts", "tree_weights", "units_scale", "revenue_scale", "day_vectors", "day_bias", "habit_columns")
"""Weights whose last axis counts the days ahead."""


@dataclass(frozen=True)
class Artefact:
    """The shipped network with what it reads. `feature_set` is the number of the feature set, without the basis of units, which
    an average basket does not know; `told` says what it was trained on."""

    weights: Mapping[str, Tensor]
    choices: HyperParameters
    signature: Signature
    feature_set: str
    told: Mapping[str, Any]

    def network(self, max_horizon_days: int) -> Network:
        """The network that speaks about the first so many days."""
        weights = {
            name: values[..., :max_horizon_days].contiguous() if name in BY_DAY else values
            for name, values in self.weights.items()
        }
        return network_of_weights(weights, self.choices)

    def check(self, signature: Signature, feature_set_version: str) -> None:
        """Refuse a warehouse whose features are not those that it was trained on. Raises FeatureMismatch."""
        if feature_number(feature_set_version) != self.feature_set:
            raise FeatureMismatch(
                f"the pre-trained network reads feature set {self.feature_set}, the last build made {feature_set_version}: "
                "install the distribution and the dbt package of one version, or type demand train"
            )
        for part in PARTS:
            if getattr(signature, part) != getattr(self.signature, part):
                raise FeatureMismatch(f"the pre-trained network reads other features of `{part}` than the last build made")
        if signature.max_horizon_days > self.signature.max_horizon_days:
            raise FeatureMismatch(
                f"the pre-trained network speaks about {self.signature.max_horizon_days} days, and max_horizon_days is "
                f"{signature.max_horizon_days}: type demand train"
            )


def feature_number(feature_set_version: str) -> str:
    """The number of a feature set, without the basis of units."""
    return feature_set_version.split("-")[0]


def read_artefact(folder: Path = FOLDER) -> Artefact:
    """The shipped network. Raises ModelRefused where its bytes are not those of its description."""
    content = (folder / WEIGHTS).read_bytes()
    told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    if hashlib.sha256(content).hexdigest() != told["weights_sha256"]:
        raise ModelRefused(f"{folder / WEIGHTS} does not match its description: install demand-forecast again")
    signature = Signature.from_json(json.dumps(told["signature"]))
    return Artefact(load(content), HyperParameters(**told["hyper_parameters"]), signature, told["feature_set"], told)


def write_artefact(network: Network, choices: HyperParameters, signature: Signature, feature_set_version: str, told: Any) -> Path:
    """Write the shipped network and its description; returns their folder."""
    content = weights_bytes(network)
    description = {
        "package_version": __version__,
        "feature_set": feature_number(feature_set_version),
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "hyper_parameters": json.loads(replace(choices, are_units_whole=False).to_json()),
        "signature": json.loads(signature.to_json()),
        "trained_on": told,
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / WEIGHTS).write_bytes(content)
    (FOLDER / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return FOLDER
