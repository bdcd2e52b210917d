"""What is offered to whom: the published table against the raw rows, and the rules that vars set."""

from __future__ import annotations

import pytest

from .conftest import copied
from .user_project import UserProject

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
    project.write().build("-s", "stg_stock", "seq_latest_stock", "seq_recommendation_candidates+")
    return project


def test_bought_and_missing_products_are_left_out_where_vars_say_so(ruled_shop: UserProject) -> None:
    assert ruled_shop.query("select max(rank) from product_recommendations") == [(5,)]
    bought = """
        select count(*) from product_recommendations
        inner join seq_customer_items using (customer_id, product_id) where purchase_count > 0 and event_date <= as_of_date"""
    assert ruled_shop.query(bought) == [(0,)]
    odd = "select count(*) filter (where substr(product_id, 2)::integer % 2 = 0), count(*) > 50 from product_recommendations"
    assert ruled_shop.query(odd) == [(0, True)]


def test_reasons_name_interest_and_neighbours(ruled_shop: UserProject) -> None:
    kinds = "select distinct split_part(reason, ' ', 2) from product_recommendations where reason like 'viewed %' order by 1"
    assert ("on",) in ruled_shop.query(kinds)
