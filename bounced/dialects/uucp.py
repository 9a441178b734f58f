"""UUCP, and the mail command of System V that belonged to it.

remote execution  [uucp job siteN2c3a (5/10-9:26:00)]
        rmail user@example.com
exited with status 67

We have been unable to contact machine 'site' since you queued your job.

***** UNDELIVERABLE MAIL sent to user, being returned by site!sender *****
mail: ERROR # 8 'Invalid recipient' encountered on system site
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import one_line, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("remote execution", "unable to contact machine", "undeliverable mail sent to ")
_RMAIL = re.compile(r"(?:^|[\s!])rmail[ \t]{1,4}([^\n()]{1,2000})")
_JOB = re.compile(r"^remote execution[ \t]{1,8}\[[^\]\n]{1,200}\]", re.MULTILINE)
_EXIT = re.compile(
    r"^[ \t]{0,8}(?:exited with status \d{1,3}|terminated by signal \d{1,3}|failed)[^\n]{0,200}",
    re.MULTILINE,
)
_STDERR = re.compile(r"={1,40} stderr was ={1,80}\s{1,10}([^\n]{1,500}(?:\n[^\n]{1,500}){0,10})")
_CONTACT = re.compile(
    r"^[^\n']{0,80}unable to contact machine '([^'\n]{1,80})'[^\n]{0,200}", re.MULTILINE
)
_SYSTEM_V = re.compile(
    r"^\*{3,8} UNDELIVERABLE MAIL sent to ([^\s,]{1,320}), being returned by \S{1,320} \*{3,8}"
    r"[ \t]*\n((?:[^\n]{1,500}\n?){0,5})",
    re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each argument of rmail, or whom System V's mail could not serve."""
    text = notice.text
    if returned := _SYSTEM_V.search(text):
        return (told("uucp", notice, returned[1], returned[2]),)
    job, contact = _JOB.search(text), _CONTACT.search(text)
    heading = job or contact
    rmail = _RMAIL.search(text, heading.end()) if heading else None
    if not rmail:
        return ()
    exited, printed = _EXIT.search(text), _STDERR.search(text)
    said = contact[0] if contact else exited[0] if exited else ""
    reason = f"{said} {one_line(printed[1]) if printed else ''}"
    # After a week the same sentence says that the job was deleted.
    late = contact and "attempts will continue" in text.lower()
    action = Action.DELAYED if late else Action.FAILED
    return unique(told("uucp", notice, who, reason, action=action) for who in rmail[1].split())
