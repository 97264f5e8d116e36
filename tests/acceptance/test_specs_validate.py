"""All five strategies of the documents can be said in the language: their specs have no errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
SPECS = (*sorted((ROOT / "tests" / "data" / "sketches").glob("*.yml")), *sorted((ROOT / "specs").glob("*.yml")))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_strategy_has_no_errors(path: Path) -> None:
    result = check(Source(path.name, path.read_bytes()))
    assert [f"{f.span} {f.code} {f.message}" for f in result.diagnostics if f.severity.value == "error"] == []
    assert result.program is not None


def test_all_five_strategies_are_there() -> None:
    names = {path.stem for path in SPECS if path.parent.name == "sketches"}
    assert names == {"band_limited_hedging", "market_making", "dual_maker_hedge", "cross_exchange_perp", "lp_hedge"}


def test_document_000_ships_in_three_forms_without_a_finding() -> None:
    shipped = [path for path in SPECS if path.parent.name == "specs" and path.stem.startswith("band_limited_hedging")]
    assert [path.stem.removeprefix("band_limited_hedging") for path in shipped] == ["", "_literal", "_reentry"]
    assert [check(Source(path.name, path.read_bytes())).diagnostics for path in shipped] == [(), (), ()]
