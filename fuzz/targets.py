"""What is fuzzed: one function for each thing that reads bytes from outside, with its promise.

A target takes bytes and raises where a promise is broken.  No target needs atheris: ``run.py``
hands them to it, and ``tests/test_fuzz.py`` runs each on its corpus and on changes of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from bounced import pipeline
from bounced.address import normalise, return_path, verify
from bounced.address.signed import read_keys
from bounced.classify import RuleBook
from bounced.errors import InputError
from bounced.lists.read import read as read_list
from bounced.lists.row import Reading as ListReading
from bounced.maillog import lines, postfix
from bounced.model import Envelope, Kind
from bounced.report import charset, dsn, fields, mime
from bounced.smtpd import paths
from bounced.smtpd.data import DataReader

NOW: Final = datetime(2026, 11, 24, 9, tzinfo=UTC)
RULES: Final = RuleBook.builtin()
TO_US: Final = Envelope(reverse_path="", forward_paths=("b+anna=example.com@bounces.example.org",))
KEYS: Final = read_keys(
    "k1 0123456789abcdefghijklmnopqrstuv\nk2 vutsrqponmlkjihgfedcba9876543210\n"
)
BASE: Final = "b@bounces.example.org"
SECONDS: Final = 2.0
_LIMIT: Final = 4_096  # octets of a message in DATA


def message(raw: bytes) -> None:
    """A whole message: its kind, whom it judges, and keys that stay what they are."""
    start = time.thread_time()
    for envelope in (Envelope(), TO_US):
        reading = pipeline.examine(raw, envelope, RULES)
        for one in reading.judged:
            if one.verdict:
                assert reading.report.kind in {Kind.BOUNCE, Kind.COMPLAINT}
                assert one.verdict.rule
            if one.recipient.address:
                key = normalise(one.recipient.address)
                assert normalise(key) == key
    pipeline.fingerprint(raw)
    assert time.thread_time() - start < SECONDS


def headers(raw: bytes) -> None:
    """A header block: what ``get`` returns is the first of ``all``, on one line."""
    part = mime.parse(raw)
    for name in part.headers.names():
        values = part.headers.all(name)
        assert part.headers.get(name) == values[0]
        assert not any("\n" in value for value in values)
        part.headers.text(name)
    fields.date(part.headers.get("Date") or "")


def delivery_status(raw: bytes) -> None:
    """The recipient blocks of a delivery report: each status is of a class that there is."""
    head = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n\n"
    part = mime.parse(head + b"--b\nContent-Type: message/delivery-status\n\n" + raw + b"\n--b--\n")
    report = dsn.read(part)
    for one in report.recipients if report else ():
        assert one.status is None or str(one.status)[0] in "245"


def decoding(raw: bytes) -> None:
    """A charset, an encoding and octets in them: text, always, and never the codec's own error."""
    name, _, rest = raw.partition(b"\n")
    encoding, _, data = rest.partition(b"\n")
    octets = charset.transfer_decode(data, encoding.decode("latin-1"))
    assert isinstance(charset.decode(octets, name.decode("latin-1")), str)
    charset.unfold_words(raw.decode("latin-1"))


def path(raw: bytes) -> None:
    """The argument of MAIL or RCPT: an address without controls and surrogates, or none."""
    text = raw.decode("utf-8", "surrogateescape")
    for keyword in ("FROM", "TO"):
        for argument in (text, f"{keyword}:{text}"):
            if found := paths.read(argument, keyword):
                found.address.encode()
                assert not any(sign < " " or sign == "\x7f" for sign in found.address)
                assert found.size >= 0


def data(raw: bytes) -> None:
    """The body of DATA in chunks, whose sizes the first octets give: the same as in one."""
    sizes, text = raw[:8] or b"\1", raw[8:]
    whole, pieces = DataReader(_LIMIT), DataReader(_LIMIT)
    whole.feed(text)
    at = number = 0
    while at < len(text) and not pieces.done:
        size = sizes[number % len(sizes)] + 1
        pieces.feed(text[at : at + size])
        at, number = at + size, number + 1
    assert pieces.done == whole.done
    assert pieces.too_large == whole.too_large
    if whole.done:
        assert whole.done == (b"\r\n.\r\n" in b"\r\n" + text)
        assert pieces.left + text[at:] == whole.left
        assert pieces.take() == whole.take()


def lists(raw: bytes) -> None:
    """A list of addresses: entries, or the one error that says what is wrong with the file."""
    text = raw.decode("utf-8", "replace").splitlines(keepends=True)
    with contextlib.suppress(InputError):
        for _ in read_list(text, ListReading(rules=RULES, now=NOW)):
            pass


def maillog(raw: bytes) -> None:
    """Lines of a mail log, as a file and as a journal have them: a record, or nothing."""
    for line in raw.split(b"\n"):
        for found in (lines.syslog(line, NOW, UTC), lines.journal(line)[0]):
            if found:
                postfix.read(found.daemon, found.text)


def signed(raw: bytes) -> None:
    """A return path: only what ``return_path`` itself would have made is believed."""
    text = raw.decode("utf-8", "surrogateescape")
    seal = verify(text, KEYS, at=NOW)
    assert seal is None or seal.trust is not None
    if seal and seal.signed and seal.signed.recipient:
        at = datetime.combine(seal.signed.day, datetime.min.time(), UTC)
        key = next(one for one in KEYS if one.id == seal.signed.key)
        made = return_path(
            seal.signed.recipient, base=BASE, keys=[key], at=at, stream=seal.signed.stream
        )
        assert made.partition("@")[0].partition("+")[2] in text.lower()


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    one.__name__: one
    for one in (message, headers, delivery_status, decoding, path, data, lists, maillog, signed)
}
