"""One row per request: the champion's forecast of each of the next days. Thin on purpose: the work is in `demand_forecast`."""


def model(dbt, session):
    inputs = dbt.ref("demand_forecast", "pred_customer_inputs")
    champion = dbt.ref("demand_forecast", "pred_champion")
    from demand_forecast.dbt_models import score_customer_requests

    return score_customer_requests(
        session,
        inputs=inputs,
        champion=champion,
        require_gpu=dbt.config.get("require_gpu"),
        dbt_version=dbt.config.get("package_version"),
    )
