"""Findings for people: what, where, what was expected and how to mend it, with the line and a mark under the place.

    error[FSM301]: there is no function `mrk`
      --> band.yml:12:9
       |
    12 |   P_t:  mrk(L)
       |         ^^^
       = expected: a function of the catalog
       = hint: did you mean `mark`?

Whatever comes from a spec is escaped before it is laid out, so it can neither steer a terminal nor be read as markup;
colour is added to the finished pieces by rich. Of many findings with one code in one file the first ones are shown and
the others counted; the forms for tools have them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.cli.render.excerpt import excerpt, lines_of
from fsmtrader.diagnostics import Diagnostic, Severity, Span
from fsmtrader.diagnostics.visible import visible

MOST_ALIKE = 20
"""findings of one code in one file that are shown: nobody reads on after that"""

_FRAME = "bright_blue"
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style (rich's words; empty for none)."""

    text: str
    style: str = ""


def render_text(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], *, color: bool, width: int) -> str:
    """Every finding (of one code in one file at most `MOST_ALIKE`, then their number), one empty line between them."""
    shown, hidden = _first_of_each(diagnostics)
    lines = {file: lines_of(sources[file]) for file in _files(shown) if file in sources}
    pieces: list[Piece] = []
    for number, diagnostic in enumerate(shown):
        if number:
            pieces.append(Piece("\n"))
        pieces.extend(_finding(diagnostic, lines, width))
    for (file, code), count in hidden.items():
        pieces.append(Piece(f"\n… and {count:,} more of {visible(code)} in {visible(file)}\n", "bold"))
    return in_color(pieces) if color else "".join(piece.text for piece in pieces)


def _first_of_each(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], dict[tuple[str, str], int]]:
    """The findings to show, and how many more there are by file and code."""
    seen: Counter[tuple[str, str]] = Counter()
    shown: list[Diagnostic] = []
    for diagnostic in diagnostics:
        kind = (diagnostic.span.file, diagnostic.code)
        seen[kind] += 1
        if seen[kind] <= MOST_ALIKE:
            shown.append(diagnostic)
    return shown, {kind: count - MOST_ALIKE for kind, count in seen.items() if count > MOST_ALIKE}


def _files(diagnostics: Sequence[Diagnostic]) -> set[str]:
    return {span.file for item in diagnostics for span in (item.span, *(place for place, _ in item.related))}


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


def _finding(diagnostic: Diagnostic, lines: Mapping[str, Sequence[str]], width: int) -> Iterator[Piece]:
    style = _STYLES[diagnostic.severity]
    numbers = [diagnostic.span.line, *(span.line for span, _ in diagnostic.related)]
    gutter = len(str(max(numbers)))
    yield Piece(f"{diagnostic.severity.value}[{visible(diagnostic.code)}]", style)
    yield Piece(f": {_block(diagnostic.message, 2)}\n", "bold")
    yield Piece(f"{' ' * gutter}--> ", _FRAME)
    yield Piece(f"{visible(str(diagnostic.span))}\n")
    yield from _place(diagnostic.span, lines, gutter, width, "^", style)
    for label, text in (("expected", diagnostic.expected), ("hint", diagnostic.hint)):
        if text:
            yield Piece(f"{' ' * gutter} = ", _FRAME)
            yield Piece(f"{label}: ", "bold")
            yield Piece(f"{_block(text, gutter + len(label) + 5)}\n")
    for span, note in diagnostic.related:
        yield Piece(f"{' ' * gutter}::: ", _FRAME)
        yield Piece(f"{visible(str(span))}: {_block(note, gutter + 4)}\n")
        yield from _place(span, lines, gutter, width, "-", _FRAME)


def _block(text: str, indent: int) -> str:
    """Text of one or more lines, the later ones indented, so that no text can pass for another finding."""
    return ("\n" + " " * indent).join(visible(line) for line in text.strip().splitlines())


def _place(
    span: Span, lines: Mapping[str, Sequence[str]], gutter: int, width: int, mark: str, style: str
) -> Iterator[Piece]:
    """The line of a span with a mark under it; nothing when the text is not at hand."""
    known = lines.get(span.file, ())
    if span.line > len(known) or not known[span.line - 1].strip():
        return
    shown = excerpt(known[span.line - 1], span, width - gutter - 3)
    yield Piece(f"{' ' * gutter} |\n{span.line:>{gutter}} | ", _FRAME)
    yield Piece(f"{shown.text.rstrip()}\n")
    yield Piece(f"{' ' * gutter} | ", _FRAME)
    yield Piece(f"{' ' * shown.indent}{mark * shown.length}", style)
    yield Piece("\n")
