"""`demand reproduce`: train a version again from its registry row alone, and compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from demand_forecast import __version__

from demand_forecast_training.customers.examples import CUSTOMERS, CustomerData
from demand_forecast_training.customers.finetuning import finetune
from demand_forecast_training.customers.training import Trained, train
from demand_forecast_training.customers.workflow import registered_network, registry_row
from demand_forecast_training.errors import NotReproduced, UnknownVersion
from demand_forecast_training.improvement.challenger import EXAMPLES, read_examples
from demand_forecast_training.improvement.level import with_moved_level
from demand_forecast_training.learning.export import export
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.reading import fingerprint_of, read_entity
from demand_forecast_training.learning.versions import registered_choices
from demand_forecast_training.products import workflow as products
from demand_forecast_training.products.examples import PRODUCTS, ProductData
from demand_forecast_training.products.training import train_demand
from demand_forecast_training.recommendations import workflow as recommendations
from demand_forecast_training.recommendations.examples import ListData, read_lists
from demand_forecast_training.recommendations.training import export_ranking, train_ranking
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import check_kept, version_row

TOLERANCE = 1e-3
"""Greatest difference of the validation losses; the same processor gives the same bytes."""
Row = Mapping[str, Any]


def reproduce(warehouse: Warehouse, version: str) -> None:
    """Train a version again with the hyper-parameters, the seed and the parent of its row, on the examples of the last build.

    Raises NotReproduced where those are others than it was trained on, where its parent was pruned, or where its validation loss
    is off by more than TOLERANCE.
    """
    with warehouse.visit() as connection:
        row = evaluated(connection, warehouse.relations, version)
        parent = kept_parent(connection, warehouse.relations, row)
        data = examples_of(connection, warehouse.relations, row)
    print(compared(row, RETRAINED[row["task"]](data, row, parent)))


def evaluated(connection: Any, relations: Mapping[str, str], version: str) -> Row:
    """The row of a version that has figures of its own: a refit has those of the version that it is the refit of."""
    row = version_row(connection, relations, version)
    if row["predictor"] == "pretrained":
        raise NotReproduced(f"{version} ships with the package and learnt from no day of this shop: type demand pretrained")
    if row["evaluated_version"]:
        print(f"{version} has the figures of {row['evaluated_version']}, whose refit it is; that one is trained again")
        return version_row(connection, relations, row["evaluated_version"])
    return row


def kept_parent(connection: Any, relations: Mapping[str, str], row: Row) -> Row | None:
    """The row of the version that a version went on from, if any. Raises NotReproduced where its network is gone."""
    if row["parent_version"] is None:
        return None
    parent = version_row(connection, relations, row["parent_version"])
    try:
        check_kept(parent)
    except UnknownVersion as error:
        version, name = row["model_version"], parent["model_version"]
        raise NotReproduced(
            f"{version} went on from {name}, whose network was pruned: nothing is left to train it from"
        ) from error
    return parent


def examples_of(connection: Any, relations: Mapping[str, str], row: Row) -> Any:
    """The examples that a version was trained on. Raises NotReproduced where the last build holds others."""
    for data in examples_there(connection, relations, row["task"], row["data_fingerprint"]):
        if data.fingerprint == row["data_fingerprint"]:
            return data
    fitted, through = row["fitted_through_date"], row["trained_through_date"]
    raise NotReproduced(
        f"{row['model_version']} was trained on other examples (fingerprint {row['data_fingerprint']}) than the last build has. "
        f"For the same days: dbt build --vars '{{fitted_through_date: {fitted}, trained_through_date: {through}}}'. "
        "Events that came late or were corrected since then have changed them for good"
    )


def examples_there(connection: Any, relations: Mapping[str, str], task: str, wanted: str) -> Iterator[Any]:
    """Data sets of a task that the last build holds; of customers', those with the fingerprint that is `wanted`."""
    if task == "product_demand":
        yield read_entity(connection, relations, PRODUCTS)
    elif task == "recommendation":
        yield read_lists(connection, relations)
    else:
        for purpose, name in EXAMPLES.items():
            own = {**relations, CUSTOMERS.examples: relations[name]}
            if fingerprint_of(connection, own, CUSTOMERS) == wanted:
                yield read_examples(connection, relations, purpose)


def customers_again(data: CustomerData, row: Row, parent: Row | None) -> dict[str, Any]:
    """Registry row of the same training of customers."""
    trained = customers_trained(data, registered_choices(row), parent, json.loads(row["validation_metrics"]).get("level_since"))
    return registry_row(data, trained, export(trained.network, data))


def customers_trained(data: CustomerData, choices: HyperParameters, parent: Row | None, level_since: str | None) -> Trained:
    """From nothing, or from a parent: its level moved since a day, or tuned finely."""
    if parent is None:
        return train(data, choices)
    if level_since is not None:
        return with_moved_level(data, registered_network(parent), choices, date.fromisoformat(level_since))
    return finetune(data, registered_network(parent), choices)


def products_again(data: ProductData, row: Row, parent: Row | None) -> dict[str, Any]:
    """Registry row of the same training of products."""
    trained = train_demand(data, registered_choices(row))
    return products.registry_row(data, trained, export(trained.network, data))


def recommendations_again(data: ListData, row: Row, parent: Row | None) -> dict[str, Any]:
    """Registry row of the same training of recommendations."""
    choices = registered_choices(row)
    trained = train_ranking(data, choices)
    return recommendations.registry_row(data, trained, export_ranking(trained.network, data))


RETRAINED: dict[str, Callable[[Any, Row, Row | None], dict[str, Any]]] = {
    "customer_demand": customers_again,
    "product_demand": products_again,
    "recommendation": recommendations_again,
}


def compared(row: Row, again: Row) -> str:
    """Both validation losses in words. Raises NotReproduced where they differ by more than TOLERANCE."""
    then, now = (json.loads(one["validation_metrics"])["validation_loss"] for one in (row, again))
    said = f"{row['model_version']}: validation loss {then:.6f} in the registry, {now:.6f} now"
    if abs(then - now) > TOLERANCE:
        by = f"; it was trained by version {row['package_version']} of the package, this is {__version__}"
        raise NotReproduced(said + ("" if row["package_version"] == __version__ else by))
    return f"{said}; {'the same bytes' if again['onnx_sha256'] == row['onnx_sha256'] else 'other bytes'}"
