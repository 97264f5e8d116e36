"""What happens in a run as rows of a journal, and back: a kind and a body of canonical JSON.

Canonical: keys sorted, no spaces, ASCII, a number as Python's shortest text that reads back to the same double.
JSON has no NaN and no infinities: NaN is `null`, the infinities are the words "inf" and "-inf". A body never holds the
time: the row has it. One encoder per type, written out, because a run makes a row out of everything that it does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from json.encoder import encode_basestring_ascii as _text
from types import MappingProxyType
from typing import Any

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import (
    Accepted,
    CancelIntent,
    Cancelled,
    CancelRefused,
    Effect,
    Expired,
    Filled,
    Funded,
    Liquidated,
    OrderIntent,
    PoolIntent,
    Rejected,
    Style,
)
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Booked,
    Fault,
    FundingBooked,
    InvariantBroken,
    Note,
    Operation,
    Rebooked,
    RecordRow,
    RowTaken,
    Told,
    Transition,
)

Item = Told | Note | OrderIntent | PoolIntent | CancelIntent | Operation
"""everything that a journal can hold, besides its first row"""
_repr = float.__repr__
Encoded = tuple[str, str]
"""kind and body"""

RUN, END = "run", "end"
"""the kinds of the first row (what the run was given, by digest) and of the last (what was known at its end)"""


def encode(item: Item) -> Encoded:
    """The kind and the body of one item."""
    return _ENCODERS[type(item)](item)


def decode(kind: str, body: str, time_us: int) -> Item:
    """The item that a row holds; RunError when it holds none."""
    entry = _TYPES.get(kind)
    try:
        values = json.loads(body)
        if kind == "operator":
            return Operation(values["operation"])
        if entry is None:
            raise RunError(f"a journal's row has the kind {kind!r}, which this version does not know")
        given = {} if entry in _WITHOUT_TIME else {"now_us": time_us}
        read = {f.name: _READERS[str(f.type)](values[f.name]) for f in fields(entry) if f.name != "now_us"}
        item: Item = entry(**given, **read)
    except (ValueError, KeyError, TypeError) as problem:
        raise RunError(f"a journal's row of the kind {kind!r} cannot be read: {body[:200]}") from problem
    return item


def canonical(value: object) -> str:
    """Any plain value (dicts, lists, texts, numbers) as canonical JSON."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


# -- encoders --------------------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    if value - value == 0.0:
        return _repr(value) if type(value) is float else _repr(float(value))
    return "null" if value != value else '"inf"' if value > 0 else '"-inf"'


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _named(pairs: tuple[tuple[str, float], ...]) -> str:
    return "[" + ",".join([f"[{_text(name)},{_number(value)}]" for name, value in pairs]) + "]"


def _words(pairs: tuple[tuple[str, str], ...]) -> str:
    return "[" + ",".join([f"[{_text(name)},{_text(word)}]" for name, word in pairs]) + "]"


def _of_order(i: OrderIntent) -> Encoded:
    return "order", (
        f'{{"action":{_text(i.action)},"because":{_text(i.because)},"change":{_number(i.change)},'
        f'"client_id":{_text(i.client_id)},"effect":"{i.effect._value_}","leg":{_text(i.leg)},"post_only":'
        f'{_truth(i.post_only)},"price":{_number(i.price)},"reduce_only":{_truth(i.reduce_only)},'
        f'"region":{_text(i.region)},"slot":{_text(i.slot)},"style":"{i.style._value_}"}}'
    )


def _of_pool(i: PoolIntent) -> Encoded:
    return "pool", (
        f'{{"amount":{_number(i.amount)},"call":{_text(i.call)},"client_id":{_text(i.client_id)},'
        f'"leg":{_text(i.leg)},"words":{_words(i.words)}}}'
    )


def _of_filled(i: Filled) -> Encoded:
    return "filled", (
        f'{{"client_id":{_text(i.client_id)},"fee":{_number(i.fee)},"maker":{_truth(i.maker)},'
        f'"price":{_number(i.price)},"quantity":{_number(i.quantity)},"trade_id":{_text(i.trade_id)}}}'
    )


def _of_rejected(i: Rejected) -> Encoded:
    return "rejected", _refusal(i.client_id, i.reason, i.code)


def _of_expired(i: Expired) -> Encoded:
    return "expired", f'{{"client_id":{_text(i.client_id)},"code":{_text(i.code)}}}'


def _of_cancelled(i: Cancelled) -> Encoded:
    return "cancelled", _refusal(i.client_id, i.reason, i.code)


def _of_cancel_refused(i: CancelRefused) -> Encoded:
    return "cancel_refused", _refusal(i.client_id, i.reason, i.code)


def _refusal(client_id: str, reason: str, code: str) -> str:
    return f'{{"client_id":{_text(client_id)},"code":{_text(code)},"reason":{_text(reason)}}}'


def _of_funded(i: Funded) -> Encoded:
    return "funded", _funding(i.leg, i.amount, i.rate, i.mark)


def _of_funding(i: FundingBooked) -> Encoded:
    return "funding", _funding(i.leg, i.amount, i.rate, i.mark)


def _funding(leg: str, amount: float, rate: float, mark: float) -> str:
    return f'{{"amount":{_number(amount)},"leg":{_text(leg)},"mark":{_number(mark)},"rate":{_number(rate)}}}'


def _of_liquidated(i: Liquidated) -> Encoded:
    return "liquidated", (
        f'{{"change":{_number(i.change)},"fee":{_number(i.fee)},"leg":{_text(i.leg)},"price":{_number(i.price)}}}'
    )


def _of_transition(i: Transition) -> Encoded:
    return "transition", (
        f'{{"because":{_text(i.because)},"operands":{_named(i.operands)},"region":{_text(i.region)},"row":{i.row},'
        f'"source":{_text(i.source)},"target":{_text(i.target)},"trigger":{_text(i.trigger)}}}'
    )


def _of_row(i: RowTaken) -> Encoded:
    return "row", f'{{"leaf":{_text(i.leaf)},"region":{_text(i.region)},"row":{i.row}}}'


def _of_action(i: ActionEnded) -> Encoded:
    return "action", f'{{"action":{_text(i.action)},"outcome":{_text(i.outcome)},"region":{_text(i.region)}}}'


def _of_booked(i: Booked) -> Encoded:
    return "booked", (
        f'{{"change":{_number(i.change)},"client_id":{_text(i.client_id)},"fee":{_number(i.fee)},'
        f'"leg":{_text(i.leg)},"price":{_number(i.price)},"realised":{_number(i.realised)}}}'
    )


def _of_rebooked(i: Rebooked) -> Encoded:
    return "rebooked", (
        f'{{"average":{_number(i.average)},"client_id":{_text(i.client_id)},"leg":{_text(i.leg)},'
        f'"quantity":{_number(i.quantity)},"realised":{_number(i.realised)}}}'
    )


def _of_alert(i: AlertRaised) -> Encoded:
    return "alert", f'{{"instance":{_text(i.instance)},"name":{_text(i.name)},"text":{_text(i.text)}}}'


def _of_record(i: RecordRow) -> Encoded:
    return "record", f'{{"columns":{_named(i.columns)},"kind":{_text(i.kind)}}}'


def _of_invariant(i: InvariantBroken) -> Encoded:
    return "invariant", f'{{"name":{_text(i.name)},"text":{_text(i.text)}}}'


def _of_fault(i: Fault) -> Encoded:
    return "fault", f'{{"reason":{_text(i.reason)}}}'


def _of_operator(i: Operation) -> Encoded:
    return "operator", f'{{"operation":"{i.value}"}}'


def _about(kind: str) -> Callable[[Any], Encoded]:
    """Of what says no more than which order it is about."""
    return lambda item: (kind, f'{{"client_id":{_text(item.client_id)}}}')


_ENCODERS: Mapping[type, Callable[[Any], Encoded]] = MappingProxyType(
    {
        OrderIntent: _of_order,
        PoolIntent: _of_pool,
        CancelIntent: _about("cancel"),
        Accepted: _about("accepted"),
        Filled: _of_filled,
        Rejected: _of_rejected,
        Expired: _of_expired,
        Cancelled: _of_cancelled,
        CancelRefused: _of_cancel_refused,
        Funded: _of_funded,
        Liquidated: _of_liquidated,
        Transition: _of_transition,
        RowTaken: _of_row,
        ActionEnded: _of_action,
        Booked: _of_booked,
        Rebooked: _of_rebooked,
        FundingBooked: _of_funding,
        AlertRaised: _of_alert,
        RecordRow: _of_record,
        InvariantBroken: _of_invariant,
        Fault: _of_fault,
        Operation: _of_operator,
    }
)


# -- the way back ----------------------------------------------------------------------------------------------------

_TYPES: Mapping[str, type[Any]] = MappingProxyType(
    {
        "order": OrderIntent,
        "pool": PoolIntent,
        "cancel": CancelIntent,
        "accepted": Accepted,
        "filled": Filled,
        "rejected": Rejected,
        "expired": Expired,
        "cancelled": Cancelled,
        "cancel_refused": CancelRefused,
        "funded": Funded,
        "liquidated": Liquidated,
        "transition": Transition,
        "row": RowTaken,
        "action": ActionEnded,
        "booked": Booked,
        "rebooked": Rebooked,
        "funding": FundingBooked,
        "alert": AlertRaised,
        "record": RecordRow,
        "invariant": InvariantBroken,
        "fault": Fault,
    }
)
_WITHOUT_TIME = frozenset(entry for entry in _TYPES.values() if "now_us" not in {f.name for f in fields(entry)})


def _read_number(value: float | str | None) -> float:
    return float("nan") if value is None else float(value)


def _read_named(value: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, _read_number(number)) for name, number in value)


def _read_words(value: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, word) for name, word in value)


_READERS: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "float": _read_number,
        "int": int,
        "str": str,
        "bool": bool,
        "Effect": Effect,
        "Style": Style,
        "tuple[tuple[str, float], ...]": _read_named,
        "tuple[tuple[str, str], ...]": _read_words,
    }
)
"""how a field is read, by its annotation as written"""


def _plain(value: object) -> object:
    """NaN and the infinities in words that JSON has."""
    if isinstance(value, float) and value - value != 0.0:
        return None if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
