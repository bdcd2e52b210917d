"""What is offered to whom: the published table against the raw rows, the rules that vars set, and a network that ranks."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from demand_forecast.model import load_model
from demand_forecast.udf import score

from .conftest import copied
from .user_project import UserProject

INPUTS = """
    select inputs.*, names
    from pred_recommendation_inputs as inputs
    inner join (
        select customer_id, list(product_id order by place) as names from pred_recommendation_candidates group by customer_id
    ) using (customer_id)"""
LISTS = "select customer_id, list(product_id order by rank) from product_recommendations group by customer_id"
STOCK = {"source": ["shop", "stock"], "columns": {"product_id": "sku", "on_hand": "pieces"}}


def test_each_eligible_customer_has_a_list_without_repeats(built_shop: UserProject) -> None:
    rows = built_shop.query("""
        select count(distinct customer_id), max(rank), count(*) - count(distinct (customer_id, product_id)),
            count(*) filter (where rank > 20), count(distinct split_part(reason, ' ', 1))
        from product_recommendations""")
    assert rows[0][:4] == (60, 20, 0, 0)
    assert built_shop.query("select distinct predictor, model_version, provider from product_recommendations") == [
        ("baseline", "baseline", "SQL")
    ]


def test_reasons_are_the_raw_rows_facts(built_shop: UserProject) -> None:
    wrong, rows = built_shop.query("""
        with raw as (
            select who, item, count(distinct clicked_at::date) as days, max(clicked_at)::date as last_day
            from shop.clicks, (select max(as_of_date) as known from product_recommendations)
            where what = 'buy' and clicked_at::date <= known group by all)
        select count(*) filter (where reason not like 'bought ' || case when days = 1 then 'once' else days || ' times' end || '%'
                or last_day < as_of_date - 1 and reason not like '% ' || (as_of_date - last_day) || ' days ago'), count(*)
        from product_recommendations inner join raw on customer_id = who and product_id = item""")[0]
    assert wrong == 0 and rows > 200


@pytest.fixture(scope="module")
def ruled_shop(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """Recommendations of new products that are in stock, five each."""
    project = copied(built_shop, tmp_path_factory.mktemp("ruled"))
    project.settings |= {"recommend_bought": False, "recommendations_k": 5, "stock": STOCK}
    project.execute("create table shop.stock as select 'P' || i as sku, (i % 2)::integer as pieces from range(20) t(i)")
    project.write().build("-s", "stg_stock", "seq_latest_stock", "seq_recommendation_origins+", "pred_recommendation_candidates+")
    return project


@pytest.fixture(scope="module")
def served_shop(ruled_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """The same with a network that ranks."""
    project = copied(ruled_shop, tmp_path_factory.mktemp("ranked"))
    project.demand("train", "--task", "recommendation", "--epochs", "2", "--promote")
    project.build("-s", "pred_recommendation_champion+")
    return project


@pytest.fixture(params=["ruled_shop", "served_shop"])
def any_shop(request: pytest.FixtureRequest) -> UserProject:
    found: UserProject = request.getfixturevalue(request.param)
    return found


def test_bought_and_missing_products_are_left_out_where_vars_say_so(any_shop: UserProject) -> None:
    assert any_shop.query("select max(rank) from product_recommendations") == [(5,)]
    bought = """
        select count(*) from product_recommendations
        inner join seq_customer_items using (customer_id, product_id) where purchase_count > 0 and event_date <= as_of_date"""
    assert any_shop.query(bought) == [(0,)]
    odd = "select count(*) filter (where substr(product_id, 2)::integer % 2 = 0), count(*) > 50 from product_recommendations"
    assert any_shop.query(odd) == [(0, True)]


def test_reasons_name_interest_and_neighbours(ruled_shop: UserProject) -> None:
    kinds = "select distinct split_part(reason, ' ', 2) from product_recommendations where reason like 'viewed %' order by 1"
    assert ("on",) in ruled_shop.query(kinds)


def test_training_rows_know_nothing_of_what_they_ask(built_shop: UserProject) -> None:
    """Each example's window ends on or before its cut, and its places are what the raw rows say was bought in it."""
    crossing = """
        select count(*) filter (where as_of_date + 7 > cut), count(distinct role)
        from (
            select *, case role when 'train' then fitted_through_date else trained_through_date end as cut
            from lbl_recommendation_origins, seq_cut_dates)"""
    assert built_shop.query(crossing) == [(0, 2)]
    wrong, rows = built_shop.query("""
        with bought as (
            select customer_id, as_of_date, count(distinct item) as products
            from lbl_recommendation_examples inner join shop.clicks
                on who = customer_id and what = 'buy' and clicked_at::date between as_of_date + 1 and as_of_date + 7
            group by all)
        select count(*) filter (where products <> bought_count or len(places) > products), count(*) filter (where len(places) > 0)
        from lbl_recommendation_examples left join bought using (customer_id, as_of_date)""")[0]
    assert wrong == 0 and rows > 100


def test_the_table_is_in_the_order_of_the_network(served_shop: UserProject) -> None:
    """Every published list against the stored graph, run here on the candidates."""
    assert served_shop.query("select distinct predictor, provider from product_recommendations") == [("model", "CPU")]
    with duckdb.connect(str(served_shop.warehouse), read_only=True) as connection:
        connection.execute("set schema = 'main_demand'")
        registry = connection.sql("from model_registry where task = 'recommendation'").to_arrow_table().to_pylist()
        asked = connection.sql(INPUTS).to_arrow_table().combine_chunks().to_batches()[0]
        published = dict(connection.sql(LISTS).fetchall())
    places = score(load_model(registry[0]), *(asked.column(name) for name in ("context", "steps", "days"))).field("place")
    first = np.stack(places.to_numpy(zero_copy_only=False))[:, :5].astype(int)
    expected = {
        customer: [names[place - 1] for place in row if place > 0]
        for customer, names, row in zip(asked["customer_id"].to_pylist(), asked["names"].to_pylist(), first, strict=True)
    }
    assert {customer: names for customer, names in expected.items() if names} == published and len(published) == 60


def test_a_baseline_that_is_promoted_serves_again(served_shop: UserProject, tmp_path: Path) -> None:
    project = copied(served_shop, tmp_path / "copy")
    said = project.query("select count(*) from pred_recommendation_ledger")
    project.build("-s", "pred_recommendation_champion+")
    assert project.query("select count(*) from pred_recommendation_ledger") == said  # nothing is said twice
    project.demand("promote", "baseline", "--task", "recommendation")
    project.build("-s", "pred_recommendation_champion+")
    assert project.query("select distinct predictor, rank = baseline_rank from product_recommendations") == [("baseline", True)]


def test_another_customers_late_event_asks_nobody_else_anew(built_shop: UserProject, tmp_path: Path) -> None:
    """What others bought moves popularity a little with every event; a shop that grew by more than a hundredth asks everybody."""
    project = copied(built_shop, tmp_path / "copy")
    asked = "select list(customer_id) from pred_recommendation_requests"
    earlier = "select * replace (clicked_at - interval 3 day as clicked_at) from shop.clicks"
    late = f"insert into shop.clicks by name {earlier} where what = '{{}}' order by clicked_at desc limit {{}}"
    project.execute(late.format("buy", 1))
    project.build("-s", "stg_event_days+", "--exclude", "resource_type:test")
    ((customers,),) = project.query(asked)
    assert len(customers) == 1
    project.execute(late.format("view", 200))
    project.build("-s", "stg_event_days+", "--exclude", "resource_type:test")
    assert len(project.query(asked)[0][0]) == 60


def test_what_sells_out_within_the_day_leaves_its_place_to_the_next(
    served_shop: UserProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nobody is asked anew for a newer stock count."""
    project = copied(served_shop, tmp_path_factory.mktemp("sold"))
    full = "select count(*) from product_recommendations where rank = 5"
    ((product,),) = project.query(
        "select product_id from product_recommendations where rank = 1 group by all order by count(*) desc limit 1"
    )
    project.execute(f"update shop.stock set pieces = 0 where sku = '{product}'")
    project.build(
        "-s",
        "stg_stock",
        "seq_latest_stock",
        "seq_recommendation_origins",
        "pred_recommendation_requests",
        "product_recommendations",
    )
    assert project.query("select count(*) from pred_recommendation_requests") == [(0,)]
    assert project.query(f"select count(*) from product_recommendations where product_id = '{product}'") == [(0,)]
    kept = f"""
        select count(*) from (
            select customer_id from pred_recommendation_ledger
            where predictor = 'model' and product_id <> '{product}' group by customer_id having count(*) >= 5)"""
    assert project.query(full) == project.query(kept) != [(0,)]
