"""The words for Postfix: the code that fits, the evidence cut and harmless, one short line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.lookup.answer import action
from bounced.store.lookup import Block

SINCE = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)
UNTIL = datetime(2027, 4, 30, tzinfo=UTC)
ASKED = "nobody@example.net"


def block(
    cause: Cause | None = Cause.MAILBOX_UNKNOWN,
    evidence: str | None = "550 5.1.1 User unknown",
    key: str = ASKED,
    expires_at: datetime | None = None,
) -> Block:
    """Return a block."""
    return Block(key, SINCE, expires_at, cause, evidence)


def test_a_refusal_says_who_since_when_why_and_in_whose_words() -> None:
    """As the documentation shows it."""
    assert action(ASKED, block(), defer_paused=False) == (
        "REJECT 5.1.1 <nobody@example.net> is blocked since 2026-11-01: mailbox_unknown "
        "(550 5.1.1 User unknown)"
    )


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.MAILBOX_DISABLED, "5.2.1"),
        (Cause.MAILBOX_MOVED, "5.1.6"),
        (Cause.MAILBOX_FULL, "5.2.2"),
        (Cause.DOMAIN_UNKNOWN, "5.1.2"),
        (Cause.DOMAIN_NO_MAIL, "5.1.10"),
        (Cause.SERVER_DOWN, "5.4.1"),
        (Cause.COMPLAINT, "5.7.1"),
        (Cause.SUPPRESSED, "5.7.1"),
    ],
)
def test_the_code_fits_the_cause(cause: Cause, status: str) -> None:
    """RFC 3463: what the receiving side would have said itself."""
    assert action(ASKED, block(cause), defer_paused=True).startswith(f"REJECT {status} <")


def test_a_block_by_hand_says_so() -> None:
    """It has no cause and no words of a provider; the operator's own stay inside."""
    assert action(ASKED, block(None, None), defer_paused=False) == (
        "REJECT 5.7.1 <nobody@example.net> is blocked since 2026-11-01: by hand"
    )


def test_a_blocked_domain_is_named_as_such() -> None:
    """Or an operator would look for the address in vain."""
    assert action(ASKED, block(None, None, "@example.net"), defer_paused=False) == (
        "REJECT 5.7.1 all of example.net is blocked since 2026-11-01: by hand"
    )


def test_a_pause_is_refused_or_deferred() -> None:
    """Both say when it ends; a block without an end is always refused."""
    pause = block(Cause.MAILBOX_FULL, "552 full", expires_at=UNTIL)
    text = (
        "<nobody@example.net> is blocked since 2026-11-01 until 2027-04-30: mailbox_full (552 full)"
    )

    assert action(ASKED, pause, defer_paused=False) == f"REJECT 5.2.2 {text}"
    assert action(ASKED, pause, defer_paused=True) == f"DEFER_IF_PERMIT 4.2.1 {text}"
    assert action(ASKED, block(), defer_paused=True).startswith("REJECT")


def test_evidence_becomes_one_printable_line() -> None:
    """Line ends, controls and letters beyond ASCII can do nothing to the reply."""
    words = "550 no\r\n250 OK\tfür \x1b[31m\N{SNOWMAN}\0"

    assert action(ASKED, block(evidence=words), defer_paused=False).endswith(
        "(550 no 250 OK f?r ?[31m??)"
    )


@given(
    local=st.text(min_size=1, max_size=300),
    evidence=st.none() | st.text(max_size=600),
    cause=st.none() | st.sampled_from(Cause),
    until=st.none() | st.just(UNTIL),
    whole=st.booleans(),
)
def test_whatever_was_said_the_reply_fits(
    local: str, evidence: str | None, cause: Cause | None, until: datetime | None, *, whole: bool
) -> None:
    """Printable ASCII; with Postfix's words in front at most 512 octets for a real address."""
    asked = f"{local}@example.net"
    key = "@example.net" if whole else asked

    told = action(asked, block(cause, evidence, key, until), defer_paused=True)

    assert told.isascii()
    assert told.isprintable()
    verb, _, text = told.partition(" ")
    assert verb in {"REJECT", "DEFER_IF_PERMIT"}
    assert text[1] == "."
    if len(asked) <= 254:
        reply = f"554 5.1.10 <{asked}>: Recipient address rejected: {text.partition(' ')[2]}\r\n"
        assert len(reply) <= 512
