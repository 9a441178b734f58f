"""Charsets, transfer encodings and encoded words: what can't be decoded never raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.report import charset


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b"caf\xc3\xa9", "utf-8", "café"),
        (b"caf\xe9", "iso-8859-1", "café"),
        (
            b"\x93hi\x94",
            "iso-8859-1",
            "\N{LEFT DOUBLE QUOTATION MARK}hi\N{RIGHT DOUBLE QUOTATION MARK}",
        ),
        (b"caf\xe9", "us-ascii", "café"),
        (b"caf\xe9", "", "café"),
        (b"caf\xe9", "utf-8", "café"),
        (b"caf\xc3\xa9", "iso-8859-99", "café"),
        (b'\x1b$B$"\x1b(B', "iso-2022-jp", "あ"),
        (b"\x82\xa0", "Shift_JIS", "あ"),
        (b"\xcf\xf0", "KOI8-R", "оП"),
        (b"\xa4\xa4", "big5", "中"),
        (b"caf\xc3\xa9", "utf-8*en", "café"),
        (b"caf\xc3\xa9", ' "UTF-8"', "café"),
    ],
)
def test_a_known_charset_is_decoded_and_an_unknown_one_is_guessed(
    data: bytes, name: str, text: str
) -> None:
    """UTF-8 first and Latin-1 last, which every octet has a meaning in."""
    assert charset.decode(data, name) == text


@pytest.mark.parametrize(
    "name",
    ["punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "idna", "undefined",
     "hex", "base64", "zlib", "rot13", "uu", "a\0b", "x" * 10_000, "utf-8\n", "viscii"],
)  # fmt: skip
def test_a_codec_that_is_no_charset_is_never_handed_to_python(name: str) -> None:
    """Some are quadratic, some crash the interpreter, some raise what nobody expects."""
    assert charset.decode(b"+AGE- \\x41 \xff", name) == "+AGE- \\x41 ÿ"


def test_a_character_that_a_cap_cut_in_two_does_not_spoil_the_rest() -> None:
    """Only the half character is dropped; the text stays UTF-8."""
    assert charset.decode("ключ".encode()[:-1], "utf-8") == "клю"
    assert charset.decode("かな".encode("shift_jis")[:-1], "shift_jis") == "か"


@pytest.mark.parametrize(
    ("data", "encoding", "plain"),
    [
        (b"=41=\nB=3D", "Quoted-Printable ", b"AB="),
        (b"QUJD", "base64", b"ABC"),
        (b"QU JD\nRA==\n-- \nlist footer", "BASE64", b"ABCD"),
        (b"QUJDR", "base64", b"ABC"),
        (b"Q", "base64", b""),
        (b"as it is", "x-unknown", b"as it is"),
        (b"as it is", "", b"as it is"),
    ],
)
def test_a_transfer_encoding_is_undone_as_far_as_it_goes(
    data: bytes, encoding: str, plain: bytes
) -> None:
    """Broken padding, a footer behind the end and unknown encodings cost nothing but themselves."""
    assert charset.transfer_decode(data, encoding) == plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?caf=C3=A9_au_lait?=", "café au lait"),
        ("=?iso-8859-1?B?Y2Fm6Q==?=", "café"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?b?44E=?=\n =?UTF-8?b?gg==?=", "あ"),
        ("=?utf-8?q?a?= =?koi8-r?q?=C1?=", "a\N{CYRILLIC SMALL LETTER A}"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?q?a=0D=0Ab?=", "a  b"),
        ("=?utf-8?q?open", "=?utf-8?q?open"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_decoded_where_they_are_whole(value: str, text: str) -> None:
    """Also where two of them share one character; and a line end never gets into a header."""
    assert charset.unfold_words(value) == text


@given(st.binary(max_size=200), st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_decoding_never_raises_and_never_leaves_half_a_character(data: bytes, name: str) -> None:
    """Whatever the octets and the name of the charset: text that can be stored as UTF-8."""
    assert charset.decode(data, name).encode() is not None
    assert charset.unfold_words(f"=?{name}?q?{data!r}?=").encode() is not None


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "7bit"]))
@settings(max_examples=200, deadline=None)
def test_undoing_a_transfer_encoding_never_raises(data: bytes, encoding: str) -> None:
    """Nor does it ever make more octets than it was given."""
    assert len(charset.transfer_decode(data, encoding)) <= len(data)
