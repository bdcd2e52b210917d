"""What is trained: each architecture, the network without one of its parts, and one that starts from the shipped network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from demand_forecast_training.customers.examples import CustomerData, Examples
from demand_forecast_training.learning.dataset import NO_HISTORY
from demand_forecast_training.learning.hyper_parameters import ARCHITECTURES, HyperParameters


@dataclass(frozen=True)
class Variant:
    """A name in the tables, the hyper-parameters, and what the network is kept from."""

    name: str
    choices: HyperParameters
    sees_context: bool = True
    sees_steps: bool = True
    is_calibrated: bool = True
    is_refit: bool = False
    """Refitted on all days before the judged ones, validation days too."""
    is_pretrained: bool = False
    """Fine-tuned from the network that ships with the package, instead of trained from scratch."""

    def training(self) -> Variant:
        """The variant whose training serves this one too: calibration and refit come after it."""
        return replace(self, name="", is_calibrated=True, is_refit=False)


def known_variants(choices: HyperParameters) -> dict[str, Variant]:
    """Every architecture, the chosen one's refit on all days, its ablations, and fine-tuning from the shipped network: the others
    are without pre-training."""
    found = [Variant(name, replace(choices, architecture=name)) for name in ARCHITECTURES]
    found += [
        Variant("refit", choices, is_refit=True),
        Variant("no_trees", replace(choices, are_trees_tried=False)),
        Variant("no_context", choices, sees_context=False),
        Variant("no_sequence", choices, sees_steps=False),
        Variant("no_calibration", choices, is_calibrated=False),
        Variant("pretrained_start", choices, is_pretrained=True),
    ]
    return {variant.name: variant for variant in found}


def with_seeds(variants: Iterable[Variant], seeds: list[int]) -> list[Variant]:
    """Each variant with each seed; more than one seed shows in the name."""
    return [
        replace(
            variant,
            name=variant.name if len(seeds) == 1 else f"{variant.name}_seed{seed}",
            choices=replace(variant.choices, seed=seed),
        )
        for variant in variants
        for seed in seeds
    ]


def seen_by(variant: Variant, data: CustomerData) -> CustomerData:
    """The data set without what the variant is kept from."""
    return replace(data, train=seen_examples(variant, data.train), validation=seen_examples(variant, data.validation))


def seen_examples(variant: Variant, examples: Examples) -> Examples:
    """A context of zeros never varies and gets no bin; an origin without steps has the empty memory."""
    if not variant.sees_context:
        examples = replace(examples, context=np.zeros_like(examples.context))
    if not variant.sees_steps:
        nothing = np.full_like(examples.history, NO_HISTORY)
        examples = replace(examples, history=nothing, position=np.zeros_like(examples.position))
    return examples
