"""Read the field blocks of a delivery-status or feedback-report body.  RFC 3464 §2.1, RFC 5965 §3.

Blocks are told apart by the names in them, never by their position: in the field, one report in
fourteen puts a recipient first, or everything in one block, or a blank line behind every field.
What is known is taken out by name; what is left is an extension; what can't be read is a defect.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from bounced.model import Action, Defect, Status, Typed
from bounced.report import charset

T = TypeVar("T")

_FIELD: Final = re.compile(
    r"^[ ]{0,2}([A-Za-z][\w-]{1,60})[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE
)
_MAX_ADDRESS: Final = 1_000  # with its comment, its route and its encoding
_PERSON: Final = re.compile(
    r"^(?:Original-Recipient[ \t]*:.{0,1000}\n)?Final-Recipient[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_OUTCOME: Final = re.compile(r"^(?:Action|Status)[ \t]*:", re.MULTILINE | re.IGNORECASE)
_COMMENT: Final = re.compile(r"\([^()]{0,500}\)")
_ROUTE: Final = re.compile(r"^@[^:\s]{1,300}:")
_ESCAPED: Final = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_QUOTED: Final = re.compile(r'^"(?:[^"\\]|\\.){1,200}"@\S{1,300}$')
_ADDRESS: Final = re.compile(r"[^\s<>,;:\"()]{1,200}@[^\s<>,;:\"()@]{1,255}")

# Words for the values of RFC 3464 §2.3.3 that other programs write.
_ACTIONS: Final = {
    "fail": Action.FAILED,
    "failure": Action.FAILED,
    "failed(permanent)": Action.FAILED,
    "error": Action.FAILED,  # OpenSMTPD
    "expired": Action.FAILED,
    "deferred": Action.DELAYED,
    "delay": Action.DELAYED,
    "deliverable": Action.DELIVERED,
    "deliver": Action.DELIVERED,
    "transferred": Action.RELAYED,
    "relay": Action.RELAYED,
    "expand": Action.EXPANDED,
}


class Fields:
    """One block of fields, drained by name."""

    def __init__(self, block: str) -> None:
        self._left: dict[str, list[str]] = {}
        for name, value in _FIELD.findall(block):
            self._left.setdefault(name.lower(), []).append(" ".join(value.split()))
        self.defects: list[Defect] = []

    def __bool__(self) -> bool:
        """Whether any field is left."""
        return bool(self._left)

    def __contains__(self, name: object) -> bool:
        """Whether a field *name*, in lower case, is left."""
        return name in self._left

    def names(self) -> frozenset[str]:
        """Return the names, lower-cased, that are still in the block."""
        return frozenset(self._left)

    def join(self, other: Fields) -> None:
        """Add the fields of *other*, which a stray blank line divided from these."""
        for name, values in other._left.items():
            self._left.setdefault(name, []).extend(values)

    def take(self, name: str, convert: Callable[[str], T | None]) -> T | None:
        """Take the field *name* out and return it converted; None where absent or unreadable.

        Of a repeated field the first is taken.  What can't be converted stays in, with a defect.
        """
        values = self._left.get(name)
        if not values:
            return None
        if len(values) > 1:
            self.defects.append(Defect(field=name, text="repeated"))
        converted = convert(values[0])
        if converted is None:
            self.defects.append(Defect(field=name, text=f"unreadable: {values[0][:100]}"))
            return None
        del values[0]
        if not values:
            del self._left[name]
        return converted

    def take_all(self, name: str) -> tuple[str, ...]:
        """Take every field *name* out."""
        return tuple(self._left.pop(name, ()))

    def split(self, name: str) -> Fields:
        """Take every field *name* out, as a block of their own."""
        taken = Fields("")
        if name in self._left:
            taken._left[name] = self._left.pop(name)
        return taken

    def rest(self) -> tuple[tuple[str, str], ...]:
        """Return what nobody took."""
        return tuple((name, value) for name, values in self._left.items() for value in values)


def blocks(body: str) -> list[Fields]:
    """Split *body* at blank lines into blocks of fields; blocks without a field are dropped.

    Where no blank line stands between two recipients (bounce.io, no-blank-line-between.eml), the
    second begins with its address behind the Action or Status of the first.  RFC 3464 §2.3.
    """
    found = re.split(r"\n[ \t]*\n", body)
    return [fields for one in found for block in _people(one) if (fields := Fields(block))]


def _people(block: str) -> list[str]:
    """Divide a block with the fields of several recipients in a row into one for each of them."""
    starts = [found.start() for found in _PERSON.finditer(block)]
    if len(starts) < 2:  # noqa: PLR2004 -- nothing to divide
        return [block]
    cuts, last = [0], 0
    for start in starts:
        if _OUTCOME.search(block, last, start):
            cuts.append(start)
            last = start
    return [block[start:end] for start, end in zip(cuts, [*cuts[1:], len(block)], strict=True)]


def typed(value: str) -> Typed | None:
    """``rfc822; a@b`` -> ``Typed("rfc822", "a@b")``; the type may be missing.  RFC 3464 §2.1.2."""
    head, semicolon, tail = value.partition(";")
    kind = head.strip().lower()
    if not semicolon or not re.fullmatch(r"[\w./+-]{0,40}", kind):
        return Typed("", value) if value else None
    return Typed(kind, tail.strip())


def action(value: str) -> Action | None:
    """Read an Action value; case and comments do not matter.  RFC 3464 §2.3.3."""
    word = _COMMENT.sub("", value).strip().lower().rstrip(".")
    try:
        return Action(word)
    except ValueError:
        return _ACTIONS.get(word) or _ACTIONS.get(word.split(" ")[0])


def status(value: str) -> tuple[Status, str] | None:
    """Read a Status value, and the comment that may follow it.  RFC 3464 §2.3.4."""
    found = Status.find(value)
    return (found, value.partition(str(found))[2].strip(" ()")) if found else None


def text(value: str) -> str | None:
    """Return the value as it is."""
    return value


def number(value: str) -> int | None:
    """Read a non-negative number."""
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None


def date(value: str) -> datetime | None:
    """Read an RFC 5322 date as an aware one; a date without a zone is taken for UTC."""
    try:
        found = parsedate_to_datetime(_COMMENT.sub("", value[:100]))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def address(field: Typed | None) -> str | None:
    """Return the mail address in a recipient field, or None where it holds none.

    Undone are brackets, comments, source routes (RFC 5321 §4.1.1.3) and the escapes of the
    ``utf-8`` address type (RFC 6533 §3).
    """
    if field is None or "@" not in field.value:
        return None
    value = field.value[:_MAX_ADDRESS]
    value = charset.unfold_words(value) if value.endswith("?=") else value
    if field.type in {"utf-8", "rfc822", ""}:
        value = _ESCAPED.sub(_character, value)
    value = value.strip().removeprefix("mailto:")
    bare = value[1:-1] if value.startswith("<") and value.endswith(">") else value
    bare = _ROUTE.sub("", bare.strip()).rstrip(".")
    if _QUOTED.match(bare) or _ADDRESS.fullmatch(bare):
        return bare
    found = _ADDRESS.search(_COMMENT.sub("", value))
    return found[0].rstrip(".") if found else None


def _character(match: re.Match[str]) -> str:
    try:
        return chr(int(match[1], 16)).encode().decode()
    except (ValueError, OverflowError):  # half a surrogate pair, or beyond Unicode
        return "\N{REPLACEMENT CHARACTER}"
