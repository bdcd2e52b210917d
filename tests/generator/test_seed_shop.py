"""The seed shop is what its generator says: byte for byte, dirt included; and the best attainable score is what it claims."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.shop_generator.dirt import DIRTY_ROWS
from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.parquet_files import write_shop
from benchmarks.shop_generator.seed_files import HEADERS, SEED_SHOP, write_seeds

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    write_seeds(tmp_path)
    for name in HEADERS:
        assert (tmp_path / f"{name}.csv").read_bytes() == (SEEDS / f"{name}.csv").read_bytes(), name


def test_the_seed_shop_is_small_and_long_enough() -> None:
    assert sum(path.stat().st_size for path in SEEDS.glob("*.csv")) <= 5_000_000
    assert SEED_SHOP.days >= 270


def test_every_kind_of_dirt_is_there() -> None:
    assert all(count >= 20 for kinds in DIRTY_ROWS.values() for count in kinds.values())
    keys = Counter(line.split(",")[0] for line in (SEEDS / "shop_orders.csv").read_text().splitlines()[1:])
    assert sum(count - 1 for count in keys.values()) == DIRTY_ROWS["shop_orders"]["duplicate"]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(ShopParameters(customers=1500, days=200, seed=9, time_zone="UTC"), folder, truth=True, next_day=False)
    table = pq.read_table(folder / "truth.parquet")
    return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}


def log_loss(probability: np.ndarray, bought: np.ndarray) -> float:
    return float(-np.mean(np.where(bought, np.log(probability), np.log1p(-probability))))


def test_the_attainable_score_lies_between_the_mind_and_a_constant(truth: dict[str, np.ndarray]) -> None:
    bought = truth["purchased"].astype(bool)
    constant = np.full(len(bought), bought.mean())
    losses = [log_loss(values, bought) for values in (truth["true_probability"], truth["attainable_probability"], constant)]
    assert losses[0] < losses[1] < 0.9 * losses[2]


def test_the_attainable_score_is_calibrated(truth: dict[str, np.ndarray]) -> None:
    bought, probability = truth["purchased"].astype(float), truth["attainable_probability"]
    for rows in np.array_split(np.argsort(probability), 10):
        error = 4 * np.sqrt(probability[rows].mean() / len(rows)) + 0.002
        assert abs(bought[rows].mean() - probability[rows].mean()) < error
