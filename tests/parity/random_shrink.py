"""Makes a failing random case smaller: parts are left out for as long as it still fails."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.parity.random_specs import Case

Fails = Callable[[Case], bool]
Path = tuple[str | int, ...]


def shrunk(case: Case, fails: Fails, tries: int = 1_500) -> Case:
    """A smaller case that `fails`, too, after about so many tries."""
    left = tries
    while True:
        size = len(case.text), case.count
        for ways in (_shorter, _without_parts, _with_less_said):
            case, used = _pass(case, fails, ways, left)
            left -= used
        if left <= 0 or (len(case.text), case.count) == size:
            return case


def _pass(case: Case, fails: Fails, ways: Callable[[Case], Iterator[Case]], tries: int) -> tuple[Case, int]:
    """Every way once: those that fail are kept, and the others are tried on what they leave."""
    done, used = 0, 0
    while used < tries:
        for number, smaller in enumerate(ways(case)):
            if number < done:
                continue
            used += 1
            done = number + 1
            if fails(smaller):
                case, done = smaller, number
                break
            if used >= tries:
                break
        else:
            return case, used
    return case, used


def _shorter(case: Case) -> Iterator[Case]:
    """Fewer events."""
    most = case.count or max(plan.count for plan in case.plans.values())
    for count in (most // 8, most // 2, most * 3 // 4, most - 1):
        if 5 < count < most:
            yield replace(case, count=count)


def _without_parts(case: Case) -> Iterator[Case]:
    """Without one key or one item, the largest parts first."""
    for path in sorted(_paths(case.tree), key=lambda path: -len(json.dumps(_at(case.tree, path)))):
        yield replace(case, tree=_changed(case.tree, path, None))


def _with_less_said(case: Case) -> Iterator[Case]:
    """With a part of an expression in its place."""
    for path in _paths(case.tree):
        text = _at(case.tree, path)
        if isinstance(text, str) and len(text) > 4 and path[-1] not in ("symbol", "transition_to", "account"):
            for part in ("true", *_operands(text)):
                yield replace(case, tree=_changed(case.tree, path, part))


def _operands(text: str) -> Iterator[str]:
    """What stands in parentheses, the shortest first."""
    starts: list[int] = []
    found: set[str] = set()
    for place, letter in enumerate(text):
        if letter == "(":
            starts.append(place)
        elif letter == ")" and starts:
            found.add(text[starts.pop() + 1 : place])
    yield from sorted((part for part in found if part and part != text), key=len)


def _paths(node: Any, path: Path = ()) -> Iterator[Path]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _changed(tree: Any, path: Path, value: Any) -> Any:
    """A copy with something else at a path; None: with nothing there."""
    found = copy.deepcopy(tree)
    owner = _at(found, path[:-1])
    if value is None:
        del owner[path[-1]]
    else:
        owner[path[-1]] = value
    return found
