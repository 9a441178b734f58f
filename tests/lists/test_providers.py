"""The lists of the providers, each as that provider writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.causes import Cause
from bounced.lists import Entry, Listed, Skipped

Read = Callable[..., list[Entry]]
DAY = datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)


LISTS = Path(__file__).parent / "providers"

DEAD = ("dead@example.org", Cause.MAILBOX_UNKNOWN)
BLANK_DEAD = ("dead@example.org", Cause.SUPPRESSED)
ANGRY = ("angry@example.org", Cause.COMPLAINT)
OFF = ("off@example.org", Cause.SUPPRESSED)


def _text(name: str) -> str:
    return (LISTS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "listed", "skipped"),
    [
        ("sendgrid-bounces.csv", [DEAD], ["soft by our rules: mailbox_full"]),
        (
            "sendgrid-blocks.csv",
            [],
            ["soft by our rules: rate_limited", "soft by our rules: sender_blocked"],
        ),
        ("sendgrid-invalid.csv", [("gone@example.org", Cause.DOMAIN_UNKNOWN)], []),
        ("sendgrid-events.jsonl", [DEAD], ["soft bounce", "soft bounce"]),
        ("mailgun-bounces.csv", [DEAD], ["soft by our rules: unknown"]),
        ("mailgun-unsubscribes.csv", [OFF], ["unsubscribed from some mail only"]),
        ("mailgun-page.json", [OFF], []),
        ("ses.json", [BLANK_DEAD, ANGRY], []),
        ("postmark.json", [BLANK_DEAD, ANGRY, OFF], []),
        ("sparkpost.csv", [DEAD, ANGRY, OFF], []),
        ("mandrill.csv", [DEAD, ANGRY], ["soft bounce", "no longer on the list"]),
        ("brevo.json", [BLANK_DEAD, OFF, ANGRY], []),
    ],
)
def test_who_is_blocked_why_and_who_is_not(
    entries: Read, name: str, listed: list[tuple[str, Cause]], skipped: list[str]
) -> None:
    """All entries are read; the cause comes from a reply, else from the list's word for it."""
    found = entries(_text(name))

    assert [(one.address, one.cause) for one in found if isinstance(one, Listed)] == listed
    assert [one.why for one in found if isinstance(one, Skipped)] == skipped
    assert len(found) == len(listed) + len(skipped)
    assert {one.since for one in found if isinstance(one, Listed)} <= {DAY}


def test_a_list_without_a_reason_takes_the_one_that_is_given(entries: Read) -> None:
    """Spam reports of some providers are known by their file alone."""
    (plain,) = entries(_text("sendgrid-spam.csv"))
    (told,) = entries(_text("sendgrid-spam.csv"), cause=Cause.COMPLAINT)

    assert isinstance(plain, Listed)
    assert isinstance(told, Listed)
    assert (plain.cause, told.cause) == (Cause.SUPPRESSED, Cause.COMPLAINT)


def test_a_reply_gives_the_rule_the_codes_and_the_words(entries: Read) -> None:
    """With the address in the words as the list has it."""
    found = entries(_text("sendgrid-bounces.csv"))[0]

    assert isinstance(found, Listed)
    assert found.rule
    assert (str(found.status), found.smtp_code) == ("5.1.1", 550)
    assert found.evidence is not None
    assert "<dead@example.org>" in found.evidence
