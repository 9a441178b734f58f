"""Classification: text beats code, the sender's fault beats the mailbox, and nothing is guessed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.classify import NO_RULE, Case, RuleBook, classify
from bounced.model import Action, RecipientStatus, Status, Typed, Verdict

BOOK = RuleBook.builtin()


def judge(
    reply: str = "",
    *,
    words: str | None = None,
    mta: str | None = None,
    status: str = "",
    reporting_mta: str | None = None,
    action: Action = Action.FAILED,
) -> Verdict:
    """Classify one recipient of a report."""
    recipient = RecipientStatus(
        action=action,
        status=Status.find(status),
        remote_mta=Typed("dns", mta) if mta else None,
        diagnostic_code=Typed("smtp", reply) if reply else None,
        words=words,
    )
    reporter = Typed("dns", reporting_mta) if reporting_mta else None
    return classify(Case(recipient, reporter), BOOK)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 5.1.1 <a@example.com>: Recipient address rejected: over quota", "mailbox_full"),
        ("550 5.1.1 User unknown; client host listed at rbl.example.net", "sender_blocked"),
        ("450 4.1.1 <a@example.com>: Recipient address rejected: Greylisted", "rate_limited"),
        ("552 5.2.2 DMARC policy of example.org", "sender_unauthenticated"),
        ("550 5.7.1 no such user", "mailbox_unknown"),
        ("550 5.7.1 <a@example.com>: Relay access denied", "relay_denied"),
        ("452 4.2.2 message size exceeds limit", "message_too_large"),
    ],
)
def test_text_beats_code(reply: str, cause: str) -> None:
    """Where words and code disagree, the words count."""
    assert judge(reply).cause == cause


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("554 Mailbox unavailable. Your IP 192.0.2.1 has been blocked", "sender_blocked"),
        ("550 Mailbox unavailable: too many connections from your host", "rate_limited"),
        ("550 5.1.1 recipient rejected: SPF check failed", "sender_unauthenticated"),
        ("550 5.2.1 account disabled: this message was classified as spam", "spam_content"),
    ],
)
def test_senders_fault_beats_mailbox_words(reply: str, cause: str) -> None:
    """What speaks of the sender or the message is heard before what speaks of the mailbox."""
    assert judge(reply).cause == cause


@pytest.mark.parametrize(
    "reply",
    [
        (
            "450 4.1.1 <a@example.com>: Recipient address rejected: unverified address: "
            "Address verification in progress"
        ),
        "451 4.3.0 <a@example.com>: Temporary lookup failure",
        "Name service error for name=example.org type=MX: Host not found, try again",
        "450 4.2.0 Requested mail action not taken: mailbox unavailable",
        "450 4.2.1 mailbox temporarily locked, too busy",
        "550 5.7.1 Rejected",
        "550",
        "554 Transaction failed",
        (
            "SMTP error from remote mail server after end of data: "
            "host mx.example.com [192.0.2.1]: 553 host.example.org does not exist"
        ),
        "550 5.7.27 Sender address has null MX",
        "connect to unknown.example.com[192.0.2.1]:25: Connection refused",
        "451 4.3.0 unknown user database error",
    ],
)
def test_soft_failures_are_not_called_hard(reply: str) -> None:
    """What may pass, or is not the recipient's fault, never blocks at once."""
    assert judge(reply).type == "soft"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("552 Mailbox des Empfängers ist voll", "mailbox_full"),
        ("554 La boîte aux lettres du destinataire est pleine", "mailbox_full"),
        ("552 El buzón del usuario está lleno", "mailbox_full"),
        ("550 Skrzynka odbiorcy jest pełna", "mailbox_full"),
        ("550 メールボックスの容量を超えています", "mailbox_full"),
        ("550 收件人邮箱空间不足", "mailbox_full"),
        ("550 메일함 용량 초과", "mailbox_full"),
        ("550 Benutzer unbekannt", "mailbox_unknown"),
        ("550 Usuário inexistente", "mailbox_unknown"),
        ("550 utente sconosciuto", "mailbox_unknown"),
        ("550 Gebruiker onbekend", "mailbox_unknown"),
        ("550 Нет такого пользователя", "mailbox_unknown"),
        ("550 宛先が存在しません", "mailbox_unknown"),
        ("550 用户不存在", "mailbox_unknown"),
        ("550 La cuenta esta deshabilitada", "mailbox_disabled"),
    ],
)
def test_languages(reply: str, cause: str) -> None:
    """Servers speak the language of their country."""
    assert judge(reply).cause == cause


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <spam-virus-quota@example.com>: User unknown",
        "550 5.1.1 User unknown (mx1.mailspamprotection.com)",
        "host spamfilter.example.com[192.0.2.1] said: 550 5.1.1 User unknown",
        "550 5.1.1 User unknown https://spam.example.com/blocked?policy=dmarc",
    ],
)
def test_names_are_no_reasons(reply: str) -> None:
    """Addresses, hosts and links do not decide, whatever words they are made of."""
    assert judge(reply).cause == Cause.MAILBOX_UNKNOWN


def test_status_decides_where_no_words_do() -> None:
    """A report without a diagnostic is judged by its status, and the status is the evidence."""
    assert judge(status="5.1.1") == Verdict(
        cause=Cause.MAILBOX_UNKNOWN, rule="status-mailbox-unknown", evidence="5.1.1"
    )


@pytest.mark.parametrize("status", ["5.0.0", "4.0.0"])
def test_undefined_status_never_votes(status: str) -> None:
    """X.0.0 means that no better code is known."""
    assert judge(status=status).rule == NO_RULE


def test_diagnostic_beats_status_field() -> None:
    """Where the diagnostic shows a status of its own, the Status field has no say."""
    assert judge("550 5.2.2", status="5.1.1").cause == Cause.MAILBOX_FULL


def test_notice_speaks_where_the_diagnostic_is_silent() -> None:
    """The prose of a notice is asked after the diagnostic and before any code."""
    verdict = judge("550 5.0.350", words="The recipient's mailbox is full.", status="5.1.1")

    assert verdict.cause == Cause.MAILBOX_FULL


def test_provider_by_remote_mta() -> None:
    """The same words mean another thing where the provider is known to use them so."""
    reply = "550 5.4.1 a@example.com: Access denied"

    assert judge(reply).cause == Cause.POLICY_REJECTED
    assert judge(reply, mta="example-com.mail.protection.outlook.com").cause == (
        Cause.MAILBOX_UNKNOWN
    )


def test_reporting_mta_counts_only_without_a_remote() -> None:
    """Who passes a report on says nothing about what somebody else's words mean."""
    reply = "550 5.4.1 a@example.com: Access denied"
    ours = "host.prod.outlook.com"

    assert judge(reply, reporting_mta=ours).cause == Cause.MAILBOX_UNKNOWN
    assert judge(reply, reporting_mta=ours, mta="mx.example.com").cause == Cause.POLICY_REJECTED


def test_stage_tells_the_subscribers_filter_from_an_unknown_user() -> None:
    """One text has two meanings at RCPT and after DATA."""
    said = "host lsean.ezweb.ne.jp[192.0.2.1] said: 550 {}: User unknown (in reply to {} command)"

    assert judge(said.format("", "end of DATA")).cause == Cause.POLICY_REJECTED
    assert judge(said.format("<a@example.com>", "RCPT TO")).cause == Cause.MAILBOX_UNKNOWN


def test_evidence_is_the_words_in_their_context() -> None:
    """The evidence shows the words that matched as they came, the address with them."""
    verdict = judge("550-5.1.1 <Ann@example.com>:\n550 5.1.1 User unknown in local table")

    assert verdict.evidence == "550 5.1.1 <Ann@example.com>: User unknown in local table"
    assert verdict.rule == "mailbox-unknown"


def test_evidence_is_short() -> None:
    """Of a long text only the neighbourhood of the match is shown, on one line."""
    evidence = judge("550 " + "blah\n" * 300 + "mailbox is full " + "blah " * 300).evidence

    assert "mailbox is full" in evidence
    assert len(evidence) <= 200
    assert "\n" not in evidence


def test_unknown_shows_what_was_said() -> None:
    """Where no rule knows the words they are shown, cut."""
    assert judge("xyzzy " * 100) == Verdict(
        cause=Cause.UNKNOWN, rule=NO_RULE, evidence=("xyzzy " * 100)[:200]
    )


def test_nothing_at_all_is_unknown() -> None:
    """A recipient without status and words has no cause."""
    assert judge() == Verdict(cause=Cause.UNKNOWN, rule=NO_RULE, evidence="")


@pytest.mark.parametrize("piece", ["user ", "mailbox ", "550-5.7.1 ", "x", "a@b ", "host: ", "<<<"])
def test_a_megabyte_takes_no_longer_than_a_page(piece: str) -> None:
    """Only the first few thousand characters are looked at."""
    begin = time.perf_counter()
    judge(piece * (1_000_000 // len(piece)))

    assert time.perf_counter() - begin < 1


@given(st.text(), st.text(), st.sampled_from(["", "5.1.1", "4.2.2"]))
@settings(max_examples=200, deadline=None)
def test_never_raises(reply: str, words: str, status: str) -> None:
    """Any text gives a verdict with one line of evidence."""
    verdict = judge(reply, words=words, status=status)

    assert len(verdict.evidence.splitlines()) <= 1
    assert len(verdict.evidence) <= 200
