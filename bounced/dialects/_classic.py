"""For the readers of older mail servers: a recipient that may be only a name, a reason in prose."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from bounced.dialects._entry import address, one_line, status_of
from bounced.dialects._failing import REPLY
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice


def told(
    dialect: str,
    notice: Notice,
    shown: str,
    reason: str,
    *,
    action: Action = Action.FAILED,
    remote: str | None = None,
    original: str | None = None,
) -> RecipientStatus:
    """Return a recipient as it is *shown*, with the reply that stands somewhere in *reason*."""
    reason, reply = _said(reason)
    found = status_of(
        dialect,
        notice,
        address(shown),
        reason,
        action=action,
        reply=reply,
        remote=remote,
        original=original,
        hidden=shown,
    )
    # Its own reason is all the words that are its own: the same paragraph may tell of another's.
    return replace(found, words=reason or None)


@lru_cache(16)  # one reason may be that of hundreds
def _said(reason: str) -> tuple[str, str | None]:
    """Return a reason as one line, and the reply in it."""
    reason = one_line(reason).strip(" '")
    reply = REPLY.search(reason)
    return reason, reply[1] if reply else None
