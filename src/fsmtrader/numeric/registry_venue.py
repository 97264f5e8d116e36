"""The venue's part of the numeric heart: functions that compiled code may call, those that others call first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsmtrader.numeric import bar_path, depth, filters, funding, margin, matching, positions

OF_VENUES: tuple[Callable[..., Any], ...] = (
    positions.bought,
    positions.reducing_part,
    positions.opening_part,
    positions.shrunk,
    positions.room_in_bar,
    positions.opened_in_bar,
    matching.spread_around,
    matching.is_marketable,
    matching.take,
    matching.crossed,
    matching.queue_at,
    matching.queue_after_book,
    matching.after_trade,
    matching.hits,
    depth.places_in,
    depth.level_count,
    depth.clear,
    depth.place_of,
    depth.stands_at,
    depth.price_in,
    depth.size_in,
    depth.used_in,
    depth.consume,
    depth.remove,
    depth.insert,
    depth.size_at,
    depth.set_level,
    depth.best_price,
    depth.best_size,
    depth.is_within,
    depth.available,
    depth.estimate,
    bar_path.is_up_first,
    bar_path.penetrates,
    bar_path.way_to,
    bar_path.price_in_gap,
    filters.breach,
    filters.power_of_ten_below,
    filters.ten_to,
    filters.tick_for,
    filters.lot_for,
    margin.tier_of,
    margin.maintenance,
    margin.initial,
    margin.liquidation_price,
    margin.safe_reach,
    funding.boundary_after,
    funding.funding_mark,
)
