"""What Postfix's daemons say, as versions from 2.3 to 3.9 write it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.maillog import Delivery, Relay, read
from bounced.maillog.postfix import MessageId, Removed, Sender
from bounced.model import Status

ID = "4cQ2Zb6mYQz1Xy"
SENT = "relay=mx.example.net[192.0.2.1]:25, delay=0.3, delays=0.1/0/0.1/0.1, dsn=2.0.0, status=sent"
BOUNCED = SENT.replace("sent", "bounced").replace("2.0.0", "5.1.1")
MX = Relay("mx.example.net", "192.0.2.1", "25")


def delivery(said: str, daemon: str = "smtp") -> Delivery:
    """Return the delivery in a line, which must be one."""
    found = read(daemon, f"{ID}: {said}")
    assert found
    assert found[0] == ID
    assert isinstance(found[1], Delivery)
    return found[1]


def test_sent() -> None:
    """Who got it from whom, and what the server said."""
    found = delivery(f"to=<a@example.net>, {SENT} (250 2.0.0 Ok: queued as 12)")

    assert found == Delivery(
        to="a@example.net",
        orig_to=None,
        relay=MX,
        status=Status(2, 0, 0),
        sent=True,
        reply="250 2.0.0 Ok: queued as 12",
        remote_mta=None,
    )


def test_bounced() -> None:
    """The reply without what Postfix puts around it, and the server that said it."""
    said = "host mx.example.net[192.0.2.1] said: 550-5.1.1 no 550 5.1.1 (such) user"
    found = delivery(f"to=<a@b.net>, {BOUNCED} ({said} (in reply to RCPT TO command))")

    assert (found.sent, found.status) == (False, Status(5, 1, 1))
    assert found.reply == "550-5.1.1 no 550 5.1.1 (such) user"
    assert found.remote_mta == "mx.example.net"


@pytest.mark.parametrize(
    ("why", "reply", "remote_mta"),
    [
        ("host mx.b.net[192.0.2.1] refused to talk to me: 554 no", "554 no", "mx.b.net"),
        ("host mx.b.net[2001:db8::1]:2525 said: 554 no", "554 no", "mx.b.net"),
        ("host mx[private/lmtp] said: 550 no (in reply to end of DATA command)", "550 no", "mx"),
        ('unknown user: "x"', 'unknown user: "x"', None),
        ("Host or domain name not found. Name service error", None, None),
        ("host", None, None),
    ],
)
def test_the_forms_of_a_reason(why: str, reply: str | None, remote_mta: str | None) -> None:
    """What no server said are Postfix's own words."""
    found = delivery(f"to=<a@b.net>, {BOUNCED} ({why})")

    assert (found.reply, found.remote_mta) == (reply or why, remote_mta)


@pytest.mark.parametrize(
    ("relay", "expected"),
    [
        ("none", None),
        ("local", None),
        ("MX.b.net[192.0.2.1]:25", Relay("mx.b.net", "192.0.2.1", "25")),
        ("mx.b.net[2001:DB8::1]:25", Relay("mx.b.net", "2001:db8::1", "25")),
        ("mail[private/dovecot-lmtp]", Relay("mail", "private/dovecot-lmtp", None)),
        ("127.0.0.1[127.0.0.1]:10024", Relay("127.0.0.1", "127.0.0.1", "10024")),
    ],
)
def test_the_forms_of_a_relay(relay: str, expected: Relay | None) -> None:
    """A host with its address, a unix socket, or none at all."""
    said = SENT.replace("mx.example.net[192.0.2.1]:25", relay)

    assert delivery(f"to=<a@b.net>, {said} (x)").relay == expected


def test_optional_fields() -> None:
    """Aliases, reused connections, and what old versions leave away."""
    found = delivery(
        f"to=<x@b.net>, orig_to=<root>, {SENT.replace(', delay=', ', conn_use=2, delay=')} (x)"
    )
    assert (found.to, found.orig_to) == ("x@b.net", "root")
    assert delivery("to=<a@b.net>, relay=none, delay=1, status=bounced (x)").status is None


@pytest.mark.parametrize(
    "address", ['"a>, b"@b.net', r'"a\">"@b.net', "", "a@[192.0.2.1]", "ü@b.net"]
)
def test_addresses_are_taken_whole(address: str) -> None:
    """Quotes, a bracket in quotes, the empty one of old versions."""
    assert delivery(f"to=<{address}>, {SENT} (x)").to == address


@pytest.mark.parametrize(
    "said",
    [
        f"to=<victim@b.net>, {BOUNCED} (host x[1] said: 550 no)>, {SENT} (x)",
        f'to=<"victim@b.net>, {BOUNCED} (x)',
        f"to=<a@b.net>, {SENT}",
        f"to=<a@b.net>, {SENT.replace('sent', 'deferred')} (x)",
        f"to=<a@b.net>, {SENT.replace('sent', 'deliverable')} (x)",
        f"to=<a@b.net>, {SENT.replace('sent', 'undeliverable')} (x)",
        "from=<a@b.net>, status=expired, returned to sender",
    ],
)
def test_what_is_no_delivery(said: str) -> None:
    """Two lines in one, broken ones, and what decides nothing."""
    assert read("smtp", f"{ID}: {said}") is None


@pytest.mark.parametrize(
    ("daemon", "said", "record"),
    [
        ("cleanup", "message-id=<1@a.example>", MessageId("1@a.example")),
        ("cleanup", "message-id=<>", MessageId("")),
        ("cleanup", "resent-message-id=<1@a.example>", None),
        ("smtpd", "message-id=<1@a.example>", None),
        ("qmgr", "from=<>, size=1, nrcpt=1 (queue active)", Sender("")),
        ("qmgr", "from=<a@b.net>, size=1, nrcpt=1 (queue active)", Sender("a@b.net")),
        ("smtp", "from=<a@b.net>, size=1, nrcpt=1 (queue active)", None),
        ("qmgr", "from=<a@b.net>, status=expired, returned to sender", None),
        ("pickup", "uid=0 from=<root>", None),
        ("qmgr", "removed", Removed()),
        ("postsuper", "removed", Removed()),
        ("smtp", "removed", None),
        ("qmgr", "removed by hand", None),
        ("smtp", "host mx.b.net[192.0.2.1] said: 451 later", None),
    ],
)
def test_what_is_known_of_a_mail(daemon: str, said: str, record: object) -> None:
    """Only the daemon whose business it is says it, and only in its own form."""
    assert read(daemon, f"{ID}: {said}") == (record if record is None else (ID, record))


@pytest.mark.parametrize(
    "queue_id", ["ABCDE0", "0A1B2C3D4E5F", "4cQ2Zb6mYQz1Xy", "3Pt2mN2VXxznjll"]
)
def test_queue_ids_short_and_long(queue_id: str) -> None:
    """Hexadecimal ones, and those of enable_long_queue_ids."""
    assert read("qmgr", f"{queue_id}: removed") == (queue_id, Removed())


@pytest.mark.parametrize(
    "text", ["", "warning: x", "removed", ": removed", "connect from x[192.0.2.1]"]
)
def test_lines_about_no_mail(text: str) -> None:
    """They say nothing."""
    assert read("qmgr", text) is None


@given(st.text(), st.sampled_from(["", "to=<", f"to=<a@b.net>, {BOUNCED} (", "from=<"]))
def test_any_text(text: str, start: str) -> None:
    """Whatever is logged, reading it raises nothing."""
    found = read("smtp", f"{ID}: {start}{text}")

    assert found is None or isinstance(found[1], Delivery)


@pytest.mark.parametrize(
    "piece", ['"', "\\", ", relay=", " (in reply to ", "host a[", ") ", "1.2."]
)
def test_it_is_linear(piece: str) -> None:
    """A hundred times the text takes less than a thousand times as long, however it is made."""

    def seconds(size: int) -> float:
        many = piece * size
        texts = [
            f"to=<{many}",
            f"to=<a@b.net>, {BOUNCED} ({many})",
            f"to=<a@b.net>, relay={many}",
            f"to=<a@b.net>, {BOUNCED} (host x[y] said: {many})",
        ]
        start = time.process_time()
        for text in texts:
            read("smtp", f"{ID}: {text}")
        return time.process_time() - start

    short = min(seconds(1_000) for _ in range(5))
    assert seconds(100_000) < 1000 * short + 0.05
