"""One row per customer whom a network serves: what each group of features adds. Thin: the work is in `demand_forecast`."""

import warnings


def model(dbt, session):
    inputs = dbt.ref("demand_forecast", "pred_reason_inputs")
    groups = dbt.ref("demand_forecast", "pred_driver_groups")
    reference = dbt.ref("demand_forecast", "pred_driver_reference")
    champion = dbt.ref("demand_forecast", "pred_champion")
    names = [name for (name,) in groups.query("groups", "select distinct driver_group from groups").fetchall()]
    reasons = None
    try:
        from demand_forecast.dbt_models import explain_requests
    except ModuleNotFoundError as missing:
        if missing.name != "demand_forecast":
            raise
        warnings.warn("no reasons: the scoring package is missing. Type: pip install demand-forecast", stacklevel=1)
    else:
        reasons = explain_requests(
            session,
            keys=("customer_id", "as_of_date", "model_version"),
            inputs=inputs,
            champion=champion,
            groups=groups,
            reference=reference,
            horizons=dbt.config.get("horizons"),
            dbt_version=dbt.config.get("package_version"),
        )
    lists = ", ".join(f"cast(null as double[]) as {name}" for name in ("base_value", *names))
    nothing = f"select customer_id, as_of_date, model_version, {lists} from inputs where false"
    return inputs.query("inputs", nothing) if reasons is None else reasons
