"""Which counts of a table are hidden so that nobody learns of a group of few customers, not by sums and differences either.

A count flows from one point to another: from a segment on one Sunday to a segment on the next, or from a total to a part. A
reader is taken to know by how much what flows into a point differs from what flows out of it; of None, which is no point, nobody
knows anything. So a hidden count can be worked out exactly where no way of other hidden counts leads round it. Along such a way
counts can be one higher and one lower in turn, and every sum stays as it is.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

Point = Hashable | None


@dataclass(frozen=True)
class Count:
    """A cell of a table: how many, from where to where."""

    start: Point
    end: Point
    size: float


def hidden(counts: Sequence[Count], smallest: float) -> set[int]:
    """Places of the counts to hide: those below `smallest`, and as few others as a greedy search finds, until two things hold.

    Where all that is hidden at a point flows one way, it is no small group together; and every hidden count could be another
    one. Where the table has too few counts for that, all of its points are hidden.
    """
    found = {place for place, count in enumerate(counts) if count.size < smallest}
    points = places_by_point(counts)
    size = -1
    while size < len(found):
        size = len(found)
        for places in points.values():
            found |= completed(places, counts, found, smallest)
        for place in sorted(found):
            found |= way_round(place, counts, found, points)
    return found


def places_by_point(counts: Sequence[Count]) -> dict[Point, list[int]]:
    """Places of the counts that flow into or out of each point, None left out."""
    found: dict[Point, list[int]] = defaultdict(list)
    for place, count in enumerate(counts):
        for point in {count.start, count.end} - {None}:
            found[point].append(place)
    return found


def completed(places: Sequence[int], counts: Sequence[Count], found: set[int], smallest: float) -> set[int]:
    """The smallest counts of a point that keep what is hidden there from being a small group together."""
    more: set[int] = set()
    for place in sorted(places, key=lambda place: (counts[place].size, place)):
        gone = [at for at in places if at in found or at in more]
        starts = {counts[at].start for at in gone}
        flows_one_way = len(starts) == 1 or len({counts[at].end for at in gone}) == 1
        if gone and flows_one_way and sum(counts[at].size for at in gone) < smallest and place not in gone:
            more.add(place)
    return more


def way_round(place: int, counts: Sequence[Count], found: set[int], points: Mapping[Point, list[int]]) -> set[int]:
    """Visible counts to hide for a hidden one: those of the cheapest way round it from its end to its start, with the flow or
    against it; all counts of its points where there is no way."""
    start, end = counts[place].start, counts[place].end
    everywhere = [at for at, count in enumerate(counts) if None in (count.start, count.end)]
    waiting: list[tuple[float, int, Point, tuple[int, ...]]] = [(0.0, 0, end, ())]
    pushed = 0
    done: set[Point] = set()
    while waiting:
        cost, _, point, way = heapq.heappop(waiting)
        if point == start:
            return set(way)
        if point not in done:
            done.add(point)
            for at in everywhere if point is None else points[point]:
                if at != place:
                    step = counts[at].end if counts[at].start == point else counts[at].start
                    more = 0.0 if at in found else counts[at].size
                    pushed += 1
                    heapq.heappush(waiting, (cost + more, pushed, step, (*way, at)))
    return {at for point in (start, end) if point is not None for at in points[point]}
