"""dbt-duckdb plugin: the champion as the SQL function score_customer_demand(context, steps, days), and the secret of pseudonyms.

In profiles.yml:

    plugins:
      - module: demand_forecast.dbt_plugin
        config: {registry: main_demand.model_registry, promotions: main_demand.model_promotions, require_gpu: false}
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin

from demand_forecast.duckdb_udf import register
from demand_forecast.errors import DemandForecastError
from demand_forecast.model import Model, load_model
from demand_forecast.secret_hash import set_pads
from demand_forecast.udf import score

RELATION = re.compile(r'^"?\w+"?(\."?\w+"?){0,2}$')


class Champion:
    """The serving model of a warehouse, loaded when it is first needed and again when another is promoted."""

    def __init__(self, connection: Any, registry: str, promotions: str, require_gpu: bool) -> None:
        for name in (registry, promotions):
            if not RELATION.match(name):
                raise DemandForecastError(f"`{name}` in the plugin's config is not the name of a table")
        self.connection, self.registry, self.promotions, self.require_gpu = connection, registry, promotions, require_gpu
        self.model: Model | None = None

    def current(self) -> Model:
        """The champion; reads its row through a cursor of its own, since a query is running on the connection."""
        cursor = self.connection.cursor()
        try:
            version = self.serving_version(cursor)
            if self.model is None or self.model.model_version != version:
                sql = f"select * from {self.registry} where model_version = ?"
                rows = cursor.sql(sql, params=[version]).to_arrow_table().to_pylist()
                if not rows:
                    raise DemandForecastError(f"`{version}` serves, which is no network: type demand promote VERSION")
                self.model = load_model(rows[0], self.require_gpu)
        finally:
            cursor.close()
        return self.model

    def serving_version(self, cursor: Any) -> str:
        sql = f"select model_version from {self.promotions} where task = 'customer_demand' order by promotion_number desc limit 1"
        rows = cursor.execute(sql).fetchall()
        if not rows:
            raise DemandForecastError("no model serves customer_demand yet: type demand train")
        return str(rows[0][0])

    def score(self, context: pa.Array, steps: pa.Array, days: pa.Array) -> pa.StructArray:
        return score(self.current(), context, steps, days)


class Plugin(BasePlugin):  # type: ignore[misc]
    """Registers the function on every connection that dbt opens."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self.registry = str(plugin_config.get("registry", "main_demand.model_registry"))
        self.promotions = str(plugin_config.get("promotions", "main_demand.model_promotions"))
        self.require_gpu = plugin_config.get("require_gpu", False) is True

    def configure_connection(self, conn: Any) -> None:
        register(conn, Champion(conn, self.registry, self.promotions, self.require_gpu).score)

    def configure_cursor(self, cursor: Any) -> None:
        set_pads(cursor)  # variables are of one session, and each cursor is one
