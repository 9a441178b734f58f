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
    airmail,
    amavis,
    aol,
    chasquid,
    communigate,
    compuserve,
    courier,
    domino,
    dragonfly,
    exchange,
    exchange2003,
    exim,
    failed_header,
    flufl,
    fml,
    fulldetails,
    generic,
    gmail,
    googlegroups,
    groupwise,
    haraka,
    hmailserver,
    iis,
    imail,
    intermail,
    interscan,
    ironport,
    james,
    jetmail,
    kddi,
    kerio,
    keyvalue,
    labelled,
    lmail,
    mailenable,
    mailmarshal,
    mdaemon,
    mercury,
    messagelabs,
    mfilter,
    mimecast,
    mmdf,
    mmsc,
    momentum,
    mox,
    msmail,
    nameless,
    notes,
    office365,
    only,
    opensmtpd,
    pmdf,
    postfix,
    postoffice,
    powermta,
    pp,
    qmail,
    qsbmf,
    scanner,
    sendgrid,
    sendmail,
    sentence,
    smail,
    smartermail,
    stalwart,
    surfcontrol,
    technicaldetails,
    transcript,
    uucp,
    vmsmx,
    vmtcpip,
    webshield,
    xmail,
    zoho,
)
from bounced.dialects._clean import cleaned
from bounced.dialects._shared import own_reasons
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
        for sign in self.signs:
            if sign in seen:
                return True
        return not self.signs


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
    momentum,
    # Gateways of providers and of mobile carriers.
    intermail,
    kddi,
    mmsc,
    airmail,
    fulldetails,
    # Providers and platforms, each with words of its own.
    aol,
    sendgrid,
    technicaldetails,
    # Servers of these days.
    james,
    haraka,
    stalwart,
    chasquid,
    mox,
    powermta,
    # Older servers, and what became of them: words that only they print.
    notes,
    smail,
    mmdf,
    pmdf,
    postoffice,
    groupwise,
    imail,
    communigate,
    mdaemon,
    kerio,
    mailenable,
    hmailserver,
    smartermail,
    xmail,
    mercury,
    lmail,
    vmsmx,
    vmtcpip,
    pp,
    uucp,
    compuserve,
    msmail,
    jetmail,
    fml,
    # Security gateways, by their own words for a failed delivery.
    ironport,
    messagelabs,
    mimecast,
    mfilter,
    surfcontrol,
    interscan,
    webshield,
    # Content filters, which stopped what could have been delivered.
    amavis,
    scanner,
    # Google's: before Microsoft's, whose first line the old form of Gmail borrows.
    googlegroups,
    gmail,
    # Microsoft's: told by their layout, since the words are translated.
    exchange,
    office365,
    exchange2003,
    iis,
    # A form with many writers, and with few words that all of them keep.
    qmail,
    qsbmf,
    # Guesses, the better ones first.
    labelled,
    keyvalue,
    generic,
    transcript,
    sentence,
    failed_header,
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
    notice = cleaned(notice)
    seen = shown(notice)
    for name, reader, _ in (one for one in READERS if one.knows(seen)):
        try:
            recipients = reader(notice)
        except Exception as error:  # noqa: BLE001 -- one bad reader must not cost the report
            defects += (Defect(field=name, text=f"the reader failed: {type(error).__name__}"),)
            continue
        if recipients:
            if len(recipients) > 1:
                recipients = tuple(own_reasons(recipients))
            return Found(recipients=recipients, source=name, defects=defects)
    return Found(defects=defects)


def shown(notice: Notice) -> str:
    """Return all that a dialect's signs may stand in, lower-cased."""
    names = "\n".join(notice.headers.names())
    return f"{notice.from_}\n{notice.subject}\n".lower() + f"{names}\n{notice.low}"
