"""The tree of parts, from whatever octets come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.report import mime
from bounced.report.mime import Headers, Part

TWO = "--b\nContent-Type: text/plain\n\none\n--b\nContent-Type: text/html\n\n<p>two\n--b--\n"


def _types(message: Part) -> list[tuple[str, str]]:
    return [(part.path, part.type) for part in message.walk()]


def test_e5_a_parameter_without_a_value_is_passed_over() -> None:
    """``Content-Type: text/plain; x*`` ends some parsers with an IndexError."""
    part = mime.parse(b"Content-Type: text/plain; x*\n\nhello\n")
    assert (part.type, part.params, part.text) == ("text/plain", {}, "hello\n")


@pytest.mark.parametrize("type_", ["message/global-delivery-status", "message/delivery-status"])
def test_e6_a_delivery_status_is_no_nested_message(type_: str) -> None:
    """Its blocks are its text, and not the header and body of a message."""
    part = mime.parse(
        f"Content-Type: {type_}\n\nReporting-MTA: dns; a\n\nAction: failed\n".encode()
    )
    assert part.children == ()
    assert part.text == "Reporting-MTA: dns; a\n\nAction: failed\n"


def test_parts_are_numbered_as_in_imap() -> None:
    """The message itself has no number; the message in part 2 has number 2.1."""
    inner = f'Content-Type: multipart/mixed; boundary="b"\n\n{TWO}'
    text = (
        'Content-Type: multipart/report; boundary="c"\n\npreamble\n--c\n\nhello\n'
        f"--c\nContent-Type: message/rfc822\n\n{inner}\n--c--\nepilogue"
    )
    assert _types(mime.parse(text.encode())) == [
        ("", "multipart/report"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2.1", "multipart/mixed"),
        ("2.1.1", "text/plain"),
        ("2.1.2", "text/html"),
    ]
    assert [part.path for part in mime.parse(text.encode()).walk(into_messages=False)] == [
        "",
        "1",
        "2",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_reads_the_same(end: str) -> None:
    """Also inside a part, where the encoding hides it."""
    text = f'Subject: a\n b\nContent-Type: multipart/mixed; boundary="b"\n\n{TWO}'
    message = mime.parse(text.replace("\n", end).encode())
    assert message.headers.get("Subject") == "a b"
    assert [part.text for part in message.children] == ["one", "<p>two"]
    quoted = b"Content-Transfer-Encoding: base64\n\nYQ0KYg1jCmQ="
    assert mime.parse(quoted).text == "a\nb\nc\nd"


@pytest.mark.parametrize(
    "junk",
    [
        "From daemon Tue Nov 24 09:00:00 2026\n",
        "\n\n\n",
        "\ufeff",
        "220 hello\nEHLO x\n",
        ">From a b\n",
    ],
)
def test_junk_before_the_first_field_is_dropped(junk: str) -> None:
    """The line of an mbox, blank lines, a byte order mark, the end of a dialogue."""
    message = mime.parse(f"{junk}Received: x\nSubject: hi\n\nbody\n".encode())
    assert message.headers.get("Subject") == "hi"
    assert message.text == "body\n"


def test_what_has_no_field_at_all_is_a_body() -> None:
    """A text without a header is read as one."""
    message = mime.parse(b"Hello,\n\nthis is no mail.\n")
    assert not message.headers
    assert message.text == "Hello,\n\nthis is no mail.\n"
    assert mime.parse(b"").text == ""


def test_a_broken_line_does_not_end_the_header_where_fields_follow() -> None:
    """A line without a colon is passed over, and noted."""
    message = mime.parse(b"From: a\nthis is no field\nSubject: hi\n\nbody\n")
    assert (message.headers.get("Subject"), message.text) == ("hi", "body\n")
    assert message.defects == ["a line of the header is no field"]


def test_a_header_without_a_blank_line_behind_it_ends_where_the_text_begins() -> None:
    """Nothing of the body is lost, and nothing of it is taken for a field."""
    message = mime.parse(b"From: a\nSubject: hi\nHello you,\nyours: me\n")
    assert len(message.headers) == 2
    assert message.text == "Hello you,\nyours: me\n"


def test_header_fields_keep_order_and_case_and_are_found_without() -> None:
    """Look-up ignores case, ``items`` shows the names as they came."""
    headers = Headers.parse("A: 1\nb : 2\nA:3\n\t4\n")
    assert list(headers.items()) == [("A", "1"), ("b", "2"), ("A", "3 4")]
    assert headers.all("a") == ["1", "3 4"]
    assert "B" in headers
    assert "c" not in headers
    assert 5 not in headers
    assert headers.get("c") is None
    assert headers.text("c") == ""


@pytest.mark.parametrize("octets", ["Grüße".encode(), "Grüße".encode("latin-1")])
def test_octets_beyond_ascii_in_a_header_are_utf_8_or_else_latin_1(octets: bytes) -> None:
    """RFC 6532 made it UTF-8; what came before was mostly Latin-1."""
    assert mime.parse(b"Subject: " + octets + b"\n\n").headers.get("Subject") == "Grüße"


def test_a_header_in_text_that_is_decoded_already_stays_as_it_is() -> None:
    """The header of a returned message in a UTF-8 part has characters that are no octets."""
    assert Headers.parse("Subject: Привет, Grüße\n").get("Subject") == "Привет, Grüße"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Multipart/Report; Report-Type=delivery-status;\n boundary="a b"',
         ("multipart/report", {"report-type": "delivery-status", "boundary": "a b"})),
        ("text/plain; charset=utf-8; charset=x", ("text/plain", {"charset": "utf-8"})),
        ("text/plain; boundary*0=ab; boundary*1=cd", ("text/plain", {"boundary": "ab"})),
        ("", ("x/default", {})),
        ("text", ("x/default", {})),
        ("text/plain; =; ;; a", ("text/plain", {})),
        ('text/plain; name="open', ("text/plain", {"name": ""})),
    ],
)  # fmt: skip
def test_content_types(value: str, expected: tuple[str, dict[str, str]]) -> None:
    """The first of a repeated parameter counts; what is no type is the default."""
    assert mime.content_type(value, "x/default") == expected


@pytest.mark.parametrize(
    ("declared", "used"),
    [("b", "b"), ("b ", "b"), ("", "b"), ("other", "=_b.1"), ("+*?[(", "+*?[("), ("=_b", "=_b.1")],
)
def test_the_boundary_is_found_also_where_it_is_not_as_declared(declared: str, used: str) -> None:
    """Trailing blanks, none at all, another one, one cut short, one of pattern characters."""
    parts = f"--{used}\nContent-Type: text/plain\n\none\n--{used}\nContent-Type: text/html\n\ntwo\n"
    text = f'Content-Type: multipart/mixed; boundary="{declared}"\n\n{parts}--{used}--\n'
    assert [part.text for part in mime.parse(text.encode()).children] == ["one", "two"]


def test_a_longer_boundary_that_begins_like_this_one_does_not_divide() -> None:
    """Nested multiparts of some mailers count their boundaries up: ``b`` and ``b1``."""
    inner = "--b1\nContent-Type: text/plain\n\ninner\n--b1--\n"
    body = f'--b\nContent-Type: multipart/mixed; boundary="b1"\n\n{inner}--b\n\nlast\n--b--\n'
    message = mime.parse(f"Content-Type: multipart/mixed; boundary=b\n\n{body}".encode())
    assert [part.text for part in message.walk() if not part.children] == ["inner", "last"]


def test_a_missing_end_is_the_end_of_the_message() -> None:
    """What came of the last part is read; what stands behind the closing boundary is not."""
    assert mime.split_multipart("--b\n\none\n--b\n\ntw", "b") == ["\none", "\ntw"]
    assert mime.split_multipart("--b\n\none\n--b--\n--b\n\ntwo\n", "b") == ["\none"]
    assert mime.split_multipart("--b", "b") == [""]


def test_a_multipart_that_lost_its_content_type_is_read_as_one() -> None:
    """Some relays drop the field; the parts show themselves."""
    message = mime.parse(f"Subject: hi\n\nThis is a MIME message.\n\n{TWO}".encode())
    assert [part.text for part in message.children] == ["one", "<p>two"]
    assert message.defects == ["multipart body without a Content-Type field"]


def test_a_nested_message_may_be_encoded() -> None:
    """Against RFC 2046 §5.2.1, Exchange sends message/rfc822 in base64."""
    head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    message = mime.parse(head + b"U3ViamVjdDogaGkNCg0KeW8=")
    assert message.children[0].headers.get("Subject") == "hi"
    assert message.children[0].text == "yo"


def test_the_parts_of_a_digest_are_messages() -> None:
    """RFC 2046 §5.1.5."""
    text = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: hi\n\nyo\n--b--\n"
    assert _types(mime.parse(text.encode()))[1:] == [("1", "message/rfc822"), ("1.1", "text/plain")]


def test_text_is_capped_and_says_so() -> None:
    """A delivery status may be longer than a text: it can hold a thousand recipients."""
    for type_, limit in (
        ("text/plain", mime.MAX_TEXT),
        ("message/delivery-status", mime.MAX_STATUS),
    ):
        part = mime.parse(f"Content-Type: {type_}\n\n{'x' * limit}".encode())
        assert (len(part.text), part.is_cut) == (limit, False)
        part = mime.parse(f"Content-Type: {type_}\n\n{'x' * limit}y".encode())
        assert (len(part.text), part.is_cut) == (limit, True)


def test_depth_and_width_are_capped() -> None:
    """Twenty levels and two hundred parts: no report has more."""
    deep = "Content-Type: message/rfc822\n\n" * 5_000
    assert max(part.depth for part in mime.parse(deep.encode()).walk()) == mime.MAX_DEPTH
    wide = "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 5_000
    assert len(list(mime.parse(wide.encode()).walk())) == mime.MAX_PARTS


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_octets_are_a_message(raw: bytes) -> None:
    """Never an exception, and never text that UTF-8 can't hold."""
    for part in mime.parse(raw).walk():
        part.text.encode()
        for name, value in part.headers.items():
            f"{name}{value}{part.headers.text(name)}".encode()


FRAGMENTS = st.sampled_from(
    ["--b\n", "--b--\n", "\n", "--", "Content-Type: ", "multipart/mixed", "; boundary=b",
     "message/rfc822", "\r", " ", "text/plain", ":", "a", '"', "\0", "\xff"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_line_ends_do_not_change_the_tree(text: str) -> None:
    """LF, CRLF and CR give the same parts with the same text."""
    text = text.replace("\r", "")
    trees = [
        [(part.path, part.type, part.text) for part in mime.parse(one.encode("latin-1")).walk()]
        for one in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r"))
    ]
    assert trees[0] == trees[1] == trees[2]
