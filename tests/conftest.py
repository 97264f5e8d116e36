"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# examples compile things that take long the first time; a busy machine is no failure
settings.register_profile("fsmtrader", deadline=None)
settings.load_profile("fsmtrader")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what is given now")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are rewritten instead of compared."""
    return bool(request.config.getoption("--update-golden"))
