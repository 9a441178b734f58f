"""Messages made to hurt: each grows one thing that a reader might trust to be small.

``fixtures/hostile/`` holds small ones as files; ``bombs()`` builds the same shapes, and more, in
the sizes that show a reader whose time or memory grows faster than its input.  A message depends
on its size alone, so one that failed can be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

EXCEPTIONS: Final[tuple[Exception, ...]] = (
    ValueError("x\r\n250 2.0.0 Ok"),
    RuntimeError("ä \u202e\n"),
    KeyError("/var/lib/bounced"),
    OSError(28, "No space left on device", "/var/lib/bounced/bounced.db"),
    MemoryError(),
    RecursionError("maximum recursion depth exceeded"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    UnicodeEncodeError("ascii", "\udcff", 0, 1, "ordinal not in range"),
    LookupError("unknown encoding: nope"),
    IndexError("\x1b[31m"),
    AttributeError("'Header' object has no attribute 'lower'"),
    TypeError("250"),
    ZeroDivisionError(),
    OverflowError("date value out of range"),
    AssertionError(),
    NotImplementedError(),
    TimeoutError(),
    ConnectionResetError(104, "Connection reset by peer"),
    EOFError(),
    ArithmeticError("250"),
    BufferError(),
)
"""Twenty kinds and one more of what a reader might raise, with texts that must never get out."""

HEAD: Final = (
    "Return-Path: <>\n"
    "Date: Tue, 24 Nov 2026 09:00:07 +0000\n"
    "From: Mail Delivery System <MAILER-DAEMON@mail.example.org>\n"
    "To: bounces@example.org\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "MIME-Version: 1.0\n"
)
REPORT: Final = (
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\n\n'
    "--=_b\nContent-Type: text/plain; charset=us-ascii\n\nThe message could not be delivered.\n\n"
    "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\n\n"
)
RECIPIENT: Final = (
    "Final-Recipient: rfc822; nobody@example.com\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
)
CLOSE: Final = "\n--=_b--\n"


def dsn(status: str, extra_head: str = "") -> bytes:
    """Return a delivery report whose recipient blocks are *status*."""
    return f"{HEAD}{extra_head}{REPORT}{status}{CLOSE}".encode()


def deep_multiparts(levels: int) -> bytes:
    """Return a delivery report below *levels* multiparts, each inside the one before."""
    text = HEAD
    for level in range(levels):
        text += f'Content-Type: multipart/mixed; boundary="=_{level}"\n\n--=_{level}\n'
    text += REPORT + RECIPIENT + CLOSE
    return (text + "".join(f"\n--=_{level}--\n" for level in reversed(range(levels)))).encode()


def deep_messages(levels: int) -> bytes:
    """Return a delivery report inside *levels* message/rfc822 parts."""
    wrapper = "Subject: Fwd\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
    return f"{HEAD}{wrapper * levels}{REPORT}{RECIPIENT}{CLOSE}".encode()


def same_boundary(levels: int) -> bytes:
    """Return *levels* multiparts inside each other that all use one boundary."""
    layer = '--=_b\nContent-Type: multipart/mixed; boundary="=_b"\n\n'
    return (
        f'{HEAD}Content-Type: multipart/mixed; boundary="=_b"\n\n{layer * levels}{CLOSE}'.encode()
    )


def many_parts(count: int) -> bytes:
    """Return a multipart of *count* small text parts."""
    part = "--=_b\nContent-Type: text/plain\n\nx\n"
    return f'{HEAD}Content-Type: multipart/mixed; boundary="=_b"\n\n{part * count}{CLOSE}'.encode()


def boundary_lines(count: int) -> bytes:
    """Return a multipart that is *count* boundary lines and nothing else."""
    head = f'{HEAD}Content-Type: multipart/mixed; boundary="=_b"\n\n'
    return (head + "--=_b\n" * count).encode()


def long_header_line(size: int) -> bytes:
    """Return a report with one header line of *size* octets before its Content-Type."""
    return dsn(RECIPIENT, f"X-Long: {'x' * size}\n")


def folded_header(lines: int) -> bytes:
    """Return a report with one header field folded over *lines* lines."""
    return dsn(RECIPIENT, "X-Folded: a\n" + " b\n" * lines)


def many_headers(count: int) -> bytes:
    """Return a report with *count* header fields before its Content-Type."""
    return dsn(RECIPIENT, "".join(f"X-Field-{number}: {number}\n" for number in range(count)))


def many_received(count: int) -> bytes:
    """Return a report with *count* Received fields."""
    return dsn(RECIPIENT, "Received: from a.example.net by b.example.net; now\n" * count)


def content_type_parameters(count: int) -> bytes:
    """Return a message whose Content-Type has *count* parameters and RFC 2231 continuations."""
    plain = "".join(f";\n p{number}=v" for number in range(count))
    continued = "".join(f";\n boundary*{number}=b" for number in range(count))
    return f"{HEAD}Content-Type: multipart/report{plain}{continued}\n\n--b\n\nx\n".encode()


def open_quote(size: int) -> bytes:
    """Return a message whose Content-Type opens a quoted string, full of escapes, for good."""
    return (
        HEAD.encode() + b'Content-Type: multipart/report; boundary="' + b"\\\\" * size + b"\n\nx\n"
    )


def encoded_words(count: int) -> bytes:
    """Return a report whose subject is *count* encoded words, the last one never closed."""
    words = "=?utf-8?q?=41?=\n " * count
    return dsn(RECIPIENT, f"X-Subject: {words}=?utf-8?b?QQ\nSubject: {words}=?utf-8?q?=\n")


def encoded_word_openings(count: int) -> bytes:
    """Return a report whose subject begins *count* encoded words and ends none."""
    return dsn(RECIPIENT, f"Subject: {'=?a?q?' * count}\n")


def addresses(count: int) -> bytes:
    """Return a notice whose text and recipient are *count* opening angle brackets."""
    return f"{HEAD}X-Failed-Recipients: {'<' * count}\n\n{'<' * count}\n{'a@' * count}\n".encode()


def comments(count: int) -> bytes:
    """Return a report whose fields open *count* comments and close none."""
    opened = "(" * count
    return dsn(f"Final-Recipient: rfc822; {opened}\nAction: {opened}\nStatus: {opened}\n")


def recipients(count: int) -> bytes:
    """Return a report with *count* recipients, each failed for the same reason."""
    return dsn(
        "\n".join(
            f"Final-Recipient: rfc822; user{number}@example.com\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
            for number in range(count)
        )
    )


def blank_lines(count: int) -> bytes:
    """Return a report with *count* blank lines between two fields of one recipient."""
    return dsn("Final-Recipient: rfc822; nobody@example.com\n" + "\n" * count + "Status: 5.1.1\n")


def long_diagnostic(size: int) -> bytes:
    """Return a report with a Diagnostic-Code of *size* octets on one line."""
    return dsn(RECIPIENT.replace("User unknown", "said " * (size // 5)))


def digits_and_dots(size: int) -> bytes:
    """Return a report whose diagnostic is *size* octets that all but make a status code."""
    return dsn(RECIPIENT.replace("550 5.1.1 User unknown", "5." * (size // 2)))


def spaces(size: int) -> bytes:
    """Return a notice of *size* white space characters between words that rules look for."""
    gap = " " * (size // 4)
    return f"{HEAD}\nuser{gap}\tmailbox{gap}\n\nsaid:{gap}550{gap}x\n".encode()


def long_text_line(size: int) -> bytes:
    """Return a notice whose text is one line of *size* octets with a failed address at its end."""
    return f"{HEAD}\n{'word ' * (size // 5)}<nobody@example.com>: 550 5.1.1 User unknown\n".encode()


def quoting(size: int) -> bytes:
    """Return a notice whose text is *size* octets of quote marks and dashes."""
    return f"{HEAD}\n{'>' * (size // 2)}\n{'-' * (size // 2)}\n".encode()


def soft_line_breaks(size: int) -> bytes:
    """Return a quoted-printable notice of *size* octets of equals signs and soft breaks."""
    head = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n"
    return f"{HEAD}{head}\n".encode() + b"==" * (size // 4) + b"=\n" * (size // 4)


def html_tags(size: int) -> bytes:
    """Return an HTML notice of *size* octets of tags, entities and comments that never end."""
    body = "<" * (size // 3) + "&" * (size // 3) + "<!--" * (size // 12)
    return f"{HEAD}Content-Type: text/html\n\n{body}".encode()


def nul_bytes(size: int) -> bytes:
    """Return a report followed by *size* NUL bytes, with some inside its fields."""
    inside = RECIPIENT.replace("User unknown", "User\0unknown").replace("Action", "\0Action")
    return dsn(inside) + b"\0" * size


def every_byte(size: int) -> bytes:
    """Return *size* octets in which every byte value comes equally often; no message at all."""
    return bytes(value * 167 % 256 for value in range(256)) * (size // 256)


def punycode_charset(size: int) -> bytes:
    """Return a notice of *size* octets in a charset that Python decodes in quadratic time."""
    return (
        HEAD.encode() + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * size + b"-\xff"
    )


def nothing_but(unit: bytes, size: int) -> bytes:
    """Return *size* octets of *unit*: no message, and no end of what it begins."""
    return unit * (size // len(unit))


def newlines(size: int) -> bytes:
    """Return *size* line ends."""
    return nothing_but(b"\n", size)


def returns(size: int) -> bytes:
    """Return *size* octets of CR and CRLF in turns."""
    return nothing_but(b"\r\r\n", size)


def short_fields(size: int) -> bytes:
    """Return *size* octets of header fields of one letter."""
    return nothing_but(b"a:b\n", size)


def angle_brackets(size: int) -> bytes:
    """Return *size* opening angle brackets."""
    return nothing_but(b"<", size)


def word_openings(size: int) -> bytes:
    """Return *size* octets of what may begin an encoded word."""
    return nothing_but(b"=?", size)


def folded_trace(lines: int) -> bytes:
    """Return a message whose first field is a Received folded over *lines* lines."""
    return b"Received: x\n" + b" \n" * lines + b"\nx\n"


def indented_status(size: int) -> bytes:
    """Return a text with an untyped recipient, then lines of *size* octets that lead nowhere."""
    lines = (" " * (size // 12) + "x\n") * 12
    return f"{HEAD}\nFinal-Recipient: rfc822; a@example.com\n{lines}end\n".encode()


def marker_and_spaces(size: int) -> bytes:
    """Return a text with the line above a returned message, and *size* blanks in it."""
    return f"{HEAD}\nOriginal message headers:{' ' * size}x\n".encode()


def status_blocks(count: int) -> bytes:
    """Return a report of *count* blocks that say what happened, and never to whom."""
    return dsn("Action: failed\n\n" * count)


def nameless_fields(count: int) -> bytes:
    """Return a report of *count* blocks of one unknown field."""
    return dsn("x1:b\n\n" * count)


def long_address(size: int) -> bytes:
    """Return a report whose recipient is *size* octets of a local part, with many an at sign."""
    return dsn(
        f"Final-Recipient: rfc822; {'a' * (size // 2)}{'a@' * (size // 4)}\nAction: failed\n"
    )


def prose_and_status(count: int) -> bytes:
    """Return a report in which prose and status each name *count* recipients, and no reason."""
    words = "".join(f"<u{number}@example.com>: unknown\n\n" for number in range(count))
    blocks = "".join(
        f"Final-Recipient: rfc822; u{number}@example.com\nAction: failed\nStatus: 5.0.0\n\n"
        for number in range(count)
    )
    intro = "This is the mail system at host mail.example.org.\n\n"
    return dsn(blocks).replace(b"The message could not be delivered.\n", f"{intro}{words}".encode())


def forwards(count: int) -> bytes:
    """Return a forward of *count* long notices in no known form, each from a mail system."""
    inner = HEAD + "\n" + ("the following recipients failed " * 10 + "\n") * 150
    part = f"--=_b\nContent-Type: message/rfc822\n\n{inner}\n"
    return f'{HEAD}Content-Type: multipart/mixed; boundary="=_b"\n\n{part * count}{CLOSE}'.encode()


def pages(count: int) -> bytes:
    """Return a multipart of *count* HTML pages."""
    part = "--=_b\nContent-Type: text/html\n\n" + "<b>hello &amp; goodbye</b>\n" * 2_000
    return f'{HEAD}Content-Type: multipart/mixed; boundary="=_b"\n\n{part * count}{CLOSE}'.encode()


def part_tree(width: int) -> bytes:
    """Return four levels of multiparts, each of *width* parts with a boundary of its own."""

    def level(depth: int, name: str) -> str:
        if depth == 0:
            return "\nx\n"
        parts = (f"--{name}.\n{level(depth - 1, f'{name}-{number}')}" for number in range(width))
        return f'Content-Type: multipart/mixed; boundary="{name}."\n\n{"".join(parts)}'

    return f"{HEAD}{level(4, 'b')}".encode()


def longer_boundaries(size: int) -> bytes:
    """Return nested multiparts with *size* octets in front of lines that almost end them."""
    text = HEAD
    for level in range(10):
        text += f'Content-Type: multipart/mixed; boundary="=_{level}."\n\n--=_{level}.\n'
    almost = "".join(f"--=_{level}.x\n" * 190 for level in range(10))
    return f"{text}\n{'x' * size}\n{almost}".encode()


def base64_padding(size: int) -> bytes:
    """Return a base64 notice of *size* octets that is padding every other octet."""
    return f"{HEAD}Content-Transfer-Encoding: base64\n\n{'=A' * (size // 2)}".encode()


def base64_message(size: int) -> bytes:
    """Return a message/rfc822 part of *size* octets of base64 in short lines."""
    head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"
    return f"{HEAD}{head}\n".encode() + b"QUJD\n" * (size // 5)


def style_tags(size: int) -> bytes:
    """Return an HTML notice of *size* octets of style tags that never end."""
    return f"{HEAD}Content-Type: text/html\n\n{'<style><' * (size // 8)}".encode()


def blanks_behind_address(size: int) -> bytes:
    """Return a notice with a failed address, *size* blanks behind it, and then no line end."""
    intro = "Delivery to the following recipients failed.\n\n   nobody@example.com"
    return f"{HEAD}\n{intro}{' ' * size}x\n".encode()


def blanks_in_reply(size: int) -> bytes:
    """Return an Exchange notice with *size* blanks inside the other server's reply."""
    intro = "Delivery has failed to these recipients or groups:\n\nnobody@example.com\n\n"
    reply = f"mx.example.com returned '550 5.1.1 User{' ' * size}unknown'"
    return f"{HEAD}\n{intro}nobody@example.com\n{reply}\n".encode()


def indented_reason(lines: int) -> bytes:
    """Return an Amavis notice whose reason is *lines* deeply indented lines, and nobody's."""
    reason = "        VIRUS\n" * lines
    return f"{HEAD}\nOur content checker found\n{reason}in what it says\n".encode()


def spaced_addresses(count: int) -> bytes:
    """Return an AOL notice that names *count* recipients with many blanks behind each."""
    intro = "We were unable to deliver your message to the following addresses:\n"
    return f"{HEAD}\n{intro}{'<a@example.com>          ' * count}\n".encode()


def indented_details(lines: int) -> bytes:
    """Return a carrier's notice whose details are *lines* indented fields, none the recipient's."""
    intro = "Error: Invalid address\n\nError message below:\n550 no such user\n\nMessage details:\n"
    return f"{HEAD}\n{intro}".encode() + b"        name: value\n" * lines


def details_again(times: int) -> bytes:
    """A notice of an old carrier with block after block of indented details, nobody in any."""
    lines = "        name: value\n" * 8
    head = f"{HEAD}\nError: Invalid address\n\nError message below:\n550 no such user\n\n"
    return (head + f"Message details:\n{lines}" * times).encode()


_MIB: Final = 1_048_576
_SIZES: Final[tuple[tuple[Callable[[int], bytes], int], ...]] = (
    (deep_multiparts, 5_000),
    (deep_messages, 20_000),
    (same_boundary, 20_000),
    (many_parts, 50_000),
    (boundary_lines, 200_000),
    (long_header_line, 4 * _MIB),
    (folded_header, 300_000),
    (many_headers, 100_000),
    (many_received, 50_000),
    (content_type_parameters, 20_000),
    (open_quote, _MIB),
    (encoded_words, 100_000),
    (encoded_word_openings, 200_000),
    (addresses, _MIB // 2),
    (comments, 300_000),
    (recipients, 20_000),
    (blank_lines, _MIB),
    (long_diagnostic, 2 * _MIB),
    (digits_and_dots, _MIB),
    (spaces, _MIB),
    (long_text_line, 4 * _MIB),
    (quoting, _MIB),
    (soft_line_breaks, _MIB),
    (html_tags, _MIB),
    (nul_bytes, _MIB),
    (every_byte, 2 * _MIB),
    (punycode_charset, _MIB // 2),
    (newlines, 5 * _MIB // 2),
    (returns, 5 * _MIB // 2),
    (short_fields, 5 * _MIB // 2),
    (angle_brackets, 5 * _MIB // 2),
    (word_openings, 5 * _MIB // 2),
    (folded_trace, _MIB),
    (indented_status, 2_000),
    (marker_and_spaces, 30_000),
    (status_blocks, 50_000),
    (nameless_fields, 50_000),
    (long_address, _MIB),
    (prose_and_status, 1_000),
    (forwards, 40),
    (pages, 40),
    (part_tree, 12),
    (longer_boundaries, _MIB),
    (base64_padding, 2 * _MIB),
    (base64_message, 2 * _MIB),
    (style_tags, _MIB),
    (blanks_behind_address, 10_000),
    (blanks_in_reply, 3_500),
    (indented_reason, 1_000),
    (spaced_addresses, 1_000),
    (indented_details, 1_000),
    (details_again, 200),
)

NAMES: Final = tuple(build.__name__ for build, _ in _SIZES)


def bomb(name: str, scale: float = 1.0) -> bytes:
    """Return the bomb of one name, its size multiplied by *scale*."""
    return next(
        build(max(1, int(size * scale))) for build, size in _SIZES if build.__name__ == name
    )


def bombs(scale: float = 1.0) -> dict[str, bytes]:
    """Return every bomb by the name of its function, its size multiplied by *scale*."""
    return {name: bomb(name, scale) for name in NAMES}
