"""One row per request: a network's forecast of each of the next days. Thin on purpose: the work is in `demand_forecast`."""

import warnings

NO_SCORES = """
    select
        customer_id, as_of_date, input_hash, purpose,
        cast(null as varchar) as model_version, cast(null as varchar) as provider,
        cast(null as float[]) as purchase_hazard, cast(null as float[]) as purchase_probability,
        cast(null as float[]) as expected_units, cast(null as float[]) as expected_revenue
    from inputs
    where false
"""


def model(dbt, session):
    inputs = dbt.ref("demand_forecast", "pred_customer_inputs")
    versions = {
        "served": dbt.ref("demand_forecast", "pred_champion"),
        "backtest": dbt.ref("demand_forecast", "pred_evaluated"),
    }
    scores = None
    try:
        from demand_forecast.dbt_models import score_requests
    except ModuleNotFoundError as missing:
        if missing.name != "demand_forecast":
            raise
        warnings.warn("the baseline serves: the scoring package is missing. Type: pip install demand-forecast", stacklevel=1)
    else:
        scores = score_requests(
            session,
            keys=("customer_id", "as_of_date", "input_hash", "purpose"),
            inputs=inputs,
            versions=versions,
            require_gpu=dbt.config.get("require_gpu"),
            dbt_version=dbt.config.get("package_version"),
        )
    return inputs.query("inputs", NO_SCORES) if scores is None else scores
