"""Serves a run's metrics on the loopback interface to who shows the token: one page, GET only, nothing to change.

The server hands out a finished text that the run has published; it never looks into the run.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

HOST = "127.0.0.1"
PATH = "/metrics"
FORM = "text/plain; version=0.0.4; charset=utf-8"
SCHEME = "Bearer "
PATIENCE_SECONDS = 5.0
"""for a client that says nothing"""


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request. Who has no token learns nothing but that one is asked for."""

    server: _Server
    server_version = "fsmtrader"
    sys_version = ""
    timeout = PATIENCE_SECONDS

    def _answer(self) -> None:
        if not self._is_allowed():
            self._send(HTTPStatus.UNAUTHORIZED, b"a token is asked for\n", {"WWW-Authenticate": "Bearer"})
        elif self.command != "GET":
            self._send(HTTPStatus.METHOD_NOT_ALLOWED, b"", {"Allow": "GET"})
        elif self.path.partition("?")[0] != PATH:
            self._send(HTTPStatus.NOT_FOUND, b"metrics are at /metrics\n", {})
        else:
            self._send(HTTPStatus.OK, self.server.text, {"Content-Type": FORM})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer

    def _is_allowed(self) -> bool:
        """Compared in a time that does not hang on where they differ."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        given = f"{SCHEME if scheme.lower() == SCHEME.strip().lower() else scheme}{token}".encode("latin-1", "replace")
        return hmac.compare_digest(given, self.server.expected)

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, form: str, *arguments: object) -> None:
        """Requests are nobody's business; a header may hold the token."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    expected: bytes
    text: bytes = b""

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no fault of the run."""


class MetricsServer:
    """A context: the port is open from its making to its end. OSError: it cannot be opened."""

    def __init__(self, port: int, token: str) -> None:
        self._server = _Server((HOST, port), _Handler)
        self._server.expected = (SCHEME + token).encode("latin-1")
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}{PATH}"

    def publish(self, text: bytes) -> None:
        """What is served from now on."""
        self._server.text = text

    def __enter__(self) -> MetricsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
