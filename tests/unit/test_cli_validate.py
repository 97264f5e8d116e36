"""`fsm validate` from end to end: paths, formats, options."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from fsmtrader.cli.main import main

GOOD = """\
fsm: 1
accounts:
  main: {exchange: binanceusdm}
legs:
  X: {account: main, symbol: BTC/USDT:USDT}
states:
  WAITING:
    on:
      price(X): {if: mark(X) > 100, transition_to: OVER}
  OVER: {final: true}
"""
BAD = GOOD.replace("mark(X) >", "mrk(X) >")  # line 9, column 22


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yml").write_text(GOOD)
    (tmp_path / "bad.yml").write_text(BAD)
    return tmp_path


Captured = pytest.CaptureFixture[str]


def test_a_right_spec(folder: Path, capsys: Captured) -> None:
    assert main(["validate", "good.yml"]) == 0
    assert capsys.readouterr() == ("no errors in 1 file\n", "")
    assert main(["validate", "--quiet", "good.yml"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_wrong_spec(folder: Path, capsys: Captured) -> None:
    assert main(["validate", "bad.yml"]) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    assert " --> bad.yml:9:22\n" in captured.out
    assert "9 |       price(X): {if: mrk(X) > 100, transition_to: OVER}\n" in captured.out
    assert "  |                      ^^^" in captured.out
    assert captured.out.endswith("\n\n1 error in 1 file\n")


def test_folders_and_files_that_are_not_there(folder: Path, capsys: Captured) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "c.yaml").write_text(GOOD)
    assert main(["validate", "."]) == 1
    assert capsys.readouterr().out.endswith("1 error in 3 files\n")
    assert main(["validate", "good.yml", "missing.yml"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("error[FSM001]:") and out.endswith("1 error in 2 files\n")


def test_standard_input(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert main(["validate", "-"]) == 1
    assert "<stdin>:9:22" in capsys.readouterr().out


def test_warnings_fail_when_strict(folder: Path, capsys: Captured) -> None:
    (folder / "warned.yml").write_text(GOOD + "parameters: {unused: 1}\n")
    assert main(["validate", "warned.yml"]) == 0
    assert capsys.readouterr().out.endswith("1 warning in 1 file\n")
    assert main(["validate", "--strict", "warned.yml"]) == 1
    assert main(["validate", "--strict", "good.yml"]) == 0


def test_files_merged_into_one_spec(folder: Path, capsys: Captured) -> None:
    head, states = GOOD.split("states:\n")
    (folder / "head.yml").write_text(head)
    (folder / "states.yml").write_text("states:\n" + states)
    assert main(["validate", "--merge", "head.yml", "states.yml"]) == 0
    assert capsys.readouterr().out == "no errors in 2 files\n"
    assert main(["validate", "head.yml", "states.yml"]) == 1


def test_document_000_as_it_stands(capsys: Captured) -> None:
    data = Path(__file__).parents[1] / "data"
    code = main(["validate", "--merge", str(data / "seed_000.json"), str(data / "seed_000.yml")])
    out = capsys.readouterr().out
    assert code in (0, 1)
    assert "warning[FSM7" in out


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit"])
def test_formats(form: str, folder: Path, capsys: Captured) -> None:
    assert main(["validate", "--format", form, "good.yml", "bad.yml"]) == 1
    out = capsys.readouterr().out
    match form:
        case "json":
            report = json.loads(out)
            assert report["counts"] == {"errors": 1, "warnings": 0, "files": 2}
            (found,) = report["findings"]
            assert (found["file"], found["line"], found["column"], found["end_column"]) == ("bad.yml", 9, 22, 25)
        case "sarif":
            (run,) = json.loads(out)["runs"]
            (rule,) = run["tool"]["driver"]["rules"]
            assert rule["id"] == run["results"][0]["ruleId"]
            assert len(run["artifacts"]) == 2
        case "github":
            assert out.startswith("::error file=bad.yml,line=9,endLine=9,col=22,endColumn=25,title=FSM")
            assert out.count("\n") == 1
        case _:
            (suite,) = Xml.fromstring(out)
            assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_colour_is_for_terminals_and_on_demand(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    main(["validate", "bad.yml"])
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["validate", "bad.yml"])
    assert "\x1b[1;31merror[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["validate", "bad.yml"])
    assert "\x1b" not in capsys.readouterr().out


def test_hostile_text_is_shown_as_text(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    (folder / "evil.yml").write_bytes(GOOD.encode() + b'"[red]\\e[2J": \x1b]0;title\x07\n')
    for form in ("text", "json", "sarif", "github", "junit"):
        assert main(["validate", "--format", form, "evil.yml"]) == 1
        out = capsys.readouterr().out
        assert "\x1b" not in out and "\x07" not in out
