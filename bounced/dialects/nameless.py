"""A notice that certainly is one, and names nobody: a bounce all the same, without an address.

    Your message could not be delivered. User "karl" is unknown on this system.

The address is null, so that nobody is blamed; who it was, the envelope or the operator may know.
"""

from __future__ import annotations

from typing import Final

from bounced.dialects._entry import one_line
from bounced.dialects._failing import certain, late, told
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ()  # none: any language


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status without an address for a notice of a mail system that mail failed."""
    words = one_line(notice.text)[:1_000]
    if not words or not certain(notice):
        return ()
    action = Action.DELAYED if late(notice) else Action.FAILED
    return (told("nameless", notice, None, words, action, hidden=words),)
