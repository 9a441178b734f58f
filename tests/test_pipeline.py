"""The front door of the core: any bytes in, a reading out."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Action, Envelope, Kind, Reading, Status

FIXTURES = Path(__file__).parent.parent / "fixtures"
MESSAGES = sorted(path for path in FIXTURES.glob("*/*.eml") if path.parent.name != "hostile")
RULES = RuleBook.builtin()
HEAD = "From: MAILER-DAEMON@mail.example.org\nSubject: Undelivered Mail Returned to Sender\n"
BLOCK = "Final-Recipient: rfc822; {who}\nAction: failed\nStatus: {status}\n"
POSTFIX = (
    "This is the mail system at host mail.example.org.\n\n"
    "I'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n\n{entries}"
)


@cache
def _raw(path: Path) -> bytes:
    return path.read_bytes()


def _examine(raw: bytes | str, envelope: Envelope | None = None) -> Reading:
    raw = raw.encode() if isinstance(raw, str) else raw
    return pipeline.examine(raw, envelope or Envelope(), RULES)


def _report(prose: str, status: str, head: str = HEAD) -> str:
    return (
        f'{head}Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{prose}\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n\n"
        f"{status}\n--b--\n"
    )


NO_BOUNCES = [
    path
    for path in MESSAGES
    if path.parent.name in {"notice", "lookalike", "autoreply", "disguise"}
]


def _lf(path: Path) -> bytes:
    return _raw(path).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def test_a_failing_reader_costs_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is unrecognised, with a defect that names the failure and nothing it holds."""

    def fail(*_: object) -> None:
        msg = "secret@example.com"
        raise RecursionError(msg)

    monkeypatch.setattr(pipeline, "examine", fail)
    report = pipeline.read(b"x", Envelope(), RULES).report
    assert report.kind is Kind.UNRECOGNISED
    assert [defect.text for defect in report.defects] == ["failed: RecursionError"]


def test_read_is_examine_where_nothing_fails() -> None:
    """The safe door shows the same."""
    raw = _raw(MESSAGES[0])
    assert pipeline.read(raw, Envelope(), RULES) == _examine(raw)


@pytest.mark.parametrize("path", NO_BOUNCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.parametrize("envelope", [Envelope(), Envelope(reverse_path="")], ids=["file", "null"])
def test_nobody_is_blamed_for_what_is_no_bounce(path: Path, envelope: Envelope) -> None:
    """Not with a null sender either, and whatever addresses it names."""
    for one in _examine(_raw(path), envelope).judged:
        assert one.recipient.action not in {Action.FAILED, None}, one.recipient.address


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_line_ends_do_not_change_the_reading(path: Path) -> None:
    """LF, CRLF and CR: the same report, the same verdicts, the same fingerprint."""
    text = _lf(path)
    readings = [
        _examine(one) for one in (text, text.replace(b"\n", b"\r\n"), text.replace(b"\n", b"\r"))
    ]
    assert readings[0] == readings[1]
    assert readings[0] == readings[2]
    assert readings[0] == _examine(_raw(path))
    marks = {pipeline.fingerprint(one) for one in (text, text.replace(b"\n", b"\r\n"), _raw(path))}
    assert len(marks) == 1


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_message_may_break_off_anywhere(path: Path) -> None:
    """Cut at any of its lines, or in the middle of one, it is still read."""
    raw = _raw(path)
    for end in range(0, len(raw), max(1, len(raw) // 40)):
        _examine(raw[:end])


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_junk_behind_a_message_changes_no_recipient(path: Path) -> None:
    """Blank lines, and what a list or a scanner adds as a line of its own."""
    expected = [one.recipient.address for one in _examine(_raw(path)).judged]
    for junk in (b"\n\n\n", b"\r\n\r\n", b"\n-- \nscanned by example.net\n"):
        assert [one.recipient.address for one in _examine(_raw(path) + junk).judged] == expected


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "double", "nul", "octet", "cr", "lf", "swap"]),
        st.floats(0, 1),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=6,
)


def _mutate(raw: bytes, edits: list[tuple[str, float, int]]) -> bytes:
    for name, where, size in edits:
        at = int(where * len(raw))
        piece = raw[at : at + size]
        new = {
            "cut": b"",
            "double": piece * 2,
            "nul": b"\0" + piece,
            "octet": bytes([size % 256 | 128]) + piece,
            "cr": b"\r" + piece,
            "lf": b"\n" + piece,
            "swap": piece[::-1],
        }[name]
        raw = raw[:at] + new + raw[at + size :]
    return raw


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return []


@given(st.sampled_from(MESSAGES), EDITS)
@settings(max_examples=300, deadline=None)
def test_no_mutation_of_a_message_makes_a_reader_raise(
    path: Path, edits: list[tuple[str, float, int]]
) -> None:
    """Cut, doubled, reversed, with NUL, 8-bit, CR and LF thrown in; and all text can be stored."""
    raw = _mutate(_raw(path), edits)
    for text in _texts(asdict(_examine(raw).report)):
        text.encode()
    pipeline.fingerprint(raw)


@given(st.binary(max_size=3_000))
@settings(max_examples=200, deadline=None)
def test_no_octets_make_a_reader_raise(raw: bytes) -> None:
    """Whatever they are, they are a message of some kind."""
    assert _examine(raw).report.kind in Kind
    assert len(pipeline.fingerprint(raw)) == 64


TRACE = st.sampled_from(
    [b"Received: from a by b;\n\tnow\n", b"Return-Path: <>\n", b"Delivered-To: x@example.org\n",
     b"X-Original-To: y@example.org\n", b"Authentication-Results: a;\n  spf=none\n",
     b"received-spf: none\n"]
)  # fmt: skip


@given(
    st.sampled_from(MESSAGES), st.lists(TRACE, max_size=4), st.sampled_from([b"\n", b"\r\n", b"\r"])
)
@settings(max_examples=150, deadline=None)
def test_the_fingerprint_does_not_change_on_the_way(
    path: Path, trace: list[bytes], end: bytes
) -> None:
    """Trace fields or an mbox line in front, other line ends, blank lines behind: all the same."""
    raw = _lf(path)
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    again = b"From MAILER-DAEMON Tue Nov 24 09:00:07 2026\n" + b"".join(trace) + raw + b"\n\n"
    assert pipeline.fingerprint(again.replace(b"\n", end)) == pipeline.fingerprint(raw)


@given(st.sampled_from(MESSAGES), st.floats(0, 1), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_the_fingerprint_changes_with_any_octet_of_the_body(
    path: Path, where: float, octet: int
) -> None:
    """Another body is another message."""
    head, blank, body = _lf(path).partition(b"\n\n")
    body = body.rstrip(b"\n") + b"end"
    at = int(where * (len(body) - 1))
    if octet in {10, 13} or body[at] in {10, 13, octet}:
        return
    other = body[:at] + bytes([octet]) + body[at + 1 :]
    assert pipeline.fingerprint(head + blank + other) != pipeline.fingerprint(head + blank + body)


def test_no_two_fixtures_have_one_fingerprint() -> None:
    """But those that differ in their line ends, or in what a transport put in front."""
    marks: dict[str, list[str]] = {}
    for path in MESSAGES:
        marks.setdefault(pipeline.fingerprint(_raw(path)), []).append(
            f"{path.parent.name}/{path.stem}"
        )
    same = [names for names in marks.values() if len(names) > 1]
    assert all(
        "line-ends" in name or name.endswith("mbox-line") for names in same for name in names
    ), same


@pytest.mark.parametrize("field", ["5.0.0", "x"])
def test_the_diagnostic_gives_the_status_that_the_field_does_not(field: str) -> None:
    """X.0.0 says nothing, RFC 3461 §6.3; the report's own field stays as it came."""
    block = BLOCK.format(who="a@example.com", status=field)
    reading = _examine(_report("x", f"{block}Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\n"))
    [one] = reading.judged
    assert (one.status, one.smtp_code) == (Status(5, 2, 2), 552)
    assert one.recipient.status == Status.find(field)


def test_a_status_that_says_something_stands() -> None:
    """The diagnostic does not overrule it."""
    block = BLOCK.format(who="a@example.com", status="5.1.1")
    [one] = _examine(_report("x", f"{block}Diagnostic-Code: smtp; 550 5.7.1 no\n")).judged
    assert (one.status, one.smtp_code) == (Status(5, 1, 1), 550)


def test_the_prose_tells_each_recipient_its_own_reason() -> None:
    """Where the status blocks give none: by address, also where one address ends like another."""
    block = BLOCK.format(who="jimbob@example.com", status="5.0.0")
    status = f"{block}\n{BLOCK.format(who='bob@example.com', status='5.0.0')}"
    prose = POSTFIX.format(
        entries="<jimbob@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n"
        "    User unknown (in reply to RCPT TO command)\n\n"
        "<bob@example.com>: host mx.example.com[192.0.2.1] said: 552 5.2.2 Mailbox full\n"
        "    (in reply to RCPT TO command)\n"
    )
    causes = {
        one.recipient.address: one.verdict and one.verdict.cause
        for one in _examine(_report(prose, status)).judged
    }
    assert causes == {"jimbob@example.com": "mailbox_unknown", "bob@example.com": "mailbox_full"}


def test_words_of_one_recipient_are_not_taken_for_anothers() -> None:
    """In prose of no known form, the paragraph must name the address itself."""
    status = "\n".join(
        BLOCK.format(who=who, status="5.0.0") for who in ("bob@example.com", "jimbob@example.com")
    )
    prose = "About jimbob@example.com:\nno such user.\n\nAbout bob@example.com:\nsee below.\n"
    words = {
        one.recipient.address: one.recipient.words
        for one in _examine(_report(prose, status)).judged
    }
    assert words["bob@example.com"] == "About bob@example.com:\nsee below."


def test_the_only_recipient_may_be_named_by_the_prose_alone() -> None:
    """With a defect that says where the address comes from."""
    prose = POSTFIX.format(entries='<nobody@example.com>: unknown user: "nobody"\n')
    [one] = _examine(
        _report(prose, "Final-Recipient: x400; /S=nobody/\nAction: failed\nStatus: 5.0.0\n")
    ).judged
    assert one.recipient.address == "nobody@example.com"
    assert any("taken from the prose" in defect.text for defect in one.recipient.defects)


def test_a_report_without_a_recipient_is_completed_by_the_prose() -> None:
    """The source names both readers."""
    prose = POSTFIX.format(entries='<nobody@example.com>: unknown user: "nobody"\n')
    reading = _examine(_report(prose, ""))
    assert reading.report.source == "dsn+postfix"
    assert [one.recipient.address for one in reading.judged] == ["nobody@example.com"]


INNER = _report(
    "x",
    f"{BLOCK.format(who='nobody@example.com', status='5.1.1')}Diagnostic-Code: smtp; 550 no user\n",
)
FORWARD = (
    "Content-Type: multipart/mixed; boundary=f\n\n--f\n\nsee below\n"
    f"--f\nContent-Type: message/rfc822\n\n{INNER}\n--f--\n"
)


def test_a_forwarded_report_is_read_and_an_answered_one_is_not() -> None:
    """Who forwards a bounce wants it handled; whose program answers it has not failed."""
    head = "From: anna@example.org\nSubject: Fwd: Undelivered Mail\n"
    reading = _examine(head + FORWARD)
    assert [(one.recipient.address, one.recipient.action) for one in reading.judged] == [
        ("nobody@example.com", Action.FAILED)
    ]
    assert any("inside a forward" in defect.text for defect in reading.report.defects)
    for other in (
        head.replace("Fwd", "Re"),
        f"{head}Auto-Submitted: auto-replied\n".replace("Undelivered", "my"),
    ):
        assert _examine(other + FORWARD).judged == ()


def test_a_forward_in_the_text_is_read() -> None:
    """As mail programs forward that attach nothing."""
    head = "From: anna@example.org\nSubject: Fwd: Undelivered Mail\n\nsee below\n\n"
    text = POSTFIX.format(entries='<nobody@example.com>: unknown user: "nobody"\n')
    reading = _examine(f"{head}-----Original Message-----\n{HEAD}To: anna@example.org\n\n{text}")
    assert [one.recipient.address for one in reading.judged] == ["nobody@example.com"]


PERSON = "From: Anna <anna@example.com>\nTo: olga@example.org\nMessage-ID: <1@example.com>\n"
QUOTED = (
    "-----Original Message-----\nFrom: Mail Delivery System <MAILER-DAEMON@mail.example.org>\n"
    "To: olga@example.org\nSubject: Undelivered Mail Returned to Sender\n\n"
)


@pytest.mark.parametrize(
    "head",
    [
        f"{PERSON}Subject: Re: Undelivered Mail Returned to Sender\n",
        f"{PERSON}Subject: RE: Your order\nIn-Reply-To: <x@example.org>\n",
        f"{PERSON}Subject: Automatic reply: Undelivered Mail\nAuto-Submitted: auto-replied\n",
        f"{PERSON}Subject: Out of office\nReturn-Path: <>\n",
    ],
)
@pytest.mark.parametrize("quoted", ["", QUOTED])
@pytest.mark.parametrize("mark", ["", "> "])
def test_nobody_is_blocked_for_what_a_person_quotes(head: str, quoted: str, mark: str) -> None:
    """With and without quote marks, in prose and in fields: who answers has got the mail."""
    text = POSTFIX.format(
        entries="<anna@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1 unknown\n\n"
        f"Reporting-MTA: dns; a\n\n{BLOCK.format(who='anna@example.com', status='5.1.1')}"
    )
    body = "".join(f"{mark}{line}\n" for line in (quoted + text).splitlines())
    assert _examine(f"{head}\nWe fixed it, please try again.\n\n{body}").judged == ()


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_reading_is_consistent(path: Path) -> None:
    """Only what failed has a verdict; only bounces and complaints have recipients to act on."""
    reading = _examine(_raw(path))
    assert [one.recipient for one in reading.judged] == list(reading.report.recipients)
    for one in reading.judged:
        if reading.report.kind is Kind.BOUNCE:
            failed = one.recipient.action in {Action.FAILED, Action.DELAYED}
            assert (one.verdict is not None) == failed
        assert one.recipient.address is None or "@" in one.recipient.address
        assert one.recipient.source
    if reading.report.kind not in {Kind.BOUNCE, Kind.COMPLAINT}:
        assert reading.judged == ()
    assert reading.report.because


def test_the_envelope_tells_the_null_sender() -> None:
    """A notice that came by SMTP has no Return-Path yet; where a person sent it, it is none."""
    text = (
        "From: Example Service <service@example.net>\nSubject: Hello\n\n"
        "Your message to bob@example.com could not be delivered.\n"
    )
    (judged,) = _examine(text, Envelope(reverse_path="")).judged
    assert judged.recipient.address == "bob@example.com"
    assert _examine(text, Envelope(reverse_path="anna@example.net")).judged == ()
