"""Findings for people: what, where, what was expected and how to mend it, with the line and a mark under the place.

    error[FSM301]: there is no function `mrk`
      --> band.yml:12:9
       |
    12 |   P_t:  mrk(L)
       |         ^^^
       = expected: a function of the catalog
       = hint: did you mean `mark`?

Whatever comes from a spec is escaped before it is laid out, so it can neither steer a terminal nor be read as markup;
colour is added to the finished pieces by rich.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.cli.render.excerpt import excerpt, line_of
from fsmtrader.diagnostics import Diagnostic, Severity, Span
from fsmtrader.diagnostics.visible import visible

_FRAME = "bright_blue"
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style (rich's words; empty for none)."""

    text: str
    style: str = ""


def render_text(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], *, color: bool, width: int) -> str:
    """Every finding, one empty line between them."""
    pieces: list[Piece] = []
    for number, diagnostic in enumerate(diagnostics):
        if number:
            pieces.append(Piece("\n"))
        pieces.extend(_finding(diagnostic, sources, width))
    return in_color(pieces) if color else "".join(piece.text for piece in pieces)


def in_color(pieces: Sequence[Piece]) -> str:
    """The pieces with the escapes of a terminal around them: the only place where escapes are written."""
    import io

    from rich.console import Console
    from rich.text import Text

    text = Text(end="")
    for piece in pieces:
        text.append(piece.text, style=piece.style)
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False, legacy_windows=False
    )
    with console.capture() as capture:
        console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False, end="")
    return capture.get()


def _finding(diagnostic: Diagnostic, sources: Mapping[str, str], width: int) -> Iterator[Piece]:
    style = _STYLES[diagnostic.severity]
    numbers = [diagnostic.span.line, *(span.line for span, _ in diagnostic.related)]
    gutter = len(str(max(numbers)))
    yield Piece(f"{diagnostic.severity.value}[{visible(diagnostic.code)}]", style)
    yield Piece(f": {_block(diagnostic.message, 2)}\n", "bold")
    yield Piece(f"{' ' * gutter}--> ", _FRAME)
    yield Piece(f"{visible(str(diagnostic.span))}\n")
    yield from _place(diagnostic.span, sources, gutter, width, "^", style)
    for label, text in (("expected", diagnostic.expected), ("hint", diagnostic.hint)):
        if text:
            yield Piece(f"{' ' * gutter} = ", _FRAME)
            yield Piece(f"{label}: ", "bold")
            yield Piece(f"{_block(text, gutter + len(label) + 5)}\n")
    for span, note in diagnostic.related:
        yield Piece(f"{' ' * gutter}::: ", _FRAME)
        yield Piece(f"{visible(str(span))}: {_block(note, gutter + 4)}\n")
        yield from _place(span, sources, gutter, width, "-", _FRAME)


def _block(text: str, indent: int) -> str:
    """Text of one or more lines, the later ones indented, so that no text can pass for another finding."""
    return ("\n" + " " * indent).join(visible(line) for line in text.strip().splitlines())


def _place(span: Span, sources: Mapping[str, str], gutter: int, width: int, mark: str, style: str) -> Iterator[Piece]:
    """The line of a span with a mark under it; nothing when the text is not at hand."""
    source = sources.get(span.file)
    line = None if source is None else line_of(source, span.line)
    if line is None or not line.strip():
        return
    shown = excerpt(line, span, width - gutter - 3)
    yield Piece(f"{' ' * gutter} |\n{span.line:>{gutter}} | ", _FRAME)
    yield Piece(f"{shown.text.rstrip()}\n")
    yield Piece(f"{' ' * gutter} | ", _FRAME)
    yield Piece(f"{' ' * shown.indent}{mark * shown.length}", style)
    yield Piece("\n")
