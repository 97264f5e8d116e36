"""`--metrics-port`: on the loopback interface, for who shows the token, and one page only."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.maker_run import MAKER, QUOTES, TRADES, run_small

from fsmtrader.cli.main import main
from fsmtrader.cli.metrics_server import MetricsServer, new_token
from fsmtrader.cli.telemetry import outlets_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.research.keeping import Outlets

TOKEN = "a-token-of-sixteen-characters"


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    with MetricsServer(0, TOKEN) as running:
        running.publish(b"fsmtrader_faults_total 0.0\n")
        yield running


def ask(
    server: MetricsServer,
    method: str = "GET",
    path: str = "/metrics",
    token: str | None = TOKEN,
    scheme: str = "Bearer",
) -> tuple[int, bytes]:
    port = int(server.address.rpartition(":")[2].partition("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_who_shows_the_token_gets_what_was_published(server: MetricsServer) -> None:
    assert ask(server) == (200, b"fsmtrader_faults_total 0.0\n")
    server.publish(b"fsmtrader_faults_total 1.0\n")
    assert ask(server) == (200, b"fsmtrader_faults_total 1.0\n")


def test_a_scheme_may_be_written_small_and_has_to_be_the_right_one(server: MetricsServer) -> None:
    assert ask(server, scheme="bearer")[0] == 200
    assert ask(server, scheme="Basic")[0] == 401


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "ÿ"])
def test_without_the_token_there_is_nothing(server: MetricsServer, token: str | None) -> None:
    status, body = ask(server, token=token)
    assert status == 401 and b"fsmtrader" not in body
    assert ask(server, path="/other", token=token)[0] == 401, "not even what there is"


def test_only_one_page_and_only_to_be_read(server: MetricsServer) -> None:
    assert ask(server, path="/")[0] == 404
    assert ask(server, path="/metrics/../secret")[0] == 404
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert ask(server, method) == (405, b"")


def test_the_port_is_on_the_loopback_interface_and_closed_at_the_end() -> None:
    with MetricsServer(0, TOKEN) as server:
        assert server.address.startswith("http://127.0.0.1:")
        port = int(server.address.rpartition(":")[2].partition("/")[0])
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_token_is_made_anew_each_time() -> None:
    assert new_token() != new_token() and len(new_token()) >= 32


def opened(port: int | None, log: str | None) -> None:
    with outlets_of(port, log):
        pass


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"--metrics-port .*in use; 0 takes any free port"):
            opened(taken.getsockname()[1], None)


@pytest.mark.parametrize("token", ["", "short", "with a space in between", "ünïcödé-token-of-many"])
def test_a_token_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("FSMTRADER_METRICS_TOKEN", token)
    with pytest.raises(UsageError, match="FSMTRADER_METRICS_TOKEN: a token has at least 16 characters"):
        opened(0, None)


def test_a_log_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--log .*: no such file or directory"):
        opened(None, str(tmp_path / "none" / "log"))


def run_command(folder: Path, *more: str) -> int:
    for name, text in (("maker.yml", MAKER), ("quotes.csv", QUOTES), ("trades.csv", TRADES)):
        (folder / name).write_text(text)
    data = ["--data", str(folder / "quotes.csv"), "--data", str(folder / "trades.csv")]
    return main(
        ["run", str(folder / "maker.yml"), *data, "--out", str(folder / "run"), "--no-report", "--quiet", *more]
    )


def test_the_command_says_where_and_with_which_token_and_keeps_it_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(tmp_path, "--metrics-port", "0", "--log", str(tmp_path / "log")) == 0
    said = capsys.readouterr().err
    found = re.search(r"metrics at http://127\.0\.0\.1:\d+/metrics with Authorization: Bearer (\S+)", said)
    assert found is not None
    token = found.group(1).encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "log" in files and tmp_path / "run" / "metrics.prom" in files
    assert all(token not in path.read_bytes() for path in files)


def test_metrics_are_there_while_the_run_goes_on(server: MetricsServer, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def publish(text: bytes) -> None:
        server.publish(text)
        status, body = ask(server)
        assert status == 200
        seen.append(body)

    kept = run_small(tmp_path, outlets=Outlets(publish))
    assert b'fsmtrader_status{status="running"} 1.0' in seen[0]
    assert seen[-1] == (kept / "metrics.prom").read_bytes(), "the last one is what the run came to"


def test_a_token_of_the_environment_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FSMTRADER_METRICS_TOKEN", TOKEN)
    assert run_command(tmp_path, "--metrics-port", "0") == 0
    said = capsys.readouterr()
    assert TOKEN not in said.err + said.out and "the token in FSMTRADER_METRICS_TOKEN" in said.err


def test_the_log_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(tmp_path, "--log", "-") == 0
    said = capsys.readouterr()
    assert '"event":"fill"' in said.err and '"event"' not in said.out
