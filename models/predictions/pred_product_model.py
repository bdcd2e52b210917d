"""One row per request of a product: a network's forecast of each of the next days. Thin: the work is in `demand_forecast`."""

import warnings

NO_SCORES = """
    select
        *, cast(null as bigint) as input_hash, cast(null as varchar) as model_version, cast(null as varchar) as provider
    from baseline
    where false
"""


def model(dbt, session):
    inputs = dbt.ref("demand_forecast", "pred_product_inputs")
    versions = {
        "served": dbt.ref("demand_forecast", "pred_product_champion"),
        "backtest": dbt.ref("demand_forecast", "pred_product_evaluated"),
    }
    baseline = dbt.ref("demand_forecast", "pred_product_baseline")
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
            keys=("product_id", "as_of_date", "input_hash", "purpose"),
            inputs=inputs,
            versions=versions,
            require_gpu=dbt.config.get("require_gpu"),
            dbt_version=dbt.config.get("package_version"),
        )
    return baseline.query("baseline", NO_SCORES) if scores is None else scores
