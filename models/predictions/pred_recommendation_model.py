"""One row per request of a customer: places of candidates, best first, with scores. Thin: the work is in `demand_forecast`."""

import warnings

NO_SCORES = """
    select
        customer_id, as_of_date, input_hash, purpose, cast(null as varchar) as model_version, cast(null as varchar) as provider,
        cast(null as float[]) as place, cast(null as float[]) as score
    from inputs
    where false
"""


def model(dbt, session):
    inputs = dbt.ref("demand_forecast", "pred_recommendation_inputs")
    champion = dbt.ref("demand_forecast", "pred_recommendation_champion")
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
            versions={"served": champion},
            require_gpu=dbt.config.get("require_gpu"),
            dbt_version=dbt.config.get("package_version"),
        )
    return inputs.query("inputs", NO_SCORES) if scores is None else scores
