"""All dialects together: the fixtures, the order, and what holds for each of them."""

from __future__ import annotations

import json
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
        if whole > 0.1:
            whole = min(whole, _seconds(reader, text), _seconds(reader, text))
            half = max(_seconds(reader, text[:50_000]) for _ in range(3))
            assert whole < max(0.1, 2.5 * half), (name, trigger)


def _seconds(reader: dialects.Reader, text: str) -> float:
    notice = _notice(text)
    start = time.perf_counter()
    reader(notice)
    return time.perf_counter() - start
