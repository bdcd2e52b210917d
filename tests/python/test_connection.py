"""A file that is held is told from one that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from demand_forecast_training.errors import WarehouseUnavailable
from demand_forecast_training.warehouse import connection
from demand_forecast_training.warehouse.connection import connect


def test_a_path_with_lock_in_it_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 0.0)
    file = tmp_path / "clockshop" / "warehouse.duckdb"
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseUnavailable, match="cannot be opened"):
        connect(file, read_only=True)
