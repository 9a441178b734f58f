"""SMTP replies in free text: codes and enhanced codes, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.report.reply import Reply, reply_of
from bounced.report.words import Words


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("550 5.1.1 User unknown", 550, "5.1.1"),
        ("550-5.1.1 User\n550 5.1.1 unknown", 550, "5.1.1"),
        ("550 #5.1.0 Address rejected", 550, "5.1.0"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", None, "5.1.1"),
        ("550 cuda_nsu 5.1.1 no", 550, "5.1.1"),
        ("554 Blocked - 5.7.1 [BL23] see", 554, "5.7.1"),
        ("host mx.example.com[192.0.2.1] said: 421 4.7.0 later", 421, "4.7.0"),
        ("Remote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound'", 550, "5.1.1"),
        ("unavailable. [SMTP Error Code 550]", 550, None),
        ("<<< 552 5.2.2 full", 552, "5.2.2"),
        ("smtp;550 5.7.1 no", 550, "5.7.1"),
        ("421", 421, None),
        ("421 deferred - 4.16.55.1 see", 421, None),
        ("550 Exim 4.9.2 says no", 550, None),
        ("550 no, id-5.9.2", 550, None),
        ("550 from [5.1.1.2] no", 550, None),
        ("Exceeded 500 messages", None, None),
        ("255", None, None),
        ("mailbox full", None, None),
        ("", None, None),
    ],
)
def test_code_and_status(text: str, code: int | None, status: str | None) -> None:
    """Codes are found where MTAs put them; addresses, versions and ids are none."""
    reply = reply_of(Words(text))
    assert (reply.code, str(reply.status) if reply.status else None) == (code, status)


def test_text_is_the_words_of_the_remote() -> None:
    """The text is on one line, without who said it."""
    said = Words("host a.example[192.0.2.1] said: 550-no\n550 user (in reply to RCPT TO command)")
    assert (reply_of(said), said.shown) == (Reply(550, None), "550 no user")


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_never_raises(text: str) -> None:
    """Any text gives a reply; a code has three digits and begins with 2, 4 or 5."""
    reply = reply_of(Words(text))
    assert reply.code is None or 200 <= reply.code < 600
