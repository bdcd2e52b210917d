"""A shop of any size as Parquet: in the package's words, the next day apart, late rows late."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import activity_for, write_shop

SHOP = ShopParameters(customers=300, days=90, seed=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    written = write_shop(SHOP, folder, truth=True, next_day=True)
    assert asked(folder, "select count(*) from events") == (written,)
    return folder


def asked(folder: Path, query: str) -> tuple[object, ...]:
    """The first row of a query over the folder's files."""
    with duckdb.connect() as con:
        for path in folder.glob("*.parquet"):
            con.execute(f"create view {path.stem} as select * from '{path}'")
        row = con.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def test_days_lie_where_they_belong(folder: Path) -> None:
    end = SHOP.first_date + timedelta(days=SHOP.days)
    inside, after, late = asked(
        folder,
        f"""select (select bool_and(event_at >= '{SHOP.first_date}' and event_at < '{end}') from events),
                   (select bool_and(event_at::date = '{end}') and count(*) > 0 from events_next_day),
                   (select bool_and(event_at::date = date '{end}' - 41) and count(*) > 0 from events_late)""",
    )
    assert inside and after and late


def test_event_ids_are_distinct_over_all_files(folder: Path) -> None:
    every = "(select * from events union all select * from events_next_day union all select * from events_late)"
    rows, ids = asked(folder, f"select count(*), count(distinct event_id) from {every}")
    assert rows == ids


def test_only_purchases_and_returns_carry_units_and_money(folder: Path) -> None:
    traded = "event_type in ('purchase', 'return')"
    valued = "coalesce(quantity, 0) > 0 and coalesce(amount, 0) > 0"
    assert asked(folder, f"select count(*) from events where ({traded}) <> ({valued})") == (0,)
    assert asked(folder, f"select count(distinct event_type) = 8, count(*) filter ({traded}) > 0 from events") == (True, True)


def test_truth_agrees_with_the_events(folder: Path) -> None:
    """Every (customer, day) after the first event has one row, and `purchased` says what the events say."""
    query = """
        select count(*), count(*) filter (truth.purchased <> (sales.customer_id is not null)),
               count(*) filter (truth.target_date <= firsts.first_date), sum(truth.purchased::int) > 50
        from truth
        join (select customer_id, min(event_at)::date as first_date from events group by all) as firsts using (customer_id)
        left join (select distinct customer_id, event_at::date as target_date from events where event_type = 'purchase') as sales
            on truth.customer_id = sales.customer_id and truth.target_date = sales.target_date"""
    rows, disagreeing, too_early, enough = asked(folder, query)
    assert rows == asked(folder, "select count(distinct (customer_id, target_date)) from truth")[0]
    assert (disagreeing, too_early, enough) == (0, 0, True)


def test_events_per_customer(tmp_path: Path) -> None:
    thin = ShopParameters(SHOP.customers, SHOP.days, SHOP.seed, activity=activity_for(SHOP, 20))
    assert write_shop(thin, tmp_path, truth=False, next_day=False) / SHOP.customers == pytest.approx(20, rel=0.1)
    assert not (tmp_path / "truth.parquet").exists()
