"""What was meant by a word that is not known here but elsewhere: in other languages, in the trade, among the states."""

from __future__ import annotations

from collections.abc import Container

from fsmtrader.catalog.declaration import Role
from fsmtrader.diagnostics import closest
from fsmtrader.program import prelude
from fsmtrader.program.draft import Draft
from fsmtrader.spec.reader_values import is_name
from fsmtrader.spec.spec import Word

_FUNCTIONS = {
    **dict.fromkeys(("price", "close", "mark_price"), "mark"),
    **dict.fromkeys(("last_price", "last_trade", "ticker"), "last"),
    **dict.fromkeys(("sma", "ma", "avg", "average", "mean_price", "rolling_mean"), "mean"),
    **dict.fromkeys(("stdev", "stddev", "sd", "rolling_std"), "std"),
    **dict.fromkeys(("wma", "ewma", "rma"), "ema"),
    **dict.fromkeys(("max_of", "rolling_max", "hhv"), "highest"),
    **dict.fromkeys(("min_of", "rolling_min", "llv"), "lowest"),
    **dict.fromkeys(("vol", "volatility"), "realized_vol"),
    **dict.fromkeys(("delta", "diff", "returns", "roc"), "change"),
    **dict.fromkeys(("position", "pos", "size"), "quantity"),
    **dict.fromkeys(("entry_price", "avg_price"), "average_price"),
    **dict.fromkeys(("best_bid",), "bid"),
    **dict.fromkeys(("best_ask", "offer"), "ask"),
}
"""The catalog's functions by what they are called elsewhere."""
_ORDERS = {
    *("buy", "sell", "long", "short", "go_long", "go_short", "open", "close", "close_all", "close_position"),
    *("enter", "entry", "exit", "order", "market_order", "limit_order", "place_order"),
}


def function(word: str, known: Container[str]) -> str | None:
    """The function of the catalog that other programs call `word`."""
    found = _FUNCTIONS.get(word.lower())
    return found if found in known else None


_ROW_KEYS = {
    "transition_to": "`enter`, `exit` and actions lead nowhere: write a row, `on: {tick: {transition_to: STATE}}`",
    "do": "leave out `do`: what is done stands here itself, e.g. `enter: my_action` or `enter: {n: n + 1}`",
    "if": "steps have no condition of their own: write a row under `on`, or a value, `{n: n + 1 if c else n}`",
    "if_exit": "steps have no condition of their own: write a row under `on`",
    "because": "`because` is a key of a row under `on`: leave it out, or write a comment",
}


def row_key(word: str) -> str:
    """What to write instead, when the word is a key of a row that stands among steps; else nothing."""
    return _ROW_KEYS.get(word, "")


def order(draft: Draft, word: str) -> str:
    """How an order is written, when the word is one of those that place orders elsewhere; else nothing."""
    if word.lower() not in _ORDERS:
        return ""
    leg = draft.legs[0].name if draft.legs else "X"
    return f"set the quantity that the leg is to have: `{{q{leg}: 0.01}}` (0 closes it)"


def present_state(draft: Draft, words: tuple[str, ...], others: tuple[str, ...]) -> str:
    """The comparison that two names of states were meant to be; nothing when they are no states of one region."""
    if len(words) != 1 or len(others) != 1:
        return ""
    for region in draft.regions:
        names = {leaf.name for leaf in region.leaves}
        if words[0] in names and others[0] in names:
            return f"write `{region.base} == {others[0]}`: `{region.base}` is the state that the machine is in"
    return ""


def unknown_action(draft: Draft, name: Word) -> None:
    """FSM505. What was most likely meant counts as started; a text that is no name was reported as such before."""
    steps = {n for n, declaration in draft.catalog.items() if declaration.role is Role.PRIMITIVE}
    guess = closest(name.text, {*draft.named_actions, *prelude.action_names(draft), *steps})
    if guess is not None:
        draft.used_actions.add(guess)
    if is_name(name.text):
        draft.findings.error(
            "FSM505",
            name.span,
            f"there is no action or primitive {name.text}",
            expected="an action of this spec or a primitive of the catalog",
            hint=order(draft, name.text)
            or (f"did you mean {guess}?" if guess else f"declare {name.text} under actions"),
        )
