"""One POST to a real server: what is sent, and what the answers mean."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from receiver import SECRET, Answer, Receiver, receiving
from standardwebhooks.webhooks import Webhook as Reference

from bounced.config import Webhook
from bounced.errors import ConfigError
from bounced.outgoing import Failure, Hook
from bounced.store import Letter

Settings = Callable[..., Webhook]
Letters = Callable[..., Letter]


def send(settings: Webhook, *letters: Letter) -> list[Failure | None]:
    """Send letters one after the other."""

    async def run() -> list[Failure | None]:
        hook = Hook.open(settings, {})
        try:
            return [await hook(one) for one in letters]
        finally:
            await hook.close()

    return asyncio.run(run())


def test_a_notice_is_a_signed_post(receiver: Receiver, settings: Settings, letter: Letters) -> None:
    """JSON with type, timestamp and data, which the reference library verifies."""
    assert send(settings(receiver.url), letter()) == [None]

    (call,) = receiver.calls
    assert Reference(SECRET).verify(call.body, dict(call.headers)) == {
        "type": "recipient.blocked",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "data": {"address": "a@example.net"},
    }
    assert call.headers["webhook-id"] == "msg_1"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("bounced/")


def test_every_attempt_has_the_same_id_and_body(
    receiver: Receiver, settings: Settings, letter: Letters
) -> None:
    """So that who has it already can tell; only the time, and with it the signature, differ."""
    send(settings(receiver.url), letter(attempts=1), letter(attempts=2))

    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_any_success_will_do(
    receiver: Receiver, settings: Settings, letter: Letters, code: int
) -> None:
    """2xx is taken, whatever its body."""
    receiver.answer = lambda _: Answer(code, body=b"" if code == 204 else b"ok")

    assert send(settings(receiver.url), letter()) == [None]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(500), Failure(why="answered 500 Internal Server Error")),
        (
            Answer(422, body=b"no such\n customer " + b"x" * 500),
            Failure(why="answered 422 Unprocessable Entity: no such customer " + "x" * 183),
        ),
        (Answer(410), Failure(why="answered 410 Gone", final=True)),
        (
            Answer(429, {"retry-after": "120"}),
            Failure(why="answered 429 Too Many Requests", after=timedelta(seconds=120)),
        ),
    ],
)
def test_all_else_is_a_failure(
    receiver: Receiver, settings: Settings, letter: Letters, answer: Answer, failure: Failure
) -> None:
    """With what the other side says of it; 410 is final, and Retry-After is heard."""
    receiver.answer = lambda _: answer

    assert send(settings(receiver.url), letter()) == [failure]


def test_a_connection_is_used_again(
    receiver: Receiver, settings: Settings, letter: Letters
) -> None:
    """Where the answer is short, as it should be."""
    receiver.answer = lambda _: Answer(200, body=b"ok")
    send(settings(receiver.url), *(letter() for _ in range(5)))

    assert len(receiver.calls) == 5
    assert len({one.client for one in receiver.calls}) == 1


def test_redirects_are_not_followed(
    receiver: Receiver, settings: Settings, letter: Letters
) -> None:
    """They would carry mail addresses to where nobody has allowed it."""
    with receiving() as elsewhere:
        receiver.answer = lambda _: Answer(307, {"location": elsewhere.url})
        (failure,) = send(settings(receiver.url), letter())

        assert failure == Failure(why="answered 307 Temporary Redirect")
        assert elsewhere.calls == []


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, settings: Settings, letter: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings say where notices go, and nothing else does."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")

    assert send(settings(receiver.url), letter()) == [None]


def test_a_slow_answer_is_none(receiver: Receiver, settings: Settings, letter: Letters) -> None:
    """After the timeout it is a failure."""
    receiver.answer = lambda _: Answer(seconds=2)
    started = time.monotonic()

    assert send(settings(receiver.url, timeout="1s"), letter()) == [
        Failure(why="no answer within 1 s")
    ]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("code", [200, 500])
def test_an_endless_answer_is_cut(
    receiver: Receiver, settings: Settings, letter: Letters, code: int
) -> None:
    """No more of it is read than is shown."""
    receiver.answer = lambda _: Answer(code, endless=True)

    (failure,) = send(settings(receiver.url), letter())
    assert (failure is None) == (code == 200)


def test_nobody_there_is_a_failure(settings: Settings, letter: Letters) -> None:
    """It says so."""
    with receiving() as gone:
        url = gone.url
    (failure,) = send(settings(url), letter())

    assert failure is not None
    assert failure.why.startswith("ConnectError: ")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a key and a certificate for 127.0.0.1 that nobody has signed."""
    made = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", made, "-out", made.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + made.with_suffix(".crt").read_bytes())
    return made


def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Path, settings: Settings, letter: Letters
) -> None:
    """And nothing was sent; one that this machine trusts is accepted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(context) as receiver, pytest.MonkeyPatch.context() as patch:
        (failure,) = send(settings(receiver.url), letter())
        assert failure is not None
        assert "CERTIFICATE_VERIFY_FAILED" in failure.why
        assert receiver.calls == []

        patch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert send(settings(receiver.url), letter()) == [None]


def test_a_wrong_key_is_a_fault_of_the_settings(settings: Settings, tmp_path: Path) -> None:
    """With the file and what to write there, and without the key."""
    hook = settings("http://127.0.0.1:9/")
    (tmp_path / "secret").write_text("hunter2\n")
    with pytest.raises(ConfigError) as caught:
        Hook.open(hook, {})

    told = str(caught.value)
    assert told.startswith(f"the secret of webhook crm in {tmp_path}/secret is no key: ")
    assert "hunter2" not in told


def test_without_httpx_it_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an optional dependency."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ConfigError, match=r"pip install 'bounced\[webhooks\]'"):
        Hook.open(settings("http://127.0.0.1:9/"), {})
