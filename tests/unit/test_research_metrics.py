"""Drawdown and Sharpe ratio by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fsmtrader.research.metrics import DAY_US, daily_returns, drawdowns, sharpe_ratio


def test_a_drawdown_is_measured_from_the_peak_so_far() -> None:
    assert drawdowns(np.array([100.0, 110.0, 99.0, 120.0, 60.0])).tolist() == [0.0, 0.0, 11.0, 0.0, 60.0]


def test_returns_are_taken_from_the_last_value_of_each_day() -> None:
    hours = np.array([0, 6, 25, 30, 49]) * 3_600_000_000
    equity = np.array([100.0, 110.0, 80.0, 121.0, 60.5])
    assert daily_returns(hours, equity) == pytest.approx([0.1, 0.1, -0.5])


def test_the_sharpe_ratio_is_the_daily_one_times_the_root_of_a_year() -> None:
    days = np.arange(6) * DAY_US
    equity = np.cumprod([100.0, 1.01, 0.99, 1.02, 1.0, 1.01])
    returns = [0.0, 0.01, -0.01, 0.02, 0.0, 0.01]  # the first day: from its first value to its last
    mean = 0.03 / 6
    spread = math.sqrt(sum((r - mean) ** 2 for r in returns) / 5)
    assert sharpe_ratio(days, equity) == pytest.approx(mean / spread * math.sqrt(365))


def test_a_few_days_or_no_swing_have_none() -> None:
    assert sharpe_ratio(np.arange(3) * DAY_US, np.array([1.0, 2.0, 3.0])) is None
    assert sharpe_ratio(np.arange(9) * DAY_US, np.full(9, 5.0)) is None
