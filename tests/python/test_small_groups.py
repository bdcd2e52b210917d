"""What is hidden of small groups cannot be worked out from what is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from demand_forecast_training.publishing.small_groups import Count, hidden
from hypothesis import given, settings
from hypothesis import strategies as st

K = 11


def balances(counts: Sequence[Count]) -> np.ndarray:
    """What a reader knows, as one equation for each point: in less out."""
    points = sorted({point for count in counts for point in (count.start, count.end)} - {None}, key=repr)
    known = np.zeros((len(points), len(counts)))
    for at, count in enumerate(counts):
        for point, sign in ((count.start, -1), (count.end, 1)):
            if point is not None:
                known[points.index(point), at] += sign
    return known


def solved(counts: Sequence[Count], gone: set[int]) -> set[int]:
    """Hidden counts that have one value in every solution of the reader's equations; plain linear algebra."""
    places = sorted(gone)
    known = balances(counts)[:, places]
    _, sizes, directions = np.linalg.svd(known, full_matrices=True)
    free = directions[int((sizes > 1e-9).sum()) :]
    return {place for at, place in enumerate(places) if not (np.abs(free[:, at]) > 1e-9).any()}


def movements(sizes: Sequence[Sequence[Sequence[int]]]) -> list[Count]:
    """Weeks of counts from segment to segment; the last segment is nowhere."""

    def point(week: int, segment: int) -> tuple[int, int] | None:
        return (week, segment) if segment < len(sizes[0]) - 1 else None

    return [
        Count(point(week, start), point(week + 1, end), size)
        for week, table in enumerate(sizes)
        for start, row in enumerate(table)
        for end, size in enumerate(row)
        if size
    ]


def test_a_total_does_not_give_away_its_only_small_part() -> None:
    parts = [Count("total", None, size) for size in (3, 40, 25, 60)]
    assert hidden(parts, K) == {0, 2}
    assert solved(parts, {0}) == {0} and solved(parts, {0, 2}) == set()


def test_two_small_parts_that_are_a_small_group_together_get_a_third() -> None:
    assert hidden([Count("total", None, size) for size in (3, 4, 25, 60)], K) == {0, 1, 2}


def test_large_groups_hide_nothing() -> None:
    assert hidden([Count("total", None, size) for size in (11, 40)], K) == set()
    assert hidden(movements([[[20, 30], [40, 0]]] * 3), K) == set()


def test_a_row_of_its_own_is_hidden_by_itself() -> None:
    assert hidden([Count(None, None, size) for size in (3, 40, 10)], K) == {0, 2}


def test_a_movement_is_not_worked_out_from_the_weeks_before_and_after() -> None:
    weeks = movements([[[50, 3, 20], [30, 60, 20], [20, 20, 0]], [[70, 20, 20], [20, 70, 30], [20, 20, 0]]])
    small = {at for at, count in enumerate(weeks) if count.size < K}
    assert len(small) == 1 and solved(weeks, small) == small
    assert solved(weeks, hidden(weeks, K)) == set()


@pytest.mark.keeps("people in small groups")
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.integers(2, 5).flatmap(
        lambda segments: st.lists(
            st.lists(
                st.lists(st.sampled_from([0, 0, 1, 4, 10, 12, 30, 80]), min_size=segments, max_size=segments),
                min_size=segments,
                max_size=segments,
            ),
            min_size=1,
            max_size=4,
        )
    )
)
def test_no_hidden_count_has_one_solution_while_anything_of_its_points_is_shown(sizes: list[list[list[int]]]) -> None:
    counts = movements(sizes)
    gone = hidden(counts, K)
    assert {at for at, count in enumerate(counts) if count.size < K} <= gone
    for place in solved(counts, gone):
        points = {counts[place].start, counts[place].end} - {None}
        assert all(at in gone for at, count in enumerate(counts) if points & {count.start, count.end})


@pytest.mark.keeps("people in small groups")
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([1, 4, 10, 11, 12, 30, 80]), min_size=2, max_size=9))
def test_the_hidden_parts_of_a_total_are_several_and_no_small_group(sizes: list[int]) -> None:
    parts = [Count("total", None, size) for size in sizes]
    gone = hidden(parts, K)
    assert {at for at, size in enumerate(sizes) if size < K} <= gone
    assert not gone or len(gone) >= 2
    assert not gone or gone == set(range(len(sizes))) or sum(sizes[at] for at in gone) >= K
