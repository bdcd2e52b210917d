"""A training on disk after each epoch, so that it can go on where it was killed, and end as if it had not been."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from demand_forecast_training.errors import NothingToResume
from demand_forecast_training.fitting import Progress, begin
from demand_forecast_training.hyper_parameters import HyperParameters
from demand_forecast_training.network import Network

FILE_NAME = "checkpoint.pt"
NETWORKS = ("network", "average", "best")
COUNTERS = tuple(field.name for field in fields(Progress) if field.name not in (*NETWORKS, "optimiser", "random"))


def save(progress: Progress, choices: HyperParameters, data_fingerprint: str, path: Path) -> None:
    """Write beside the old file, then take its place: a kill leaves the one or the other, whole."""
    content: dict[str, Any] = {name: getattr(progress, name) for name in COUNTERS}
    content |= {name: getattr(progress, name).state_dict() for name in NETWORKS}
    content["optimiser"] = progress.optimiser.state_dict()
    content["random"] = json.dumps(progress.random.bit_generator.state)
    content["torch_random"] = torch.get_rng_state()
    content["choices"], content["data_fingerprint"] = choices.to_json(), data_fingerprint
    beside = path.with_suffix(".part")
    torch.save(content, beside)
    beside.replace(path)


def read(path: Path, data_fingerprint: str) -> dict[str, Any]:
    """Content of a checkpoint. Raises NothingToResume where there is none, or the training examples are others by now."""
    if not path.exists():
        raise NothingToResume(f"there is no {path}: name the folder of a training's curves")
    content: dict[str, Any] = torch.load(path, weights_only=True)
    if content["data_fingerprint"] != data_fingerprint:
        raise NothingToResume(f"{path} was trained on other examples than the last build's: train anew (demand train)")
    return content


def chosen(content: dict[str, Any]) -> HyperParameters:
    """Hyper-parameters of the training that was cut off."""
    return HyperParameters(**json.loads(content["choices"]))


def resumed(content: dict[str, Any], network: Network) -> Progress:
    """Progress as it was, over a network of the same sizes; the random numbers go on as well."""
    progress = begin(network, chosen(content))
    for name in NETWORKS:
        getattr(progress, name).load_state_dict(content[name])
    progress.optimiser.load_state_dict(content["optimiser"])
    progress.random.bit_generator.state = json.loads(content["random"])
    torch.set_rng_state(content["torch_random"])
    for name in COUNTERS:
        setattr(progress, name, content[name])
    return progress
