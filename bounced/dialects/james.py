"""Apache James 2 and 3: its remote delivery, and its bounce and notify mailets.

    Hi. This is the James mail server at mail.example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. ...

    Failed recipient(s):
    user@example.com

    Error message:
    550 5.1.1 User unknown

The words are qmail's, the form is not.  Written by RemoteDelivery and DSNBounce (the sentences are
a setting there); Bounce, Redirect and NotifySender write "Message details:" with the envelope, and
"Error message below:".  One reason stands for all; where it names one of them, for that one only.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("james mail server", "message details:", "failed recipient(s):")
_GREETING = re.compile(
    r"^[ \t]{0,4}Hi\. This is the James mail server at|^Failed recipient\(s\):", re.MULTILINE
)
_LIST = re.compile(rf"(?:^[ \t]{{0,4}}<?{ADDRESS}>?[ \t]*\n){{1,1000}}", re.MULTILINE)
_DETAILS = re.compile(
    rf"^Message details:[ \t]*\n(?:[ \t][^\n]{{0,500}}\n){{0,6}}?"
    rf"[ \t]{{1,9}}RCPT TO: ((?:{ADDRESS}[ \t]*\n[ \t]{{1,20}}){{1,1000}})[\w ]{{1,20}}:",
    re.MULTILINE,
)
_ERROR = re.compile(r"^Error message(?: below)?:[ \t]*\n", re.MULTILINE)
_END = re.compile(
    r"^(?:The original message is attached|Message details:)", re.MULTILINE | re.IGNORECASE
)
_SAID = re.compile(r"(?:^|told me: )([245]\d\d[ -].*)")
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address in the list or the envelope that James shows."""
    if not looks_failing(notice):
        return ()  # a person who quotes it
    text, error = notice.text, _ERROR.search(notice.text)
    if greeting := _GREETING.search(text):
        listed = _LIST.search(text, greeting.start())
        shown, start = (listed[0], listed.end()) if listed else ("", 0)
    elif (details := _DETAILS.search(text)) and error:
        shown, start = details[1], 0
    else:
        return ()
    start = error.end() if error else start
    end = _END.search(text, start)
    reason = one_line(text[start : end.start() if end else None])
    listed_ones = _ADDRESS.findall(shown)
    named = [who for who in listed_ones if who.lower() in reason.lower()]
    return unique(_status(notice, who, reason, named) for who in listed_ones)


def _status(notice: Notice, who: str, reason: str, named: list[str]) -> RecipientStatus:
    if named and who not in named:
        return status_of("james", notice, who, "")
    said = _SAID.search(reason)
    return status_of("james", notice, who, reason, reply=said[1] if said else None)
