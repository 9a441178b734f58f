"""Messages that have killed readers of mail, or kept them busy for seconds; grown to any size.

Each is one finding about Python's own parser or about flufl.bounce: nesting that recurses, lists of
addresses and parameters that take quadratic time, codecs that do, one that crashes the interpreter.
``hostile.py`` has the shapes that are aimed at our own readers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import hostile

MIB: Final = 2**20
HEAD: Final = hostile.HEAD.encode()
BLOCK: Final = hostile.RECIPIENT.encode()


def _fill(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit))


def _report(fields: bytes) -> bytes:
    return HEAD + fields + hostile.REPORT.encode() + BLOCK + hostile.CLOSE.encode()


def _field(name: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: _report(name + b": " + _fill(unit, size) + b"\n")


def _charset(name: bytes, unit: bytes) -> Callable[[int], bytes]:
    kind = b"Content-Type: text/plain; charset=" + name + b"\n\n"
    return lambda size: HEAD + kind + _fill(unit, size)


def _encoded(how: bytes, unit: bytes) -> Callable[[int], bytes]:
    head = HEAD + b"Content-Transfer-Encoding: " + how + b"\n\n"
    return lambda size: head + _fill(unit, size)


def _multipart(unit: bytes) -> Callable[[int], bytes]:
    kind = b'Content-Type: multipart/mixed; boundary="=_b"\n\n'
    return lambda size: HEAD + kind + _fill(b"--=_b\n" + unit, size) + b"--=_b--\n"


def nested_with_lines(size: int) -> bytes:
    """Return multiparts inside each other, half of the size, around as much of short lines."""
    levels = size // 120
    lines = _fill(b"line of text\n", size // 2)
    return hostile.deep_multiparts(levels) + lines


def status_blocks(size: int) -> bytes:
    """Return a report with nothing but empty status blocks."""
    return hostile.dsn("Action: failed\n\n" * (size // 16))


def header_lines(size: int) -> bytes:
    """Return header fields, and each that is looked for comes last."""
    fields = b"".join(b"X-%d: x\n" % number for number in range(size // 12))
    return _report(fields)


def flufl_line(size: int) -> bytes:
    """Return the phrase that flufl.bounce looks for, and then one line of opening brackets."""
    phrase = b"here is your list of failed recipients\n\n"
    return HEAD + b"\n" + phrase + _fill(b"<", size) + b" a@example.com\n"


def flufl_octets(size: int) -> bytes:
    """Return octets beyond ASCII in the fields at which flufl.bounce raises."""
    bad = _fill(b"\xe4\xff", size)
    fields = b"X-Mailer: " + bad + b"\nContent-Description: " + bad + b"\n"
    return _report(fields).replace(b"failed\n", b"f\xe4iled" + bad + b"\n")


def flufl_addresses(size: int) -> bytes:
    """Return what looks like an address for one of flufl.bounce's patterns, without an end."""
    text = b"The following addresses had permanent fatal errors\n" + _fill(b" a@b", size)
    return HEAD + b"\n" + text + b"\n"


def victims(size: int) -> bytes:
    """Return a report that names as many recipients as find room in it."""
    return hostile.recipients(size // 130)


# Their names, as the table of the drill has them, and their size there: a lone LF or CR is sent as
# CRLF, which makes it twice as large, and 50 MiB are the most that a daemon takes.
ROWS: Final[dict[str, tuple[Callable[[int], bytes], int]]] = {
    "multiparts inside each other": (lambda size: hostile.deep_multiparts(size // 60), 5 * MIB),
    "the same, around short lines": (nested_with_lines, 25 * MIB),
    "messages inside each other": (lambda size: hostile.deep_messages(size // 58), 25 * MIB),
    "empty parts": (_multipart(b"\n"), 25 * MIB),
    "parts without a header": (_multipart(b""), 25 * MIB),
    "empty status blocks": (status_blocks, 25 * MIB),
    "header lines": (header_lines, 25 * MIB),
    "nothing but LF": (lambda size: _fill(b"\n", size), 24 * MIB),
    "nothing but CR": (lambda size: _fill(b"\r", size), 24 * MIB),
    "nothing but CRLF": (lambda size: _fill(b"\r\n", size), 25 * MIB),
    "nothing but NUL": (lambda size: _fill(b"\0", size), 25 * MIB),
    "To: a b a b ...": (_field(b"To", b"a b "), 25 * MIB),
    "To: ,,,, ...": (_field(b"To", b","), 25 * MIB),
    'To: """" ...': (_field(b"To", b'"'), 25 * MIB),
    "To: a@b.c, ...": (_field(b"To", b"a@b.c, "), 25 * MIB),
    "To: (((( ...": (_field(b"To", b"("), 25 * MIB),
    "To: a:a:a: ...": (_field(b"To", b"a:"), 25 * MIB),
    "To: folded": (_field(b"To", b"a@b.c,\n "), 25 * MIB),
    "From: <<<< ...": (_field(b"From", b"<"), 25 * MIB),
    "Subject of encoded words": (_field(b"Subject", b"=?utf-8?q?=41?= "), 25 * MIB),
    "Subject of unfinished ones": (_field(b"Subject", b"=?utf-8?b?"), 25 * MIB),
    "Subject in punycode": (_field(b"Subject", b"=?punycode?q?a-b?= "), 25 * MIB),
    "Content-Type ;a=b": (_field(b"Content-Type", b";a=b"), 25 * MIB),
    "Content-Type ;a*0*=": (_field(b"Content-Type", b";a*0*="), 25 * MIB),
    "a boundary without an end": (
        _field(b"Content-Type: multipart/mixed; boundary", b"="),
        25 * MIB,
    ),
    "Date": (_field(b"Date", b"24 Nov "), 25 * MIB),
    "charset=punycode": (_charset(b"punycode", b"a-\xff"), 25 * MIB),
    "charset=unicode_escape": (_charset(b"unicode_escape", b"\\x;\\z" + b"a" * 4096), 25 * MIB),
    "charset=raw_unicode_escape": (_charset(b"raw_unicode_escape", b"\\u;"), 25 * MIB),
    "charset=utf-7": (_charset(b"utf-7", b"+AAA"), 25 * MIB),
    "charset=idna": (_charset(b"idna", b"xn--a."), 25 * MIB),
    "charset=zip": (_charset(b"zip", b"x\xda"), 25 * MIB),
    "charset=iso-2022-jp": (_charset(b"iso-2022-jp", b"\x1b$B\x1b(B"), 25 * MIB),
    "a charset with NUL": (_charset(b"a\0b", b"\xff"), 25 * MIB),
    "base64": (_encoded(b"base64", b"=A"), 25 * MIB),
    "quoted-printable": (_encoded(b"quoted-printable", b"=\n=4"), 25 * MIB),
    "uuencode": (_encoded(b"x-uuencode", b"begin 644 x\n"), 25 * MIB),
    "flufl: a line of <": (flufl_line, 25 * MIB),
    "flufl: octets beyond ASCII": (flufl_octets, 8 * MIB),
    "flufl: addresses without an end": (flufl_addresses, 25 * MIB),
    "recipients": (victims, 25 * MIB),
}
