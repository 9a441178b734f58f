"""A message as a person reads it, without the mail that it returns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.report import mime, prose
from bounced.report.mime import MAX_TEXT, Part

Build = Callable[..., Part]
WORDS = "I could not deliver your message.\n\n<nobody@example.com>:\nno such user\n"
HEADER = "Received: from a by b\nFrom: me@example.org\nSubject: hi\n"


@pytest.mark.parametrize(
    "marker",
    [
        "--- Below this line is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "   ----- Original message follows -----",
        "   ----- Unsent message follows -----",
        "-----Original Message-----",
        "----- The header of the original message -----",
        "Original message headers:",
        "> Original message headers:",
        "Your message reads (in part):",
        "The text of your message was:",
        "|------------------------- Message text follows: -------------------------|",
        "Received message:   ",
    ],
)
def test_a_marker_divides_the_notice_from_the_returned_mail(marker: str) -> None:
    """As qmail, Exim, Sendmail, Exchange and others write it."""
    own, behind = prose.cut(f"{WORDS}\n{marker}\n\n{HEADER}\nhello\n")
    assert own == f"{WORDS}\n"
    assert behind.startswith("Received: from a by b\n")


@pytest.mark.parametrize("indent", ["", "    "])
def test_a_header_block_is_a_returned_mail_without_a_marker(indent: str) -> None:
    """Below a blank line, a field as only headers have, and another one."""
    header = "".join(f"{indent}{line}\n" for line in HEADER.splitlines())
    assert prose.cut(f"{WORDS}\n{header}\nhello\n") == (f"{WORDS}\n", f"{header}\nhello\n")


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        "Original message headers are of no use to you.\n",
        "To: see what is wrong\n\nask us.\n",
        f"{WORDS}\nSubject: hi\n\nthat was its subject.\n",
        "",
    ],
)
def test_words_that_only_look_like_a_mail_are_the_notices_own(text: str) -> None:
    """One field alone, or a marker in a sentence, begins nothing."""
    assert prose.cut(text) == (text, "")


def test_of_alternatives_the_plain_text_is_read(multipart: Build) -> None:
    """And HTML where the plain one is empty or missing."""
    plain, page = ("text/plain", "in words"), ("text/html", "<p>in a <b>page</b></p>")
    assert prose.notice(multipart(page, plain, type_="multipart/alternative")).text == "in words"
    empty = ("text/plain", " \n")
    assert (
        prose.notice(multipart(empty, page, type_="multipart/alternative")).text.strip()
        == "in a page"
    )
    assert prose.notice(multipart(page, type_="multipart/alternative")).text == "in a page"


@pytest.mark.parametrize(
    "type_", ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"]
)
def test_what_stands_behind_the_returned_mail_is_not_read(multipart: Build, type_: str) -> None:
    """A list's footer is no reason; the status part is read by another reader."""
    notice = prose.notice(
        multipart(
            ("text/plain", "first"),
            ("message/delivery-status", "Action: failed"),
            ("text/plain", "second"),
            (type_, "Subject: hi\n\nyo"),
            ("text/plain", "footer"),
        )
    )
    assert (notice.text, notice.part) == ("first\nsecond", "1")


def test_a_returned_mail_in_the_text_ends_the_reading(multipart: Build) -> None:
    """It is kept apart, with the header in front."""
    text = f"{WORDS}\n-----Original message-----\n{HEADER}\nyo"
    notice = prose.notice(multipart(("text/plain", text), ("text/plain", "footer")))
    assert notice.text == f"{WORDS}\n"
    assert notice.returned == f"{HEADER}\nyo"


def test_author_and_subject_are_decoded() -> None:
    """As a person would see them."""
    head = b"From: =?utf-8?q?Gr=C3=BCn?= <x@example.com>\nSubject: =?utf-8?q?=C3=9C?=\n\nyo\n"
    notice = prose.notice(mime.parse(head))
    assert (notice.from_, notice.subject, notice.text) == ("Grün <x@example.com>", "Ü", "yo\n")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one<br>two</p><div>three</div>", "one\ntwo\nthree"),
        ("<style>p { color: red }</style><p>one", "one"),
        ("<script type='x'>if (a) b()</script>one", "one"),
        ("a &lt;b@example.com&gt; &#233; &nbsp; c", "a <b@example.com> é c"),
        ("one<!-- two -->three", "one three"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<a href='mailto:a@example.com'>a@example.com</a>", "a@example.com"),
        ("<p", "<p"),
        ("", ""),
    ],
)
def test_the_words_of_a_page(page: str, text: str) -> None:
    """A line for each block, without tags, styles, scripts and comments."""
    assert prose.from_html(page) == text


def test_no_more_is_read_than_a_person_would(multipart: Build) -> None:
    """The text of all parts together is capped, and no part is read beyond that."""
    parts = [("text/plain", "x" * 40_000)] * 20
    assert len(prose.notice(multipart(*parts, type_="multipart/mixed")).text) == MAX_TEXT


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_divided_and_nothing_added(text: str) -> None:
    """What is the notice's own is the front of the text; no page makes the reader raise."""
    own, behind = prose.cut(text)
    assert text.startswith(own)
    assert text.endswith(behind)
    prose.from_html(text).encode()
