"""What ``benchmarks.simulate`` does to its shops, written down before any run.

**Shop.** 2,000 generated customers, of whom about ninety buy on a day, so that a fall of 40 % is about four standard
errors of a day; 260 days; the settings of the package are its defaults. On day 200, which is day 0 below, a champion
is trained as the README says. Sixty days follow: each adds a day of events, builds, and looks at ``model_health``.

**Drift.** From day 20 on customers buy less: of all days with a purchase of a customer, a stable 40 % vanish. What
they look at and put into the cart stays. So the level of the purchase rate falls by 40 %, and what tells customers
apart stays.

**Drifted run.** Whenever health says ``retrain``, ``demand improve`` runs, and after a promotion the day is built
again. After the first one, before going on, ``demand rollback`` must bring back the forecasts as they were. A challenger
trained on outcomes shuffled among customers stands before the gate as it was for the first challenger; it must be
refused. (It was to be trained after day 60, until a shop promoted a refit of day 58, of which the gate had no unseen
day yet; nothing else changed with that.)

**Run without drift.** Nothing is done but to look at health: each day that first says ``retrain`` is a false alarm.

**Figures.** The alarm comes within five days of the drift and not before. From day 30 on, next-day log loss of three:
the champion of day 0 as if nothing had been done, what was served, and that champion at the one level that fits these
days best in hindsight, which nobody could know. Recovered is the way from the first to the second as a share of the
way to the third; at least 80 % is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.shop_generator.parameters import ShopParameters

SEEDS = (1, 2, 3, 4, 5)
VANISHING_SHARE = 0.4
ALARM_DAYS = 5
LEAST_ALARMS = 4
"""Of five shops, so many must alarm in time."""
MOST_FALSE_ALARMS = 1
LEAST_RECOVERED = 0.80


@dataclass(frozen=True)
class Plan:
    """Days are counted from the day of the first champion, day 0."""

    seed: int
    customers: int = 2000
    history_days: int = 200
    simulated_days: int = 60
    drift_day: int = 20
    judged_from_day: int = 30

    def date_of(self, day: int) -> date:
        return ShopParameters(self.customers, self.history_days).first_date + timedelta(days=self.history_days - 1 + day)
