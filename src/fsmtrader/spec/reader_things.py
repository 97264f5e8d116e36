"""Everything that is declared by name: accounts, legs, parameters, variables, lots, promises, alerts, reports."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, Sequence
from fsmtrader.spec.reader_events import event_pattern
from fsmtrader.spec.reader_values import (
    Reading,
    cells,
    entries,
    expression,
    get,
    key,
    scalar,
    settings,
    text,
    word,
    words,
)
from fsmtrader.spec.spec import (
    Account,
    Alert,
    Check,
    Expression,
    ForEach,
    Invariant,
    Leg,
    Lots,
    Parameter,
    Report,
    Variable,
    Word,
)

_LEG_KEYS = frozenset({"account", "symbol", "side", "initial", "adopt", "how"})
_LONG_PARAMETER_KEYS = frozenset({"unit", "min", "max", "above", "below", "doc", "env"})


def read_accounts(node: Node | None) -> tuple[Account, ...]:
    return tuple(Account(key(entry), settings(entry.value)) for entry in entries(node))


def read_legs(node: Node | None, reading: Reading) -> tuple[Leg, ...]:
    return tuple(_leg(entry, reading) for entry in entries(node))


def _leg(entry: Entry, reading: Reading) -> Leg:
    node = entry.value
    return Leg(
        name=key(entry),
        account=word(get(node, "account")),
        symbol=scalar(get(node, "symbol")),
        side=word(get(node, "side")),
        initial=expression(get(node, "initial"), reading),
        adopt=word(get(node, "adopt")),
        how=settings(get(node, "how")),
        settings=settings(node, _LEG_KEYS),
    )


def read_parameters(node: Node | None, reading: Reading, group: Word | None = None) -> tuple[Parameter, ...]:
    """Parameters in document order; the names of a group are flat."""
    found: list[Parameter] = []
    for entry in entries(node):
        is_group = isinstance(entry.value, Mapping) and not _is_long(entry.value)
        if is_group and group is None:
            _look_for_settings(entry, reading)
            found.extend(read_parameters(entry.value, reading, key(entry)))
        elif not is_group and not isinstance(entry.value, Sequence):
            found.append(_parameter(entry, group, reading))
    return tuple(found)


def _is_long(node: Mapping) -> bool:
    """A mapping without `value` is a group; `one_of` has a list, which no member of a group can be."""
    return node.get("value") is not None or isinstance(node.get("one_of"), Sequence)


def _look_for_settings(entry: Entry, reading: Reading) -> None:
    members = [member.key.text for member in entries(entry.value)]
    if members and all(member in _LONG_PARAMETER_KEYS for member in members):
        name = entry.key.text
        reading.findings.warn(
            "FSM111",
            entry.key.span,
            f"`{name}` is read as a group of the parameters {', '.join(members)}",
            expected="a parameter with its `value`",
            hint=f"write {name}: {{value: ..., {members[0]}: ...}}",
        )


def _parameter(entry: Entry, group: Word | None, reading: Reading) -> Parameter:
    node = entry.value
    given = node if isinstance(node, Scalar) else get(node, "value")
    is_required = isinstance(node, Mapping) and text(given) == "required"
    return Parameter(
        name=key(entry),
        value=None if is_required else expression(given, reading),
        required=is_required,
        unit=word(get(node, "unit")),
        minimum=expression(get(node, "min"), reading),
        maximum=expression(get(node, "max"), reading),
        above=expression(get(node, "above"), reading),
        below=expression(get(node, "below"), reading),
        one_of=words(get(node, "one_of")),
        doc=text(get(node, "doc")),
        env=word(get(node, "env")),
        group=group,
    )


def read_checks(node: Node | None, reading: Reading) -> Iterator[Check]:
    for item in node.items if isinstance(node, Sequence) else ():
        is_error = get(item, "error") is not None
        condition = expression(get(item, "error" if is_error else "warn"), reading)
        if condition is not None:
            yield Check(is_error, condition, text(get(item, "because")), item.span)


def read_variables(node: Node | None, reading: Reading) -> tuple[Variable, ...]:
    return tuple(
        Variable(key(entry), expression(get(entry.value, "initial"), reading), word(get(entry.value, "unit")))
        for entry in entries(node)
    )


def read_for_each(node: Node | None, reading: Reading) -> ForEach | None:
    """`[rows]`, or `{in: rows or {file}, key, if, fields}`."""
    if node is None or isinstance(node, Scalar):
        return None
    inside = get(node, "in") if isinstance(node, Mapping) else node
    file = scalar(get(inside, "file"))
    if file is not None:
        inside_rows: Node | None = next((table.rows for table in reading.tables if table.name == file.text), None)
    else:
        inside_rows = inside
    rows = tuple(cells(row) for row in inside_rows.items) if isinstance(inside_rows, Sequence) else ()
    return ForEach(
        rows=rows,
        file=file,
        key=words(get(node, "key")),
        condition=expression(get(node, "if"), reading),
        fields=tuple((key(entry), settings(entry.value)) for entry in entries(get(node, "fields"))),
        env=word(get(inside, "env")),
        span=node.span,
    )


def read_lots(node: Node | None, reading: Reading) -> tuple[Lots, ...]:
    return tuple(
        Lots(
            name=key(entry),
            legs=words(get(entry.value, "legs")),
            match=word(get(entry.value, "match")),
            when=expression(get(entry.value, "when"), reading),
            book_partial_after=expression(get(entry.value, "book_partial_after"), reading),
        )
        for entry in entries(node)
    )


def read_invariants(node: Node | None, reading: Reading) -> Iterator[Invariant]:
    """A list of catalog names and mappings, or one mapping."""
    for item in node.items if isinstance(node, Sequence) else (node,):
        name = word(item)
        if name is not None:
            yield Invariant(name, None, False, None, name.span)
        for entry in entries(item):
            yield _invariant(entry, reading)


def _invariant(entry: Entry, reading: Reading) -> Invariant:
    node = entry.value
    that: Expression | None = expression(get(node, "that") if isinstance(node, Mapping) else node, reading)
    span = entry.key.span.to(node.span)
    return Invariant(key(entry), that, text(get(node, "on")) == "order", word(get(node, "in")), span)


def read_alerts(node: Node | None, reading: Reading) -> tuple[Alert, ...]:
    return tuple(
        Alert(
            name=key(entry),
            condition=expression(get(entry.value, "if"), reading),
            on=event_pattern(get(entry.value, "on"), reading),
            each=word(get(entry.value, "each")),
            repeat=expression(get(entry.value, "repeat"), reading),
            say=scalar(get(entry.value, "say")),
        )
        for entry in entries(node)
    )


def read_reports(node: Node | None, reading: Reading) -> tuple[Report, ...]:
    return tuple(
        Report(
            name=key(entry),
            at=scalar(get(entry.value, "at")),
            rows=expression(get(entry.value, "rows"), reading),
            show=words(get(entry.value, "show")),
        )
        for entry in entries(node)
    )
