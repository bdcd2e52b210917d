"""Wall time of the shop and UTC as text."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_generator.parameters import ShopParameters
from benchmarks.shop_generator.visits import Events

Times = NDArray[np.datetime64]
CLOCK_CHANGE_HOUR = 3


def wall_times(parameters: ShopParameters, events: Events) -> Times:
    """Seconds on the shop's clock."""
    seconds = events.day * 86_400 + events.second
    return np.datetime64(parameters.first_date, "s") + seconds * np.timedelta64(1, "s")


def utc_times(parameters: ShopParameters, events: Events) -> Times:
    """The same instants in UTC. A clock that changes does so before CLOCK_CHANGE_HOUR, when nothing happens."""
    zone = ZoneInfo(parameters.time_zone)
    noons = [datetime.combine(parameters.first_date + timedelta(days=d), time(12)) for d in range(-1, parameters.days)]
    offsets = np.array([offset_seconds(noon.replace(tzinfo=zone)) for noon in noons])
    offset = offsets[events.day + np.where(events.second < CLOCK_CHANGE_HOUR * 3600, 0, 1)]
    return wall_times(parameters, events) - offset * np.timedelta64(1, "s")


def offset_seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def spelled(times: Times, separator: str) -> list[str]:
    """YYYY-MM-DD<separator>HH:MM:SS."""
    return [text.replace("T", separator) for text in np.datetime_as_string(times, unit="s").tolist()]
