"""Both versions asked about the same origins in shadow: what they say is kept in the ledger and serves nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demand_forecast import __version__
from demand_forecast.dbt_models import score_requests

KEYS = ("customer_id", "as_of_date", "input_hash", "purpose")
UNASKED = """
    select origins.customer_id, origins.as_of_date, origins.input_hash, 'shadow' as purpose,
        inputs.feature_set_version, inputs.context, inputs.steps, inputs.days
    from {seq_origins} as origins
    inner join (select distinct customer_id, as_of_date from {lbl_challenger_examples} where role = 'gate') as gate
        on origins.customer_id = gate.customer_id and origins.as_of_date = gate.as_of_date
    inner join {seq_customer_inputs} as inputs
        on origins.customer_id = inputs.customer_id and origins.as_of_date = inputs.as_of_date
    where not exists (
        select 1 from {pred_customer_ledger} as said
        where said.customer_id = origins.customer_id and said.as_of_date = origins.as_of_date
            and said.input_hash = origins.input_hash and said.model_version = '{version}' and said.purpose = 'shadow'
    )
    order by inputs.position
"""
ANSWERED = """
    insert into {pred_customer_ledger} by name
    select scores.*, inputs.feature_set_version, registry.mapping_hash, registry.predictor,
        baseline.purchase_probability as baseline_probability, baseline.expected_units as baseline_units,
        baseline.expected_revenue as baseline_revenue, cast(now() at time zone 'UTC' as timestamp) as scored_at
    from scores
    inner join shadow_inputs as inputs using (customer_id, as_of_date)
    inner join {model_registry} as registry on scores.model_version = registry.model_version
    inner join {pred_customer_baseline} as baseline
        on scores.customer_id = baseline.customer_id and scores.as_of_date = baseline.as_of_date
"""


def ask_in_shadow(connection: Any, relations: Mapping[str, str], versions: Sequence[str]) -> None:
    """Append to the ledger what each version says of the gate's origins and has not said yet.

    Bytes, features and golden rows are checked first: raises ModelRefused or FeatureMismatch.
    """
    for version in versions:
        connection.execute("create or replace temp table shadow_inputs as " + UNASKED.format(version=version, **relations))
        registered = connection.sql(f"select * from {relations['model_registry']} where model_version = '{version}'")
        scores = score_requests(
            connection,
            keys=KEYS,
            inputs=connection.table("shadow_inputs"),
            versions={"shadow": registered},
            require_gpu=False,
            dbt_version=__version__,
        )
        scores.create_view("scores", replace=True)
        connection.execute(ANSWERED.format(**relations))
        connection.execute("drop view scores; drop table shadow_inputs")
