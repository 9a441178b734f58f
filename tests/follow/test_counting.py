"""What of a log counts, and whose mail it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bounced.address import matcher, read_keys, return_path
from bounced.causes import Cause
from bounced.classify import RuleBook
from bounced.follow.counting import Counting, relays
from bounced.maillog import Delivery, Mail, Seen, read
from bounced.store import Observed, Sent
from bounced.whose import Ours

AT = datetime(2026, 1, 1, tzinfo=UTC)
RETURN_PATH = "bounces@bounces.example.com"
OURS = Mail("m@a.example", RETURN_PATH)
KEYS = read_keys("b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0")


@pytest.fixture
def counting(rules: RuleBook) -> Counting:
    """Return the rules of a site whose return paths are in one domain."""
    accept = matcher(["@bounces.example.com"])
    return Counting(
        rules=rules,
        own=accept,
        returns=accept,
        ours=Ours(keys=KEYS, stream_of=lambda sender: sender.partition("@")[0]),
        relay_only=relays(["[Smarthost.example.com]", "192.0.2.9:587"]),
        final=relays(["127.0.0.1:24", "private/dovecot-lmtp"]),
    )


def seen(
    status: str = "sent",
    why: str = "250 Ok",
    *,
    to: str = "to=<a@b.net>",
    relay: str = "mx.b.net[192.0.2.1]:25",
    daemon: str = "smtp",
    mail: Mail = OURS,
) -> Seen:
    """Return what a line of the log says."""
    dsn = {"sent": "2.0.0", "bounced": "5.0.0"}[status]
    found = read(
        daemon, f"ABCDEF: {to}, relay={relay}, delay=1, dsn={dsn}, status={status} ({why})"
    )
    assert found
    assert isinstance(found[1], Delivery)
    return Seen(AT, daemon, "ABCDEF", mail, found[1])


def test_a_delivery(counting: Counting) -> None:
    """The recipient's server has taken it: proof, of that mail, in the stream of its sender."""
    assert counting.observed(seen()) == Observed(
        address="a@b.net",
        at=AT,
        origin="log",
        who="postfix log",
        original="m@a.example",
        stream="bounces",
    )


def test_a_rejection(counting: Counting) -> None:
    """It is judged by the server's own words."""
    why = "host mx.b.net[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)"
    one = counting.observed(seen("bounced", why))

    assert one
    assert one.judged
    assert one.judged.verdict
    assert one.judged.verdict.cause is Cause.MAILBOX_UNKNOWN
    assert one.judged.smtp_code == 550
    assert "User unknown" in one.judged.verdict.evidence


def test_a_rejection_by_postfix_itself(counting: Counting) -> None:
    """Without a server that said anything, Postfix's own words are judged."""
    why = "Host or domain name not found. Name service error for name=b.net type=A: Host not found"
    one = counting.observed(seen("bounced", why, relay="none"))

    assert one
    assert one.judged
    assert one.judged.verdict
    assert one.judged.verdict.cause is Cause.DOMAIN_UNKNOWN


@pytest.mark.parametrize("status", ["sent", "bounced"])
@pytest.mark.parametrize(
    ("orig_to", "mailed"), [("mailed@b.net", "mailed@b.net"), ("root", "final@b.net")]
)
def test_an_alias(counting: Counting, status: str, orig_to: str, mailed: str) -> None:
    """It is about the address that was mailed, as in the report; a bare name is no address."""
    one = counting.observed(seen(status, to=f"to=<final@b.net>, orig_to=<{orig_to}>"))

    assert one
    assert one.address == mailed


def test_a_signed_sender_address(counting: Counting) -> None:
    """It says whom the mail went to and of which stream it is, as for its report."""
    path = return_path("anna@b.net", base=RETURN_PATH, keys=KEYS, at=AT, stream="news")
    line = seen(to="to=<forwarded@c.net>", mail=Mail("m@a.example", path))
    one = counting.observed(line)

    assert one
    assert (one.address, one.stream) == ("anna@b.net", "news")
    assert counting.sent(line) == Sent(
        name="m@a.example", address="anna@b.net", at=AT, stream="news"
    )


def test_whom_a_mail_was_sent_to(counting: Counting) -> None:
    """Also where it was refused, or only passed on; not where it is not ours, or has no name."""
    assert counting.sent(seen("bounced", "no"))
    assert counting.sent(seen(relay="127.0.0.1[127.0.0.1]:10024"))
    for mail in (Mail(), OURS._replace(sender=""), OURS._replace(message_id="")):
        assert counting.sent(seen(mail=mail)) is None


@pytest.mark.parametrize(
    ("relay", "daemon", "why", "proof"),
    [
        ("mx.b.net[2001:db8::1]:25", "smtp", "250 Ok", True),
        ("mx.b.net[192.0.2.1]:24", "lmtp", "250 Ok", True),
        ("127.0.0.1[127.0.0.1]:10024", "smtp", "250 Ok, queued as 1", False),
        ("localhost[::1]:10024", "lmtp", "250 Ok", False),
        ("localhost[::ffff:127.0.0.1]:10024", "lmtp", "250 Ok", False),
        ("127.0.0.1[127.0.0.1]:24", "lmtp", "250 Saved", True),
        ("mail[private/dovecot-lmtp]", "lmtp", "250 Saved", True),
        ("mail[private/filter]", "lmtp", "250 Saved", False),
        ("smarthost.example.com[192.0.2.8]:587", "smtp", "250 Ok", False),
        ("other.example.com[192.0.2.9]:587", "smtp", "250 Ok", False),
        ("other.example.com[192.0.2.9]:25", "smtp", "250 Ok", True),
        ("local", "local", "delivered to mailbox", True),
        ("virtual", "virtual", "delivered to maildir", True),
        ("local", "local", "delivered to command: procmail", False),
        ("local", "local", "forwarded as ABCDE0", False),
        ("dovecot", "pipe", "delivered via dovecot service", False),
        ("none", "discard", "b.net", False),
    ],
)
def test_what_is_proof(counting: Counting, relay: str, daemon: str, why: str, proof: bool) -> None:  # noqa: FBT001 - pytest's
    """The recipient's server or mailbox; neither a filter, nor a smarthost, nor a program."""
    found = counting.observed(seen("sent", why, relay=relay, daemon=daemon))

    assert bool(found) is proof
    assert counting.skipped == ({} if proof else {"passed on": 1})


@pytest.mark.parametrize("status", ["sent", "bounced"])
@pytest.mark.parametrize(
    ("mail", "to", "why"),
    [
        (Mail(), "a@b.net", "begun before the log"),
        (Mail("m@a.example", None), "a@b.net", "begun before the log"),
        (Mail("m@a.example", ""), "a@b.net", "null sender"),
        (Mail("m@a.example", "anna@example.com"), "a@b.net", "other sender"),
        (OURS, "bounces+1@bounces.example.com", "returned mail"),
    ],
)
def test_what_is_not_ours(counting: Counting, status: str, mail: Mail, to: str, why: str) -> None:
    """Nobody is judged by it."""
    assert counting.observed(seen(status, to=f"to=<{to}>", mail=mail)) is None
    assert counting.skipped == {why: 1}


def test_a_mail_without_a_message_id(counting: Counting) -> None:
    """Its queue id stands for it, as in the report that Postfix sends."""
    one = counting.observed(seen("bounced", "no", mail=OURS._replace(message_id="")))

    assert one
    assert one.original == "queue id ABCDEF"


def test_a_mail_whose_message_id_was_not_seen(counting: Counting) -> None:
    """A rejection could count twice, with its report: it doesn't count.  A delivery may."""
    unseen = OURS._replace(message_id=None)

    assert counting.observed(seen("bounced", "no", mail=unseen)) is None
    assert counting.observed(seen(mail=unseen))
