"""Amazon SES's notifications in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.model import Action, Kind, Report, Status, Typed
from bounced.report import mime, sns

MAIL = {"commonHeaders": {"messageId": "<m1@example.org>", "subject": "hi"}}


def _read(notice: object, text: str | None = None) -> Report | None:
    body = text if text is not None else json.dumps(notice)
    return sns.read(mime.parse(f"From: no-reply@sns.example.com\nSubject: x\n\n{body}\n".encode()))


def _bounce(**recipient: object) -> dict[str, Any]:
    row = {"emailAddress": "nobody@example.com", **recipient}
    about = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [row]}
    return {"notificationType": "Bounce", "bounce": about, "mail": MAIL}


def test_a_bounce() -> None:
    """With the remote's words, and SES's own types as words beside them."""
    report = _read(
        _bounce(action="failed", status="5.1.1", diagnosticCode="smtp; 550 5.1.1 unknown")
    )
    assert report is not None
    assert report.kind is Kind.BOUNCE
    [one] = report.recipients
    assert (one.address, one.action) == ("nobody@example.com", Action.FAILED)
    assert one.status == Status(5, 1, 1)
    assert one.diagnostic_code == Typed("smtp", "550 5.1.1 unknown")
    assert one.words == "Permanent General"
    assert report.returned is not None
    assert (report.returned.message_id, report.returned.subject) == ("<m1@example.org>", "hi")


def test_a_complaint() -> None:
    """It is one, and says who complained."""
    about = {
        "complainedRecipients": [{"emailAddress": "a@example.com"}],
        "complaintFeedbackType": "abuse",
    }
    report = _read({"eventType": "Complaint", "complaint": about})
    assert report is not None
    assert (report.kind, [one.address for one in report.recipients]) == (
        Kind.COMPLAINT,
        ["a@example.com"],
    )
    assert report.feedback is not None
    assert report.feedback.original_rcpt_to == ("a@example.com",)


def test_not_spam_is_no_complaint() -> None:
    """SES passes on that somebody took the mail out of the spam folder."""
    about = {
        "complainedRecipients": [{"emailAddress": "a@example.com"}],
        "complaintFeedbackType": "not-spam",
    }
    report = _read({"notificationType": "Complaint", "complaint": about})
    assert report is not None
    assert (report.kind, report.recipients) == (Kind.REPORT, ())


def test_a_delivery() -> None:
    """The recipients are bare addresses, the status is the reply's."""
    about = {"recipients": ["a@example.com", 5], "smtpResponse": "250 2.6.0 Message received"}
    report = _read({"notificationType": "Delivery", "delivery": about})
    assert report is not None
    assert [(one.address, one.action, one.status) for one in report.recipients] == [
        ("a@example.com", Action.DELIVERED, Status(2, 6, 0)),
        (None, Action.DELIVERED, Status(2, 6, 0)),
    ]


def test_a_delay() -> None:
    """Event publishing tells of it, under a name with a capital in it."""
    row = {"emailAddress": "a@example.com", "status": "4.4.1", "diagnosticCode": "smtp; 421 wait"}
    about = {"delayType": "TransientCommunicationFailure", "delayedRecipients": [row]}
    report = _read({"eventType": "DeliveryDelay", "deliveryDelay": about})
    assert report is not None
    [one] = report.recipients
    assert (one.address, one.action, one.status) == (
        "a@example.com",
        Action.DELAYED,
        Status(4, 4, 1),
    )
    assert one.words == "TransientCommunicationFailure"


def test_a_mail_that_was_never_sent() -> None:
    """A virus was found in it: the recipients stand in the description of the mail."""
    mail = {"destination": ["a@example.com"]}
    report = _read({"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": mail})
    assert report is not None
    [one] = report.recipients
    assert (one.address, one.action, one.words) == ("a@example.com", Action.FAILED, "Bad content")


def test_a_notice_wrapped_in_snss_own_object_is_unwrapped() -> None:
    """Unless "raw message delivery" is on, it is a string inside."""
    report = _read({"Type": "Notification", "Message": json.dumps(_bounce())})
    assert report is not None
    assert report.recipients[0].address == "nobody@example.com"


def test_a_footer_and_folded_lines_do_no_harm() -> None:
    """SNS puts its unsubscribe link below; mail programs fold long lines."""
    text = json.dumps(_bounce(diagnosticCode="smtp; 550 gone")).replace("550 gone", "550\n  gone")
    report = _read(None, f"{text}\n\n--\nIf you wish to stop receiving notifications ...")
    assert report is not None
    assert report.recipients[0].diagnostic_code == Typed("smtp", "550 gone")


def test_half_a_surrogate_pair_is_no_text() -> None:
    """JSON can escape it, and no database can store it."""
    text = json.dumps(_bounce(diagnosticCode="550 X")).replace("X", "\\ud83d \\ud83d\\ude00")
    report = _read(None, text)
    assert report is not None
    said = report.recipients[0].diagnostic_code
    assert said == Typed("smtp", "550 \N{REPLACEMENT CHARACTER} \N{GRINNING FACE}")


@pytest.mark.parametrize(
    "text",
    [
        '{"notificationType": "Bounce"',
        '{"notificationType": "Bounce", "bounce": []}',
        '{"notificationType": "Other", "other": {}}',
        '{"notificationType": ["Bounce"]}',
        '{"notificationType": ' + "[" * 60_000,
        '{"notificationType": ' + "1" * 60_000 + "}",
        '{"hello": 1}',
        "hello",
    ],
)
def test_what_is_no_notification_is_none(text: str) -> None:
    """Broken, of another kind, nested to the sky, or no JSON at all."""
    assert _read(None, text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["bounce", "bouncedRecipients", "emailAddress", "status", "commonHeaders", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON, JSON)
@settings(max_examples=200, deadline=None)
def test_any_value_may_stand_anywhere(about: object, mail: object) -> None:
    """Whatever the types: no exception, and no address that is none."""
    report = _read({"notificationType": "Bounce", "bounce": about, "mail": mail})
    for one in report.recipients if report else ():
        assert one.address is None or "@" in one.address
