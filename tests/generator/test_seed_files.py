"""The seed shop on disk: reproducible, small, long enough, dirty exactly as told, and true to its histories."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from benchmarks.shop_generator.channel_rows import APP_WORDS, LAYOUTS, WEB_WORDS
from benchmarks.shop_generator.dirt import BAD_NUMBERS, BAD_TIMESTAMPS, BOTS, DIRTY_ROWS, UNKNOWN_EVENT_TYPES
from benchmarks.shop_generator.seed_files import HEADERS, SEED_SHOP, write_seeds

SEEDS = Path(__file__).parents[2] / "seeds"
CHANNELS = ("shop_web_events", "shop_app_events", "shop_orders")
MOST_BYTES = 5_000_000
Rows = list[list[str]]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder, folder / "truth.parquet")
    return folder


@pytest.fixture(scope="module")
def files() -> dict[str, Rows]:
    """Rows of each file, without the header."""
    found = {}
    for name in HEADERS:
        with (SEEDS / f"{name}.csv").open(newline="") as file:
            header, *found[name] = csv.reader(file)
        assert tuple(header) == HEADERS[name]
    return found


@pytest.mark.parametrize("name", HEADERS)
def test_the_same_seed_writes_the_same_bytes(generated: Path, name: str) -> None:
    assert (generated / f"{name}.csv").read_bytes() == (SEEDS / f"{name}.csv").read_bytes()


def test_small_enough() -> None:
    assert 0 < sum(path.stat().st_size for path in SEEDS.glob("*.csv")) <= MOST_BYTES


def days_of(rows: Rows, time: int, until: str = "2026") -> set[str]:
    return {row[time][:10] for row in rows if "2025" <= row[time] < until and row[time] not in BAD_TIMESTAMPS}


@pytest.mark.parametrize("name", CHANNELS)
def test_every_channel_covers_the_window_and_its_last_day_is_half_loaded(files: dict[str, Rows], name: str) -> None:
    days = days_of(files[name], LAYOUTS[name].time)
    last = SEED_SHOP.first_date + timedelta(days=SEED_SHOP.days - 1)
    assert len(days) >= 270
    assert max(days) == str(last)
    on_last = [row[LAYOUTS[name].time] for row in files[name] if row[LAYOUTS[name].time].startswith(str(last))]
    assert all(int(text[11:13]) < 12 for text in on_last)


def late_by(row: list[str], time: int) -> timedelta:
    """Between the event, on the shop's clock, and its loading, in UTC; the last column."""
    wall = datetime.fromisoformat(row[time]).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return datetime.fromisoformat(row[-1]).replace(tzinfo=ZoneInfo("UTC")) - wall


# (kind, how to know such a row); rows with an id of their own only, so a row is counted once.
KNOWN_BY: dict[str, Callable[[list[str], str], bool]] = {
    "blank_id": lambda row, name: not row[LAYOUTS[name].customer] and (name != CHANNELS[0] or not row[1]),
    "unknown_event_type": lambda row, name: row[LAYOUTS[name].kind] in UNKNOWN_EVENT_TYPES,
    "bad_timestamp": lambda row, name: row[LAYOUTS[name].time] in BAD_TIMESTAMPS,
    "future_event": lambda row, name: row[LAYOUTS[name].time].startswith("2099"),
    "negative_quantity": lambda row, name: row[LAYOUTS[name].quantity].startswith("-"),
    "bad_quantity": lambda row, name: row[LAYOUTS[name].quantity] in BAD_NUMBERS,
    "bad_amount": lambda row, name: row[LAYOUTS[name].amount] in BAD_NUMBERS,
}
KINDS_OF_FILES = [(name, kind) for name in CHANNELS for kind in DIRTY_ROWS[name] if kind in KNOWN_BY]


@pytest.mark.parametrize(("name", "kind"), KINDS_OF_FILES)
def test_dirty_rows_are_there_in_the_number_told(files: dict[str, Rows], name: str, kind: str) -> None:
    expected = DIRTY_ROWS[name][kind]
    assert expected >= 20
    assert sum(KNOWN_BY[kind](row, name) for row in files[name]) == expected


@pytest.mark.parametrize("name", CHANNELS)
def test_duplicates_are_whole_rows_and_no_other_id_comes_twice(files: dict[str, Rows], name: str) -> None:
    expected = DIRTY_ROWS[name]["duplicate"]
    assert expected >= 20
    assert len(files[name]) - len({tuple(row) for row in files[name]}) == expected
    assert len(files[name]) - len({row[LAYOUTS[name].key] for row in files[name]}) == expected


@pytest.mark.parametrize("name", ["shop_app_events", "shop_orders"])
def test_late_rows(files: dict[str, Rows], name: str) -> None:
    time = LAYOUTS[name].time
    sound = {tuple(row): row for row in files[name] if row[time].startswith("2025") and row[time] not in BAD_TIMESTAMPS}
    delays = [late_by(row, time) for row in sound.values() if row[LAYOUTS[name].key][1:].isdigit()]
    late = [delay for delay in delays if delay > timedelta(days=1)]
    assert len(late) == DIRTY_ROWS[name]["late"] >= 20
    assert timedelta(days=30) < max(late) <= timedelta(days=40, hours=2)


def test_bots_flood_a_day_each(files: dict[str, Rows]) -> None:
    own = {row[0]: row for row in files["shop_web_events"] if row[2] in BOTS and row[0][1:].isdigit()}
    floods = Counter((row[2], row[3][:10]) for row in own.values())
    assert len(floods) == len(BOTS)
    assert sum(floods.values()) == DIRTY_ROWS["shop_web_events"]["bot"]
    assert min(floods.values()) > 500  # the package's default of max_events_per_day


def test_nights_are_quiet_on_the_shops_clock(files: dict[str, Rows]) -> None:
    hours = Counter(int(row[2][11:13]) for row in files["shop_app_events"] if row[2][:4] == "2025" and len(row[2]) == 19)
    assert sum(hours[hour] for hour in range(2, 5)) < 0.01 * hours.total()
    assert sum(hours[hour] for hour in range(9, 23)) > 0.8 * hours.total()


def test_sound_sales_are_the_purchases_of_the_truth(generated: Path, files: dict[str, Rows]) -> None:
    """The days with a sound sale are exactly the days on which the truth says bought: dirt disturbs no customer."""
    truth = pq.read_table(generated / "truth.parquet").to_pylist()
    bought = {(row["customer_id"], row["target_date"]) for row in truth if row["purchased"]}
    sales = {
        (row[1], date.fromisoformat(row[2][:10])) for row in files["shop_orders"] if row[3] == "sale" and row[0][1:].isdigit()
    }
    known = {(row["customer_id"], row["target_date"]) for row in truth}
    assert len(bought) > 3000
    assert sales & known == bought


def test_identifiers_meet_across_files(files: dict[str, Rows]) -> None:
    customers = {row[0] for row in files["shop_customers"]}
    articles = {row[0] for row in files["shop_products"]}
    assert {row[2] for row in files["shop_web_events"]} <= customers | {"", *BOTS}
    assert {row[1] for row in files["shop_app_events"] + files["shop_orders"]} <= customers | {""}
    assert {row[5] for row in files["shop_web_events"]} <= articles | {""}
    assert {row[4] for row in files["shop_orders"]} <= articles
    assert {row[1] for row in files["shop_identity_links"]} <= customers
    assert {row[0] for row in files["shop_identity_links"]} <= {row[1] for row in files["shop_web_events"]}


def test_each_channel_has_words_of_its_own(files: dict[str, Rows]) -> None:
    assert {row[4] for row in files["shop_web_events"]} == {*WEB_WORDS, *UNKNOWN_EVENT_TYPES}
    assert {row[3] for row in files["shop_app_events"]} == {*APP_WORDS, *UNKNOWN_EVENT_TYPES}
    assert {row[3] for row in files["shop_orders"]} == {"sale", "refund", *UNKNOWN_EVENT_TYPES}


def test_the_calendar_is_known_sixty_days_ahead(files: dict[str, Rows]) -> None:
    last = SEED_SHOP.first_date + timedelta(days=SEED_SHOP.days - 1 + 60)
    assert [row[0] for row in files["shop_calendar"]] == sorted({row[0] for row in files["shop_calendar"]})
    assert files["shop_calendar"][-1][0] == str(last)
