"""What mends a departure from the shape: said with the user's own words where they show what was meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from fsmtrader.spec import schema
from fsmtrader.spec.document import Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.structure_places import Path

_SHOWN = 30
ROW_KEYS = frozenset({"if", "do", "transition_to", "if_exit", "condition"})
_STATE_KEYS = frozenset({"on", "after", "enter", "exit", "final", "orders"})
_NO_BLANK = re.compile(r"([A-Za-z_]+):(\S.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*:?=\s*([^=].*)", re.DOTALL)
_STEP_PLACES = frozenset({"do", "enter", "exit", "steps", "on_fail", "actions"})
_LONG = "{value: …, min: …, max: …}"

_ELSEWHERE = {  # the mappings whose keys are easily written at a wrong level, the likeliest first
    "Row": "a row: `on: {{EVENT: {{{key}: …}}}}`",
    "State": "a state: `states: {{STATE: {{{key}: …}}}}`",
    "Strategy": "`strategy: {{{key}: …}}`",
    "Account": "an account: `accounts: {{NAME: {{{key}: …}}}}`",
    "Leg": "a leg: `legs: {{NAME: {{{key}: …}}}}`",
    "Quote": "a slot: `quotes: {{NAME: {{{key}: …}}}}`",
    "LongAction": "an action: `{{steps: […], {key}: …}}`",
    "LongParameter": "a parameter: `parameters: {{NAME: {{value: …, {key}: …}}}}`",
    "How": "`how: {{{key}: …}}` of a leg",
    "Risk": "`risk: {{{key}: …}}`",
    "Market": "`run: {{market: {{{key}: …}}}}`",
    "Run": "`run: {{{key}: …}}`",
    "Test": "a test: `tests: [{{name: …, {key}: …}}]`",
}
_FIRST_STATE = "the first state is the initial one; another says `initial: true` itself"
_NEXT_ROW = "make the event a list of rows: the first whose `if` holds is taken, the last may have no `if`"
_OTHER_IDEAS = {  # what other languages have a key for
    "transitions": "rows stand in the state that they leave: `states: {A: {on: {EVENT: {if: …, transition_to: B}}}}`",
    "initial_state": _FIRST_STATE,
    "start": _FIRST_STATE,
    "else": _NEXT_ROW,
    "elif": _NEXT_ROW,
    "else_if": _NEXT_ROW,
    "timeout": "write `after: {5m: {transition_to: …}}` in the state",
    "stop_loss": "write a row that sets the quantity to 0: `{if: mark(X) < level, do: {qX: 0}}`",
    "take_profit": "write a row that sets the quantity to 0: `{if: mark(X) > level, do: {qX: 0}}`",
    "symbol": "name the instrument in a leg: `legs: {X: {account: …, symbol: BTC/USDT:USDT}}`",
    "import": "name several files: `fsm validate --merge a.yml b.yml`",
    "include": "name several files: `fsm validate --merge a.yml b.yml`",
}
_EXAMPLES = {
    "accounts": "{main: {exchange: binanceusdm}}",
    "after": "{5m: {transition_to: STATE}}",
    "checks": "[{error: low < high}]",
    "events": "{tick: price(X)}",
    "invariants": "[{short_enough: qX < 2}]",
    "legs": "{X: {account: main, symbol: BTC/USDT:USDT}}",
    "observe": "{gap: mark(X) - low}",
    "on": "{EVENT: {if: …, transition_to: STATE}}",
    "one_of": "[slow, fast]",
    "parameters": "{low: 50000}",
    "regions": "{risk: {states: {ARMED: {}}}}",
    "states": "{IDLE: {on: {EVENT: {transition_to: BUSY}}}, BUSY: {}}",
    "tests": "[{name: …, when: […], expect: {mode: IDLE}}]",
    "variables": "{count: {initial: 0}}",
}
"""How the value of a key may look."""
_VALUES = {
    "leg": "X",
    "side": "buy",
    "price": "bid(X)",
    "quantity": "0.01",
    "name": "what is shown",
    "value": "1",
    "initial": "0",
    "max": "100",
    "file": "rows.csv",
    "in": "[{name: A}]",
    "to": "0.01",
    "that": "qX >= 0",
    "expect": "{mode: IDLE}",
}


def of_unknown_key(key: str, value: Node, known: Collection[str], path: Path) -> str:
    """For a key that no known one is near to."""
    glued = _NO_BLANK.fullmatch(key)
    if glued is not None and glued[1] in known:
        return f"put a blank after the colon: `{glued[1]}: {_cut(glued[2])}`"
    if key in _OTHER_IDEAS and not (key == "symbol" and path):
        return _OTHER_IDEAS[key]
    inside = _keys(value)
    is_state = path[-1:] == ("states",) or (len(path) > 1 and path[-2] == "states")
    if inside & ROW_KEYS and is_state:
        return f"an event stands under `on`: `on: {{{_cut(key)}: …}}`"
    if not path and inside & _STATE_KEYS:
        return f"a state stands under `states`: write `{_cut(key)}` two blanks further right, below `states:`"
    place = _owners().get(key)
    if place:
        return f"`{_cut(key)}` belongs in {place.format(key=key)}"
    return "delete it, or write one of the keys that may stand here"


def is_other_idea(key: str) -> bool:
    """Whether the key is another language's for what is written quite differently here."""
    return key in _OTHER_IDEAS


def of_kind(node: Node, expects: set[str], is_expression: bool, path: Path) -> str:
    """For a value of a wrong kind; `expects` has the JSON kinds that may stand there."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if isinstance(node, Sequence) and (is_expression or expects == {"string"}):
        one = node.items[0] if len(node.items) == 1 else None
        text = f"write `{_cut(one.text)}`, without [ ] or a dash" if isinstance(one, Scalar) else "write one value"
        return text
    if isinstance(node, Scalar) and node.kind is ScalarKind.TEXT and _NO_BLANK.fullmatch(node.text):
        return f"put a blank after the colon: `{_cut(node.text.replace(':', ': ', 1))}`"
    if isinstance(node, Sequence):
        return f"write `key: value` lines without the dashes{_such_as(key, path)}"
    if isinstance(node, Mapping) and expects == {"array"}:
        return f"begin each entry with a dash and a blank{_such_as(key, path)}"
    if isinstance(node, Mapping):
        return "a text with `: ` or { } in it needs quotes"
    if len(path) > 1 and path[-2] == "on":
        to = node.text if node.kind is ScalarKind.TEXT and node.text.isidentifier() else "STATE"
        return f"write a row: `{_cut(key)}: {{transition_to: {to}}}`, with `if` and `do` as needed"
    if node.kind is ScalarKind.NULL:
        return f"write what belongs there{_such_as(key, path)}, or delete the key"
    return f"write a {'list' if expects == {'array'} else 'mapping'}{_such_as(key, path)}"


def of_missing_key(key: str) -> str:
    return f"add `{key}: {_VALUES.get(key, _EXAMPLES.get(key, '…'))}`"


def of_too_few(least: int, path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if key == "states":
        return "declare a state: `states: {IDLE: {}}`"
    return f"name at least {least}" if least > 1 else f"add an entry{_such_as(key, path)}, or delete the key"


def of_bad_word(words: list[str]) -> str:
    """For a word that none of the few is near to."""
    shown = [f"`{word}`" for word in words[:4]]
    return f"write {', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else f"write {shown[0]}"


def of_bad_name(word: str, path: Path) -> str:
    """For a text where a name belongs."""
    place = next((step for step in reversed(path) if isinstance(step, str)), "")
    assignment = _ASSIGNMENT.fullmatch(word)
    if assignment is not None and (place in _STEP_PLACES or path[:1] == ("actions",)):
        return f"write `{{{assignment[1]}: {_cut(assignment[2])}}}`"
    if not word.strip():
        return f"write the name, or delete `{place}`" if place else "write a name"
    if place in _STEP_PLACES and " " in word.strip():
        return "name an action, or set a quantity: `{qX: 0.01}` makes 0.01 the quantity of the leg X"
    mended = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in word.strip())
    mended = f"_{mended}" if mended[:1].isdigit() else mended
    if mended.strip("_") and len(word) <= _SHOWN:
        return f"write `{mended}`"
    return "write a name of ASCII letters, digits and _"


def _such_as(key: str, path: Path) -> str:
    if key in _EXAMPLES:
        return f", as in `{key}: {_EXAMPLES[key]}`"
    if len(path) > 1 and path[-2] in ("parameters", "variables", "accounts", "legs"):
        return f", as in `{_cut(key)}: {_LONG if path[-2] == 'parameters' else _member(str(path[-2]))}`"
    return ""


def _member(group: str) -> str:
    """The one entry of a group's example, without its name."""
    return _EXAMPLES[group].partition(": ")[2][:-1]


@cache
def _owners() -> dict[str, str]:
    """Where each key of the language belongs; the document's own keys come before those of its parts."""
    language = schema.load(schema.STRATEGY)
    found = dict.fromkeys(language["properties"], "the document itself: write it at the start of a line")
    for part, place in _ELSEWHERE.items():
        for key in language["$defs"][part]["properties"]:
            found.setdefault(key, place)
    return found


def _keys(node: Node) -> set[str]:
    return {entry.key.text for entry in node} if isinstance(node, Mapping) else set()


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
