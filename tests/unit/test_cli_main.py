"""The shell around the commands: exit codes, help, lazy loading, completion, explain."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fsmtrader import __version__
from fsmtrader.cli import group as group_module
from fsmtrader.cli import main as main_module
from fsmtrader.cli.group import LazyGroup, fsm
from fsmtrader.cli.main import main
from fsmtrader.cli.table import COMMANDS, Entry
from fsmtrader.diagnostics import DataError, Diagnostic, Severity, Span, SpecError, UsageError
from fsmtrader.diagnostics.codes import table

GOOD = "fsm: 1\n"


def commands() -> list[tuple[Entry, click.Command]]:
    context = click.Context(fsm)
    found = [(entry, fsm.get_command(context, entry.name)) for entry in COMMANDS]
    return [(entry, command) for entry, command in found if command is not None]


def fsm_process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    program = ["-c", code] if code else ["-m", "fsmtrader.cli.main", *arguments]
    command = [sys.executable, *program]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=60)


def test_every_command_has_an_example_and_the_help_of_the_table() -> None:
    assert len(commands()) == len(COMMANDS)
    for entry, command in commands():
        assert command.name == entry.name
        assert command.help is not None
        assert "Example" in command.help and f"fsm {entry.name}" in command.help
        assert command.help.splitlines()[0] == entry.help, entry.name


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [["catalog"], ["--help"], ["validate", "none.yml"]])
def test_an_output_that_cannot_be_written_is_one_line_and_exit_1(arguments: list[str]) -> None:
    """Not our fault (3), and not a silent success either."""
    command = [sys.executable, "-m", "fsmtrader.cli.main", *arguments]
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write the output: no space left on device\n"


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fsm {__version__}\n"
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(entry.name in shown for entry in COMMANDS) and "Example: fsm validate" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: fsm"),
        (["validat"], "Did you mean 'validate'?"),
        (["zzz"], "There is no command 'zzz'."),
        (["validate"], "Missing argument 'PATH...'"),
        (["validate", "--format", "xml", "x"], "'xml' is not one of"),
        (["validate", "--nothing", "x"], "No such option"),
        (["explain"], "Missing argument 'CODE'"),
        (["explain", "XYZ"], "There is no diagnostic code 'XYZ'."),
        (["completion", "tcsh"], "'tcsh' is not one of"),
    ],
)
def test_wrong_usage_is_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""


def run_with(monkeypatch: pytest.MonkeyPatch, action: object) -> int:
    def command() -> object:
        if isinstance(action, BaseException):
            raise action
        return action

    probe = click.command("probe")(command)
    replacement = LazyGroup((), name="fsm")
    monkeypatch.setattr(replacement, "resolve_command", lambda context, args: ("probe", probe, []))
    monkeypatch.setattr(main_module, "fsm", replacement)
    return main(["probe"])


@pytest.mark.parametrize(
    ("action", "code", "said"),
    [
        (None, 0, ""),
        (1, 1, ""),
        (UsageError("no such run"), 2, "Error: no such run"),
        (DataError("bars.csv: row 3: high below low"), 1, "row 3"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("odd\x1b[31m"), 3, "failed: ZeroDivisionError: odd\\u{1b}[31m"),
    ],
)
def test_exit_codes(
    action: object, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(monkeypatch, action) == code
    shown = capsys.readouterr().err
    assert said in shown and "Traceback" not in shown


def test_a_spec_error_shows_its_findings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = (Diagnostic("FSM301", Severity.ERROR, "unknown", Span("a.yml", 1, 1, 1, 4)),)
    assert run_with(monkeypatch, SpecError(found, {"a.yml": "fsm: 1\n"})) == 1
    assert capsys.readouterr().out == "error[FSM301]: unknown\n --> a.yml:1:1\n  |\n1 | fsm: 1\n  | ^^^\n"


def test_our_fault_shows_its_place_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FSMTRADER_DEBUG", "1")
    assert run_with(monkeypatch, ZeroDivisionError("odd")) == 3
    assert "Traceback" in capsys.readouterr().err


def test_validate_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, os; from fsmtrader.cli.main import main\n"
        f"open(os.devnull).close(); main(['validate', '--quiet', {os.devnull!r}])\n"
        "heavy = {'numpy', 'polars', 'transitions', 'numba', 'pydantic', 'ccxt', 'plotly'} & set(sys.modules)\n"
        "sys.stderr.write('heavy:' + ','.join(sorted(heavy)) + '.')"
    )
    assert fsm_process(code=code).stderr.endswith("heavy:.")


def test_a_closed_pipe_is_quiet() -> None:
    code = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
        "from fsmtrader.cli.main import main\n"
        "sys.exit(main(['completion', 'fish']))"
    )
    result = fsm_process(code=code)
    assert (result.returncode, result.stderr) == (141, "")


def test_output_in_a_narrow_encoding(tmp_path: Path) -> None:
    code = (
        "import sys, io; sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='latin-1')\n"
        "from fsmtrader.cli.main import main; from fsmtrader.cli import output\n"
        f"sys.exit(main(['validate', {str(tmp_path / 'é漢.yml')!r}]))"
    )
    result = fsm_process(code=code)
    assert result.returncode == 1 and "\\u6f22.yml" in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_FSM_COMPLETE" in capsys.readouterr().out


def test_completion_offers_commands_and_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(iter(table()))
    for words, index, wanted in (("fsm val", "1", "validate"), (f"fsm explain {first[:5]}", "2", first)):
        environment = {**os.environ, "_FSM_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": index}
        result = subprocess.run(
            [sys.executable, "-m", "fsmtrader.cli.main"], capture_output=True, text=True, env=environment, check=False
        )
        assert result.returncode == 0 and f"plain,{wanted}" in result.stdout


def completed(words: str) -> list[str]:
    """What a bash completes the last of the words to, as its script is told: `type,value`."""
    index = str(len(words.split(" ")) - 1)
    environment = {**os.environ, "_FSM_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": index}
    command = [sys.executable, "-m", "fsmtrader.cli.main"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.split()


@pytest.mark.parametrize(
    "words",
    [
        "fsm validate spe", "fsm test spe", "fsm run spe", "fsm run a.yml --data mar", "fsm digest spe", "fsm table spe",
        "fsm diagram spe", "fsm diagram a.yml -o out", "fsm replay runs", "fsm replay runs/a --data mar",
        "fsm explain-run runs", "fsm data show mar", "fsm data synth -o mar", "fsm schema -o str",
    ],
)  # fmt: skip
def test_completion_leaves_files_to_the_shell(words: str) -> None:
    assert completed(words) == [f"file,{words.rpartition(' ')[2]}"]


def test_completion_of_folders_and_of_names_that_stand_twice() -> None:
    assert completed("fsm run a.yml -o out") == completed("fsm new a -o out") == ["dir,out"]
    assert completed("fsm catalog real").count("plain,realize_profit") == 1
    assert completed("fsm catalog --role observable mar") == ["plain,mark", "plain,margin_ratio"]


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    code, entry = next(iter(table().items()))
    assert main(["explain", code.lower()]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"# {code}: {entry.title}\n") and entry.why.strip() in shown
    assert main(["explain", "--format", "json", code]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["code"], data["bad"], data["good"]) == (code, entry.bad, entry.good)


def test_explain_suggests_a_near_code(capsys: pytest.CaptureFixture[str]) -> None:
    code = next(iter(table()))
    assert main(["explain", code.replace("FSM", "FMS")]) == 2
    assert f"Did you mean {code}?" in capsys.readouterr().err


def test_a_command_is_imported_when_it_is_called() -> None:
    entry = Entry("lazy", "no.such.module", "Never imported.")
    lazy = LazyGroup((entry,), name="fsm")
    output = io.StringIO()
    formatter = click.HelpFormatter()
    lazy.format_commands(click.Context(lazy), formatter)
    output.write(formatter.getvalue())
    assert "Never imported." in output.getvalue()
    with pytest.raises(ModuleNotFoundError):
        lazy.get_command(click.Context(lazy), "lazy")
    assert group_module.COMMANDS is COMMANDS
