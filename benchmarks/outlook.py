"""WAPE by category of ``demand_outlook`` over test origins, beside either side alone.

Usage: ``python -m benchmarks.outlook``. Writes benchmarks/results/outlook.md. An origin's weights and levels come from
windows that had closed by it.
"""

from __future__ import annotations

from benchmarks.accuracy.shop import dbt
from benchmarks.planned_shops import EARLIER_JOURNEY, SHOPS, Shop, prepared
from benchmarks.speed import RESULTS, execute

CELLS = """
    select target, horizon_days, count(distinct as_of_date),
        sum(abs(expected - actual)) / sum(actual) as wape,
        sum(abs(customer_expected - actual)) / sum(actual) as customers,
        sum(abs(product_expected - actual)) / sum(actual) as products,
        wape / least(customers, products) - 1, wape / ((customers + products) / 2) - 1
    from main_demand.err_outlook where actual is not null group by all order by target desc, horizon_days
"""


def section(shop: Shop) -> list[str]:
    """The table of one shop."""
    project = prepared(shop)
    dbt(project, "run", "--select", "+demand_outlook")
    lines = [
        f"## {shop.title}",
        "",
        "| target | days | origins | outlook | customers alone | products alone | beside the better | beside the mean of both |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for target, days, origins, wape, customers, products, better, mean in execute(project, CELLS):
        figures = f"{wape:.4f} | {customers:.4f} | {products:.4f} | {better:+.2%} | {mean:+.2%}"
        lines.append(f"| {target} | {days} | {origins} | {figures} |")
    return [*lines, ""]


def main() -> None:
    lines = [
        "# The outlook beside its two sides",
        "",
        "WAPE of categories over test origins, which the networks have not seen; below zero is better. The customers' forecasts",
        "alone have the product side's split. Weights and levels of an origin come from windows that had closed by it:",
        "weights of 30 days begin with those of 7 days.",
        "",
        *(line for shop in (*SHOPS.values(), EARLIER_JOURNEY) for line in section(shop)),
    ]
    (RESULTS / "outlook.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
