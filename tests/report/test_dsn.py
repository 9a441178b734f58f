"""RFC 3464 and RFC 6533 reports, as the field sends them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.model import Action, RecipientStatus, Report, Status, Typed
from bounced.report import dsn, mime
from bounced.report.mime import MAX_STATUS, Part

Build = Callable[..., Part]
MESSAGE = "Reporting-MTA: dns; mail.example.org\nArrival-Date: Tue, 24 Nov 2026 09:00:07 +0000\n"
NOBODY = (
    "Final-Recipient: rfc822; nobody@example.com\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
)
FULL = "Final-Recipient: rfc822; full@example.net\nAction: delayed\nStatus: 4.2.2\n"


def _read(message: Part) -> Report:
    report = dsn.read(message)
    assert report is not None
    return report


def _told(message: Part) -> list[tuple[str | None, str | None]]:
    return [(one.address, one.action) for one in _read(message).recipients]


def test_every_field_has_its_place(status: Build) -> None:
    """About the message, about the recipient, and what nobody knows in the extensions."""
    report = _read(
        status(
            "Reporting-MTA: dns; mail.example.org\nOriginal-Envelope-Id: e1\n"
            "DSN-Gateway: dns; gw.example.org\nReceived-From-MTA: dns; app.example.org\n"
            "Arrival-Date: Tue, 24 Nov 2026 09:00:07 +0000\nX-Queue: q1\n\n"
            "Original-Recipient: rfc822; alias@example.com\n"
            "Final-Recipient: RFC822; nobody@example.com\nAction: failed\nStatus: 5.1.1 (unknown)\n"
            "Remote-MTA: dns; mx.example.com\nDiagnostic-Code: X-Unix; 67\nFinal-Log-Id: l1\n"
            "Last-Attempt-Date: Tue, 24 Nov 2026 09:00:08 +0000\n"
            "Will-Retry-Until: Wed, 25 Nov 2026 09:00:08 +0000\nX-More: m1\n"
        )
    )
    assert report.reporting_mta == Typed("dns", "mail.example.org")
    assert report.original_envelope_id == "e1"
    assert report.dsn_gateway == Typed("dns", "gw.example.org")
    assert report.received_from_mta == Typed("dns", "app.example.org")
    assert report.arrival_date is not None
    assert report.extensions == (("x-queue", "q1"),)
    [one] = report.recipients
    assert one.address == "nobody@example.com"
    assert one.original_recipient == Typed("rfc822", "alias@example.com")
    assert one.final_recipient == Typed("rfc822", "nobody@example.com")
    assert one.status == Status(5, 1, 1)
    assert one.remote_mta == Typed("dns", "mx.example.com")
    assert one.diagnostic_code == Typed("x-unix", "67")
    assert one.final_log_id == "l1"
    assert one.last_attempt_date is not None
    assert one.will_retry_until is not None
    assert one.extensions == (("x-more", "m1"),)
    assert (one.source, one.part, one.defects) == ("dsn", "2", ())


def test_e1_a_utf_8_report_with_a_utf_8_address(status: Build) -> None:
    """RFC 6533's own types of part and address are read like RFC 3464's."""
    block = "Final-Recipient: utf-8; gr\\x{FC}n@example.com\nAction: failed\nStatus: 5.1.1\n"
    body = f"{MESSAGE}\n{block}"
    report = _read(status(body, "message/global-delivery-status"))
    assert [one.address for one in report.recipients] == ["grün@example.com"]
    assert report.reporting_mta == Typed("dns", "mail.example.org")


@pytest.mark.parametrize(
    "value", ["rfc822;", "rfc822; ,", "rfc822; <>", "rfc822; @", "", "utf-8; , ,"]
)
def test_e1_an_empty_recipient_is_no_address(status: Build, value: str) -> None:
    """Nor is a trailing comma: the address is None, and a defect tells what stood there."""
    report = _read(status(f"{MESSAGE}\nFinal-Recipient: {value}\nAction: failed\nStatus: 5.1.1\n"))
    assert [one.address for one in report.recipients] == [None]
    assert any("no mail address" in defect.text for defect in report.recipients[0].defects)


@pytest.mark.parametrize("type_", ["X-Postfix", "X-Unix", "X-Notes", "SMTP", "x-elink", "dns"])
def test_e7_no_type_of_diagnostic_costs_the_report(status: Build, type_: str) -> None:
    """The type is kept in lower case, the value as it came."""
    body = f"{MESSAGE}\n{FULL}Diagnostic-Code: {type_}; Mailbox full; really\n"
    [one] = _read(status(body)).recipients
    assert one.diagnostic_code == Typed(type_.lower(), "Mailbox full; really")


@pytest.mark.parametrize("word", ["Failed", "FAILED", "failed (bad)", "error"])
def test_e7_no_spelling_of_action_costs_the_report(status: Build, word: str) -> None:
    """Capitals and comments are no other action."""
    body = f"{MESSAGE}\n{NOBODY.replace('failed', word)}"
    assert _told(status(body)) == [("nobody@example.com", "failed")]


@pytest.mark.parametrize(
    "body",
    [
        f"{MESSAGE}\n{NOBODY}\n{FULL}",
        f"{NOBODY}\n{MESSAGE}\n{FULL}",
        f"{NOBODY}\n{FULL}\n{MESSAGE}",
        f"{MESSAGE}{NOBODY}\n{FULL}",
        f"{NOBODY}{MESSAGE}\n{FULL}",
        f"\n\n{MESSAGE}\n\n\n{NOBODY}\n \n{FULL}\n\n",
        "\n".join(f"{line}\n" for line in f"{MESSAGE}{NOBODY}{FULL}".splitlines()),
    ],
    ids=["as in the RFC", "recipient first", "message last", "one block for both",
         "one block, recipient first", "more blank lines", "a blank line behind every field"],
)  # fmt: skip
def test_e8_a_block_is_known_by_its_names_and_not_by_its_place(status: Build, body: str) -> None:
    """Seven orders of the same fields say the same."""
    report = _read(status(body))
    assert [(one.address, one.action) for one in report.recipients] == [
        ("nobody@example.com", "failed"),
        ("full@example.net", "delayed"),
    ]
    assert report.reporting_mta == Typed("dns", "mail.example.org")
    assert report.arrival_date is not None
    assert report.recipients[1].status == Status(4, 2, 2)


@pytest.mark.parametrize("body", [MESSAGE, "", "nothing of use\n"])
def test_e8_a_report_may_have_no_recipient(status: Build, body: str) -> None:
    """It is a bounce all the same: the prose may say of whom."""
    assert _read(status(body)).recipients == ()


@pytest.mark.parametrize(
    "body",
    [
        f"{MESSAGE}\n{NOBODY}{FULL}",
        f"{MESSAGE}{NOBODY}{FULL}",
        f"{NOBODY}{FULL}",
        f"{MESSAGE}\nOriginal-Recipient: n\n{NOBODY}Original-Recipient: f\n{FULL}",
        f"{MESSAGE}\n{NOBODY}Original-Recipient: rfc822; f@example.net\n{FULL}",
        f"{MESSAGE}\n{NOBODY}Original-Recipient: rfc822; n@example.com\n{FULL}",
    ],
)
def test_a_recipient_field_that_repeats_begins_the_next_recipient(status: Build, body: str) -> None:
    """Where the blank line between two recipients is missing, neither is lost."""
    report = _read(status(body))
    assert [(one.address, one.action, str(one.status)) for one in report.recipients] == [
        ("nobody@example.com", "failed", "5.1.1"),
        ("full@example.net", "delayed", "4.2.2"),
    ]


def test_every_status_part_is_read(multipart: Build) -> None:
    """Some gateways write a part for each recipient."""
    kind = "message/delivery-status"
    report = _read(multipart(("text/plain", "Sorry."), (kind, NOBODY), (kind, FULL)))
    assert [(one.address, one.part) for one in report.recipients] == [
        ("nobody@example.com", "2"),
        ("full@example.net", "3"),
    ]


def test_a_status_of_no_type_is_known_by_its_fields(multipart: Build) -> None:
    """Mail programs call the part application/octet-stream where they do not know it."""
    kind = "application/octet-stream"
    report = _read(multipart(("text/plain", "Sorry."), (kind, f"{MESSAGE}\n{NOBODY}")))
    assert [one.address for one in report.recipients] == ["nobody@example.com"]


def test_an_indented_status_is_read(status: Build) -> None:
    """A relay that quotes it with blanks does not hide it."""
    body = "".join(f"    {line}" for line in f"{MESSAGE}\n{NOBODY}".splitlines(keepends=True))
    assert _told(status(body)) == [("nobody@example.com", "failed")]


@pytest.mark.parametrize(
    "lines",
    [
        "smtp; 550-5.1.1 Nobody of\n550 5.1.1 that name",
        "smtp;\n550-5.1.1 Nobody of\n550 5.1.1 that name",
        "smtp; 550-5.1.1 Nobody of\n \n    550 5.1.1 that name",
        "smtp; 550-5.1.1 Nobody of\n\n\t550 5.1.1 that name",
    ],
)
def test_a_diagnostic_that_is_folded_badly_is_whole(status: Build, lines: str) -> None:
    """Without an indent, or with a blank line inside; the field behind it is not lost."""
    body = f"{MESSAGE}\n{FULL}Diagnostic-Code: {lines}\nRemote-MTA: dns; mx.example.net\n"
    [one] = _read(status(body)).recipients
    assert one.diagnostic_code == Typed("smtp", "550-5.1.1 Nobody of 550 5.1.1 that name")
    assert one.remote_mta == Typed("dns", "mx.example.net")


@pytest.mark.parametrize(
    ("final", "original", "address"),
    [
        ("IMCEASMTP-anna+40example+2Ecom@example.net", None, "anna@example.com"),
        ("IMCEASMTP-anna+40example+2Ecom@example.net", "a@example.org", "a@example.org"),
        ("IMCEAEX-_O=EX_CN=ANNA@example.net", "anna@example.com", "anna@example.com"),
        ("IMCEAEX-_O=EX_CN=ANNA@example.net", None, "IMCEAEX-_O=EX_CN=ANNA@example.net"),
    ],
)
def test_an_address_that_exchange_wrapped(
    status: Build, final: str, original: str | None, address: str
) -> None:
    """The one that was written to stands inside, or in Original-Recipient."""
    wanted = f"Original-Recipient: rfc822;{original}\n" if original else ""
    body = f"{MESSAGE}\n{wanted}Final-Recipient: rfc822;{final}\nAction: failed\nStatus: 5.1.1\n"
    assert _told(status(body)) == [(address, "failed")]


def test_a_missing_action_with_a_time_to_retry_until_is_a_delay(status: Build) -> None:
    """RFC 3464 §2.3.9: the field stands in reports of delays only."""
    until = "Will-Retry-Until: Thu, 26 Nov 2026 09:00:07 +0000\n"
    body = f"Final-Recipient: rfc822; a@example.com\nStatus: 4.4.1\n{until}"
    assert _told(status(body)) == [("a@example.com", "delayed")]


def test_a_recipient_without_a_name_is_a_recipient(status: Build) -> None:
    """Some reports leave out Final-Recipient; what happened is told, and of whom is not."""
    assert _told(status(f"{MESSAGE}\nAction: failed\nStatus: 5.1.1\n")) == [(None, "failed")]


@pytest.mark.parametrize(
    ("final", "original", "address"),
    [
        ("rfc822; inner@corp.local", "rfc822; nobody@example.com", "nobody@example.com"),
        ("rfc822; nobody@example.com", "rfc822; alias@example.com", "nobody@example.com"),
        ("rfc822; inner@corp.local", "rfc822; other@corp.lan", "inner@corp.local"),
        ("x400; /S=nobody/C=xx/", "rfc822; nobody@example.com", "nobody@example.com"),
        ("rfc822; nobody", "rfc822;nobody@example.com", "nobody@example.com"),
        ("LOCAL; |/usr/bin/procmail", "rfc822; x", None),
    ],
)
def test_the_address_to_act_on_is_one_of_the_internet(
    status: Build, final: str, original: str, address: str | None
) -> None:
    """Final-Recipient, unless only Original-Recipient can be reached from outside."""
    body = (
        f"Final-Recipient: {final}\nOriginal-Recipient: {original}\nAction: failed\nStatus: 5.0.0\n"
    )
    assert _told(status(body)) == [(address, "failed")]


@pytest.mark.parametrize(
    ("code", "action"),
    [("2.1.5", Action.DELIVERED), ("4.2.2", Action.FAILED), ("5.1.1", Action.FAILED)],
)
def test_a_missing_action_is_taken_from_the_class_of_the_status(
    status: Build, code: str, action: Action
) -> None:
    """With a defect that says so."""
    [one] = _read(status(f"Final-Recipient: rfc822; a@example.com\nStatus: {code}\n")).recipients
    assert one.action is action
    assert one.defects[-1].text == f"missing, taken for {action}"


def test_a_status_that_lost_its_type_is_found_by_its_fields(multipart: Build) -> None:
    """As text/plain among the parts, and in a message without any MIME."""
    body = f"Hello,\n\n{MESSAGE}\n{NOBODY}"
    assert _told(
        multipart(("text/plain", "Sorry."), ("text/plain", body), type_="multipart/mixed")
    ) == [("nobody@example.com", "failed")]
    flat = f"From: MAILER-DAEMON@example.org\nSubject: failed\n\n{body}"
    assert _told(mime.parse(flat.encode())) == [("nobody@example.com", "failed")]


@pytest.mark.parametrize(
    "head",
    [
        "From: anna@example.com\nSubject: Re: Undelivered Mail Returned to Sender\n",
        "From: anna@example.com\nSubject: AW: Returned mail\n",
        "From: anna@example.com\nSubject: Out of office\nAuto-Submitted: auto-replied\n",
        "From: anna@example.com\nSubject: hello\nX-Autoreply: yes\n",
    ],
)
def test_who_answers_and_quotes_a_report_reports_nothing(head: str) -> None:
    """Outlook marks no quoted line: the author's address works, and so may the quoted one."""
    assert dsn.read(mime.parse(f"{head}\nI am here again.\n\n{MESSAGE}\n{NOBODY}".encode())) is None


def test_a_status_in_the_returned_message_is_no_status() -> None:
    """A mail that quotes a bounce may bounce itself; the quotation says nothing of that."""
    text = (
        "From: MAILER-DAEMON@example.org\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program.\n\n<full@example.net>:\nfull\n\n"
        "--- Below this line is a copy of the message.\n\n"
        f"From: anna@example.org\nSubject: look at this\n\nIt said:\n\n{MESSAGE}\n{NOBODY}"
    )
    assert dsn.read(mime.parse(text.encode())) is None


def test_a_report_in_an_attached_message_is_not_this_messages_own(multipart: Build) -> None:
    """The returned mail may be a report itself."""
    inner = f"Content-Type: message/delivery-status\n\n{MESSAGE}\n{NOBODY}"
    assert dsn.read(multipart(("message/rfc822", inner), type_="multipart/mixed")) is None


def test_the_same_block_twice_is_one_recipient(status: Build) -> None:
    """And two that differ in anything are two."""
    assert len(_read(status(f"{NOBODY}\n{FULL}\n{NOBODY}")).recipients) == 2
    other = NOBODY.replace("User unknown", "Gone")
    assert len(_read(status(f"{NOBODY}\n{other}")).recipients) == 2


def test_a_thousand_recipients_are_all_there(status: Build) -> None:
    """That is what a relay may be given at once."""
    blocks = "\n".join(NOBODY.replace("nobody", f"user{n}") for n in range(1_000))
    assert len(_read(status(f"{MESSAGE}\n{blocks}")).recipients) == 1_000


def test_there_is_an_end_to_the_recipients_and_a_defect_at_it(status: Build) -> None:
    """And where the text is cut, no half address is left that could be another person's."""
    blocks = "\n".join(f"Final-Recipient: rfc822; u{n}@example.com\n" for n in range(5_000))
    report = _read(status(blocks))
    assert len(report.recipients) == dsn.MAX_RECIPIENTS
    assert report.defects[0].text == "too many: the rest is not read"
    body = "Final-Recipient: rfc822; a@example.com\nX-Fill: " + "x" * (MAX_STATUS // 2) + "\n\n"
    body += (
        "X-Fill: "
        + "x" * (MAX_STATUS // 2 - 100)
        + "\n\nFinal-Recipient: rfc822; b@example.community\n"
    )
    report = _read(status(body))
    assert [one.address for one in report.recipients] == ["a@example.com"]
    assert report.defects[0].text == "too many: the rest is not read"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    """CRLF and CR read like LF."""
    text = f"Content-Type: message/delivery-status\n\n{MESSAGE}\n{NOBODY}\n{FULL}"
    assert dsn.read(mime.parse(text.replace("\n", end).encode())) == dsn.read(
        mime.parse(text.encode())
    )


FIELDS = st.sampled_from(
    [*f"{MESSAGE}{NOBODY}{FULL}".splitlines(), "", "", "X-Other: 1", "Status: x"]
)


def _values(one: RecipientStatus | Report) -> int:
    own = ("final_recipient", "original_recipient", "status", "remote_mta", "diagnostic_code",
           "last_attempt_date", "will_retry_until", "reporting_mta", "arrival_date")  # fmt: skip
    action = isinstance(one, RecipientStatus) and not any("missing" in d.text for d in one.defects)
    return sum(getattr(one, name, None) is not None for name in own) + len(one.extensions) + action


@given(st.lists(FIELDS, max_size=20))
@settings(max_examples=300, deadline=None)
def test_drain_loses_nothing_in_any_order(lines: list[str]) -> None:
    """Every field of the part is in a typed field or an extension of the report or a recipient."""
    lines = [line for at, line in enumerate(lines) if not line or line not in lines[:at]]
    text = "Content-Type: message/delivery-status\n\n" + "".join(f"{line}\n" for line in lines)
    report = _read(mime.parse(text.encode()))
    kept = _values(report) + sum(map(_values, report.recipients))
    assert kept == sum(bool(line) for line in lines)


@given(st.text(max_size=500))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_a_status(text: str) -> None:
    """Never an exception."""
    raw = f"Content-Type: message/delivery-status; charset=utf-8\n\n{text}".encode()
    assert dsn.read(mime.parse(raw)) is not None


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ('"anna@example.net" <user@example.com>', "user@example.com"),
        ("'anna@example.net' <user@example.com>", "user@example.com"),
        ("\u200euser@example.com\u200f", "user@example.com"),
        ("user@\n example.com", "user@example.com"),
        ("k arl@example.com", None),
        ("karl@example .com", None),
        ("karl@exam\\ple.com", None),
        ("karl@example..com", None),
        ("karl@example.com@relay.example", None),
        ("anna@example.net, user@example.com", None),
        ("<anna@example.net>; <user@example.com>", None),
    ],
)
def test_half_an_address_or_one_of_two_is_nobodys(shown: str, address: str | None) -> None:
    """What can be read as another person's address is no address; a name in front of it is."""
    block = f"Final-Recipient: rfc822; {shown}\nAction: failed\nStatus: 5.1.1\n"
    raw = f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{block}"
    report = dsn.read(mime.parse(raw.encode()))
    assert report is not None
    assert [one.address for one in report.recipients] == [address]
