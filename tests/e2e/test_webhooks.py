"""From a bounce to whoever wants to know of it: the real daemon, a real web and mail server."""

from __future__ import annotations

import contextlib
import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from receiver import SECRET, Answer, Call, Receiver, receiving, smtp_server, write_secret
from running import Daemon
from standardwebhooks.webhooks import Webhook

NOTICE = """\
From: MAILER-DAEMON@mail.example.com\r
Message-ID: <{number}@mail.example.com>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.example.com\r
\r
Final-Recipient: rfc822; {address}\r
Action: failed\r
Status: {status}\r
Diagnostic-Code: smtp; {reply}\r
\r
--b--\r
"""
HARD = ("5.1.1", "550 5.1.1 User unknown")
SOFT = ("5.2.2", "552 5.2.2 Mailbox full")
Configured = Callable[..., Daemon]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a web server that takes everything."""
    with receiving() as running:
        yield running


@pytest.fixture
def configured(tmp_path: Path, receiver: Receiver) -> Iterator[Configured]:
    """Return a function that makes daemons with a webhook, on one database; all are stopped."""
    write_secret(tmp_path / "secret")
    with contextlib.ExitStack() as ending:

        def make(more: str = "", timeout: str = "5s") -> Daemon:
            (tmp_path / "bounced.toml").write_text(
                f'[[webhook]]\nname = "crm"\nurl = "{receiver.url}"\ntimeout = "{timeout}"\n'
                f'secret = "{tmp_path}/secret"\n{more}'
            )
            daemon = Daemon(tmp_path)
            ending.push(daemon)
            return daemon

        yield make


def bring(daemon: Daemon, *addresses: str, said: tuple[str, str] = HARD, start: int = 0) -> None:
    """Bring a bounce for each address."""
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=20) as client:
        for number, address in enumerate(addresses, start):
            status, reply = said
            notice = NOTICE.format(number=number, address=address, status=status, reply=reply)
            client.sendmail("", ["bounces@example.org"], notice)


def left(daemon: Daemon) -> int:
    """Return how much is in the outbox."""
    return len(daemon.rows("webhooks", "list"))


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until *condition* holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_bounce_and_what_an_operator_does_are_told_within_seconds(
    configured: Configured, receiver: Receiver
) -> None:
    """Signed, in order, by the daemon, whichever process has changed the state."""
    daemon = configured()
    daemon.start()
    bring(daemon, "a@example.net")
    started = time.monotonic()
    receiver.wait_for(1)
    assert time.monotonic() - started < 5
    daemon.run("unblock", "a@example.net", "--reason", "is well again")

    calls = receiver.wait_for(2)
    told = [Webhook(SECRET).verify(one.body, dict(one.headers)) for one in calls]
    assert [one["type"] for one in told] == ["recipient.blocked", "recipient.unblocked"]
    assert told[1]["data"]["event"]["why"].endswith(": is well again")
    wait_until(lambda: left(daemon) == 0)


@pytest.mark.slow
def test_what_was_not_told_when_the_daemon_died_is_told_by_the_next(
    configured: Configured, receiver: Receiver
) -> None:
    """Killed in the middle of a call: after a restart it comes again, with the same id."""
    receiver.answer = lambda _: Answer(seconds=3)
    daemon = configured(timeout="1s")
    daemon.start()
    bring(daemon, "a@example.net")
    (first,) = receiver.wait_for(1)
    daemon.kill()
    receiver.answer = lambda _: Answer()
    daemon.start()

    second = receiver.wait_for(2, seconds=40)[1]
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert second.body == first.body
    wait_until(lambda: left(daemon) == 0)


def test_a_webhook_that_hangs_delays_neither_mail_nor_the_stop(
    configured: Configured, receiver: Receiver
) -> None:
    """Fifty messages are taken in no time, and what could not be told waits for the next start."""
    receiver.answer = lambda _: Answer(seconds=20)
    daemon = configured(timeout="60s")
    daemon.start()
    bring(daemon, "first@example.net", start=1000)
    receiver.wait_for(1)
    started = time.monotonic()
    bring(daemon, *(f"a@n{number}.example.net" for number in range(50)))
    taken = time.monotonic() - started
    receiver.wait_for(8)
    assert daemon.stop() == 0

    assert taken < 5
    assert time.monotonic() - started < 25
    assert receiver.most_at_a_time == 8
    waiting = daemon.rows("webhooks", "list")
    assert len(waiting) == 51
    assert {one["attempts"] for one in waiting} == {0}


def test_one_address_in_order_while_another_goes_on(
    configured: Configured, receiver: Receiver
) -> None:
    """The first call about it fails once; what comes after it comes after it."""
    failed: list[str] = []

    def answer(call: Call) -> Answer:
        if call.address == "a@example.net" and not failed:
            failed.append(call.headers["webhook-id"])
            return Answer(503)
        return Answer()

    receiver.answer = answer
    daemon = configured()
    daemon.start()
    bring(daemon, *["a@example.net"] * 3, "b@example.net", said=SOFT)

    calls = receiver.wait_for(5)
    assert calls[-1].address == "a@example.net"
    counts = [
        one.json["data"]["state"]["soft_count"] for one in calls if one.address == "a@example.net"
    ]
    assert counts == [1, 1, 2, 3]
    assert "notice_failed" in daemon.log()


def test_two_daemons_on_one_database_tell_everything_once(
    configured: Configured, receiver: Receiver
) -> None:
    """Whichever of them took the mail."""
    receiver.answer = lambda _: Answer(seconds=0.05)
    one, other = configured(), configured()
    one.start()
    other.start()
    bring(one, *(f"a@n{number}.example.net" for number in range(30)))
    bring(other, *(f"b@n{number}.example.net" for number in range(30)), start=100)

    receiver.wait_for(60)
    wait_until(lambda: left(one) == 0)
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 60
    assert len(receiver.calls) == 60


def test_what_was_given_up_is_sent_again(configured: Configured, receiver: Receiver) -> None:
    """It is listed with the reason, and one command sends it anew."""
    receiver.answer = lambda _: Answer(410)
    daemon = configured()
    daemon.start()
    bring(daemon, "a@example.net")
    wait_until(lambda: daemon.rows("webhooks", "list", "--dead"))

    (dead,) = daemon.rows("webhooks", "list", "--dead")
    assert (dead["to"], dead["event"], dead["why"]) == (
        "crm",
        "recipient.blocked",
        "answered 410 Gone",
    )
    assert "notice_dead" in daemon.log()
    receiver.answer = lambda _: Answer()
    assert daemon.run("webhooks", "resend", dead["id"]).stdout == "1 will be sent again\n"
    assert receiver.wait_for(2)[1].headers["webhook-id"] == dead["id"]
    wait_until(lambda: left(daemon) == 0)


def test_a_replay_tells_nobody_unless_it_is_asked_to(
    configured: Configured, receiver: Receiver, tmp_path: Path
) -> None:
    """An archive is no news."""
    daemon = configured()
    status, reply = HARD
    for number, address in enumerate(("a@example.net", "b@example.net")):
        notice = NOTICE.format(number=number, address=address, status=status, reply=reply)
        (tmp_path / f"{number}.eml").write_text(notice)

    assert daemon.run("replay", "0.eml").returncode == 0
    assert left(daemon) == 0
    assert daemon.run("replay", "--tell", "1.eml").returncode == 0
    (waiting,) = daemon.rows("webhooks", "list")
    assert waiting["data"]["address"] == "b@example.net"
    assert receiver.calls == []


def test_a_letter_reaches_a_person(configured: Configured) -> None:
    """Who has written to the bounce address is read by somebody; what goes round is stopped."""
    got: list[bytes] = []

    class Person:
        async def handle_DATA(self, _: object, __: object, envelope: object) -> str:  # noqa: N802
            got.append(envelope.content)  # type: ignore[attr-defined]
            return "250 Ok"

    with smtp_server(Person()) as port:
        forward = f'[forward]\nto = "postmaster@example.org"\nvia = "127.0.0.1:{port}"\n'
        daemon = configured(forward)
        daemon.start()
        letter = b"From: anna@example.net\r\nSubject: Where is it?\r\n\r\nHello?\r\n"
        with smtplib.SMTP("127.0.0.1", daemon.port, timeout=20) as client:
            client.sendmail("anna@example.net", ["bounces@example.org"], letter)
            wait_until(lambda: got)
            client.sendmail("postmaster@example.org", ["bounces@example.org"], got[0])
            client.sendmail("", ["bounces@example.org"], letter)
        wait_until(lambda: left(daemon) == 0)
        daemon.stop()

    (only,) = got
    assert letter in only


def test_it_does_not_start_with_a_key_that_is_none(configured: Configured, tmp_path: Path) -> None:
    """It says so at once, with the file."""
    daemon = configured()
    (tmp_path / "secret").write_text("hunter2")
    with contextlib.suppress(RuntimeError):  # its port may be open for a moment
        daemon.start()

    assert daemon.process is not None
    assert daemon.process.wait(20) == 2
    assert f"the secret of webhook crm in {tmp_path}/secret is no key" in daemon.log()
    assert "hunter2" not in daemon.log()
