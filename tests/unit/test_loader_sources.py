"""Paths, folders and standard input; several documents as one."""

from __future__ import annotations

import io
import os
import socket
import threading
from pathlib import Path

import pytest

from fsmtrader.diagnostics import Findings, Severity
from fsmtrader.spec.document import Document
from fsmtrader.spec.loader import load_document, merge_documents, to_plain
from fsmtrader.spec.source import MAX_BYTES, Source, read_sources


def test_files_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(b"fsm: 1\n")
    sources, findings = read_sources([str(path), "-", str(path)], stdin=io.BytesIO(b"x: 1"))
    assert sources == (Source(str(path), b"fsm: 1\n"), Source("<stdin>", b"x: 1"))
    assert findings == ()


def test_a_folder_is_searched_in_order_without_hidden_folders(tmp_path: Path) -> None:
    for name in ("b.yml", "a/c.json", "a/d.YAML", "a/e.txt", ".git/f.yml", "a/.x/g.yml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    sources, findings = read_sources([str(tmp_path)])
    assert [os.path.relpath(source.file, tmp_path) for source in sources] == ["a/c.json", "a/d.YAML", "b.yml"]
    assert findings == ()


def test_never_more_than_one_byte_above_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(b"x" * (MAX_BYTES + 100))
    stdin = io.BytesIO(b"x" * (MAX_BYTES + 100))
    sources, _ = read_sources([str(path), "-"], stdin=stdin)
    assert [len(source.data) for source in sources] == [MAX_BYTES + 1, MAX_BYTES + 1]
    assert stdin.tell() == MAX_BYTES + 1


def test_what_cannot_be_read_is_a_finding_each(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    loop = tmp_path / "loop.yml"
    loop.symlink_to(loop)
    good = tmp_path / "good.yml"
    good.write_bytes(b"")
    paths = [str(tmp_path / "none.yml"), str(empty), str(loop), "a\0b", "", str(good), str(good / "x")]
    sources, findings = read_sources(paths)
    assert [source.file for source in sources] == [str(good)]
    assert [item.code for item in findings] == ["FSM001", "FSM002", "FSM001", "FSM001", "FSM001", "FSM001"]
    for item in findings:
        assert (item.span.line, item.span.column) == (1, 1)
        assert item.hint
    assert "circle" in findings[2].message


def test_a_folder_linked_into_itself_ends_with_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    sources, findings = read_sources([str(tmp_path)])
    assert [os.path.basename(source.file) for source in sources] == ["a.yml"]
    assert [item.code for item in findings] == ["FSM001"]
    assert findings[0].span.file.endswith("up")


def test_a_pipe_that_is_named_is_read_to_its_end(tmp_path: Path) -> None:
    """As a shell's `<(...)` gives one; without an ending it is JSON if it reads as such."""
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b'{"fsm": 1,\n\t"legs": {}}',))
    writer.start()
    sources, findings = read_sources([str(pipe)])
    writer.join()
    assert findings == () and [source.data[:9] for source in sources] == [b'{"fsm": 1']
    found = Findings()
    assert load_document(sources[0], found) is not None and found.items == []


def test_devices_and_sockets_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        sources, findings = read_sources(["/dev/zero", str(tmp_path / "s")])
    assert sources == () and [item.code for item in findings] == ["FSM001", "FSM001"]
    assert "a device, not a file" in findings[0].message and "a socket, not a file" in findings[1].message


def test_a_pipe_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yml")
    (tmp_path / "b.yml").write_bytes(b"")
    sources, findings = read_sources([str(tmp_path)])
    assert [os.path.basename(source.file) for source in sources] == ["b.yml"]
    assert findings == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(b"")
    path.chmod(0)
    _, findings = read_sources([str(path)])
    assert "permission" in findings[0].message


def document(text: str, file: str) -> Document:
    findings = Findings()
    loaded = load_document(Source(file, text.encode()), findings)
    assert loaded is not None
    return loaded


def merged(*texts: str) -> tuple[Document, Findings]:
    findings = Findings()
    documents = [document(text, f"{number}.yml") for number, text in enumerate(texts, 1)]
    return merge_documents(documents, findings), findings


def test_keys_are_merged_and_mappings_below_too() -> None:
    whole, findings = merged("fsm: 1\np: {a: 1, g: {x: 1}}\n", "p: {b: 2, g: {y: 2}}\nq: [1]\n", "r: 3\n")
    assert to_plain(whole.root) == {"fsm": 1, "p": {"a": 1, "g": {"x": 1, "y": 2}, "b": 2}, "q": [1], "r": 3}
    assert not findings.items
    assert [file for file, _ in whole.sources] == ["1.yml", "2.yml", "3.yml"]
    assert whole.file == "1.yml"


def test_the_same_in_other_words_is_no_finding() -> None:
    _, findings = merged("fsm: 1\na: [x, {b: 1, c: ~}]\n", "fsm: '1'\na:\n  - x\n  - c:\n    b: 1\n")
    assert not findings.items


def test_where_two_files_disagree_the_later_stands_with_a_warning() -> None:
    whole, findings = merged("a: 1\nb: {c: [1]}\n", "b:\n  c: [1, 2]\na: {x: 1}\n")
    assert to_plain(whole.root) == {"a": {"x": 1}, "b": {"c": [1, 2]}}
    places = [(item.code, str(item.span), str(item.related[0][0])) for item in findings.items]
    assert places == [("FSM028", "2.yml:2:3", "1.yml:2:5"), ("FSM028", "2.yml:3:1", "1.yml:1:1")]
    assert {item.severity for item in findings.items} == {Severity.WARNING}


def test_one_document_is_itself() -> None:
    alone = document("a: 1\n", "1.yml")
    assert merge_documents([alone], Findings()) == alone
