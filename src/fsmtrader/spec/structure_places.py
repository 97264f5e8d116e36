"""Where a validator's path points in the document."""

from __future__ import annotations

from fsmtrader.diagnostics import Span
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind, Sequence

Path = tuple[str | int, ...]


class Places:
    """Nodes and spans by path. Mappings are indexed once, so that a long document with many errors stays quick."""

    def __init__(self, root: Mapping) -> None:
        self._root = root
        self._entries: dict[int, dict[str, Entry]] = {}

    def node(self, path: Path) -> Node:
        """The node at `path`, or the last one on the way."""
        node: Node = self._root
        for step in path:
            if isinstance(node, Mapping):
                entry = self._entry(node, str(step))
                if entry is None:
                    return node
                node = entry.value
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
        return node

    def span(self, path: Path) -> Span:
        """The value's place; an empty value has none of its own, so its key's."""
        node = self.node(path)
        if path and isinstance(node, Scalar) and node.kind is ScalarKind.NULL and not node.text:
            return self.key(path[:-1], str(path[-1]))
        return node.span

    def start(self, path: Path) -> Span:
        """The key under which a mapping stands, or the first character of it."""
        if path and isinstance(path[-1], str):
            return self.key(path[:-1], path[-1])
        span = self.node(path).span
        return Span(span.file, span.line, span.column, span.line, span.column + 1)

    def key(self, path: Path, key: str) -> Span:
        """The place of `key` in the mapping at `path`."""
        node = self.node(path)
        entry = self._entry(node, key) if isinstance(node, Mapping) else None
        return entry.key.span if entry is not None else node.span

    def _entry(self, mapping: Mapping, key: str) -> Entry | None:
        entries = self._entries.get(id(mapping))
        if entries is None:
            entries = self._entries[id(mapping)] = {entry.key.text: entry for entry in mapping}
        return entries.get(key)
