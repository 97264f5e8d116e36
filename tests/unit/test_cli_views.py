"""The commands that show: diagram, table, digest, new, catalog; and the pages made from them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fsmtrader.catalog import declarations
from fsmtrader.catalog.declaration import Declaration, Gives, Role
from fsmtrader.cli import reference as cli_reference
from fsmtrader.cli.commands.new import TEMPLATES
from fsmtrader.cli.main import main
from fsmtrader.diagnostics import RunError, Severity, UsageError
from fsmtrader.program import prelude
from fsmtrader.program.compiler import check
from fsmtrader.research.run import prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.service import refusals
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source
from fsmtrader.views import reference

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SPEC = str(EXAMPLES / "regions.yml")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    got = main(arguments)
    shown = capsys.readouterr()
    assert got == code, shown
    return shown.out if code == 0 else shown.err + shown.out


def test_diagram(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert said(capsys, "diagram", SPEC).startswith('stateDiagram-v2\n    state "guard" as r0 {\n')
    target = tmp_path / "one.mmd"
    assert said(capsys, "diagram", SPEC, "--region", "trader", "-o", str(target)) == ""
    text = target.read_text()
    assert "FLAT --> LONG" in text and "SHOCKED" not in text
    assert "did you mean trader?" in said(capsys, "diagram", SPEC, "--region", "tradr", code=2)
    assert "cannot write" in said(capsys, "diagram", SPEC, "-o", str(tmp_path / "no" / "x.mmd"), code=2)


def test_one_spec_is_shown_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a folder of 5 specs: name one" in said(capsys, "table", str(EXAMPLES), code=2)


def test_svg(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mermaidx")
    assert said(capsys, "diagram", str(EXAMPLES / "timers.yml"), "--format", "svg").lstrip().startswith("<svg")


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert "next state" in said(capsys, "table", SPEC)
    rows = list(csv.DictReader(io.StringIO(said(capsys, "table", SPEC, "--format", "csv"))))
    assert rows[0]["machine"] == "guard" and rows[0]["next state"] == "SHOCKED"


@pytest.mark.parametrize("command", ["diagram", "table", "digest"])
def test_a_spec_with_errors_is_not_shown(command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("fsm: 1\nstates: {A: {on: {tick: {do: nothing}}}}\n")
    assert "error[FSM" in said(capsys, command, str(tmp_path / "bad.yml"), code=1)
    assert "error[FSM001]" in said(capsys, command, str(tmp_path / "none.yml"), code=1)


def test_a_digest_is_of_what_a_spec_does(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (EXAMPLES / "saga.yml").read_text()
    (tmp_path / "a.yml").write_text(text)
    (tmp_path / "b.json").write_text(json.dumps(YAML(typ="safe", pure=True).load(text)))
    (tmp_path / "c.yml").write_text(
        text.replace("value: 1, unit: base", "value: 1, doc: how much, unit: base") + "# more\n"
    )
    (tmp_path / "d.yml").write_text(text.replace("gap >= 1", "gap >= 2"))
    rows = json.loads(said(capsys, "digest", "--format", "json", str(tmp_path)))
    digests = [row["digest"] for row in rows]
    assert digests[0] == digests[1] == digests[2] != digests[3]
    assert len(digests[0]) == 64 and rows[0]["name"] == "Saga"
    assert said(capsys, "digest", str(tmp_path / "a.yml")) == f"{digests[0]}  {tmp_path / 'a.yml'}\n"


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_new_writes_is_right_and_passes_its_tests(
    template: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "fsm validate" in said(capsys, "new", "mine", "--template", template, "-o", str(tmp_path / "specs"))
    path = tmp_path / "specs" / "mine.yml"
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=strategy.schema.json\nfsm: 1\nstrategy: {name: mine,")
    assert "no errors in 1 file\n" in said(capsys, "validate", str(path.parent)), "the schema is no spec"
    assert "no errors in 1 file" in said(capsys, "validate", "--strict", str(path))
    outcomes = list(run_tests(check(Source("mine.yml", path.read_bytes())).require()))
    assert outcomes and [o.findings for o in outcomes if not o.passed] == []
    assert "exists already" in said(capsys, "new", "mine", "-o", str(path.parent), code=2)
    assert path.read_text() == text


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_says_truly_whether_a_run_serves_the_template(
    template: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shown = said(capsys, "new", "mine", "--template", template, "-o", str(tmp_path))
    program = check(Source("mine.yml", (tmp_path / "mine.yml").read_bytes())).require()
    try:
        why_not: tuple[str, ...] = refusals(program, prepare(program, Settings()).stream)
    except (RunError, UsageError) as problem:
        why_not = (str(problem),)
    assert ("run it:    fsm run" in shown) == (not why_not)
    assert ("does not serve it" in shown) == bool(why_not)


@pytest.mark.parametrize("name", ["true", "Yes", "null", "off", "n"])
def test_a_name_that_yaml_would_read_otherwise_stays_a_text(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said(capsys, "new", name, "-o", str(tmp_path))
    result = check(Source("it.yml", (tmp_path / f"{name}.yml").read_bytes()))
    assert result.diagnostics == () and result.require().name == name
    assert f'strategy: {{name: "{name}",' in (tmp_path / f"{name}.yml").read_text()


def test_new_finds_the_schema_above_and_takes_only_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "strategy.schema.json").write_text("{}")
    said(capsys, "new", "mine", "-o", str(tmp_path / "a" / "b"))
    first = (tmp_path / "a" / "b" / "mine.yml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/strategy.schema.json"
    assert "is not a name" in said(capsys, "new", "../mine", "-o", str(tmp_path), code=2)


def test_new_says_what_it_has_made_and_writes_one_schema_a_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b"
    schema = folder / "strategy.schema.json"
    shown = said(capsys, "new", "first", "-o", str(folder)).splitlines()
    assert shown[:2] == [f"made the folder {folder}", f"wrote {folder / 'first.yml'}"]
    assert shown[2].startswith(f"wrote {schema}: ")
    assert json.loads(schema.read_text())["title"] and said(capsys, "schema") == schema.read_text()
    schema.write_text("{}")
    assert said(capsys, "new", "second", "-o", str(folder)).startswith(f"wrote {folder / 'second.yml'}\n\n")
    assert schema.read_text() == "{}", "what is there is left as it is"
    said(capsys, "new", "third", "-o", str(folder / "inner"))
    assert (folder / "inner" / "third.yml").read_text().startswith("# yaml-language-server: $schema=../strategy.schema")


def test_schemas_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert said(capsys, "schema", "-o", str(tmp_path / "s.json")) == ""
    assert (tmp_path / "s.json").read_text() == (ROOT / "schemas" / "strategy.schema.json").read_text()
    for name in ("seed-machine", "seed-description"):
        packaged = (ROOT / "schemas" / f"{name.replace('-', '_')}.schema.json").read_text()
        assert said(capsys, "schema", name) == packaged


def test_catalog_says_the_role_of_a_name_that_was_looked_for_under_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert "'mark' has the role observable, not primitive." in said(
        capsys, "catalog", "--role", "primitive", "mark", code=2
    )


def test_catalog_lists_everything(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "catalog")
    names = {line.split()[0] for line in shown.splitlines() if line.startswith("  ")}
    assert set(declarations()) | {"P_t", "C1", "rebalance", "P_ref", "maker_only"} <= names
    primitives = json.loads(said(capsys, "catalog", "--role", "primitive", "--format", "json"))
    assert {entry["role"] for entry in primitives} == {"primitive"}


def test_catalog_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "catalog", "emergency_close")
    assert "emergency_close: {leg, [steps], [every]}" in shown and "needs an account with reduce-only" in shown
    assert "C2: risk_exposure > gamma2 * E_max" in said(capsys, "catalog", "C2")
    shown = said(capsys, "catalog", "transfer_profit")
    assert "transfer_profit: {long, short, price, reference, profit, alpha, [basis]}" in shown, "the primitive"
    assert "- transfer_profit: {long: L, short: S, price: P_t," in shown, "what the bare name means"
    assert "needs an account with hedge mode" in shown and "from R000-14, R000-15, R000-19" in shown
    assert "the steps after it know profit: a quote" in said(capsys, "catalog", "realize_profit")
    assert json.loads(said(capsys, "catalog", "mark", "--format", "json"))["gives"] == "a price"
    assert "Did you mean 'rebalance'?" in said(capsys, "catalog", "rebalanc", code=2)


def test_the_reference_pages_are_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ROOT / reference.FOLDER
    assert reference.main(["--check", str(folder)]) == 0, capsys.readouterr().err
    assert cli_reference.main(["--check", str(folder)]) == 0, capsys.readouterr().err
    assert reference.main(["--check", str(tmp_path)]) == 1
    assert reference.main([str(tmp_path)]) == reference.main(["--check", str(tmp_path)]) == 0
    assert reference.main(["--wrong"]) == cli_reference.main(["--wrong"]) == 2


FRAME = """
fsm: 1
strategy: {{name: frame}}
accounts:
  main: {{exchange: binanceusdm, position_mode: hedge}}
  net: {{exchange: binanceusdm}}
  pool: {{pool: uniswap_v3}}
legs:
  L: {{account: main, symbol: ETH/USDT:USDT, side: long}}
  S: {{account: main, symbol: ETH/USDT:USDT, side: short}}
  X: {{account: net, symbol: BTC/USDT:USDT}}
  P: {{account: pool, symbol: ETH/USDC}}
parameters: {{f: 0.05%, E_max: {{value: 1000, unit: quote}}}}
variables: {{x: {{initial: 0, unit: ratio}}, n: {{initial: 0}}, level: {{initial: 100, unit: price}}}}
events: {{monitor: [price(L), every(1s)]}}
lots: {{pair: {{legs: [L, S], match: opposite_sides}}}}
{rest}
"""
IN_A_ROW = """
{observe}
states:
  A:
    on:
      monitor: {{if: "{guard}", do: {{n: n + 1}}}}
"""


def framed(declaration: Declaration, example: str) -> str:
    """A small spec that uses an example where it belongs."""
    if declaration.role is Role.PRIMITIVE:
        return FRAME.format(rest=f"states:\n  A: {{on: {{monitor: {{do: act}}}}}}\nactions:\n  act:\n    - {example}\n")
    guard = {Gives.TRUTH: "thing", Gives.SIDE: "thing == buy"}.get(declaration.gives, "thing > 0")
    return FRAME.format(rest=IN_A_ROW.format(observe=f'observe: {{thing: "{example}"}}', guard=guard))


@pytest.mark.parametrize("declaration", declarations().values(), ids=lambda declaration: declaration.name)
def test_every_example_of_the_catalog_compiles(declaration: Declaration) -> None:
    assert declaration.examples
    for example in declaration.examples:
        result = check(Source("example.yml", framed(declaration, example).encode()))
        errors = [f"{d.code} {d.message}" for d in result.diagnostics if d.severity is Severity.ERROR]
        assert errors == [], example


def test_every_prelude_name_is_shown_with_its_definition(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in json.loads(said(capsys, "catalog", "--role", "prelude", "--format", "json")):
        assert entry["definition"].startswith(f"{entry['name']}:")
        assert entry["definition"].splitlines()[0] in prelude.text()
