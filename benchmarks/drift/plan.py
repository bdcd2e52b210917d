"""The shops, the drift that is injected into them, and when it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.shop_generator.parameters import ShopParameters

HORIZONS = (1, 7)
"""Days within which a purchase is forecast."""
DEVELOPMENT_SEEDS = (1, 4, 5, 6)
"""Shops on which FINETUNING was chosen, on the first its recent days and its batches; of every other one only the
time was looked at."""
SEEDS = (2, 3, 1)


@dataclass(frozen=True)
class Drift:
    """From `first_date` on a stable `share` vanishes of the purchase days more than `late_days` after the one before."""

    first_date: date
    late_days: int = 14
    share: float = 0.7


@dataclass(frozen=True)
class Plan:
    """A shop of `customers` whose drift begins `drift_days` before its end; both builds keep the same number of days apart."""

    customers: int = 4800
    days: int = 320
    seed: int = 2
    drift_days: int = 80
    test_days: int = 21
    validation_days: int = 14
    old_days: int = 42
    """Days before the drift on which the customers held back are judged."""

    @property
    def last_date(self) -> date:
        return ShopParameters(self.customers, self.days).first_date + timedelta(days=self.days - 1)

    @property
    def drift(self) -> Drift:
        return Drift(self.last_date - timedelta(days=self.drift_days - 1))

    @property
    def recent_days(self) -> int:
        """Whoever bought at most so many days ago is untouched by the drift within every horizon."""
        return self.drift.late_days - max(HORIZONS)

    def cuts(self, is_before: bool, test_days: int) -> dict[str, str]:
        """Vars of a build as of the day before the drift, or of the last day."""
        latest = self.drift.first_date - timedelta(days=1) if is_before else self.last_date
        trained = latest - timedelta(days=test_days)
        fitted = trained - timedelta(days=self.validation_days)
        return {"as_of_date": str(latest), "trained_through_date": str(trained), "fitted_through_date": str(fitted)}
