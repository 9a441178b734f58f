"""Who a bounce address stands for, and when it counts more than the report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced import pipeline, verp
from bounced.causes import Cause
from bounced.classify import RuleBook
from bounced.model import (
    Action,
    Envelope,
    Kind,
    RecipientStatus,
    Report,
    Returned,
    Status,
    Typed,
)

ANNA = "anna@example.com"


def envelope(*forward_paths: str) -> Envelope:
    """Return an envelope with a null reverse path."""
    return Envelope(reverse_path="", forward_paths=forward_paths)


def bounce(*addresses: str | None, to: str | None = None) -> Report:
    """Return a report about *addresses*, with the returned message's To."""
    return Report(
        kind=Kind.BOUNCE,
        source="dsn",
        recipients=tuple(
            RecipientStatus(address=address, action=Action.FAILED) for address in addresses
        ),
        returned=Returned(to=to) if to else None,
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("bounces+anna=example.com@example.org", (ANNA,)),
        ("<bounces-anna=example.com@example.org>", (ANNA,)),
        ("list-bounces+anna=example.com@example.org", ("bounces+anna@example.com", ANNA)),
        ("list-return-7-anna=example.com@example.org", ("return-7-anna@example.com",
         "7-anna@example.com", ANNA)),
        ("prvs=1234abcdef=bounces+anna=example.com@example.org", (ANNA,)),
        ("bounces+a=b=example.com@example.org", ("a=b@example.com",)),
        ("SRS0=HHH=TT=example.com=anna@example.org", ()),
        ("srs1+HHH=example.net==HHH=TT=example.com=anna@example.org", ()),
        ("prvs=1234abcdef=anna@example.org", ()),
        ("bounces@example.org", ()),
        ("bounces+anna=@example.org", ()),
        ("bounces+=example.com@example.org", ()),
        ("bounces+tag=blue@example.org", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_whom_a_bounce_address_may_name(path: str, found: tuple[str, ...]) -> None:
    """Each divider may be the sender's or part of the name; one that is rewritten names nobody."""
    assert verp.candidates(path) == found


def test_the_bounce_address_wins_over_what_a_forwarder_made_of_it() -> None:
    """The report names where the mail was forwarded to; we know whom it was sent to."""
    report = verp.attribute(bounce("a.mueller@example.net"), envelope("b+anna=example.com@b.test"))

    (one,) = report.recipients
    assert (one.address, one.final_recipient) == (ANNA, Typed("rfc822", "a.mueller@example.net"))
    assert "the report a.mueller@example.net" in one.defects[0].text


def test_the_bounce_address_tells_what_the_report_hides() -> None:
    """A name is no address, and a report without any recipient blames nobody by itself."""
    path = envelope("b+anna=example.com@b.test")

    assert verp.attribute(bounce(None), path).recipients[0].address == ANNA
    (one,) = verp.attribute(bounce(), path).recipients
    assert (one.address, one.action, one.source) == (ANNA, Action.FAILED, "verp")


def test_in_doubt_the_report_or_the_returned_message_decides() -> None:
    """Of several readings the one that is named elsewhere too; without that, none."""
    path = envelope("b+17-anna=example.com@b.test")

    assert verp.attribute(bounce("x@example.net"), path) == bounce("x@example.net")
    named = verp.attribute(bounce("x@example.net", to=f"Anna <{ANNA}>"), path)
    assert named.recipients[0].address == ANNA


def test_several_recipients_are_left_alone() -> None:
    """A message with a return path of its own goes to one; this is about something else."""
    report = bounce("x@example.net", "y@example.net")

    assert verp.attribute(report, envelope("b+anna=example.com@b.test")) == report


def test_what_was_delivered_or_is_no_bounce_is_left_alone() -> None:
    """An automatic reply to a VERP address fails nobody."""
    path = envelope("b+anna=example.com@b.test")
    reply = Report(kind=Kind.AUTO_REPLY, source="auto_reply")
    relayed = Report(
        kind=Kind.BOUNCE,
        source="dsn",
        recipients=(RecipientStatus(address="x@example.net", action=Action.RELAYED),),
    )

    assert verp.attribute(reply, path) == reply
    assert verp.attribute(relayed, path) == relayed


def test_through_the_front_door(rules: RuleBook) -> None:
    """A whole report, as an MTA behind a forwarder sends it to a return path with VERP."""
    raw = (
        b"From: MAILER-DAEMON@example.net\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; amueller@example.net\n"
        b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    (one,) = pipeline.examine(raw, envelope("b+anna=example.com@b.test"), rules).judged

    assert (one.recipient.address, one.status) == (ANNA, Status(5, 1, 1))
    assert one.verdict
    assert one.verdict.cause is Cause.MAILBOX_UNKNOWN


@given(st.text(alphabet="ab+-=@.<>\x00é", max_size=60))
def test_never_raises(path: str) -> None:
    """Whatever the bounce address is, it names addresses or nobody."""
    for one in verp.candidates(path):
        assert "@" in one
