"""Health: silent while nothing changes, loud when customers do."""

from __future__ import annotations

from collections.abc import Callable

from .user_project import UserProject

CUSTOMERS = "where task = 'customer_demand'"


def test_health_says_retrain_after_a_drift_and_not_before(
    trained_shop: UserProject, copy_of: Callable[[UserProject], UserProject]
) -> None:
    project = copy_of(trained_shop)
    ((before, sums),) = project.query(f"select status, greatest(too_low, too_high, too_lossy) from model_health {CUSTOMERS}")
    assert before != "retrain" and sums < 8
    # From ten days before the end on, whatever is looked at is bought.
    project.execute("""
        update shop.clicks set what = 'buy', pieces = 2, money = 19
        where what <> 'buy' and clicked_at >= (select max(clicked_at) - interval 10 day from shop.clicks)""")
    project.build()
    ((after, reasons, too_low, too_high),) = project.query(
        f"select status, reasons, too_low, too_high from model_health {CUSTOMERS}"
    )
    assert (after, too_low > 8, too_high) == ("retrain", True, 0.0)
    assert "too low for too many days" in reasons


def test_the_index_of_an_unchanged_feature_is_small_and_the_mean_is_counted(trained_shop: UserProject) -> None:
    rows = trained_shop.query("""
        select drift.old_mean, avg(contexts.purchase_day_rate_30d)
        from err_feature_drift as drift, seq_customer_contexts as contexts
        join seq_origins as origins using (customer_id, as_of_date)
        where drift.feature = 'purchase_day_rate_30d' and origins.role = 'train' group by 1""")
    assert len(rows) == 1 and abs(rows[0][0] / rows[0][1] - 1) < 0.03  # 5,000 of somewhat more training origins
    ((least, features),) = trained_shop.query("select min(stability_index), count(*) from err_feature_drift")
    assert 0 <= least < 0.05 and features > 30
