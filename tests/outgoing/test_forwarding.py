"""Forwarding to a person, by a real SMTP server."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import Message
from typing import Any, NamedTuple

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st
from receiver import smtp_server

from bounced.config import Forward
from bounced.model import Envelope as Paths
from bounced.model import Kind, Reading, Report
from bounced.outgoing import Failure
from bounced.outgoing.forwarding import Forwarder, wrapped
from bounced.store import Incoming, Letter
from bounced.store.forwarding import refusal

RAW = b"From: Anna <anna@example.net>\r\nSubject: Where is it?\r\n\r\nHello?\r\n.\r\nAnna\r\n"
DATA = {
    "kind": "other",
    "because": "no sign of a report",
    "from": "Anna <anna@example.net>",
    "subject": "Where is it?",
    "reverse_path": "anna@example.net",
    "forward_paths": ["bounces@example.org"],
    "queue_id": "Q1",
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Letters = Callable[..., Letter]


class Got(NamedTuple):
    """One message that the server took."""

    sender: str
    recipients: list[str]
    content: bytes


class Server:
    """The person's mail server."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer = "250 2.0.0 Ok"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Refuse strangers."""
        if "stranger" in address:
            return "550 5.7.1 Relaying denied"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message."""
        assert isinstance(envelope.content, bytes)
        sender = (envelope.mail_from or "").replace("<>", "")
        self.got.append(Got(sender, envelope.rcpt_tos, envelope.content))
        return self.answer


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    """Return a running server and its address."""
    handler = Server()
    with smtp_server(handler) as port:
        yield handler, f"127.0.0.1:{port}"


def forward(via: str, letter: Letter, raw: bytes | None = RAW, to: str = "") -> Failure | None:
    """Forward one message."""
    settings = Forward(to=to or "postmaster@example.org", via=via)
    forwarder = Forwarder(settings=settings, hostname="bounced.test", raw=lambda _: raw)

    async def run() -> Failure | None:
        try:
            return await forwarder(letter)
        finally:
            await forwarder.close()

    return asyncio.run(run())


def inside_of(content: bytes) -> bytes:
    """Return the message in a letter, which may be a file."""
    message = email.message_from_bytes(content)
    part = message.get_payload(1)
    if part.get_content_type() == "message/rfc822":  # type: ignore[union-attr]
        return opened(content)[2]
    return bytes(part.get_payload(decode=True))  # type: ignore[union-attr, arg-type]


def as_lines(raw: bytes) -> bytes:
    """Return it with the line ends of SMTP."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def opened(content: bytes) -> tuple[Message, str, bytes]:
    """Return the letter, its text, and the message in it as it was sent."""
    message = email.message_from_bytes(content)
    text, inside = message.get_payload()  # type: ignore[misc]
    boundary = b"\r\n--" + str(message.get_boundary()).encode()
    part = content.split(boundary)[2]
    assert inside.get_content_type() == "message/rfc822"  # type: ignore[union-attr]
    told = text.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return message, " ".join(told.split()), part.partition(b"\r\n\r\n")[2]


def test_the_message_goes_as_it_came_in_a_letter_that_says_why(
    server: tuple[Server, str], letter: Letters
) -> None:
    """From nobody, so that nothing comes back; an answer goes to who wrote it."""
    handler, via = server

    assert forward(via, letter(message_id=7, data=DATA)) is None
    (got,) = handler.got
    assert (got.sender, got.recipients) == ("", ["postmaster@example.org"])
    message, text, inside = opened(got.content)
    assert inside == RAW
    assert message["From"] == "bounced <bounced@bounced.test>"
    assert message["Reply-To"] == "anna@example.net"
    assert message["Subject"] == "Not a bounce: Where is it?"
    assert message["Message-ID"] == "<msg_1@bounced.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert text == (
        "The message below came to bounces@example.org, from <anna@example.net>. It is no bounce, "
        "so perhaps somebody has written to you. (no sign of a report) It is kept as Q1, and has "
        "changed nothing."
    )


def test_what_comes_back_is_not_forwarded_again(
    server: tuple[Server, str], letter: Letters
) -> None:
    """Whoever sends it round, by whatever envelope: the mark in its header is known."""
    handler, via = server
    forward(via, letter(message_id=7, data=DATA))
    for kind in (Kind.OTHER, Kind.UNRECOGNISED):
        back = Incoming(
            raw=b"Received: from a by b\r\n" + handler.got[0].content,
            reading=Reading(report=Report(kind=kind, source="none")),
            envelope=Paths(reverse_path="postmaster@example.org"),
            received_at=NOW,
            fingerprint="",
            queue_id="",
            source="smtp",
        )

        assert refusal(back) == "it was forwarded by us before"


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: \xfcber\r\n\r\n\xfc\xff\r\n",
        b"Subject: x\n\nbare\rline\nends",
        b"",
        b"\r\n..\r\n.\r\n" + b"x" * 998,
    ],
)
def test_any_bytes_arrive(server: tuple[Server, str], letter: Letters, raw: bytes) -> None:
    """Eight bits, long lines, dots; only line ends become those of SMTP."""
    handler, via = server
    assert forward(via, letter(message_id=7, data=DATA), raw) is None

    assert opened(handler.got[0].content)[2] == as_lines(raw)


@pytest.mark.parametrize("raw", [b"Subject: x\n\n" + b"x" * 999, b"a\0b\r\n"])
def test_what_smtp_can_not_carry_is_a_file(
    server: tuple[Server, str], letter: Letters, raw: bytes
) -> None:
    """Lines that are too long, or a NUL: no server refuses it, and no byte is lost."""
    handler, via = server
    assert forward(via, letter(message_id=7, data=DATA), raw) is None

    assert inside_of(handler.got[0].content) == raw


def test_refusals_are_told_in_the_servers_words(
    server: tuple[Server, str], letter: Letters
) -> None:
    """At RCPT, at DATA, or where nobody is."""
    handler, via = server
    one = letter(message_id=7, data=DATA)

    refused = Failure(why="refused: 550 5.7.1 Relaying denied")
    assert forward(via, one, to="stranger@example.com") == refused
    handler.answer = "452 4.3.1 Disk full"
    assert forward(via, one) == Failure(why="refused: 452 4.3.1 Disk full")
    nobody = forward("127.0.0.1:1", one)
    assert nobody is not None
    assert nobody.why.startswith("ConnectionRefusedError: ")


def test_without_its_bytes_there_is_nothing_to_forward(letter: Letters) -> None:
    """It is given up at once."""
    gone = forward("127.0.0.1:1", letter(message_id=7, data=DATA), None)

    assert gone == Failure(why="its bytes are gone", final=True)


def test_a_server_that_says_nothing_does_not_hold_up_the_stop(letter: Letters) -> None:
    """What is under way is broken off."""
    silent = Silent()

    async def run(port: int) -> None:
        settings = Forward(to="a@example.org", via=f"127.0.0.1:{port}")
        forwarder = Forwarder(settings=settings, hostname="bounced.test", raw=lambda _: RAW)
        sending = asyncio.ensure_future(forwarder(letter(message_id=7, data=DATA)))
        while not silent.asked:  # noqa: ASYNC110 -- it is set in another thread
            await asyncio.sleep(0.01)
        await forwarder.close()
        async with asyncio.timeout(5):
            assert await sending is not None

    with smtp_server(silent) as port:
        asyncio.run(run(port))


class Silent:
    """A server that takes its time."""

    asked = False

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Never answer, or nearly."""
        self.asked = True
        await asyncio.sleep(30)
        return "250 Ok"


@given(
    raw=st.binary(max_size=500),
    data=st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["other", "unrecognised", "mdn"]),
            "because": st.text(max_size=50),
            "from": st.none() | st.text(max_size=50) | st.emails(),
            "subject": st.none() | st.text(max_size=300),
            "reverse_path": st.none() | st.text(max_size=50),
            "forward_paths": st.lists(st.text(max_size=50), max_size=3),
            "queue_id": st.just("Q1"),
        }
    ),
)
def test_nothing_in_a_message_changes_the_letter_around_it(
    raw: bytes, data: dict[str, Any]
) -> None:
    """No field can be put in, none is missing, and the message is in it whole."""
    at = {"id": 1, "target": "forward", "webhook_id": "msg_1", "topic": "message", "at": NOW}
    more = {
        "lane": "message 7",
        "created_at": NOW,
        "due_at": NOW,
        "attempts": 1,
        "dead_at": None,
        "last_error": None,
    }
    letter = Letter(**at, **more, data=data, message_id=7)  # type: ignore[arg-type]
    settings = Forward(to="postmaster@example.org")
    content = wrapped(raw, letter, settings, "bounced.test", NOW)
    names = {"from", "to", "subject", "date", "message-id", "auto-submitted", "x-bounced-forward"}
    names |= {"mime-version", "content-type"}

    message = email.message_from_bytes(content)
    assert set(map(str.lower, message.keys())) - {"reply-to"} == names
    assert inside_of(content) == (raw if b"\0" in raw else as_lines(raw))
