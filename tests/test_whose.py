"""Whom we mailed, as a report, its return path and the returned message tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced import pipeline, whose
from bounced.address import chooser, read_keys, return_path
from bounced.causes import Cause
from bounced.classify import RuleBook
from bounced.model import (
    Action,
    Claim,
    Envelope,
    Feedback,
    Judged,
    Kind,
    Match,
    Reading,
    RecipientStatus,
    Report,
    Returned,
    Trust,
    Typed,
    Verdict,
)
from bounced.whose import Ours

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = read_keys("b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0")
ANNA, LONG = "anna@example.com", "a.very.long.name@mail.subdomain.example.com"
VERDICT = Verdict(cause=Cause.MAILBOX_UNKNOWN, rule="test", evidence="550")
OURS = Ours(
    keys=KEYS,
    recipient_headers=("x-recipient",),
    stream_headers=("x-stream",),
    stream_of=chooser({"shop": ["shop*@b.test"]}),
)


def path(recipient: str = ANNA, stream: str = "default", at: datetime = NOW) -> str:
    """Return a signed path."""
    return return_path(recipient, base="bounces@b.test", keys=KEYS, at=at, stream=stream)


def failed(
    address: str | None, action: Action = Action.FAILED, asked: str | None = None
) -> RecipientStatus:
    """Return one recipient; *asked* is its Original-Recipient."""
    return RecipientStatus(
        address=address,
        action=action,
        original_recipient=Typed("rfc822", asked) if asked else None,
        final_recipient=Typed("rfc822", address) if address else None,
    )


def read(
    *recipients: RecipientStatus | str,
    to: Sequence[str] = ("bounces@b.test",),
    kind: Kind = Kind.BOUNCE,
    headers: tuple[tuple[str, str], ...] = (),
    returned_to: str | None = None,
    original_mail_from: str | None = None,
    at: datetime = NOW,
) -> Reading:
    """Return what is made of a report about these that came *to* those."""
    found = tuple(failed(one) if isinstance(one, str) else one for one in recipients)
    report = Report(
        kind=kind,
        source="dsn",
        recipients=found,
        returned=Returned(headers=headers, to=returned_to) if headers or returned_to else None,
        feedback=Feedback(original_mail_from=original_mail_from) if original_mail_from else None,
    )
    envelope = Envelope(reverse_path="", forward_paths=tuple(to))
    sealed = whose.seal(report, envelope, OURS, at)
    judged = tuple(Judged(recipient=one, verdict=VERDICT) for one in found)
    return whose.claim(Reading(report=report, judged=judged), envelope, OURS, sealed)


def acting(reading: Reading) -> list[str | None]:
    """Return the addresses that a report may do something to."""
    return [one.address for one in reading.judged if one.aside is None]


def test_a_signed_path_acts_on_its_recipient() -> None:
    """With its stream; what is reported stays as it was."""
    reading = read(ANNA.upper(), to=[path(stream="news")])

    assert acting(reading) == [ANNA.upper()]
    claim = reading.claim
    assert (claim.trust, claim.matched, claim.stream) == (Trust.SIGNED, Match.SIGNED, "news")


def test_five_hundred_recipients_are_one() -> None:
    """Those whom the path was not signed for are set aside, each saying why."""
    victims = [f"victim{number}@example.net" for number in range(500)]
    reading = read(*victims, ANNA, to=[path()])

    assert acting(reading) == [ANNA]
    assert {one.aside for one in reading.judged[:500]} == {
        "the mail went to another address, which this report names as well"
    }


def test_one_other_address_is_where_it_was_forwarded_to() -> None:
    """We mailed the one, and the other has failed: it is the one that can't be reached."""
    for other in ("a.mueller@example.net", None):
        (one,) = (
            read(other, to=[path()]).judged if other else read(failed(None), to=[path()]).judged
        )
        assert (one.address, one.mailed, one.aside) == (ANNA, ANNA, None)
        assert one.recipient.address == other


def test_several_others_are_members_of_a_list_and_say_nothing() -> None:
    """Of an alias with three members two may fail: in doubt nobody is acted on."""
    assert acting(read("x@example.net", "y@example.net", to=[path()])) == []
    delivered = failed("y@example.net", Action.DELIVERED)
    assert acting(read("x@example.net", delivered, to=[path()])) == []
    expanded = failed("list@example.net", Action.EXPANDED)
    assert acting(read("x@example.net", expanded, to=[path()])) == [ANNA]


def test_original_recipient_names_him_as_well() -> None:
    """The report says where it ended, and where it was meant to go."""
    (one, other) = read(failed("x@example.net", asked=ANNA), "y@example.net", to=[path()]).judged

    assert (one.address, one.aside) == (ANNA, None)
    assert other.aside


def test_a_token_is_found_among_those_who_are_named() -> None:
    """In the report, or in the returned message's To; where it is not, nobody is acted on."""
    assert acting(read(LONG, to=[path(LONG)])) == [LONG]
    named = read("x@example.net", to=[path(LONG)], returned_to=f"Anna <{LONG}>")
    assert (acting(named), named.claim.matched) == ([LONG], Match.SIGNED)
    hidden = read("x@example.net", to=[path(LONG)])
    assert (acting(hidden), hidden.claim.matched) == ([], None)
    assert hidden.claim.trust is Trust.SIGNED


def test_a_forged_path_names_nobody() -> None:
    """Not even by what would be plain VERP in it; its own words are kept, as forged."""
    forged = path().replace("=anna=", "=victim=")
    reading = read("victim@example.com", to=[forged])

    assert reading.claim == Claim(trust=Trust.FORGED, why="its signature is wrong")


def test_an_expired_path_is_known_and_says_so() -> None:
    """Whether it counts is for the policy to say."""
    reading = read("x@example.net", to=[path()], at=NOW + timedelta(days=40))

    assert acting(reading) == [ANNA]
    assert (reading.claim.trust, reading.claim.matched) == (Trust.EXPIRED, Match.SIGNED)


def test_a_good_path_goes_before_a_bad_one() -> None:
    """A message may come to several at once."""
    reading = read(ANNA, to=["x@b.test", path().replace("=anna=", "=bert="), path()])

    assert reading.claim.trust is Trust.SIGNED


def test_a_complaint_is_signed_by_the_mail_that_it_returns() -> None:
    """It comes to an address of its own: Original-Mail-From, or Return-Path in the mail."""
    hidden = RecipientStatus()
    arf = read(hidden, kind=Kind.COMPLAINT, original_mail_from=f"<{path()}>")
    mail = read(hidden, kind=Kind.COMPLAINT, headers=(("return-path", f"<{path()}>"),))

    assert acting(arf) == acting(mail) == [ANNA]
    assert arf.claim.trust is mail.claim.trust is Trust.SIGNED
    assert read(kind=Kind.OTHER, headers=(("return-path", path()),)).claim.trust is Trust.UNSIGNED


def test_an_automatic_reply_is_signed_and_blames_nobody() -> None:
    """Its stream is known, at least."""
    reading = read(kind=Kind.AUTO_REPLY, to=[path(stream="news")])

    assert reading.judged == ()
    assert (reading.claim.trust, reading.claim.stream) == (Trust.SIGNED, "news")


def test_plain_verp_comes_next() -> None:
    """It is what the pipeline has put there already, and nobody else is acted on."""
    reading = read(ANNA, "x@example.net", to=["bounces+anna=example.com@b.test"])

    assert (acting(reading), reading.claim.matched) == ([ANNA], Match.VERP)
    assert reading.claim.trust is Trust.UNSIGNED
    several = read("x@example.net", "y@example.net", to=["bounces+anna=example.com@b.test"])
    assert several.claim.matched is Match.FINAL_RECIPIENT


def test_a_field_of_our_own_comes_next() -> None:
    """One address in it, and one only."""
    reading = read("x@example.net", headers=(("x-recipient", f"<{ANNA}>"), ("x-stream", "News")))

    assert (acting(reading), reading.claim.matched) == ([ANNA], Match.HEADER)
    assert reading.claim.stream == "news"
    two = read("x@example.net", headers=(("x-recipient", ANNA), ("x-recipient", "b@example.com")))
    assert (acting(two), two.claim.matched) == (["x@example.net"], Match.FINAL_RECIPIENT)
    bad = read("x@example.net", headers=(("x-recipient", "nobody"), ("x-stream", "no stream")))
    assert (acting(bad), bad.claim.stream) == (["x@example.net"], None)


def test_original_recipient_goes_before_final_recipient() -> None:
    """Where it is an address: what was asked for is what we mailed.  RFC 3464 §2.3.1."""
    reading = read(failed("x@mailstore.example.net", asked=f"<{ANNA}>"))
    assert (acting(reading), reading.claim.matched) == ([ANNA], Match.ORIGINAL_RECIPIENT)
    local = read(failed("x@example.net", asked="anna"))
    assert acting(local) == ["x@example.net"]
    assert read(failed(ANNA)).claim.matched is Match.FINAL_RECIPIENT
    assert read(failed(None)).claim.matched is None


def test_a_bounce_address_has_its_stream_by_the_settings() -> None:
    """Inside BATV too; a signature goes before it, a field of the mail behind it."""
    for to in ("shop-bounces@b.test", "prvs=1234abcdef=shop@b.test"):
        assert read(ANNA, to=[to], headers=(("x-stream", "news"),)).claim.stream == "shop"
    signed = return_path(ANNA, base="shop@b.test", keys=KEYS, at=NOW, stream="news")
    assert read(ANNA, to=[signed]).claim.stream == "news"
    assert read(ANNA, to=[signed.replace("=anna=", "=bert=")]).claim.stream == "shop"


def test_without_keys_nothing_is_signed_or_forged() -> None:
    """Whoever has never made a key has never signed."""
    assert Ours().seal(path(), NOW) is None


def test_a_message_that_we_were_told_of() -> None:
    """It makes a report correlated, and its recipients known."""
    reading = whose.told(read(ANNA), [ANNA], Match.MESSAGE_ID)
    assert (reading.claim.trust, reading.claim.matched) == (Trust.CORRELATED, Match.MESSAGE_ID)

    forwarded = whose.told(read("x@example.net"), [ANNA], Match.ENVELOPE_ID)
    assert (acting(forwarded), forwarded.claim.matched) == ([ANNA], Match.ENVELOPE_ID)

    several = read(failed("x@example.net", asked=ANNA), "y@example.net")
    one, other = whose.told(several, [ANNA, "b@example.com"], Match.MESSAGE_ID).judged
    assert (one.address, other.address) == (ANNA, "y@example.net")


def test_what_we_were_told_is_not_stretched() -> None:
    """One of several, or somebody to whom the mail itself was addressed, is not put down to him."""
    for reading in (
        read("x@example.net", returned_to="x@example.net, anna@example.com"),
        read("bert@example.com", to=["b+bert=example.com@b.test"]),
        read("x@example.net", to=[path()]),
        read(kind=Kind.AUTO_REPLY),
    ):
        assert whose.told(reading, [ANNA], Match.MESSAGE_ID) is reading
    several = read("x@example.net")
    assert whose.told(several, [ANNA, "b@example.com"], Match.MESSAGE_ID) is several


REPORT = (
    "From: MAILER-DAEMON@example.net\nContent-Type: multipart/report; boundary=b\n\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n{fields}\n"
    "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@b.test>\nX-Recipient: {header}\n"
    "To: {to}\n\n--b--\n"
)


def test_through_the_front_door(rules: RuleBook) -> None:
    """A whole report behind a forwarder; the field of our own is kept from the returned message."""
    fields = "\nFinal-Recipient: rfc822; x@example.net\nAction: failed\nStatus: 5.1.1\n"
    raw = REPORT.format(fields=fields, header="a@example.com", to="x@b.test").encode()
    envelope = Envelope(reverse_path="", forward_paths=(path(stream="news"),))

    signed = pipeline.examine(raw, envelope, rules, OURS, NOW)
    assert acting(signed) == [ANNA]
    assert signed.report.recipients[0].address == "x@example.net"
    assert acting(pipeline.examine(raw, Envelope(), rules, OURS, NOW)) == ["a@example.com"]
    assert acting(pipeline.examine(raw, envelope, rules)) == ["x@example.net"]


def test_a_report_that_names_nobody_is_about_the_signed_one(rules: RuleBook) -> None:
    """As with plain VERP, but the name is proven; a token needs the returned message's To."""
    for recipient, to in ((ANNA, "x@b.test"), (LONG, LONG)):
        raw = REPORT.format(fields="", header="", to=to).encode()
        envelope = Envelope(reverse_path="", forward_paths=(path(recipient),))
        reading = pipeline.examine(raw, envelope, rules, OURS, NOW)
        assert acting(reading) == [recipient]
        assert reading.judged[0].recipient.source == "signed"


@pytest.mark.parametrize("kind", [Kind.BOUNCE, Kind.COMPLAINT, Kind.OTHER])
@given(
    st.lists(st.sampled_from([None, ANNA, "x@example.net", "", "x", "\x00@y.test"]), max_size=4),
    st.lists(st.sampled_from(["", "x", path(), path(LONG), path() + "x", "b+a=b.test@b.test"])),
)
def test_a_signed_path_never_acts_on_another(
    kind: Kind, addresses: list[str | None], to: list[str]
) -> None:
    """Whoever is named, however the message came."""
    reading = read(*(failed(one) for one in addresses), to=to, kind=kind)

    if reading.claim.trust is Trust.SIGNED and kind in (Kind.BOUNCE, Kind.COMPLAINT):
        assert set(acting(reading)) <= {ANNA, LONG}
