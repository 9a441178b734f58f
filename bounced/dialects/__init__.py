"""Dialects: MTAs and providers that report in prose.

One file each, with ``SIGNS`` and ``read``; the order is here and nowhere else.  What they share
stands in the files that begin with an underscore.  A dialect reads a ``Notice`` and nothing else,
and invents no code or address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final, NamedTuple

from bounced.dialects import (
    courier,
    domino,
    dragonfly,
    exchange,
    exchange2003,
    exim,
    flufl,
    generic,
    gmail,
    googlegroups,
    iis,
    keyvalue,
    mailmarshal,
    nameless,
    only,
    opensmtpd,
    postfix,
    qmail,
    sendmail,
    sentence,
    transcript,
    zoho,
)
from bounced.model import Defect, RecipientStatus
from bounced.report.prose import Notice

Reader = Callable[[Notice], tuple[RecipientStatus, ...]]


class Dialect(NamedTuple):
    """One reader.  A notice that it can read has one of ``signs`` in it, where it has any.

    Signs are lower-case, and looked for in From, Subject, the names of the header's fields and the
    text: a cheap way to ask few readers of many.
    """

    name: str
    read: Reader
    signs: tuple[str, ...] = ()

    def knows(self, seen: str) -> bool:
        """Whether it is worth asking this reader about a notice that shows *seen*."""
        return not self.signs or any(sign in seen for sign in self.signs)


def _dialect(module: ModuleType) -> Dialect:
    return Dialect(module.__name__.rpartition(".")[2], module.read, module.SIGNS)


DIALECTS: Final[tuple[ModuleType, ...]] = (
    # MTAs that sign their notice with a sentence of their own.
    postfix,
    dragonfly,
    exim,
    sendmail,
    courier,
    opensmtpd,
    zoho,
    mailmarshal,
    domino,
    # Google's: before Microsoft's, whose first line the old form of Gmail borrows.
    googlegroups,
    gmail,
    # Microsoft's: told by their layout, since the words are translated.
    exchange,
    exchange2003,
    iis,
    # A form with many writers, and with few words that all of them keep.
    qmail,
    # Guesses, the better ones first.
    keyvalue,
    generic,
    transcript,
    sentence,
    only,
    flufl,
    nameless,
)
READERS: Final = tuple(map(_dialect, DIALECTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the first reader that knew the notice found; ``source`` is ``""`` where none did."""

    recipients: tuple[RecipientStatus, ...] = ()
    source: str = ""
    defects: tuple[Defect, ...] = ()


def read(notice: Notice) -> Found:
    """Return what the first reader finds; one that raises is passed over and leaves a defect."""
    defects: tuple[Defect, ...] = ()
    seen = shown(notice)
    for name, reader, _ in (one for one in READERS if one.knows(seen)):
        try:
            recipients = reader(notice)
        except Exception as error:  # noqa: BLE001 -- one bad reader must not cost the report
            defects += (Defect(field=name, text=f"the reader failed: {type(error).__name__}"),)
            continue
        if recipients:
            return Found(recipients=recipients, source=name, defects=defects)
    return Found(defects=defects)


def shown(notice: Notice) -> str:
    """Return all that a dialect's signs may stand in, lower-cased."""
    names = "\n".join(name for name, _ in notice.headers.items())
    return f"{notice.from_}\n{notice.subject}\n{names}\n{notice.text}".lower()
