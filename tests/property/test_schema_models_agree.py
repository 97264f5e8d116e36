"""The schema accepts a document exactly if the models do, and so does the quick look, `structure_fits`.

Shown with whole documents, changed at random places.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from fsmtrader.diagnostics import Findings
from fsmtrader.spec import schema
from fsmtrader.spec.loader import load_document, to_plain
from fsmtrader.spec.models import StrategyDocument
from fsmtrader.spec.models_seed import SeedDescriptionDocument, SeedMachineDocument
from fsmtrader.spec.source import Source
from fsmtrader.spec.structure import validator
from fsmtrader.spec.structure_fits import fits

DATA = Path(__file__).parents[1] / "data"
FORMS: list[tuple[str, str, type[BaseModel]]] = [
    ("whole_language.yml", schema.STRATEGY, StrategyDocument),
    ("seed_000.yml", schema.SEED_MACHINE, SeedMachineDocument),
    ("seed_000.json", schema.SEED_DESCRIPTION, SeedDescriptionDocument),
]
KEYS = ("if", "do", "value", "one_of", "let", "wait", "steps", "leg", "x", "A.b", "9x", "x\n", "", "é", "on", "fsm")
SCALARS = (0, 1, -1, 3.0, 2.5, True, False, None, "", "x", "none", "long", "order", "a b", "x\n", "é")
VALUES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=4,
)


@lru_cache(maxsize=3)
def whole(name: str) -> Any:
    document = load_document(Source(name, (DATA / name).read_bytes()), Findings())
    assert document is not None
    return to_plain(document.root)


@lru_cache(maxsize=3)
def judge(name: str) -> Any:
    return validator(name)


def is_accepted(model: type[BaseModel], document: Any) -> bool:
    try:
        model.model_validate(document)
    except ValidationError:
        return False
    return True


def containers(node: Any) -> list[Any]:
    """Every mapping and list with something in it, outermost first."""
    if not isinstance(node, dict | list) or not node:
        return []
    children = node.values() if isinstance(node, dict) else node
    return [node, *(inner for child in children for inner in containers(child))]


def change(document: Any, data: st.DataObject) -> None:
    """One change: another value, an entry less, one more, or another key."""
    found = containers(document)
    node = found[data.draw(st.integers(0, len(found) - 1))]
    kind = data.draw(st.sampled_from(("replace", "delete", "add", "rename", "borrow")))
    places = list(node) if isinstance(node, dict) else list(range(len(node)))
    place = data.draw(st.sampled_from(places))
    if kind == "delete":
        del node[place]
    elif kind == "replace":
        node[place] = data.draw(VALUES)
    elif kind == "borrow":
        node[place] = copy.deepcopy(found[data.draw(st.integers(0, len(found) - 1))])
    elif isinstance(node, list):
        node.append(data.draw(VALUES))
    elif kind == "add":
        node[data.draw(st.sampled_from(KEYS))] = data.draw(VALUES)
    else:
        node[data.draw(st.sampled_from(KEYS))] = node.pop(place)


@pytest.mark.parametrize(("file", "name", "model"), FORMS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_schema_and_models_agree(file: str, name: str, model: type[BaseModel], data: st.DataObject) -> None:
    document = copy.deepcopy(whole(file))
    for _ in range(data.draw(st.integers(1, 2))):
        change(document, data)
    accepted = judge(name).is_valid(document)
    assert accepted == is_accepted(model, document), document
    assert fits(document, schema.load(name)) == accepted, document


@pytest.mark.parametrize(("file", "name", "model"), FORMS)
def test_both_accept_the_whole_document(file: str, name: str, model: type[BaseModel]) -> None:
    assert judge(name).is_valid(whole(file)) and is_accepted(model, whole(file))
    assert fits(whole(file), schema.load(name))


def test_a_keyword_that_is_not_known_is_no_yes() -> None:
    assert fits(1, {"type": "integer"})
    assert not fits(1, {"type": "integer", "multipleOf": 1})
    assert not fits(1, {"not": {"multipleOf": 2}})
