"""Reasons that stand below a list of recipients, and not beside each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bounced.dialects._entry import ADDRESS
from bounced.model import Defect, RecipientStatus

_ADDRESS: Final = re.compile(ADDRESS)


def share(names: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """Return for each of *names* the reasons that name it, or else those that name none of them.

    What is said of one recipient must not be held against the next.
    """
    low = [name.lower() for name in names]
    told = [{name for name in low if name in reason.lower()} for reason in reasons]
    shared = {}
    for name in names:
        own = [one for one, said in zip(reasons, told, strict=True) if name.lower() in said]
        common = [one for one, said in zip(reasons, told, strict=True) if not said]
        shared[name] = " ".join(own or common)
    return shared


def own_reasons(recipients: tuple[RecipientStatus, ...]) -> Iterator[RecipientStatus]:
    """Yield *recipients*; one whose reason speaks of another of them, and not of it, has none.

    One reason below a list of several, domino/several-recipients.eml.
    """
    everyone = {one.address.lower() for one in recipients if one.address}
    for one in recipients:
        said = one.diagnostic_code.value if one.diagnostic_code else ""
        named = {name.lower() for name in _ADDRESS.findall(said)} & everyone if "@" in said else ()
        if not named or (one.address or "").lower() in named:
            yield one
            continue
        defect = Defect(field="diagnostic-code", text=f"about another recipient: {said[:100]}")
        yield replace(
            one, diagnostic_code=None, status=None, words=None, defects=(*one.defects, defect)
        )
