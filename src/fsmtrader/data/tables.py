"""Tables in files: Parquet, Feather (Arrow IPC) and CSV, read in pieces of bounded size.

What a file is, its first bytes say; a name that says otherwise is a mistake. CSV is cut at line ends and read as
text, so that a number that is none can be named with its row.
"""

from __future__ import annotations

import enum
import gzip
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fsmtrader.data.columns import TIME_NAMES
from fsmtrader.diagnostics import DataError
from fsmtrader.diagnostics.visible import visible

if TYPE_CHECKING:
    import polars as pl

CHUNK_ROWS = 1 << 18
BLOCK_BYTES = 1 << 23
LONGEST_LINE = 1 << 20
MOST_COLUMNS = 10_000
SEPARATORS = ",;\t|"
MOMENT = re.compile(r"\d{4}[-/]?\d\d[-/]?\d\d([T ]|$)")


class Form(enum.Enum):
    """How a table is written."""

    PARQUET = "Parquet"
    FEATHER = "Feather"
    CSV = "CSV"


ENDINGS = {
    ".parquet": Form.PARQUET,
    ".pq": Form.PARQUET,
    ".feather": Form.FEATHER,
    ".arrow": Form.FEATHER,
    ".ipc": Form.FEATHER,
    ".csv": Form.CSV,
    ".csv.gz": Form.CSV,
    ".txt": Form.CSV,
    ".tsv": Form.CSV,
}

OTHER_FORMS = {b"PK\x03\x04": "a ZIP archive: unpack it first", b"\x89HDF": "HDF5: write it as Parquet or CSV"}

Place = Callable[["pl.Series"], int]
"""where times lie: below zero all before what is wanted, above zero all after it"""


@dataclass(frozen=True, slots=True)
class Table:
    """A file with named columns. `stamp` (size, time of change) shows that it is still the same file."""

    path: str
    form: Form
    columns: tuple[str, ...]
    stamp: tuple[int, int]
    separator: str = ","
    has_header: bool = True


def form_of(path: str) -> Form:
    """What the file's name says; DataError for a name that says nothing."""
    name = path.lower()
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if name.endswith(ending):
            return ENDINGS[ending]
    raise DataError(f"{path}: what kind of file is it? Known are {', '.join(ENDINGS)}")


def open_table(path: str | Path) -> Table:
    """Look at a file: its form and columns. DataError says why it cannot be read."""
    name = str(path)
    form = form_of(name)
    with _reading(name):
        first = _first_bytes(name)
        if not first:
            raise DataError(f"{name}: is empty")
        _check_form(name, form, first)
        if form is Form.CSV:
            return _open_csv(name)
        columns = tuple(_lazy(name, form).collect_schema().names())
    return Table(name, form, _plain(name, columns), _stamp(name))


def chunks(
    table: Table, columns: Sequence[str], time: str, place: Place | None = None
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Pieces of a table with these columns, each with the number of its first row (from 1, without the header).

    Pieces that lie before what is wanted are skipped (of them only the times are read), and the first one behind it
    ends the reading.
    """
    with _reading(table.path):
        if _stamp(table.path) != table.stamp:
            raise DataError(f"{table.path}: changed while it was read")
        pieces = _csv_pieces(table) if table.form is Form.CSV else _binary_pieces(table, columns, time, place)
        for row, frame in pieces:
            where = place(frame.get_column(time)) if place is not None and frame.height else 0
            if where > 0:
                return
            if where == 0 and frame.height:
                yield row, frame.select(columns)


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """The system's and the library's errors as ours."""
    import polars as pl

    try:
        yield
    except EOFError as error:
        raise DataError(f"{path}: ends too early: it was cut off") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # it panics over some damaged files
        reason = visible(" ".join(str(error).split())[:200])
        raise DataError(f"{path}: is damaged or no table that can be read: {reason}") from error


def _stamp(path: str) -> tuple[int, int]:
    facts = os.stat(path)
    return facts.st_size, facts.st_mtime_ns


def _first_bytes(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(8)


def _check_form(path: str, form: Form, first: bytes) -> None:
    """The first bytes against the name."""
    for mark, what in OTHER_FORMS.items():
        if first.startswith(mark):
            raise DataError(f"{path}: is {what}")
    found = Form.PARQUET if first.startswith(b"PAR1") else Form.FEATHER if first.startswith(b"ARROW1") else Form.CSV
    if found is form:
        return
    if form is Form.CSV:
        raise DataError(f"{path}: is named as CSV but is {found.value}: give it the ending {_ending(found)}")
    if found is not Form.CSV:
        raise DataError(f"{path}: is named as {form.value} but is {found.value}: give it the ending {_ending(found)}")
    guess = ": if it is text, give it the ending .csv" if first.isascii() else ""
    raise DataError(f"{path}: is named as {form.value} but does not begin like one{guess}")


def _ending(form: Form) -> str:
    return next(ending for ending, known in ENDINGS.items() if known is form)


def _plain(path: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Column names that can be told apart without regard to case."""
    if len(columns) > MOST_COLUMNS:
        raise DataError(f"{path}: has {len(columns)} columns, more than {MOST_COLUMNS}")
    folded = [column.strip().lower() for column in columns]
    for name in folded:
        if folded.count(name) > 1:
            raise DataError(f"{path}: more than one column `{visible(name)}`")
    return tuple(columns)


# -- Parquet and Feather -----------------------------------------------------------------------------------------------


def _lazy(path: str, form: Form) -> pl.LazyFrame:
    import polars as pl

    if form is Form.PARQUET:
        return pl.scan_parquet(path, glob=False)
    return pl.scan_ipc(path)


def _binary_pieces(
    table: Table, columns: Sequence[str], time: str, place: Place | None
) -> Iterator[tuple[int, pl.DataFrame]]:
    import polars as pl

    lazy = _lazy(table.path, table.form)
    rows = lazy.select(pl.len()).collect().item()
    for start in range(0, rows, CHUNK_ROWS):
        piece = lazy.slice(start, CHUNK_ROWS)
        if place is not None:
            times = piece.select(time).collect()
            where = place(times.get_column(time))
            if where < 0:
                continue
            if where > 0:
                return
        yield start + 1, piece.select(*dict.fromkeys((time, *columns))).collect()


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _text(path: str) -> IO[bytes] | gzip.GzipFile:
    if _first_bytes(path).startswith(b"\x1f\x8b"):
        return gzip.open(path, "rb")
    return open(path, "rb")


def _open_csv(path: str) -> Table:
    with _text(path) as stream:
        line = stream.readline(LONGEST_LINE)
    line = line.removeprefix(b"\xef\xbb\xbf")
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not text: its first line cannot be read as UTF-8") from error
    if not text.strip() or (not text.isprintable() and "\t" not in text):
        raise DataError(f"{path}: is not text with a line of column names at its head")
    separator = max(SEPARATORS, key=text.count)
    cells = [cell.strip().strip('"') for cell in text.split(separator)]
    has_header = _are_names(cells)
    names = cells if has_header else [str(number + 1) for number in range(len(cells))]
    return Table(path, Form.CSV, _plain(path, names), _stamp(path), separator, has_header)


def _are_names(cells: Sequence[str]) -> bool:
    """Whether a first line names columns: most of its cells are no values, or one is what times are called."""
    values = sum(_is_number(cell) or MOMENT.match(cell) is not None for cell in cells)
    return 2 * values <= len(cells) or any(cell.lower() in TIME_NAMES for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _csv_pieces(table: Table) -> Iterator[tuple[int, pl.DataFrame]]:
    """Whole lines of about `BLOCK_BYTES` as columns of text."""
    row, rest = 1, b""
    with _text(table.path) as stream:
        if table.has_header:
            stream.readline(LONGEST_LINE)
        while block := stream.read(BLOCK_BYTES):
            whole, end, tail = (rest + block).rpartition(b"\n")
            rest = tail
            if len(rest) > LONGEST_LINE:
                raise DataError(f"{table.path}: after row {row} a line is longer than {LONGEST_LINE:,} characters")
            if end:
                frame = _parsed(table, whole, row)
                yield row, frame
                row += frame.height
    if rest.strip():
        yield row, _parsed(table, rest, row)


def _parsed(table: Table, lines: bytes, row: int) -> pl.DataFrame:
    """Lines as columns of text; every line has as many cells as the head."""
    import polars as pl

    lines = lines.rstrip(b"\r\n")
    _check_text(table, lines, row)
    try:
        return pl.read_csv(
            io.BytesIO(lines),
            has_header=False,
            new_columns=list(table.columns),
            schema=dict.fromkeys(table.columns, pl.String),
            separator=table.separator,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError as error:
        reason = visible(" ".join(str(error).split())[:160])
        raise DataError(f"{table.path}: near row {row}: cannot be read: {reason}") from error


def _check_text(table: Table, lines: bytes, row: int) -> None:
    if b"\x00" in lines:
        wrong = row + lines[: lines.index(b"\x00")].count(b"\n")
        raise DataError(f"{table.path}: row {wrong}: is not text: it has a byte of value 0")
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = row + lines[: error.start].count(b"\n")
        raise DataError(f"{table.path}: row {wrong}: is not text: it cannot be read as UTF-8") from error
    mark = table.separator.encode()
    expected = len(table.columns) - 1
    if b'"' in lines or lines.count(mark) == expected * (lines.count(b"\n") + 1):
        return
    for offset, line in enumerate(lines.split(b"\n")):
        if line.strip() and line.count(mark) != expected:
            raise DataError(
                f"{table.path}: row {row + offset}: has {line.count(mark) + 1} cells, expected {expected + 1} "
                f"({', '.join(table.columns)})"
            )
