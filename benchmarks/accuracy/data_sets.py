"""The data sets: what the harness calls them and what their shop can map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """One data set. `columns` maps this package's event columns to the canonical ones; the canonical clock is the shop's own, so
    its days are the shop's local days in any zone that both sides name: UTC, which has no hour twice."""

    name: str
    harness_name: str
    is_raw: bool
    """The harness makes the canonical events itself; otherwise a folder with events.parquet is given."""
    has_amounts: bool = True
    country: str | None = None
    """Whose holidays the shop maps; None maps no calendar."""

    @property
    def columns(self) -> dict[str, str]:
        shared = {name: name for name in ("customer_id", "event_at", "event_type", "product_id", "quantity")}
        return shared | ({"amount": "revenue"} if self.has_amounts else {})


DATA_SETS = {
    each.name: each
    for each in (
        DataSet("complete_journey", "complete_journey", is_raw=True, country="United States"),
        DataSet("tmall_2014_half", "tmall_2014", is_raw=False, has_amounts=False),
    )
}
