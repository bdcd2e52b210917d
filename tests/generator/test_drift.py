"""The drift that the benchmark injects: of the late purchases after its first day a stable share vanishes, and nothing else. And
what it says of its targets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from benchmarks.drift.judging import EVERY, OLD, OLD_RECENT, RECENT, Compared
from benchmarks.drift.plan import HORIZONS, Drift, Plan
from benchmarks.drift.report import Result
from benchmarks.drift.shops import write_drifted
from benchmarks.drift.trainings import Timed
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop

SHOP = ShopParameters(customers=500, days=120, seed=4)
DRIFT = Drift(first_date=SHOP.first_date + timedelta(days=50))
PurchaseDay = tuple[str, date]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    write_shop(SHOP, folder, truth=False, next_day=False)
    write_drifted(folder / "events.parquet", DRIFT, folder / "drifted.parquet")
    return folder


def asked(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of a query over the files of the folder."""
    with duckdb.connect() as con:
        for path in folder.glob("*.parquet"):
            con.execute(f"create view {path.stem} as select * from '{path}'")
        return con.execute(query).fetchall()


def purchase_days(folder: Path, name: str) -> list[PurchaseDay]:
    query = f"select distinct customer_id, event_at::date from {name} where event_type = 'purchase' order by all"
    return asked(folder, query)  # type: ignore[return-value]


def late_days(days: list[PurchaseDay]) -> set[PurchaseDay]:
    """Purchase days from the first day of the drift on that come more than `late_days` after the customer's one before."""
    return {
        (customer, day)
        for (before, previous), (customer, day) in pairwise(days)
        if customer == before and day >= DRIFT.first_date and (day - previous).days > DRIFT.late_days
    }


def test_only_late_purchase_days_after_the_first_day_vanish_about_the_share(folder: Path) -> None:
    days = purchase_days(folder, "events")
    late, vanished = late_days(days), set(days) - set(purchase_days(folder, "drifted"))
    assert len(late) > 300 and vanished < late
    assert len(vanished) / len(late) == pytest.approx(DRIFT.share, abs=0.08)


def test_a_vanished_day_loses_all_its_purchases_and_every_other_event_stays_as_it_was(folder: Path) -> None:
    gone = asked(folder, "from events except all from drifted")
    columns = [name for name, *_ in asked(folder, "describe events")]
    customer, at, kind = (columns.index(name) for name in ("customer_id", "event_at", "event_type"))
    assert {row[kind] for row in gone} == {"purchase"}
    vanished = set(purchase_days(folder, "events")) - set(purchase_days(folder, "drifted"))
    assert {(row[customer], row[at].date()) for row in gone} == vanished  # type: ignore[attr-defined]
    assert not asked(folder, "from drifted except all from events")


def test_the_same_purchases_vanish_each_time_and_more_of_them_with_a_larger_share(folder: Path) -> None:
    found = {}
    for share in (DRIFT.share, 1.0):
        write_drifted(folder / "events.parquet", replace(DRIFT, share=share), folder / "other.parquet")
        found[share] = set(purchase_days(folder, "other"))
    assert found[DRIFT.share] == set(purchase_days(folder, "drifted")) > found[1.0]
    assert found[1.0] == set(purchase_days(folder, "events")) - late_days(purchase_days(folder, "events"))


def result(tuned_losses: dict[str, float], tuned_seconds: float) -> Result:
    """A shop on which the champion loses 1.0 and the retrained one 0.9 everywhere, in 100 seconds."""
    figures = {
        (kind, days): Compared(kind, days, 10, {"champion": 1.0, "fine-tuned": loss, "retrained": 0.9}, (1 - loss) / 0.1, (0, 1))
        for kind, loss in tuned_losses.items()
        for days in HORIZONS
    }
    seconds = {"fine-tuned": tuned_seconds, "retrained": 100.0}
    return Result(Plan(), figures, {name: Timed(None, value, value) for name, value in seconds.items()}, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recovering", "keeping", "seconds", "is_met"),
    [(0.91, 1.005, 15.0, True), (0.93, 1.02, 25.0, False)],
)
def test_every_target_is_said_to_be_met_or_missed(recovering: float, keeping: float, seconds: float, is_met: bool) -> None:
    said = result({EVERY: recovering, RECENT: keeping, OLD: keeping, OLD_RECENT: keeping}, seconds)
    assert [target.is_met for target in said.targets()] == [is_met] * 5
    assert all(target.verdict.endswith("met" if is_met else "MISSED") for target in said.targets())


def test_one_horizon_that_misses_its_bar_is_enough() -> None:
    said = result({EVERY: 0.91, RECENT: 1.0, OLD: 1.0, OLD_RECENT: 1.0}, 15.0)
    worse = replace(said.figures[RECENT, 7], loss={"champion": 1.0, "fine-tuned": 1.02, "retrained": 0.9})
    missed = [target for target in replace(said, figures=said.figures | {(RECENT, 7): worse}).targets() if not target.is_met]
    assert len(missed) == 1 and "+2.00%" in missed[0].verdict
