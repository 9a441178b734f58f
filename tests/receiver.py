"""The other end of webhooks and of forwarded mail: real servers on 127.0.0.1, for every test."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

SECRET = "whsec_" + "QUFB" * 11  # 33 octets


def write_secret(file: Path, text: str = SECRET) -> None:
    """Write a key into a file that others can't read."""
    file.touch(mode=0o600)
    file.write_text(f"{text}\n")


class Call(NamedTuple):
    """One request as it came."""

    headers: Mapping[str, str]
    body: bytes
    client: int = 0  # the port that it came from

    @property
    def json(self) -> dict[str, Any]:
        """What it says."""
        return dict(json.loads(self.body))

    @property
    def address(self) -> str:
        """Whom it is about."""
        return str(self.json["data"]["address"])


class Answer(NamedTuple):
    """What to answer: after so many seconds a code, header fields, and a body."""

    code: int = 204
    headers: Mapping[str, str] = {}
    body: bytes = b""
    seconds: float = 0.0
    endless: bool = False


@dataclass
class Receiver:
    """A web server that answers as ``answer`` says, and keeps what it was sent."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], Answer] = lambda _: Answer()
    most_at_a_time: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, call: Call) -> Answer:
        """Keep a request and say how to answer it."""
        with self._lock:
            self.calls.append(call)
            self._now += 1
            self.most_at_a_time = max(self.most_at_a_time, self._now)
        answer = self.answer(call)
        time.sleep(answer.seconds)
        with self._lock:
            self._now -= 1
        return answer

    def wait_for(self, count: int, seconds: float = 20) -> list[Call]:
        """Return what came as soon as it is *count* requests."""
        deadline = time.monotonic() + seconds
        while len(self.calls) < count:
            assert time.monotonic() < deadline, f"{len(self.calls)} of {count} requests came"
            time.sleep(0.01)
        return self.calls


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""


@contextlib.contextmanager
def receiving(context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    """Run a web server on 127.0.0.1, with TLS if there is a *context*."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = receiver.handle(Call(dict(self.headers.items()), body, self.client_address[1]))
            self.send_response(answer.code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not answer.endless:
                self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            while answer.endless:
                self.wfile.write(b"more " * 1000)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if context else "http"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def smtp_server(handler: object) -> Iterator[int]:
    """Run an SMTP server on 127.0.0.1 with a handler of aiosmtpd's; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
