"""The CDNOW benchmark: the closed form, and that nothing after the cut is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
import torch

from benchmarks.accuracy.lifetime.choices import VARIANTS, Choices
from benchmarks.accuracy.lifetime.fitting import later_weeks, mean_forecast, past_of
from benchmarks.accuracy.lifetime.network import Future, LifetimeNetwork
from benchmarks.accuracy.lifetime.report import append_to_log, log_rows, verdict
from benchmarks.accuracy.lifetime.weeks import FIRST_DAY, known_weeks, last_day_of, read_weeks

CUT = 6


def shop(file: Path, days_after_cut: int, customers: int = 40) -> Path:
    """Random purchases up to some days after the cut."""
    random, rows = np.random.default_rng(1), []
    for customer in range(customers):
        first = int(random.integers(0, 14))
        later = first + np.cumsum(random.integers(1, 20, 12))
        rows += [(str(customer), int(day)) for day in (first, *later) if day < 7 * CUT + days_after_cut]
    with duckdb.connect() as con:
        con.execute("create table e (customer_id varchar, event_at timestamp)")
        con.executemany("insert into e values (?, ?)", [(name, FIRST_DAY + timedelta(days=day)) for name, day in rows])
        con.execute(f"copy (select *, 'purchase' as event_type, 1.0 as quantity, 9.5 as revenue from e) to '{file}'")
    return file


def test_expected_purchases_are_those_of_customers_who_drop_out_at_random() -> None:
    rate, shape, scale, weeks, customers = 0.3, 1.3, 9.0, 39, 400_000
    random = np.random.default_rng(0)
    lifetime = random.exponential(1 / random.gamma(shape, 1 / scale, customers))
    bought = random.poisson(rate * np.minimum(lifetime, weeks))
    future = Future(torch.tensor([[np.log(rate)]]), torch.tensor([[shape]]), torch.tensor([[scale]]))
    expected = float(torch.exp(future.log_expected(torch.arange(1, weeks + 1))).sum())
    assert expected == pytest.approx(bought.mean(), abs=4 * bought.std() / np.sqrt(customers) + 0.002)


def test_the_start_is_the_posterior_mean_of_bg_nbd(tmp_path: Path) -> None:
    known = known_weeks(read_weeks(shop(tmp_path / "events.parquet", 0), CUT))
    size = known.features.shape[2]
    network = LifetimeNetwork(torch.zeros(size), torch.ones(size), replace(Choices(), is_corrected=False))
    said = torch.exp(network.start(past_of(known))).detach().numpy()[:, -1]
    r, alpha, a, b = np.exp(network.logs.detach().numpy())
    x, recency, age = known.repeats[:, -1], known.recency[:, -1], known.age[:, -1]
    dead = np.where(x > 0, a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x), 0)
    assert np.allclose(said, (r + x) / (alpha + age) / (1 + dead), rtol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_happens_after_the_cut_changes_nothing(variant: str, tmp_path: Path) -> None:
    choices = replace(VARIANTS[variant], epochs=1, batch_customers=16)
    files = [shop(tmp_path / f"{days}.parquet", days) for days in (0, 200)]
    (names, said), (same_names, same) = (mean_forecast(file, CUT, 8, choices, (0,)) for file in files)
    assert (names == same_names).all()
    assert np.array_equal(said, same)
    assert (said > 0).all()


def test_the_sum_is_that_of_the_few_parameters_alone(tmp_path: Path) -> None:
    events, few = shop(tmp_path / "events.parquet", 0), {"epochs": 1, "batch_customers": 16}
    names = ("gru", "lstm", "structure_alone", "gru_own_level")
    sums = [mean_forecast(events, CUT, 8, replace(VARIANTS[name], **few), (0,))[1].sum() for name in names]
    assert sums[:2] == pytest.approx([sums[2]] * 2, rel=1e-5)
    assert sums[3] != pytest.approx(sums[2], rel=1e-4)


def test_a_week_is_known_by_itself_and_those_before(tmp_path: Path) -> None:
    events = shop(tmp_path / "events.parquet", 0)
    whole, part = read_weeks(events, CUT), read_weeks(events, CUT - 2)
    chosen = np.isin(whole.customer_id, part.customer_id)
    assert np.array_equal(known_weeks(whole).features[chosen, : CUT - 2], known_weeks(part).features)
    assert last_day_of(39) == date(1997, 9, 30)


def test_pairs_of_weeks_stay_inside_the_cut() -> None:
    places, left = later_weeks(4)
    assert left.tolist() == [3, 2, 1]
    assert [row[:count] for row, count in zip(places.tolist(), left.tolist(), strict=True)] == [[1, 2, 3], [2, 3], [3]]


def test_a_loss_is_printed_and_every_run_is_kept(tmp_path: Path) -> None:
    def figures(rmse: float, bias: float) -> dict[str, float]:
        return {"rmse": rmse, "mae": 1.0, "bias": bias, "correlation": 0.5}

    metrics = {"bg_nbd": figures(1.0, 0.02), "pareto_nbd": figures(1.1, 0.0), "gru": figures(1.03, -0.01)}
    against = {"gru": {peer: {"difference": 0.03, "low": 0.01, "high": 0.05} for peer in ("bg_nbd", "pareto_nbd")}}
    found = {"rows": 9, "label_mean": 1.0, "metrics": metrics, "against": against}
    words = verdict(found, "gru")
    assert "against bg_nbd: RMSE +3.00%" in words
    assert "target at most +2%: missed" in words
    assert words.endswith("smaller: met.")
    for commit in ("abc", "def"):
        append_to_log(log_rows(found, commit, 273, (0,)), tmp_path / "log.csv")
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 2 * 2
