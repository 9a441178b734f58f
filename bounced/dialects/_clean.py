"""The text of a notice without what hides an address in it, or shows one that is only a name.

    "anna@example.net" <user@example.com>: 550 User unknown

What stands in the name of a recipient is no recipient.  Marks of direction and of no width come
from web pages and address books, half a quoted-printable line from gateways that lost the encoding.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import dropwhile
from typing import Final

from bounced.dialects._failing import action_of
from bounced.report.author import names_daemon
from bounced.report.prose import Notice, cut

# Soft hyphen, zero width space, marks and embeddings of direction, byte order mark; not the joiners
# that Persian and Indic words need.
_MARKS: Final = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
# An address cut in two by a soft line break that nobody undid.  RFC 2045 §6.7.
_SOFT: Final = re.compile(
    r"(?<=[\w.+@-])=\n(?=[\w.+-]{0,64}@[\w-])|(?<=@)=\n(?=\w)|(?<=[\w.-])=\n(?=[\w-]{0,20}\.[a-z]{2,24}\b)"
)
_QUOTE: Final = re.compile(r"^ ?> ?", re.MULTILINE)
_NAME: Final = re.compile(
    r"\"[^\"<>\n@]{0,60}@[^\"<>\n]{1,120}\" ?(?=<[^<>\s@]{1,128}@)"
    r"|'[^'<>\n@]{0,60}@[^'<>\n]{1,120}' ?(?=<[^<>\s@]{1,128}@)"
    r"|\([^()<>\n@]{0,60}@[^()<>\n]{1,120}\) ?(?=<[^<>\s@]{1,128}@)"
)


def unmarked(text: str) -> str:
    """Return *text* without characters that have no width."""
    return text if text.isascii() else text.translate(_MARKS)


def cleaned(notice: Notice) -> Notice:
    """Return *notice* as all dialects read it."""
    text = unmarked(notice.text)
    returned = notice.returned
    if text.startswith((">", " >")) and names_daemon(notice.from_) and _all_quoted(text):
        text, below = cut(_QUOTE.sub("", text))
        returned = returned or below
    if "=\n" in text:
        text = _SOFT.sub("", text)
    if "<" in text:
        text = _NAME.sub("", text)
    return notice if text == notice.text else replace(notice, text=text, returned=returned)


def _all_quoted(text: str) -> bool:
    """Whether each line is marked as a quotation: a notice of which a relay makes one.

    What stands below, a footer perhaps, may be without marks, but tells of no failure itself.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    below = list(dropwhile(lambda line: line.lstrip().startswith(">"), lines))
    if any(line.lstrip().startswith(">") for line in below):
        return False
    return not below or action_of("\n".join(below)) is None
