"""Pass: values in `how` of a leg and in `stop`, typed like any other expression. Words stay words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fsmtrader.domain.units import BASE, RATIO, SECONDS, Unit
from fsmtrader.program.draft import Draft
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.passes.things import plain
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Scalar

HOW: dict[str, Unit | None] = {"patience": SECONDS, "band": RATIO, "tries": None, "slice": BASE}
STOP: dict[str, Unit | None] = {"after": SECONDS, "keep": None}
TRUTHS = ("cancel",)


def run(draft: Draft) -> None:
    for index, spec in enumerate(draft.spec.legs):
        draft.legs[index] = replace(draft.legs[index], how=tuple(_settled(draft, spec.how, HOW)))
    draft.stop = tuple(_settled(draft, draft.spec.stop, STOP))


def _settled(
    draft: Draft, settings: tuple[written.Setting, ...], units: dict[str, Unit | None]
) -> Iterator[tuple[str, object]]:
    """Each setting as a Value where it is one; otherwise, and after a finding, as it is written."""
    typer = Typer(draft)
    for setting in settings:
        name = setting.name.text
        value = None
        if isinstance(setting.value, Scalar) and name in units:
            value = typer.number(expression_of(setting.value, draft.findings), draft.top, units[name])
        elif isinstance(setting.value, Scalar) and name in TRUTHS:
            value = typer.truth(expression_of(setting.value, draft.findings), draft.top)
        yield (name, value) if value is not None else plain((setting,))[0]
