"""Microsoft 365, in the form with the pictures, and in any language.

    Your message to user@example.com couldn't be delivered.
    user wasn't found at example.com.
    ...
    Original Message Details
    Sender Address:     news@example.org
    Recipient Address:  user@example.com
    ...
    Error Details
    Reported error:     550 5.1.10 RESOLVER.ADR.RecipientNotFound; ...

Above it all stands one sentence with the address; the error stands behind a label.  Of the labelled
addresses the second one is the recipient, the first the sender.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._blame import asks, correspondents
from bounced.dialects._entry import ADDRESS, delayed, one_line, status_of
from bounced.dialects._failing import action_of
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("x-ms-exchange-message-is-ndr", "postmaster", "microsoft", "<>")
_SELF = re.compile(r"postmaster|microsoft ?(?:outlook|exchange)|<>", re.IGNORECASE)
_LABEL = r"^[ \t]{0,8}[^\n:@]{3,60}[:\uff1a][ \t]*+\n?[ \t]*"
_DETAILS = re.compile(
    rf"{_LABEL}{ADDRESS}[ \t]*\n\s{{0,9}}{_LABEL[1:]}({ADDRESS})[ \t]*$", re.MULTILINE
)
_REPORTED = re.compile(
    rf"{_LABEL}([245]\d\d [245]\.\d{{1,3}}\.\d{{1,3}} [^\n]{{1,2000}})", re.MULTILINE
)
_SENTENCE = re.compile(
    rf"^[^\n@:\uff1a]{{0,200}}?(?<![\w.+-])({ADDRESS})[^\n@]{{0,300}}$", re.MULTILINE
)
_TOP: Final = 6  # lines above the sentence: pictures, and blank ones
_FAILED = re.compile(
    r"couldn['\u2019]t be delivered|konnte nicht zugestellt|pas pu être remis"
    r"|no se (?:pudo|ha podido) entregar|não (?:foi possível|pôde)"
    r"|impossibile (?:recapitare|consegnare)|k[ao]n niet worden bezorgd|配信できません",
    re.IGNORECASE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the one recipient of a notice of Microsoft 365."""
    is_ndr = "X-MS-Exchange-Message-Is-Ndr" in notice.headers
    if not (is_ndr or _SELF.search(notice.from_)):
        return ()
    reported = _REPORTED.search(notice.text)
    others = correspondents(notice)
    sentence = next(
        (
            found
            for found in _SENTENCE.finditer(notice.text)
            if not (found[1].lower() in others or asks(found[0][: -len(found[1])]))
        ),
        None,
    )
    failed = sentence and _FAILED.search(sentence[0])
    if not (failed or (is_ndr and reported)):
        return ()  # in a language that is not known, the mark and the error must both be there
    if sentence and not failed and notice.text.count("\n", 0, sentence.start()) > _TOP:
        sentence = None  # further down it may be about the sender
    details = _DETAILS.search(notice.text)
    named = details or sentence
    if named is None:
        return ()
    reason = reported[1] if reported else notice.text[named.end() : named.end() + 300]
    late = delayed(notice) or one_line(reason).startswith("4")
    waits = sentence and action_of(sentence[0]) is Action.DELAYED  # "could not yet be delivered"
    action = Action.DELAYED if waits or (late and not failed) else Action.FAILED
    return (status_of("office365", notice, named[1], reason, action=action),)
