"""A training on disk after each epoch, so that it can go on where it was killed, and end as if it had not been.

The file holds tensors and a JSON text beside them (safetensors): reading it runs no code.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from demand_forecast_training.errors import NothingToResume
from demand_forecast_training.learning.fitting import NetworkT, Progress, begin
from demand_forecast_training.learning.hyper_parameters import HyperParameters

FILE_NAME = "checkpoint.safetensors"
NETWORKS = ("network", "average", "best")
COUNTERS = tuple(field.name for field in fields(Progress) if field.name not in (*NETWORKS, "optimiser", "random"))


def save(progress: Progress[Any], choices: HyperParameters, data_fingerprint: str, path: Path) -> None:
    """Write beside the old file, then take its place: a kill leaves the one or the other, whole."""
    facts: dict[str, Any] = {name: getattr(progress, name) for name in COUNTERS}
    facts["param_groups"] = progress.optimiser.state_dict()["param_groups"]
    facts["random"] = progress.random.bit_generator.state
    facts["choices"], facts["data_fingerprint"] = choices.to_json(), data_fingerprint
    beside = path.with_suffix(".part")
    save_file(
        {name: tensor.contiguous().clone() for name, tensor in tensors(progress).items()}, beside, {"facts": json.dumps(facts)}
    )
    beside.replace(path)


def tensors(progress: Progress[Any]) -> dict[str, Tensor]:
    """Every tensor of a training, by a name that says where it belongs."""
    found = {f"{name}/{key}": value for name in NETWORKS for key, value in getattr(progress, name).state_dict().items()}
    for number, state in progress.optimiser.state_dict()["state"].items():
        found |= {f"optimiser/{number}/{key}": value for key, value in state.items()}
    return found | {"torch_random": torch.get_rng_state()}


def read(path: Path, data_fingerprint: str) -> dict[str, Any]:
    """Content of a checkpoint. Raises NothingToResume where there is none, or the training examples are others by now."""
    if not path.exists():
        raise NothingToResume(f"there is no {path}: name the folder of a training's curves")
    try:
        with safe_open(path, "pt") as file:
            content: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            content |= json.loads(file.metadata()["facts"])
    except SafetensorError as error:
        raise NothingToResume(f"{path} is not a whole checkpoint ({error}): train anew (demand train)") from error
    if content["data_fingerprint"] != data_fingerprint:
        raise NothingToResume(f"{path} was trained on other examples than the last build's: train anew (demand train)")
    return content


def chosen(content: dict[str, Any]) -> HyperParameters:
    """Hyper-parameters of the training that was cut off."""
    return HyperParameters(**json.loads(content["choices"]))


def resumed(content: dict[str, Any], network: NetworkT) -> Progress[NetworkT]:
    """Progress as it was, over a network of the same sizes; the random numbers go on as well."""
    progress = begin(network, chosen(content))
    for name in NETWORKS:
        getattr(progress, name).load_state_dict(below(content, name))
    progress.optimiser.load_state_dict({"param_groups": content["param_groups"], "state": optimiser_state(content)})
    progress.random.bit_generator.state = content["random"]
    torch.set_rng_state(content["torch_random"])
    for name in COUNTERS:
        setattr(progress, name, content[name])
    return progress


def below(content: dict[str, Any], name: str) -> dict[str, Any]:
    """What has its place below a name, by the rest of its own."""
    return {key.removeprefix(f"{name}/"): value for key, value in content.items() if key.startswith(f"{name}/")}


def optimiser_state(content: dict[str, Any]) -> dict[int, dict[str, Tensor]]:
    """State of the optimiser by the number of its parameter."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in below(content, "optimiser").items():
        number, key = name.split("/")
        state.setdefault(int(number), {})[key] = value
    return state
