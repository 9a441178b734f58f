"""Turn bytes into text: an allow-list of charsets, transfer encodings, encoded words.

RFC 2045 §6, RFC 2047.

Never raises and never hands a charset's name to Python unchecked: some codecs are quadratic
(``punycode``), some crash unfixed interpreters (``unicode_escape``), some are no charsets at all.
"""

from __future__ import annotations

import binascii
import quopri
import re

_ALLOWED = re.compile(
    r"(?:utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?\d{1,2}|windows-?12\d\d|cp12\d\d|"
    r"koi8-[rutc]|gb2312|gbk|gb18030|big5(?:-?hkscs)?|euc-?(?:jp|kr|cn|tw)|shift[-_]jis|sjis|"
    r"cp932|windows-31j|iso-2022-(?:jp(?:-[123])?|kr)|ks_c_5601-1987|cp(?:437|850|852|866|949|950)|"
    r"tis-620|viscii|mac(?:roman|intosh))",
    re.IGNORECASE,
)
_ALIASES = {
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",  # what calls itself gb2312 uses characters beyond it
    "gbk": "gb18030",
    "iso-8859-1": "windows-1252",  # as every mail program reads it
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
}
# How codecs say that a cap cut the last character in two.
_CUT = frozenset({"unexpected end of data", "incomplete multibyte sequence"})
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]{0,2000})\?=")
_WORDS = re.compile(rf"(?:{_WORD.pattern})++")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
_JIS = re.compile(rb"\x1b\$[@B]")  # how ISO-2022-JP turns to two octets a character
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def decode(data: bytes, charset: str = "") -> str:
    """Return *data* as text in *charset*; where that is absent or not allowed, UTF-8 or Latin-1."""
    name = charset.partition("*")[0].strip(" \t\"'").lower()
    if data.isascii() and not name.startswith("iso-2022"):
        if not _JIS.search(data):
            return data.decode("ascii")
        name = "iso-2022-jp"  # undeclared, encoding/iso-2022-jp-undeclared.eml
    codec = _ALIASES.get(name, name) if _ALLOWED.fullmatch(name) else "utf-8"
    for attempt in dict.fromkeys((codec, "utf-8")):
        try:
            return data.decode(attempt)
        except UnicodeDecodeError as error:
            if error.reason in _CUT and not data[: error.start].isascii():
                return data[: error.start].decode(attempt)
        except LookupError:
            continue
    if codec == "utf-8":
        return data.decode("latin-1")
    try:
        return data.decode(codec, "replace")
    except LookupError:
        return data.decode("latin-1")


def transfer_decode(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding, as far as it can be undone.  RFC 2045 §6."""
    encoding = encoding.strip().lower()
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        return _base64(data)
    return data


def _base64(data: bytes) -> bytes:
    # What a list or a scanner put behind the padding is a footer, and no base64.
    clean = _NOT_BASE64.sub(b"", data.partition(b"=")[0])
    clean = clean[: len(clean) - (len(clean) % 4 == 1)]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def unfold_words(value: str) -> str:
    """Decode the encoded words in a header field's value.  RFC 2047."""
    if "=?" not in value:
        return value
    return _WORDS.sub(_words, _BETWEEN.sub(r"\1", value))


def _words(match: re.Match[str]) -> str:
    """Decode encoded words that touch: some mailers cut in the middle of a character."""
    joined = b""
    text = ""
    last = ""
    for charset, how, encoded in _WORD.findall(match[0]):
        if charset.lower() != last:
            text += decode(joined, last)
            joined, last = b"", charset.lower()
        data = encoded.encode("latin-1", "replace")
        joined += _base64(data) if how in "bB" else quopri.decodestring(data, header=True)
    return (text + decode(joined, last)).replace("\n", " ").replace("\r", " ")
