"""The dialogue, on real sockets."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bounced import log
from bounced.address import read_keys, return_path, verify
from bounced.errors import StoreFullError, StoreUnavailableError
from bounced.model import Trust
from bounced.smtpd.data import DataReader

if TYPE_CHECKING:
    from conftest import House


def test_the_greeting_names_neither_python_nor_a_version(house: House) -> None:
    """220, our host name, and what we speak."""

    async def talk(house: House) -> None:
        client = await house.connect()

        assert await client.reply() == "220 bounces.example.org ESMTP bounced"
        assert await client.say("HELO mail.example.com") == "250 bounces.example.org"
        assert await client.say("QUIT") == "221 2.0.0 Bye"
        assert await client.rest() == ""

    house.run(talk)


def test_what_ehlo_offers(house: House) -> None:
    """Size, pipelining, 8-bit, UTF-8, enhanced status; no AUTH, no HELP."""
    house.settings["message_size"] = 12345

    async def talk(house: House) -> None:
        offered = await (await house.connect()).greet()

        assert offered.splitlines() == [
            "250-bounces.example.org",
            "250-PIPELINING",
            "250-SIZE 12345",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ]

    house.run(talk)


def test_one_message(house: House) -> None:
    """Envelope and bytes arrive as they were sent, the dots unstuffed."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()

        assert await client.envelope(reverse_path="") == ["250 2.1.0 Ok", "250 2.1.5 Ok"]
        assert (await client.say("DATA")).startswith("354 ")
        client.send(b"Subject: x\r\n\r\n..\n\r\0\xff\r\n.\r\n")
        answer = await client.reply()

        (stored,) = house.writer.messages
        assert f"250 2.0.0 Ok: queued as {stored.queue_id}" == answer
        assert stored.raw == b"Subject: x\r\n\r\n.\n\r\0\xff\r\n"
        assert stored.envelope.reverse_path == ""
        assert stored.envelope.forward_paths == ("bounces@example.org",)
        assert (stored.source, stored.peer) == ("smtp", "127.0.0.1")

    house.run(talk)


def test_several_messages_in_one_connection(house: House) -> None:
    """Each begins with an empty envelope; null and ordinary reverse paths are both welcome."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.deliver(b"one\r\n")

        assert (await client.say("DATA"))[:9] == "503 5.5.1"

        await client.envelope("a@example.org", "b@example.org", reverse_path="x@example.com")
        await client.say("DATA")
        client.send(b"two\r\n.\r\n")
        await client.reply()

        assert house.writer.bodies == [b"one\r\n", b"two\r\n"]
        assert house.writer.messages[1].envelope.reverse_path == "x@example.com"
        assert house.writer.messages[1].envelope.forward_paths == ("a@example.org", "b@example.org")

    house.run(talk)


@pytest.mark.parametrize("half_close", [False, True])
def test_a_session_in_one_write(house: House, half_close: bool) -> None:  # noqa: FBT001 - pytest's
    """A client that pipelines two messages and closes its side gets every reply."""

    async def talk(house: House) -> None:
        client = await house.connect()
        transaction = b"MAIL FROM:<>\r\nRCPT TO:<bounces@example.org>\r\nDATA\r\n%b\r\n.\r\n"
        client.send(
            b"EHLO x\r\n" + transaction % b"one" + transaction % b"two" + b"NOOP\r\nQUIT\r\n"
        )
        if half_close:
            client.writer.write_eof()

        codes = [line[:3] for line in (await client.rest()).splitlines() if line[3] == " "]

        assert ["220", "250", *["250", "250", "354", "250"] * 2, "250", "221"] == codes
        assert house.writer.bodies == [b"one\r\n", b"two\r\n"]

    house.run(talk)


END = b"\r\n.\r\n"


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\r\n",
        b"\n\n.\r\r\n",
        END,
    ],
)
def test_nothing_is_smuggled(house: House, end: bytes) -> None:
    """Of eleven ends one is one: behind the others a second message is text of the first."""
    smuggled = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nevil\r\n"

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"good" + end + smuggled + b".\r\nQUIT\r\n")
        said = await client.rest()

        wanted = [b"good\r\n", b"evil\r\n"] if end == END else [b"good" + end + smuggled]
        # A line that begins with a dot is sent with two; whoever sends one loses it.
        wanted = [body.replace(b"\r\n.", b"\r\n") for body in wanted]
        assert wanted == house.writer.bodies
        assert said.count("queued as") == len(wanted)

    house.run(talk)


@pytest.mark.parametrize("length", [998, 1001, 5000, 70_000, 2_000_000])
def test_lines_of_any_length(house: House, length: int) -> None:
    """Bounces quote broken HTML; a long line is no reason to lose one."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()

        assert (await client.deliver(b"x" * length + b"\r\n")).startswith("250 2.0.0")
        assert [length + 2] == [len(body) for body in house.writer.bodies]

    house.run(talk)


@pytest.mark.parametrize(
    ("mail", "rcpt"),
    [
        ("MAIL FROM:<> SIZE=5161 AUTH=<>", "RCPT TO:<bounces@example.org> NOTIFY=NEVER"),
        ("MAIL FROM:<> BODY=8BITMIME SIZE=99 XOORG=example.com", "RCPT TO:<bounces@example.org>"),
        (
            "MAIL FROM:<a@example.com> RET=HDRS ENVID=QQ314159 SMTPUTF8 BODY=BINARYMIME",
            "RCPT TO:<bounces@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@example.com",
        ),
        (
            "MAIL FROM:<postmaster@contoso.example> SIZE=51234 AUTH=<> BODY=8BITMIME",
            "RCPT TO:<bounces@example.org> ORCPT=rfc822;bounces+40example.org NOTIFY=NEVER",
        ),
        (
            "MAIL FROM:<> SIZE=0 XOORG=contoso.onmicrosoft.example XMESSAGECONTEXT=x XSYSPROBEID=1",
            "RCPT TO:<bounces@example.org>",
        ),
        ("MAIL FROM:<> BODY=8BITMIME SIZE=9932 SMTPUTF8 REQUIRETLS", "RCPT TO:<b@example.org>"),
        ("mail from: a@example.com", "rcpt to: bounces@example.org"),
        ("MAIL FROM:<grün@bücher.example> SMTPUTF8", "RCPT TO:<grün@bücher.example>"),
        ("MAIL FROM:<> AUTH=" + "x" * 500, "RCPT TO:<b@example.org> ORCPT=rfc822;" + "x" * 500),
        ("MAIL FROM:<@a.example,@b.example:x@example.com>", "RCPT TO:<@a.example:b@example.org>"),
    ],
)
def test_command_lines_of_real_senders(house: House, mail: str, rcpt: str) -> None:
    """Parameters of Microsoft 365, Exchange, Gmail and Postfix, after EHLO and after HELO."""

    async def talk(house: House) -> None:
        for word in ("EHLO", "HELO"):
            client = await house.connect()
            await client.greet(word)

            assert await client.say(mail) == "250 2.1.0 Ok"
            assert await client.say(rcpt) == "250 2.1.5 Ok"

    house.run(talk)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MAIL", "501 5.1.7"),
        ("MAIL FROM:", "501 5.1.7"),
        (b"MAIL FROM:<a\0b@example.com>", "501 5.1.7"),
        (b"MAIL FROM:<a\rb@example.com>", "501 5.1.7"),
        (b"MAIL FROM:<\xff@example.com>", "501 5.1.7"),
        ('MAIL FROM:<"', "501 5.1.7"),
        ("RCPT TO:<a@example.org>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("HELP", "502 5.5.1"),
        ("VRFY root", "252 2.0.0"),
        ("EXPN staff", "252 2.0.0"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("LHLO x", "500 5.5.1"),
        ("FOO\x1b[31m bar", "500 5.5.1"),
        ("", "500 5.5.1"),
        (b"\xff\xfe", "500 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("NOOP " + "x" * 5000, "500 5.5.2"),
        ("NOOP " + "x" * 200_000, "500 5.5.2"),
        ("NOOP whatever", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
    ],
)
def test_one_reply_to_one_line(house: House, line: str | bytes, answer: str) -> None:
    """Every line gets one reply of constant text, and the session goes on."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        said = await client.say(line)

        assert answer == said[:9]
        assert said.isprintable()
        assert await client.say("NOOP") == "250 2.0.0 Ok"

    house.run(talk)


@pytest.mark.parametrize(
    "line",
    [
        "RCPT TO:<>",
        "RCPT",
        "RCPT TO:<a@example.org",
        b"RCPT TO:<\x80@example.org>",
        b"RCPT TO:<a\nb@example.org>",
    ],
)
def test_bad_forward_paths(house: House, line: str | bytes) -> None:
    """No recipient can be null or hold what can't be kept."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.say("MAIL FROM:<>")

        assert (await client.say(line))[:9] == "501 5.1.3"

    house.run(talk)


def test_order_of_commands(house: House) -> None:
    """MAIL wants a greeting and comes once; DATA wants a recipient."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.reply()

        assert await client.say("MAIL FROM:<>") == "503 5.5.1 Say EHLO first"
        await client.say("EHLO x")
        await client.say("MAIL FROM:<>")
        assert await client.say("MAIL FROM:<>") == "503 5.5.1 MAIL was given already"
        assert await client.say("DATA") == "503 5.5.1 Send RCPT first"
        await client.say("RCPT TO:<a@example.org>")
        assert (await client.say("DATA x"))[:9] == "501 5.5.4"
        await client.say("RSET")
        assert await client.say("DATA") == "503 5.5.1 Send MAIL first"

    house.run(talk)


def test_recipients_that_are_not_ours(house: House) -> None:
    """550 5.1.1, and the others of the same message are taken."""
    house.accept = ("bounces+*@example.org",)

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope(
            "x@example.net", "Bounces+1@EXAMPLE.org", "bounces@example.org"
        )

        assert [one[:3] for one in replies] == ["250", "550", "250", "550"]
        assert replies[1] == "550 5.1.1 No such recipient here"
        assert house.named("recipient_refused")[0]["forward_path"] == "x@example.net"

        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        await client.reply()

        assert house.writer.messages[0].envelope.forward_paths == ("Bounces+1@EXAMPLE.org",)

    house.run(talk)


def test_a_forged_path_is_refused(house: House) -> None:
    """550 5.7.1, before any message is sent, and a warning that says so."""
    keys = read_keys("b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0")
    now = datetime.now(UTC)
    good = return_path("anna@example.com", base="b@example.org", keys=keys, at=now)
    bad = good.replace("=anna=", "=bert=")

    def forged(path: str) -> bool:
        seal = verify(path, keys, at=now)
        return seal is not None and seal.trust is Trust.FORGED

    house.forged = forged

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope(bad, good, "b@example.org")

        assert replies[1:] == [
            "550 5.7.1 The signature of this address is wrong",
            "250 2.1.5 Ok",
            "250 2.1.5 Ok",
        ]
        (told,) = house.named("forged_refused")
        assert (told["forward_path"], told["level"]) == (bad, "warning")

    house.run(talk)


def test_parameters_are_kept_and_logged(house: House) -> None:
    """With the message, as they were written; an address in one is hashed as others are."""
    house.log = log.setup(format="json", addresses="hashed", salt="s" * 20, stream=house.stream)

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.say("MAIL FROM:<> RET=HDRS ENVID=QQ314159 XOORG=contoso.example")
        await client.say("RCPT TO:<a@example.org> NOTIFY=NEVER ORCPT=rfc822;anna@example.com")
        await client.say("RCPT TO:<b@example.org>")
        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        await client.reply()

        envelope = house.writer.messages[0].envelope
        assert envelope.parameters == "RET=HDRS ENVID=QQ314159 XOORG=contoso.example"
        assert envelope.forward_parameters == (
            "NOTIFY=NEVER ORCPT=rfc822;anna@example.com",
            "",
        )
        first, second = house.named("message")[0]["parameters"]
        assert first == envelope.parameters
        assert second.startswith("NOTIFY=NEVER ORCPT=#")
        assert "anna" not in house.stream.getvalue()

    house.run(talk)


def test_nothing_is_relayed(house: House) -> None:
    """Routes, percent signs and bangs are letters of an address that is not ours."""
    house.accept = ("@example.org",)

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope(
            "a@example.net", "@example.org:a@example.net", "example.net!a", "a@example.org@b.test"
        )

        assert {one[:9] for one in replies[1:]} == {"550 5.1.1"}

    house.run(talk)


def test_too_many_recipients(house: House) -> None:
    """452 4.5.3 for each above the limit: the sender brings them in another message."""
    house.settings["recipients"] = 2

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope("a@example.org", "b@example.org", "c@example.org")

        assert [one[:3] for one in replies] == ["250", "250", "250", "452"]
        assert replies[-1] == "452 4.5.3 Too many recipients"

    house.run(talk)


def test_a_message_that_is_announced_too_large(house: House) -> None:
    """552 5.3.4 at MAIL already."""
    house.settings["message_size"] = 1000

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()

        assert await client.say("MAIL FROM:<> SIZE=1000") == "250 2.1.0 Ok"
        await client.say("RSET")
        assert (await client.say("MAIL FROM:<> SIZE=1001"))[:9] == "552 5.3.4"

    house.run(talk)


def test_a_message_that_turns_out_too_large(house: House) -> None:
    """552 5.3.4 in its place, nothing stored, and the next message is welcome."""
    house.settings["message_size"] = 1000

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()

        assert await client.deliver(b"x" * 5000 + b"\r\n") == "552 5.3.4 Message is too large"
        assert house.writer.messages == []
        assert (await client.deliver(b"x" * 998 + b"\r\n")).startswith("250 2.0.0")

    house.run(talk)


def test_a_message_without_an_end(house: House) -> None:
    """A client that goes on for ever is cut off."""
    house.settings["message_size"] = 1000

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 2**25:
                client.send(b"x" * 2**16)
                await client.writer.drain()
                sent += 2**16

        assert sent < 2**25
        assert not house.listeners.service.connections

    house.run(talk)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (StoreUnavailableError("database is locked"), "451 4.3.0"),
        (StoreFullError("disk full"), "452 4.3.1"),
        (OSError(28, "No space left on device", "/var/lib/bounced"), "451 4.3.0"),
        (ValueError("one\r\n250 2.0.0 Ok"), "451 4.3.0"),
        (RuntimeError("größer \udcff"), "451 4.3.0"),
        (RecursionError(), "451 4.3.0"),
        (MemoryError(), "451 4.3.0"),
        (KeyError("x"), "451 4.3.0"),
        (AssertionError(), "451 4.3.0"),
        (TimeoutError(), "451 4.3.0"),
        (ConnectionResetError("database went away"), "451 4.3.0"),
        (EOFError(), "451 4.3.0"),
        (StopIteration(), "451 4.3.0"),
        (NotImplementedError("/usr/lib/python3"), "451 4.3.0"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad\r\n250 Ok"), "451 4.3.0"),
        (PermissionError(13, "Permission denied", "/etc/bounced/key"), "451 4.3.0"),
        (OSError(5, "Input/output error"), "451 4.3.0"),
        (sqlite3.OperationalError("unable to open /var/lib/bounced/bounced.db"), "451 4.3.0"),
        (ZeroDivisionError("\0\x1b[31m"), "451 4.3.0"),
        (RuntimeError("x" * 100_000), "451 4.3.0"),
    ],
)
def test_failures_of_ours(house: House, error: Exception, answer: str) -> None:
    """4xx with a constant text and one line; the same session then delivers."""
    house.writer.error = error

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        said = await client.deliver()

        assert answer == said[:9]
        assert said.isascii()
        assert all(word not in said for word in ("Error:", "/", "rror(", "ython", "ok"))

        house.writer.error = None
        assert (await client.deliver()).startswith("250 2.0.0")

    house.run(talk)


def test_a_failure_in_a_command(house: House) -> None:
    """A defect outside of the intake is 451 as well, and the envelope is gone."""
    house.settings["recipients"] = "none"  # can't be compared with a number

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope()

        assert replies[1] == "451 4.3.0 Local error, try again later"
        assert await client.say("MAIL FROM:<>") == "250 2.1.0 Ok"
        assert "TypeError" in house.named("failure")[0]["why"]

    house.run(talk)


def test_a_failure_inside_a_message_ends_the_connection(house: House) -> None:
    """The rest of a message is never taken for commands."""

    class Broken(DataReader):
        def feed(self, chunk: bytes) -> bool:
            msg = "broken"
            raise ValueError(msg)

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        (connection,) = house.listeners.service.connections
        connection._data = Broken(1)
        client.send(b"x")

        assert await client.rest() == "421 4.3.0 Local error, closing, try again later\r\n"
        assert "ValueError" in house.named("failure")[0]["why"]

    house.run(talk)


@pytest.mark.parametrize("recipients", [1, 2, 100])
def test_lmtp_answers_each_recipient(house: House, recipients: int) -> None:
    """As many replies as recipients that were accepted, for one commit."""
    house.protocol = "lmtp"
    house.accept = ("@example.org",)

    async def talk(house: House) -> None:
        client = await house.connect()
        assert await client.reply() == "220 bounces.example.org LMTP bounced"
        assert (await client.say("LHLO x")).endswith("250 ENHANCEDSTATUSCODES")
        paths = [f"r{number}@example.org" for number in range(recipients)]
        mixed = [path for ours in paths for path in (ours, "no@example.net")]
        await client.envelope(*mixed)
        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        (queue_id,) = {(await client.reply()).split()[-1] for _ in paths}

        assert queue_id == house.writer.messages[0].queue_id
        assert tuple(paths) == house.writer.messages[0].envelope.forward_paths
        assert house.writer.messages[0].source == "lmtp"
        assert await client.say("NOOP") == "250 2.0.0 Ok"

    house.run(talk)


def test_lmtp_tells_each_recipient_of_a_failure(house: House) -> None:
    """The number of replies does not depend on what they say."""
    house.protocol = "lmtp"
    house.writer.error = StoreUnavailableError("locked")
    house.settings["message_size"] = 100

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet("LHLO")
        for body, code in ((b"x", "451"), (b"x" * 200, "552")):
            await client.envelope("a@example.org", "b@example.org")
            await client.say("DATA")
            client.send(body + b"\r\n.\r\n")

            assert [code, code] == [(await client.reply())[:3] for _ in range(2)]

        assert await client.say("NOOP") == "250 2.0.0 Ok"

    house.run(talk)


def test_lmtp_has_no_ehlo(house: House) -> None:
    """RFC 2033 §4.1: HELO and EHLO must not be spoken; MAIL asks for LHLO."""
    house.protocol = "lmtp"

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.reply()

        assert (await client.say("EHLO x"))[:9] == "500 5.5.1"
        assert (await client.say("HELO x"))[:9] == "500 5.5.1"
        assert await client.say("MAIL FROM:<>") == "503 5.5.1 Say LHLO first"

    house.run(talk)
