"""Plain settings of a spec (`run`, `risk`, `stop`) as numbers and mappings."""

from __future__ import annotations

from fsmtrader.spec.expression import parse_text
from fsmtrader.spec.expression.tree import Negate, Number


def plain_mapping(settings: tuple[tuple[str, object], ...], name: str) -> dict[str, object]:
    """A setting that is a mapping; empty when it is missing or something else."""
    return mapping_of(dict(settings).get(name))


def mapping_of(value: object) -> dict[str, object]:
    """A plain value as a mapping; empty when it is something else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, tuple):
        return {}
    return {str(entry[0]): entry[1] for entry in value if isinstance(entry, tuple) and len(entry) == 2}


def number_of(value: object, default: float) -> float:
    """A number, or a text that is one (`0.05%`, `30d`, `1m`); the default for what is neither."""
    if isinstance(value, bool) or value is None:
        return default
    if isinstance(value, int | float):
        return float(value)
    tree, _ = parse_text(str(value))
    if isinstance(tree, Negate) and isinstance(tree.operand, Number):
        return -tree.operand.value
    return tree.value if isinstance(tree, Number) else default
