"""Train the warehouse's forecasting models: the `demand` command. Needs the extra `training` for torch."""
