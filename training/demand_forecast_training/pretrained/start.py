"""`demand pretrained`: the shipped network, made to fit this shop's units and money, as a version like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from demand_forecast.arrays import list_lengths, one_chunk, padded_lists, struct_matrix
from demand_forecast.signature import Signature

from demand_forecast_training.customers.calibration import fitted_line, write_line
from demand_forecast_training.customers.examples import CustomerData, read_dataset
from demand_forecast_training.customers.figures import Figures, baseline_probability, figures, next_day_figures, validation_table
from demand_forecast_training.customers.finetuning import figures_of
from demand_forecast_training.customers.network import Network
from demand_forecast_training.customers.rates import predicted_rates
from demand_forecast_training.errors import NothingToTrain
from demand_forecast_training.learning.dataset import horizons_of
from demand_forecast_training.learning.export import GOLDEN_ROWS, Exported, Inputs, export_with
from demand_forecast_training.learning.hyper_parameters import HyperParameters
from demand_forecast_training.learning.versions import figure_columns, not_promoted, registered_line, version_columns
from demand_forecast_training.pretrained.artefact import Artefact, read_artefact
from demand_forecast_training.pretrained.basket import Basket, KnownBasket, adapted, read_basket
from demand_forecast_training.terminal import shown
from demand_forecast_training.warehouse.connection import Warehouse
from demand_forecast_training.warehouse.registry import TASK, champion, register

PRETRAINED = "pretrained"
"""The predictor of its rows."""


@dataclass(frozen=True)
class Shop:
    """What is read of a shop: its basket, the inputs of some customers, what these mean, and validation days, or None."""

    known: KnownBasket
    golden: Inputs
    signature: Signature
    feature_set_version: str
    mapping_hash: str
    validation: CustomerData | None


@dataclass(frozen=True)
class Judged:
    """Figures on validation days of the network and the baseline, by horizon; empty without such days."""

    model: list[Figures]
    baseline: list[Figures]

    @property
    def is_worse(self) -> bool:
        """Whether the baseline's next-day log loss is known to be as low."""
        ours, theirs = (tables[0].log_loss if tables else None for tables in (self.model, self.baseline))
        return ours is not None and theirs is not None and ours >= theirs


def register_pretrained(warehouse: Warehouse, is_wanted: bool) -> str:
    """Register the shipped network for this shop and say what happened; returns the version.

    It serves if `is_wanted`, or if no version does and it does not lose to the baseline on validation days. Nothing is learnt of
    days after the version's trained_through_date. Raises FeatureMismatch where the last build made other features, NothingToTrain
    where it forecasts for nobody.
    """
    artefact = read_artefact()
    with warehouse.visit() as connection:
        shop = read_shop(connection, warehouse.relations, artefact)
    network, choices = basket_fitted(artefact, shop.known.basket, shop.signature.max_horizon_days)
    judged = judge(network, shop, choices)
    if shop.validation:
        calibrate_on(network, shop.validation, choices)
    row = pretrained_row(shop, judged, choices, export_with(network, shop.golden.mingled(), shop.signature))
    with warehouse.visit(read_only=False) as connection:
        serving = champion(connection, warehouse.relations)
        reason = promotion_reason(judged, serving, is_wanted)
        is_new = register(connection, warehouse.relations, row, reason)
    print(basket_line(shop.known))
    if judged.model:
        print(validation_table(judged.model, judged.baseline, PRETRAINED))
    print(outcome(row["model_version"], is_new, reason, serving, judged))
    return str(row["model_version"])


def basket_fitted(artefact: Artefact, basket: Basket, max_horizon_days: int) -> tuple[Network, HyperParameters]:
    """The network with a shop's units and money, and its hyper-parameters."""
    network = adapted(artefact.network(max_horizon_days), basket)
    return network, replace(artefact.choices, are_units_whole=basket.is_whole)


def calibrate_on(network: Network, data: CustomerData, choices: HyperParameters) -> None:
    """Fit the hazard's line to a shop's validation days. The scales of units and revenue stay those of the generated shops."""
    write_line(network, fitted_line(predicted_rates(network, data, data.validation, choices), data.validation))


GOLDEN = """
    with latest as (
        select customer_id, as_of_date, ntile({tiles}) over (order by position, customer_id) as tile
        from {seq_origins} where role = 'latest'
    ),
    chosen as (select min(customer_id) as customer_id, any_value(as_of_date) as as_of_date from latest group by tile)
    select inputs.feature_set_version, inputs.mapping_hash, inputs.context, inputs.steps, inputs.days
    from {seq_customer_inputs} as inputs
    inner join chosen using (customer_id, as_of_date)
    where inputs.role = 'latest'
    order by inputs.position, inputs.customer_id
"""
VALIDATION = "(select * from {lbl_training_examples} where role = 'validation')"


def read_shop(connection: Any, relations: Mapping[str, str], artefact: Artefact) -> Shop:
    """Everything that is needed of the last build. Raises FeatureMismatch or NothingToTrain."""
    known = read_basket(connection, relations)
    table = connection.sql(GOLDEN.format_map({**relations, "tiles": GOLDEN_ROWS})).to_arrow_table()
    if not len(table):
        raise NothingToTrain("the last build forecasts for nobody: no customer was active within active_days")
    context, steps, days = (one_chunk(table[part]) for part in ("context", "steps", "days"))
    signature = Signature.of_types(context.type, steps.type, days.type, int(list_lengths(days)[0]))
    meaning = {name: table[name][0].as_py() for name in ("feature_set_version", "mapping_hash")}
    artefact.check(signature, meaning["feature_set_version"])
    padded, position = padded_lists(steps, signature.steps)
    calendar, _ = padded_lists(days, signature.days)
    golden = Inputs(padded, position, struct_matrix(context, signature.context), calendar)
    return Shop(known, golden, signature, **meaning, validation=read_validation(connection, relations, known))


def read_validation(connection: Any, relations: Mapping[str, str], known: KnownBasket) -> CustomerData | None:
    """The validation days of the last build; None without any, or where the version is judged on later days alone."""
    given = {**relations, "lbl_training_examples": VALIDATION.format_map(relations)}
    count = "select count(*) from {lbl_training_examples} cross join {seq_cut_dates} as cuts where cuts.trained_through_date = ?"
    ((rows,),) = connection.execute(count.format_map(given), [known.trained_through_date]).fetchall()
    return read_dataset(connection, given, ("validation",)) if rows else None


def judge(network: Network, shop: Shop, choices: HyperParameters) -> Judged:
    """Figures on validation days before it is calibrated on them."""
    data = shop.validation
    if data is None:
        return Judged([], [])
    said = baseline_probability(data.validation)
    return Judged(figures_of(network, data, choices), [figures(said, data.validation, days) for days in horizons_of(data)])


def pretrained_row(shop: Shop, judged: Judged, choices: HyperParameters, exported: Exported) -> dict[str, Any]:
    """Row of model_registry by column name. No example of this shop has taught it."""
    tables = {"model": judged.model, "baseline": judged.baseline}
    return (
        version_columns(TASK, PRETRAINED, shop.known.trained_through_date, choices, exported)
        | figure_columns(next_day_figures(judged.model), next_day_figures(judged.baseline))
        | {
            "predictor": PRETRAINED,
            "feature_set_version": shop.feature_set_version,
            "mapping_hash": shop.mapping_hash,
            "signature": shop.signature.to_json(),
            "fitted_through_date": shop.known.fitted_through_date,
            "data_fingerprint": f"{shop.known.basket.purchase_days} purchase days before {shop.known.known_before}",
            "training_rows": 0,
            "validation_rows": len(shop.validation.validation) if shop.validation else 0,
            "validation_metrics": json.dumps({name: [asdict(row) for row in rows] for name, rows in tables.items()}),
        }
    )


def promotion_reason(judged: Judged, serving: str | None, is_wanted: bool) -> str | None:
    """Why the version may serve at once, or None."""
    if is_wanted:
        return "demand pretrained --promote"
    if serving is None and not judged.is_worse:
        return "pre-trained, and no version served"
    return None


def basket_line(known: KnownBasket) -> str:
    """What the shop's amounts were taken from."""
    basket = known.basket
    if not basket.purchase_days:
        return "no purchase is known yet: each counts as one unit and no money (type demand pretrained again once there are some)"
    return (
        f"{basket.purchase_days:,} purchase days before {known.known_before} hold {basket.units:,.2f} units and "
        f"{basket.revenue:,.2f} of revenue each"
    )


def outcome(version: str, is_new: bool, reason: str | None, serving: str | None, judged: Judged) -> str:
    """What became of the version, and what to type next."""
    if said := registered_line(version, is_new, reason, serving):
        return said
    ours, theirs = shown(judged.model[0].log_loss), shown(judged.baseline[0].log_loss)
    return not_promoted(version, f"its next-day log loss on validation days, {ours}, does not beat the baseline's, {theirs}")
