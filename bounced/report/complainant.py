"""Who complained, by the header of the mail that a complaint returns.

What the provider or its server wrote into it comes first; the author's own To only where it names
one person, who is neither the list that the mail went through nor the author himself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.address import is_address
from bounced.model import Defect, RecipientStatus, Typed
from bounced.report import fields
from bounced.report.mime import Headers, Part

# Fields by which a provider says whose complaint it is; then those of its delivery.
_MARKS: Final = ("X-HmXmrOriginalRecipient", "X-Original-Rcpt-To", "X-Original-Recipient")
_TRACES: Final = frozenset(
    {
        "x-rcpt-to",
        "x-apparently-to",
        "delivered-to",
        "x-delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
    }
)
_FOR: Final = re.compile(r"\bfor[ \t]{1,4}<?([^\s<>;]{1,320})>?[ \t]{0,4}(?:;|\(|$)", re.IGNORECASE)


def returned_headers(message: Part) -> Headers:
    """Return the header of the mail that *message* returns, without fields where there is none."""
    for part in message.walk(into_messages=False):
        if part.type.startswith("message/") and part.children:
            return part.children[0].headers
        if part.type in {"text/rfc822-headers", "message/global-headers"}:
            return Headers.parse(part.text.lstrip("\n").partition("\n\n")[0])
    return Headers()


def marked(returned: Headers) -> list[Typed]:
    """Return those whom the provider's own fields name as the ones who complained."""
    return [one for one in map(_typed, _values(returned, _MARKS)) if fields.address(one)]


def in_returned(returned: Headers, part: str, source: str) -> tuple[RecipientStatus, ...]:
    """Return who complained by all that *returned* shows; nobody's address where it hides him."""
    if named := marked(returned):
        return people(named, part, source)
    lists = _not_people(returned)
    for value in (*_traces(returned), _to(returned)):
        one = _typed(value)
        address = (fields.address(one) or "").lower()
        if is_address(address) and address not in lists and not _of_list(address, returned):
            note = Defect(field="original-rcpt-to", text="absent, taken from the returned mail")
            return people([one], part, source, note)
    return people([], part, source)


def people(
    named: list[Typed], part: str, source: str, *defects: Defect
) -> tuple[RecipientStatus, ...]:
    """Return a recipient for each address in *named*, or one without an address."""
    found = {address: one for one in named if (address := fields.address(one))}
    if not found:
        return (RecipientStatus(source=source, part=part),)
    return tuple(
        RecipientStatus(
            address=address, original_recipient=one, source=source, part=part, defects=defects
        )
        for address, one in found.items()
    )


def _typed(value: str) -> Typed:
    return Typed("rfc822", value)


def _values(headers: Headers, names: tuple[str, ...]) -> list[str]:
    return [value for name in names if (value := headers.get(name))]


def _traces(returned: Headers) -> Iterator[str]:
    """Yield what the last server wrote: its fields, and the "for" of the first Received field."""
    for name, value in returned.items():
        if name.lower() == "received":
            if one := _FOR.search(value[:2_000]):
                yield one[1]
            return  # what stands below was written on the way, dmarc-through-a-list.eml
        if name.lower() in _TRACES:
            yield value


def _to(returned: Headers) -> str:
    """Return To where it names one person: a crowd in it is not who complained."""
    to = returned.get("To") or ""
    several = "Cc" in returned or "," in to or to.count("@") > 2  # noqa: PLR2004 -- "a@b" <a@b>
    return "" if several else to


def _not_people(returned: Headers) -> frozenset[str]:
    """Return the addresses of the author and of his list: they did not complain."""
    names = ("From", "Sender", "Reply-To", "List-Post", "Mailing-List", "Return-Path")
    found = (fields.address(_typed(value)) for value in _values(returned, names))
    return frozenset(address.lower() for address in found if address)


def _of_list(address: str, returned: Headers) -> bool:
    """Whether List-Id is made of *address*, as RFC 2919 §2 advises: name.lists.example.org."""
    return f"<{address.replace('@', '.')}>" in (returned.get("List-Id") or "").lower()
