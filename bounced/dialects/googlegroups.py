"""Google Groups refusing a post, in the language of the sender.

    Hello sender@example.org,

    We're writing to let you know that the group you tried to contact (announce) may not exist, or
    you may not have permission to post messages to the group.

The text tells the name of the group, its address stands in X-Failed-Recipients.  The address in the
text is the *sender's*.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, paragraphs, status_of
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("groups.google.com/support",)
_GROUP = re.compile(r"[((]([\w.+-]{1,100})[))]")
_LINK = "https://groups.google.com/support/"


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the group that refused the message."""
    if _LINK not in notice.text:
        return ()
    sentence = next((part for part in paragraphs(notice.text) if _GROUP.search(part)), "")
    group = _GROUP.search(sentence)
    if not group:
        return ()
    named = address(notice.headers.get("X-Failed-Recipients") or "")
    who = named if named and named.lower().startswith(f"{group[1].lower()}@") else None
    return (status_of("googlegroups", notice, who, sentence, hidden=group[1]),)
