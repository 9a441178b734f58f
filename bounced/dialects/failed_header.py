"""X-Failed-Recipients, where no reader knows the words: the header field names whom.

    X-Failed-Recipients: user@example.com, other@example.net

Written by Exim, Gmail, chasquid and ZoneMTA, and kept by their operators' own texts.  Why stands
somewhere in the text.
"""

from __future__ import annotations

from typing import Final

from bounced.dialects._entry import MAX_RECIPIENTS, address, delayed, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("x-failed-recipients",)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address in the header of a notice that looks like a failure."""
    if not looks_failing(notice):
        return ()
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    names = ",".join(notice.headers.all("X-Failed-Recipients")).split(",", MAX_RECIPIENTS)
    return unique(
        status_of("failed_header", notice, who, "", action=action)
        for who in map(address, names[:MAX_RECIPIENTS])
        if who
    )
