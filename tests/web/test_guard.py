"""What stands before the operations: tokens, scopes, sizes, times, and the log."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

LOOKUP = {"addresses": ["anna@example.org"]}


@contextlib.contextmanager
def _raw(api: Any, *heads: str, body: bytes = b"") -> Iterator[socket.socket]:
    host, _, port = api.base.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), 20) as client:
        lines = [*heads, "Host: x", f"Authorization: Bearer {api.secrets['write']}"]
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        yield client


def _answer(client: socket.socket) -> tuple[int, dict[str, Any]]:
    """Read one answer up to the end of its JSON."""
    with client.makefile("rb") as reader:
        status = int(reader.readline().split()[1])
        length = 0
        while (line := reader.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, json.loads(reader.read(length))


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic c2hvcDp4",
        "Bearer {secret}x",
        "Token {secret}",
        "{secret}",
    ],
)
def test_without_a_good_token_there_is_nothing(api: Any, authorization: str | None) -> None:
    """401 and how to show one, whatever is asked, before anything else is looked at."""
    headers = {}
    if authorization is not None:
        headers["Authorization"] = authorization.format(secret=api.secrets["write"])
    for method, path in (
        ("GET", "/v1/addresses/a@example.org"),
        ("POST", "/v1/lookup"),
        ("PATCH", "/v1/block"),
        ("GET", "/nothing"),
    ):
        told = api.ask(method, path, None, headers=headers, content=b"{")
        assert told.status_code == 401
        assert told.headers["WWW-Authenticate"] == 'Bearer realm="bounced"'
        assert told.json()["title"] == "Unauthorized"


def test_a_token_to_read_changes_nothing(api: Any) -> None:
    """403 for all that writes, even for what can't be done anyway; looking up is reading."""
    for path in ("/v1/block", "/v1/unblock", "/v1/deliveries", "/v1/rejections", "/v1/nothing"):
        assert api.ask("POST", path, "read", json={}).status_code == 403
    assert api.ask("DELETE", "/v1/addresses/a@example.org", "read").status_code == 403
    assert api.ask("POST", "/v1/lookup", "read", json=LOOKUP).status_code == 200


def test_a_bearer_is_a_bearer_in_any_case(api: Any) -> None:
    """RFC 9110 §11.1: the scheme ignores case."""
    headers = {"Authorization": f"bearer {api.secrets['read']}"}
    assert api.ask("GET", "/v1/addresses", None, headers=headers).status_code == 200


def test_health_and_the_description_need_no_token(api: Any) -> None:
    """And say nothing of the data or the version."""
    assert api.ask("GET", "/healthz", None).json() == {"status": "ok"}
    told = api.ask("GET", "/v1/openapi.json", None)
    assert told.json()["info"]["version"] == "1"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/", "/v1/block/", "/v1"])
def test_there_are_no_pages(api: Any, path: str) -> None:
    """404 as problem details, and no redirect to anywhere."""
    told = api.ask("GET", path)
    assert told.status_code == 404
    assert told.headers["Content-Type"] == "application/problem+json"


def test_a_method_that_is_not_for_it(api: Any) -> None:
    """405 says which is."""
    told = api.ask("DELETE", "/v1/addresses/a@example.org")
    assert (told.status_code, told.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/healthz", "/v1/addresses", "/nothing", "/v1/addresses/no"])
def test_every_answer_has_the_headers_that_browsers_want(api: Any, path: str) -> None:
    """Not stored, not sniffed, not framed; no word of the server; no origin is let in."""
    headers = api.ask("GET", path, headers={"Origin": "https://evil.example"}).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Server" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example", "x/../y", "[::1]"])
def test_the_host_is_of_no_consequence(api: Any, host: str) -> None:
    """Nothing is built from it."""
    assert api.ask("GET", "/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "at", "words"),
    [
        ("{", 400, None, ""),
        (b"\xff\xfe", 400, None, ""),
        ("[" * 5000, 400, None, ""),
        ("[]", 422, "body", "dictionary"),
        ('{"addresses": []}', 422, "body.addresses", "at least 1"),
        ('{"addresses": ["a@b.example"], "x": 1}', 422, "body.x", "not known"),
        (
            '{"addresses": ["a@b.example", "Anna <anna@example.org>"]}',
            422,
            "body.addresses[1]",
            '"Anna <anna@example.org>" is no mail address',
        ),
        ('{"addresses": ["*@example.org"]}', 422, "body.addresses[0]", "@example.org for all"),
        ('{"addresses": ["\\ud800@example.org"]}', 422, "body.addresses[0]", ""),
        ('{"addresses": ["\\u3000@example.org"]}', 422, "body.addresses[0]", "no mail address"),
        ('{"addresses": [" @example.org"]}', 422, "body.addresses[0]", "no mail address"),
        ('{"addresses": ["a@b.example"], "stream": "A B"}', 422, "body.stream", "no name of a"),
        ('{"addresses": ["a@b.example"], "only_blocked": "yes"}', 422, "body.only_blocked", ""),
    ],
)
def test_bad_input_is_told_what_and_where(
    api: Any, body: str | bytes, status: int, at: str | None, words: str
) -> None:
    """A problem for each fault, with its place in the request."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    told = api.ask("POST", "/v1/lookup", content=body, headers=headers)

    assert (told.status_code, told.headers["Content-Type"]) == (status, "application/problem+json")
    problem = told.json()
    if at:
        (fault,) = problem["errors"]
        assert fault["at"] == at
        assert words in fault["detail"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "blocked=yes", "since=yesterday"])
def test_a_wrong_query_is_told_what_and_where(api: Any, query: str) -> None:
    """And so is a name that nobody knows."""
    told = api.ask("GET", f"/v1/addresses?{query}&limits=3")
    assert told.status_code == 422
    assert {one["at"] for one in told.json()["errors"]} == {
        f"query.{query.partition('=')[0]}",
        "query.limits",
    }


def test_many_faults_are_told_and_not_all(api: Any) -> None:
    """An answer is no larger than a person can read."""
    told = api.ask("POST", "/v1/lookup", json={"addresses": ["x" * 400] * 5000})
    assert len(told.json()["errors"]) == 100
    assert len(told.content) < 40_000


def test_another_type_of_body_is_refused(api: Any) -> None:
    """415, so that no form of a web page is ever taken for a request."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": kind}
        told = api.ask("POST", "/v1/lookup", content=json.dumps(LOOKUP), headers=headers)
        assert told.status_code == 415


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(start: Callable[..., Any], chunked: bool) -> None:  # noqa: FBT001 -- pytest's
    """413, told to a client that is still sending; with a wrong token it is 401 all the same."""
    api = start(body_size=10_000)
    body = b" " * 3_000_000

    def sent() -> Iterator[bytes]:
        yield from (body[at : at + 50_000] for at in range(0, len(body), 50_000))

    headers = {"Content-Type": "application/json"}
    with api.client() as client:
        for _ in range(2):
            content = sent() if chunked else body
            told = client.post("/v1/lookup", content=content, headers=headers)
            assert told.status_code == 413
            assert "http.body_size" in told.json()["detail"]
        assert client.get("/healthz").status_code == 200
    told = api.ask("POST", "/v1/lookup", None, content=body, headers=headers)
    assert told.status_code == 401


def test_a_body_that_does_not_come(start: Callable[..., Any]) -> None:
    """408 after http.timeout; and a client that goes away in the middle is logged, and no more."""
    api = start(timeout="1s")
    heads = ("POST /v1/lookup HTTP/1.1", "Content-Type: application/json", "Content-Length: 100")
    with _raw(api, *heads, body=b'{"addr') as client:
        status, problem = _answer(client)
    assert (status, problem["title"]) == (408, "Request Timeout")

    with _raw(api, *heads, body=b'{"addr'):
        pass
    deadline = time.monotonic() + 10
    while len(api.events()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [one["status"] for one in api.events()] == [408, 0]
    assert api.events("failure") == []


def test_a_head_that_does_not_come(start: Callable[..., Any]) -> None:
    """After http.timeout the connection is closed, however it drips; and so is an idle one."""
    api = start(timeout="1s")
    host, _, port = api.base.removeprefix("http://").rpartition(":")
    with (
        socket.create_connection((host, int(port)), 20) as silent,
        socket.create_connection((host, int(port)), 20) as dripping,
        _raw(api, "GET /healthz HTTP/1.1") as idle,
    ):
        assert _answer(idle)[0] == 200
        with contextlib.suppress(OSError):
            for _ in range(40):
                dripping.sendall(b"G")
                time.sleep(0.05)
            pytest.fail("it may drip for ever")
        for client in (silent, idle):
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(100) == b""


def test_a_client_that_does_not_read(start: Callable[..., Any]) -> None:
    """Its answer fills the buffers; after http.timeout it is cut off, and its place is free."""
    api = start(timeout="2s", connections=1)
    long = "x" * 290  # the answer has it twice: more than the system's buffers hold
    body = json.dumps({"addresses": [f"{long}@{one}.example" for one in range(10_000)]}).encode()
    heads = (
        "POST /v1/lookup HTTP/1.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    with _raw(api, *heads, body=body):
        deadline = time.monotonic() + 30
        while api.events() == [] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [one["status"] for one in api.events()] == [200]
        assert api.ask("GET", "/healthz").status_code == 503
        while api.ask("GET", "/healthz").status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert api.ask("GET", "/healthz").status_code == 200


def test_too_many_connections(start: Callable[..., Any]) -> None:
    """503 with Retry-After at once; there is room again when one goes."""
    api = start(connections=2)
    with _raw(api, "GET /healthz HTTP/1.1") as one, _raw(api, "GET /healthz HTTP/1.1") as two:
        assert (_answer(one)[0], _answer(two)[0]) == (200, 200)
        told = api.ask("GET", "/healthz")
        assert (told.status_code, told.headers["Retry-After"]) == (503, "10")
        assert told.json()["status"] == 503
    deadline = time.monotonic() + 10
    while api.ask("GET", "/healthz").status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert api.ask("GET", "/healthz").status_code == 200


def test_a_database_that_is_locked(api: Any) -> None:
    """503 and when to come again for what writes; who only asks is answered meanwhile."""
    body = {"addresses": ["anna@example.org"], "reason": "x"}
    path = api.store.database.name
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        told = api.ask("POST", "/v1/block", json=body)
        asked = api.ask("POST", "/v1/lookup", json=LOOKUP)
        other.execute("rollback")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "10")
    assert path not in told.text
    assert asked.status_code == 200
    assert api.ask("POST", "/v1/block", json=body).status_code == 200
    assert "locked" in api.events("store_unavailable")[0]["why"]


def test_a_database_that_is_gone(api: Any) -> None:
    """Health says 503 and no more, and the log has the reason."""
    api.store.database.engine.dispose()
    path = api.folder / "bounced.db"
    path.rename(api.folder / "moved")
    path.mkdir()
    told = api.ask("GET", "/healthz", None)
    assert told.status_code == 503
    assert str(api.folder) not in told.text


def test_a_defect_is_a_constant_text(api: Any) -> None:
    """500 without a word of it; the log has what it was, and where."""
    api.rules = None
    rejection = {"address": "a@example.org", "reply": "550 no"}
    told = api.ask("POST", "/v1/rejections", json={"rejections": [rejection]})

    assert told.status_code == 500
    assert told.json()["detail"] == "This is a defect; the log of the daemon has more."
    (failure,) = api.events("failure")
    assert "NoneType" in failure["why"]


def test_what_is_logged_of_a_request(api: Any) -> None:
    """Who, what, the answer and the time; never a token, and no address."""
    api.ask("GET", "/v1/addresses/anna@example.org?stream=news")
    api.ask("POST", "/v1/lookup", None, json=LOOKUP, headers={"Authorization": "Bearer secret"})
    one, other = api.events()

    assert one.pop("milliseconds") >= 0
    assert {name: one[name] for name in ("method", "route", "status", "who", "peer")} == {
        "method": "GET",
        "route": "/v1/addresses/{address}",
        "status": 200,
        "who": "shop",
        "peer": "127.0.0.1",
    }
    assert (other["status"], other["who"]) == (401, "")
    said = api.said.getvalue()
    assert "anna" not in said
    assert "secret" not in said
    assert api.secrets["write"] not in said


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"A" * 100_000,
    ],
)
def test_what_is_no_http_does_no_harm(api: Any, octets: bytes) -> None:
    """An answer that begins with 4, or none; nothing in the log but the requests; it goes on."""
    host, _, port = api.base.removeprefix("http://").rpartition(":")
    with (
        socket.create_connection((host, int(port)), 20) as client,
        contextlib.suppress(ConnectionError),
    ):
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(13) in (b"", b"HTTP/1.1 400 ", b"HTTP/1.1 401 ", b"HTTP/1.1 431 ")

    assert api.ask("GET", "/healthz").status_code == 200
    assert api.events("library") == api.events("failure") == []
