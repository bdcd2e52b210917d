"""What the shop sells and the words customers search for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CATEGORIES = ("shoes", "jackets", "shirts", "trousers", "bags", "sports", "home", "garden")
BRANDS = ("Alder", "Birke", "Cedro", "Dahlia", "Erle", "Fjord", "Ginko", "Hasel", "Iris", "Juniper")
SEARCH_WORDS = ("", " sale", " women", " men", " light", " black")
PRODUCTS_PER_CATEGORY = 8


@dataclass(frozen=True)
class Catalogue:
    """Products in the order of their number; ``list_cents`` is the price, ``popularity`` sums to 1 in each category."""

    articles: tuple[str, ...]
    category: NDArray[np.int64]
    brand: NDArray[np.int64]
    list_cents: NDArray[np.int64]
    popularity: NDArray[np.float64]  # [categories, PRODUCTS_PER_CATEGORY]

    @property
    def search_terms(self) -> tuple[str, ...]:
        """The terms of category c are c * len(SEARCH_WORDS) onwards."""
        return tuple(category + word for category in CATEGORIES for word in SEARCH_WORDS)


def make_catalogue(random: np.random.Generator) -> Catalogue:
    """64 products; prices of a category lie around its own level and end in 9 cents or 99."""
    count = len(CATEGORIES) * PRODUCTS_PER_CATEGORY
    level = np.array([6900, 8900, 2900, 4900, 5900, 3900, 2400, 1900])
    category = np.arange(count) // PRODUCTS_PER_CATEGORY
    cents = (level[category] * (0.6 + 0.9 * random.random(count))).astype(np.int64) // 100 * 100 + 99
    brand = (random.random(count) * len(BRANDS)).astype(np.int64)
    weight = 1 / np.arange(1, PRODUCTS_PER_CATEGORY + 1)
    popularity = np.tile(weight / weight.sum(), (len(CATEGORIES), 1))
    articles = tuple(f"P{number:04d}" for number in range(1, count + 1))
    return Catalogue(articles, category, brand, cents, popularity)
