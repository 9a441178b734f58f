"""All dialects together: the fixtures, the order, and what holds for each of them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced import dialects
from bounced.model import Action
from bounced.report import mime, prose
from bounced.report.mime import Headers
from bounced.report.prose import Notice

FIXTURES = Path(__file__).parents[2] / "fixtures"
NAMES = [one.name for one in dialects.READERS]
EMLS = sorted(path for name in NAMES for path in (FIXTURES / name).glob("*.eml"))
LOOKALIKES = sorted((FIXTURES / "lookalike").glob("*.eml"))
UNMEASURABLE = 0.25  # seconds: other work on the machine makes as much of nothing
# Words that make a reader look closer, and the characters that make a pattern go back.
TRIGGERS = (
    "This is the mail system at host x.\n\n",
    "<a@b.example>: host x[1] said: 550 ",
    "This is the DragonFly Mail Agent x.\n\nThere was an error delivering your mail to <a@b>.\n",
    "created automatically by mail delivery software",
    "following address(es) failed:\n\n",
    "  a@b.example\n",
    "Hi. This is the \n\n<a@b.example>:\n",
    "   ----- The following addresses had permanent fatal errors -----\n",
    "   ----- Transcript of session follows -----\n",
    ">>> RCPT To:<a@b.example>\n<<< 550-",
    "550 <a@b.example>... x\n",
    "a@b.example\n#550 5.1.1 x ##\n",
    "did not reach a@b.example on 1/1/2001 1:11\n",
    "Delivery to the following recipient failed permanently:\n\n     a@b.example\n",
    "** x **\n\nto a@b.example\n\nThe response was:\n",
    "https://groups.google.com/support/ (x)\n\n",
    "This is a delivery status notification from\nUNDELIVERABLE MAIL\n<a@b.example>:\n",
    "This is the MAILER-DAEMON, please DO NOT REPLY\nfollowing list of recipients:\n",
    "was not delivered to:\n a\nbecause:\n",
    "Could not be delivered because of\n\nx\nThe following recipients were affected:\n",
    "unable to deliver message to the following recipients:\n",
    "unknown user: a@b.example\n",
    "created automatically by the mail system (ecelerity)\n>>> a@b.example (x): 550 \n",
    "automatically generated message from SendGrid\n",
    "x:1:<a@b.example> : 1.1.1.1 : x:[1] : 550 x  in RCPT TO\n",
    "We were unable to deliver your message to the following address\na@b.example\nbecause: x\n",
    "Delivery to the following recipients failed permanently:\n\n   * a@b.example\n",
    "Technical details:\n\nSMTP:RCPT host x: 550 x\n",
    "\u6536 \u4ef6 \u4eba: a@b.example\n\u9000\u4fe1\u539f\u56e0:\n550 x\n",
    "<a@b.example>:\nRemote host said: 550 x\nGiving up on 1.1.1.1.\n\n",
    "a@b.example\nx #<x #5.1.1 smtp;550 5.1.1 x> #SMTP#\n",
    "Sender Address: a@b.example\nRecipient Address: a@b.example\nError: 550 5.1.1 x\n",
    "a@b.example on 1/1/2001 1:11\n  x\n  <x #5.1.1>\n",
    "Hi. This is the James mail server at x.\n\na@b.example\na@b.example\n",
    "Message details:\n  RCPT TO: a@b.example\n           a@b.example\n",
    "Error message below:\n",
    "Intended Recipients: <a@b.example>\nFailure Reason: 550 x\n",
    "Delivery to the following addresses failed\n<a@b.example> (host 'x' rejected x)\n",
    "Delivery of your message to the following recipient(s) failed permanently:\n- a@b.example\n",
    '- "a@b.example" (EMAIL) failed permanently with error:\n',
    "Delivery has been delayed of your email to:\n\ta@b.example\n",
    "Hello, this is the mail server on x\n  <a@b.example>  delivery failed\n",
    "|--- Failed addresses follow: ---|\n <a@b.example> ... x\n",
    "could not be delivered to\n'a@b.exampl (host: x) (queue: x)' for the following\nreason: 'x'\n",
    "After 1 day (1 hours), x.\n\ta@b.example (host: x) (queue: x)\n",
    "This Message was undeliverable due to the following reason:\n\nSMTP <a@b.example>\n",
    "    Recipient: <a@b.example>\n    Reason:    x\n",
    "Your message cannot be delivered to the following recipients:\n\n  Recipient address: a@b\n",
    "  Original address: a@b\n  Reason: x\n  Diagnostic code: smtp;550 x\n",
    "Your message\n\n  Subject: x\n\nwas not:\n\n  a@b.example\n\nfor:\n\n  domino\n",
    "------- Failure Reasons  --------\n\nx\na@b.example\n",
    "was undeliverable to the following:\n\ta@b.example (x)\n",
    "undeliverable to a@b.example\nOriginal message follows.\n",
    "Failed to deliver to 'a@b.example'\nSMTP module(domain b) reports:\n host x says:\n",
    "--- Session Transcript ---\n --> RCPT To:<a@b.example>\n <-- 550 x\n",
    "\tRecipient: [SMTP:a@b.example]\n\tReason: x\n",
    "Your message has encountered delivery problems\nto the following recipient(s):\n\na@b\n",
    "a@b.example\n   Error Type: SMTP\n   Remote server replied: 550 x\n",
    "Failed Recipient: a@b.example\nReason: Remote host said: 550 x\n",
    "[<00>] XMail bounce: Rcpt=[a@b.example];Error=[x]\nRcpt To:   <a@b.example>\n[<02>] The",
    "--------------------\n*** a@b.example\nx\n",
    "Error-For:  a@b.example\nError-Text: x\n",
    "Error occurred sending to the following user(s):\n  <a@b.example> (via x):\n\tx\n",
    "x unable to deliver following mail to recipient(s):\n    <a@b.example>\nx host:\n",
    "This report relates to your message:\nYour message was not delivered to:\n\ta@b.example\n",
    "remote execution\t[uucp job x]\n\trmail a@b.example\n",
    "***** UNDELIVERABLE MAIL sent to a, being returned by b *****\n",
    "Your message could not be delivered for the following reason:\n! Invalid x: a@b.example\n",
    "addressed to the following unknown addresses:\n    A/B\n",
    ' a@b.example "(0), ErrMsg=x, account=a "\n',
    "421 b.example (smtp)... Deferred: x\n",
    "<<< No Message Collected >>>",
    "Each of the following recipients was rejected\n\n    Recipient: <a@b.example>\n",
    "    >>> RCPT TO:<a@b.example>\n    <<< 550 x\n",
    "The user(s) account is disabled.\n\n<a@b.example>: 550 x\n",
    "Your mail sent on: x\n     Could not be delivered to: <a@b.example>\n     As x.\n",
    "Message could not be delivered to mobile.\nError: x\n\nOriginal Message:\nTo: a@b.example\n",
    "Error message below:\n550 x\n\nMessage details:\n  RCPT TO: a@b.example\n",
    "Your mail to the following recipients could not be delivered because x:\n\ta@b.example\n",
    "We had trouble delivering your message. Full details follow:\n\n1 error(s):\n\n",
    "The following recipients returned x errors: a@b.example. Reason: SMTP Server <x>: [550 x]\n",
    "The following message to <a@b.example> was undeliverable.\nThe reason for the problem:\n",
    "5.1.0 - x 550-'5.1.1 x'\n",
    "to the following address could not be delivered:\n-- a@b.example\n",
    "The problem appears to be :\n-- x\n\nAdditional information follows :\n-- 550 x\n",
    "-------server message\n550 x\n",
    "A transcript of the attempts to send the message follows.\nAddressed To: a@b.example\n",
    "a@b.example: [192.0.2.1], 550 x\n--- Message non-deliverable.\n",
    "InterScan\nSent >>> RCPT TO:<a@b.example>\nReceived <<< 550 x\n",
    "Unable to deliver message to <a@b.example> (and other recipients in the same domain).\n",
    "    ---- Failed Recipients ----\n\n<a@b.example>\n",
    "A message from <x> to:\n-> a@b.example\n\nwas considered unsolicited bulk e-mail (UBE).\n",
    "Our content checker found\n    x\nin email presumably from you\nto the following recipient:\n",
    "-> a@b.example\n",
    "The message WAS NOT relayed to:\n  <a@b.example>: x said:\n   550 x\n",
    "This Email scanner intercepted it and stopped the entire message\n",
    "RCPT TO:   a@b.example,a@b.example\n",
    "sent by a@b.example to a@b.example is infected with ",
    "Your message to: a@b.example\nwas blocked by our x\n",
    "A message you sent to\n<a@b.example>\ncontained ",
    "This is the mail delivery agent at x\nto the following addresses:\n\na@b.example\n",
    "Trend SMEX Content Filter has detected sensitive content\nPlace = a@b.example\n",
    "The message you sent to a@b.example was blocked x ",
    "Recipient: a@b.example\nReason: 550 x\nTo: a@b.example\n",
    '{"recipient": "a@b.example", "reason": "550 x"}',
    "<recipient>a@b.example</recipient>",
    "-> RCPT TO:<a@b.example>\n<- 550-x\n",
    "Ihre Nachricht an a@b.example konnte nicht zugestellt werden. ",
    "宛先\uff1aa@b.example 配信できませんでした。",
    "konnte kann not n't nie ne ",
    " from by id de ",
    *"<>([\"'@.-\n\ta ",
)


def _notice(text: str) -> Notice:
    fields = (("X-Failed-Recipients", "a@b.example"), ("X-MS-Exchange-Message-Is-Ndr", ""))
    return Notice(headers=Headers(fields), from_="postmaster", subject="Undeliverable", text=text)


@pytest.mark.parametrize("path", EMLS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_fixture_is_read_by_its_dialect_as_the_json_says(path: Path) -> None:
    """Address, action, and the status that the message states; by no reader before."""
    expected = json.loads(path.with_suffix(".json").read_text())["recipients"]
    found = dialects.read(prose.notice(mime.parse(path.read_bytes())))
    assert found.source == path.parent.name
    assert [
        (one.address, one.action, str(one.status) if one.status else None)
        for one in found.recipients
    ] == [(one["address"], one["action"], one["status"]) for one in expected]
    assert {one.source for one in found.recipients} == {path.parent.name}


@pytest.mark.parametrize("path", LOOKALIKES, ids=lambda path: path.stem)
def test_a_lookalike_is_taken_by_no_dialect(path: Path) -> None:
    """Automatic replies, people and warnings name addresses too."""
    assert dialects.read(prose.notice(mime.parse(path.read_bytes()))) == dialects.Found()


def test_every_reader_has_a_fixture_and_the_library_is_last() -> None:
    """The order is one tuple; the names are the folders.  Behind it stands who names nobody."""
    assert {path.parent.name for path in EMLS} == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    assert NAMES[-2:] == ["flufl", "nameless"]


def test_signs_are_lower_case() -> None:
    """They are looked for in a text that is."""
    signs = [sign for dialect in dialects.READERS for sign in dialect.signs]
    assert signs == [sign.lower() for sign in signs]


def test_what_a_dialect_reads_bears_one_of_its_signs() -> None:
    """Over all fixtures: no reader would find something in what it is not asked about."""
    for path in EMLS:
        notice = prose.notice(mime.parse(path.read_bytes()))
        seen = dialects.shown(notice)
        for dialect in dialects.READERS:
            assert dialect.knows(seen) or not dialect.read(notice), (dialect.name, path)


def test_line_ends_do_not_matter() -> None:
    """LF, CRLF and CR read the same."""
    for path in EMLS:
        raw = path.read_bytes().replace(b"\r\n", b"\n")
        ends = (raw, raw.replace(b"\n", b"\r\n"), raw.replace(b"\n", b"\r"))
        one, two, three = (dialects.read(prose.notice(mime.parse(end))) for end in ends)
        assert one == two == three, path


def test_a_reader_that_fails_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, stored: Callable[[str], Notice]
) -> None:
    """The next one reads on, and a defect tells who failed."""

    def broken(_: Notice) -> tuple[()]:
        raise ValueError

    monkeypatch.setattr(
        dialects, "READERS", (dialects.Dialect("broken", broken), *dialects.READERS)
    )
    found = dialects.read(stored("postfix/delayed"))
    assert (found.source, found.defects[0].field) == ("postfix", "broken")
    assert found.recipients[0].action is Action.DELAYED


@given(st.lists(st.one_of(st.sampled_from(TRIGGERS), st.text(max_size=20)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_reader_raises_or_names_what_is_not_there(pieces: list[str]) -> None:
    """Any text: no exception, and every address stands in the notice or its header."""
    notice = _notice("".join(pieces))
    seen = dialects.shown(notice)
    for dialect in dialects.READERS:
        recipients = dialect.read(notice)
        assert dialect.knows(seen) or not recipients
        for found in recipients:
            address = found.address
            assert address is None or address == "a@b.example" or address in notice.text


@pytest.mark.parametrize("dialect", dialects.READERS, ids=NAMES)
def test_a_reader_takes_linear_time(dialect: dialects.Dialect) -> None:
    """100 kB of any trigger behind all others: quick, or at most 2.5 times that of the half."""
    name, reader, _ = dialect
    for trigger in TRIGGERS:
        text = "".join(TRIGGERS) + trigger * (100_000 // len(trigger))
        whole = _seconds(reader, text)
        if whole > UNMEASURABLE:
            whole = min(whole, _seconds(reader, text), _seconds(reader, text))
            half = max(_seconds(reader, text[:50_000]) for _ in range(3))
            assert whole < max(UNMEASURABLE, 2.5 * half), (name, trigger)


@pytest.mark.parametrize("name", NAMES)
def test_a_megabyte_of_its_own_notice_is_read_quickly(name: str) -> None:
    """The text of a dialect's own fixture over and over again, as a whole message."""
    path = next(path for path in EMLS if path.parent.name == name)
    head, _, body = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    head = re.sub(rb"(?im)^content-type:.*(?:\n[ \t].*)*\n", b"", head + b"\n")
    raw = head + b"\n" + (body.replace(b"\n--", b"\n") + b"\n") * (1_000_000 // len(body))
    begin = time.process_time()
    dialects.read(prose.notice(mime.parse(raw)))
    assert time.process_time() - begin < 2.0


def _seconds(reader: dialects.Reader, text: str) -> float:
    notice = _notice(text)
    start = time.process_time()
    reader(notice)
    return time.process_time() - start


def test_a_reason_that_names_another_recipient_is_not_held_against_one(
    stored: Callable[[str], Notice],
) -> None:
    """Of two addresses above one reply, the one that the reply names has failed by it."""
    named, other = dialects.read(stored("mfilter/unknown-user")).recipients
    assert (named.address, str(named.status)) == ("nobody@example.com", "5.1.1")
    assert (other.address, other.status, other.diagnostic_code) == ("gone@example.com", None, None)
    assert other.defects[0].field == "diagnostic-code"
