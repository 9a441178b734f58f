"""Gmail and Google Workspace, in the form of before 2016 and in the one since then.

    Delivery to the following recipient failed permanently:

         user@example.com

    Technical details of permanent failure:
    Google tried to deliver your message, but it was rejected.  The error that the other server
    returned was: 550 5.1.1 User unknown

    ** Address not found **

    Your message wasn't delivered to user@example.com because the address couldn't be found.

    The response from the remote server was:
    550 5.1.1 User unknown

The new form comes in the language of the sender; headline and layout stay.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from bounced.dialects._entry import ADDRESS, address, paragraphs, status_of, unique
from bounced.dialects._glued import mentioned
from bounced.dialects._shared import share
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("to the following recipient", "** ")
_GOOGLE = re.compile(r"mailer-daemon@(?:googlemail|google|gmail)\.com", re.IGNORECASE)
_OLD = re.compile(
    r"^Delivery to the following recipients? (failed permanently|has been delayed):"
    r"[ \t]*\n\s{0,10}"
    rf"((?:[ \t]{{1,20}}{ADDRESS}[ \t]*(?:\n\s{{0,3}}|$)){{1,100}})",
    re.MULTILINE,
)
_DETAILS = re.compile(
    r"^Technical details of (?:permanent|temporary) failure:[ \t]*\n?(.*)", re.DOTALL | re.MULTILINE
)
_OTHER = re.compile(r"The error that the other server returned was:\s{0,5}(\S.*)", re.DOTALL)
_STATE = re.compile(r"^(?:PERM|TEMP)_FAILURE: SMTP Error \(state \d+\): (.*)", re.DOTALL)
_BY = re.compile(r"\bby ([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})\.? \[")
_HEADLINE = re.compile(r"^[ \t]{0,4}\*\* [^\n*]{2,100} \*\*[ \t]*\n", re.MULTILINE)
_RESPONSE = re.compile(r"\n[^\n:\uff1a]{2,80}[:\uff1a][ \t]*\n\s{0,5}(?=\S)")
_SMTP = re.compile(r"(?:\d{3} )?([245]\d\d[ -].*)", re.DOTALL)
_DELAY = re.compile(
    r"\(Delay\)|\*\* Delivery incomplete \*\*|Gmail will retry|temporary problem delivering"
)
# Sentences that name no recipient of ours: the account itself may not send now.
_SENDER = re.compile(r"reached a limit for sending|Message rejected by our own", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for the recipients of a Gmail notice, in the old form or the new one."""
    if old := _OLD.search(notice.text):
        return _old(notice, old)
    headline = _HEADLINE.search(notice.text)
    if not headline or not (_GOOGLE.search(notice.from_) or "The response " in notice.text):
        return ()
    return _new(notice, notice.text[headline.end() :])


def _old(notice: Notice, found: re.Match[str]) -> tuple[RecipientStatus, ...]:
    details = _DETAILS.search(notice.text, found.end())
    reasons = share(found[2].split(), [details[1]] if details else [])
    action = Action.DELAYED if "delayed" in found[1] else Action.FAILED
    return unique(_detailed(notice, who, reason, action) for who, reason in reasons.items())


def _detailed(notice: Notice, who: str, reason: str, action: Action) -> RecipientStatus:
    said = _OTHER.search(reason) or _STATE.match(reason)
    smtp = _SMTP.match(said[1]) if said else None
    by = _BY.search(reason)
    return status_of(
        "gmail",
        notice,
        who,
        reason,
        action=action,
        reply=smtp[1] if smtp else None,
        remote=by[1] if by else None,
    )


def _new(notice: Notice, text: str) -> tuple[RecipientStatus, ...]:
    sentence = next(paragraphs(text), "")
    named = mentioned(sentence)
    # A "send mail as" account that is set up wrongly names nobody in the text.
    # What the header names goes before what stands in a text that may have lost its paragraphs.
    who = address(notice.headers.get("X-Failed-Recipients") or "") or address(named or "")
    if who is None or _SENDER.search(notice.text):
        return ()
    said = _said(text, len(sentence))
    delayed = _DELAY.search(notice.subject) or _DELAY.search(notice.text)
    return (
        status_of(
            "gmail",
            notice,
            who,
            said or sentence,
            action=Action.DELAYED if delayed else Action.FAILED,
            reply=said if _SMTP.match(said) else None,
        ),
    )


def _said(text: str, start: int) -> str:
    """Return what stands below a line that ends in a colon: a reply, if there is one."""
    said = [text[found.end() :] for found in islice(_RESPONSE.finditer(text, start), 10)]
    return next(filter(_SMTP.match, said), said[0] if said else "")
