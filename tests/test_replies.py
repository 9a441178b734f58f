"""Replies as the world's servers word them, each with its true cause, and phrases put together.

``replies.jsonl`` was written before the rules were run on it.  A third of it are traps: codes that
mislead, and words like "unknown", "full" or "blocked" that are said of something else.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.rules import RuleBook
from bounced.rules.rule import Example

BOOK = RuleBook.builtin()
LINES = Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()
REPLIES = [json.loads(line) for line in LINES]

NOT_THE_MAILBOX = (
    "Message",
    "Your message",
    "Attachment",
    "Link",
    "From header",
    "Message-ID",
    "The sender",
    "Sender domain",
    "Sender <b@example.org>",
    "From address",
    "Your address",
    "Your domain",
    "Your account",
    "Client host",
    "Connection",
    "IP 192.0.2.1",
    "Your IP address",
    "HELO name",
    "Return path",
    "PTR record",
    "Certificate",
    "Command",
    "Parameter",
    "Password",
    "Mail server",
    "Session",
    "Mailing list",
)
MAILBOX = (
    "User",
    "Recipient",
    "This mailbox",
    "Account",
    "E-mail address",
    "Address <a@example.com>",
    "<a@example.com>:",
    "Recipient <a@example.com>",
    "Mailbox for a@example.com",
    "<a@example.com>: Recipient address rejected: user",
    "The account that you wrote to",
    "Alias",
)
GONE = (
    "unknown",
    "not found",
    "could not be found",
    "does not exist",
    "no longer exists",
    "invalid",
    "is not valid",
    "not recognized",
    "has been removed",
    "disabled",
    "is inactive",
    "has been suspended",
    "has expired",
    "is closed",
)


def cause_of(reply: str, mta: str = "", kind: str = "smtp") -> Cause:
    """Return what a failure with *reply* is put down to."""
    hit = BOOK.decide(Example(reply=reply, mta=mta, type=kind, action="failed").case())
    return hit.rule.cause if hit else Cause.UNKNOWN


@pytest.mark.parametrize("said", REPLIES, ids=range(1, len(REPLIES) + 1))
def test_cause(said: dict[str, Any]) -> None:
    """Each reply is put down to its true cause; the number is its line in the file."""
    kind = said.get("diagnostic_type", "smtp")

    assert said["cause"] == cause_of(said["reply"], said["remote_mta"] or "", kind)


@pytest.mark.parametrize("code", ["550", "550 5.7.1", "554"])
def test_negative_words_about_something_else(code: str) -> None:
    """What is said of a sender, a header or a password is never put down to the mailbox."""
    phrases = [f"{code} {subject} {words}" for subject, words in product(NOT_THE_MAILBOX, GONE)]

    assert [phrase for phrase in phrases if cause_of(phrase).info.type == "hard"] == []


@pytest.mark.parametrize("code", ["550", "550 5.1.1", "554"])
def test_negative_words_about_the_mailbox(code: str) -> None:
    """The same words said of the mailbox, by whatever name, mean that mail can't get there."""
    phrases = [f"{code} {subject} {words}" for subject, words in product(MAILBOX, GONE)]

    assert [phrase for phrase in phrases if cause_of(phrase).info.type == "soft"] == []
