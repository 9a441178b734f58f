"""Whose refusal it is, of what of ours, and where to ask for removal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.model import Judged, Kind, RecipientStatus, Report, Returned, Typed, Verdict
from bounced.policy.incident import Refusal, refusal, removal


def _judged(
    words: str, cause: Cause = Cause.SENDER_BLOCKED, remote: str = "mx.example.net"
) -> Judged:
    return Judged(
        recipient=RecipientStatus(
            address="joe@example.net",
            diagnostic_code=Typed("smtp", words),
            remote_mta=Typed("dns", remote),
        ),
        verdict=Verdict(cause=cause, rule="test", evidence=words[:200]),
    )


def _report(**fields: object) -> Report:
    returned = Returned(from_="Shop <news@shop.example.com>")
    return Report(
        kind=Kind.BOUNCE,
        source="dsn",
        reporting_mta=Typed("dns", "Out1.example.com"),
        returned=returned,
        **fields,
    )


@pytest.mark.parametrize(
    ("words", "refuser"),
    [
        ("554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", "Spamhaus"),
        ("554 5.7.1 192.0.2.7 listed at bl.spamcop.net", "SpamCop"),
        ("550 5.7.1 blocked by b.barracudacentral.org 192.0.2.7", "Barracuda"),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.7]", "example.net"),
    ],
)
def test_a_block_list_or_the_server_refuses_our_address(words: str, refuser: str) -> None:
    """The list where one is named, else who runs the server; ours is the address named."""
    assert refusal(_judged(words), _report()) == Refusal(
        cause=Cause.SENDER_BLOCKED, ours="192.0.2.7", refuser=refuser, evidence=words
    )


def test_a_failed_signature_is_our_domains_matter() -> None:
    """SPF, DKIM and DMARC are about the domain in From, whatever host it was sent by."""
    found = refusal(_judged("550 5.7.26 DMARC", Cause.SENDER_UNAUTHENTICATED), _report())
    assert found
    assert found.ours == "shop.example.com"


def test_without_an_address_it_is_the_host_that_reports() -> None:
    """The MTA that wrote the report is the one that was refused."""
    found = refusal(_judged("421 try later", Cause.RATE_LIMITED), _report())
    assert found
    assert found.ours == "out1.example.com"


def test_without_anything_it_is_unknown() -> None:
    """An incident all the same."""
    bare = Judged(
        recipient=RecipientStatus(),
        verdict=Verdict(cause=Cause.RATE_LIMITED, rule="r", evidence=""),
    )
    found = refusal(bare, None)
    assert found
    assert (found.ours, found.refuser) == ("unknown", "unknown")


@pytest.mark.parametrize("cause", Cause)
def test_what_counts_against_the_recipient_is_no_incident(cause: Cause) -> None:
    """And what does not count is one: each cause is one or the other."""
    assert (refusal(_judged("550 no", cause), _report()) is None) is cause.info.counts


def test_where_to_ask_is_what_they_say_themselves() -> None:
    """A link in the reply beats the page that we know."""
    said = "554 blocked, see https://lists.example.net/query?ip=192.0.2.7."
    assert removal("Spamhaus", said) == "https://lists.example.net/query?ip=192.0.2.7"
    assert removal("Spamhaus", "554 blocked") == "https://check.spamhaus.org/"
    assert removal("outlook.com", "550 banned") == "https://sender.office.com/"
    assert removal("example.net", "550 banned") is None


_S3140 = (
    "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet "
    "service provider since part of their network is on our block list (S3140). You can also refer "
    "your provider to http://mail.live.com/mail/troubleshooting.aspx#errors."
)
_BANNED = (
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list "
    "please visit https://sender.office.com/ and follow the directions."
)


@pytest.mark.parametrize(
    ("said", "page"),
    [
        (_S3140, "https://olcsupport.office.com/"),
        ("550 SC-001 (BAY) messages from 192.0.2.1", "https://olcsupport.office.com/"),
        (_BANNED, "https://sender.office.com/"),
    ],
)
def test_microsoft_has_one_desk_for_outlook_com_and_one_for_exchange_online(
    said: str, page: str
) -> None:
    """Servers of both are called outlook.com; the codes tell them apart."""
    assert removal("outlook.com", said) == page


@given(st.text(), st.text(), st.sampled_from(list(Cause)))
def test_it_takes_any_words(words: str, remote: str, cause: Cause) -> None:
    """Never raises, whatever a server says."""
    found = refusal(_judged(words, cause, remote), _report())
    assert found is None or (found.ours and found.refuser)


def test_a_name_of_any_length_is_cut_to_that_of_a_domain() -> None:
    """Whatever a Reporting-MTA holds, an index must take it."""
    report = Report(kind=Kind.BOUNCE, source="dsn", reporting_mta=Typed("dns", "x" * 9000))
    found = refusal(_judged("421 try later", Cause.RATE_LIMITED), report)
    assert found
    assert len(found.ours) == 255
