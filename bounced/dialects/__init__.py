"""Dialects: MTAs and providers that report in prose.

One file each; the order is here and nowhere else.  What they share stands in the files that begin
with an underscore.  A dialect reads a ``Notice`` and nothing else, and invents no code or address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

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
    mailmarshal,
    opensmtpd,
    postfix,
    qmail,
    sendmail,
    sentence,
    zoho,
)
from bounced.model import Defect, RecipientStatus
from bounced.report.prose import Notice

Reader = Callable[[Notice], tuple[RecipientStatus, ...]]

READERS: Final[tuple[tuple[str, Reader], ...]] = (
    # MTAs that sign their notice with a sentence of their own.
    ("postfix", postfix.read),
    ("dragonfly", dragonfly.read),
    ("exim", exim.read),
    ("sendmail", sendmail.read),
    ("courier", courier.read),
    ("opensmtpd", opensmtpd.read),
    ("zoho", zoho.read),
    ("mailmarshal", mailmarshal.read),
    ("domino", domino.read),
    # Google's: before Microsoft's, whose first line the old form of Gmail borrows.
    ("googlegroups", googlegroups.read),
    ("gmail", gmail.read),
    # Microsoft's: told by their layout, since the words are translated.
    ("exchange", exchange.read),
    ("exchange2003", exchange2003.read),
    ("iis", iis.read),
    # A form with many writers, and with few words that all of them keep.
    ("qmail", qmail.read),
    # Guesses, the better ones first.
    ("generic", generic.read),
    ("sentence", sentence.read),
    ("flufl", flufl.read),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the first reader that knew the notice found; ``source`` is ``""`` where none did."""

    recipients: tuple[RecipientStatus, ...] = ()
    source: str = ""
    defects: tuple[Defect, ...] = ()


def read(notice: Notice) -> Found:
    """Return what the first reader finds; one that raises is passed over and leaves a defect."""
    defects: tuple[Defect, ...] = ()
    for name, reader in READERS:
        try:
            recipients = reader(notice)
        except Exception as error:  # noqa: BLE001 -- one bad reader must not cost the report
            defects += (Defect(field=name, text=f"the reader failed: {type(error).__name__}"),)
            continue
        if recipients:
            return Found(recipients=recipients, source=name, defects=defects)
    return Found(defects=defects)
