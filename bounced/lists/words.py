"""The vocabulary of suppression lists: names of columns, and words for why somebody is listed.

Names and words are compared by their letters and digits alone: ``Email Address``, ``email_address``
and ``emailAddress`` are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

_SIGNS: Final = re.compile(r"[\W_]+")


class Means(IntEnum):
    """What a word says about an entry; of several words the first of these decides."""

    COMPLAINT = 1
    UNSUBSCRIBED = 2
    BY_HAND = 3
    SOFT = 4
    HARD = 5
    BOUNCE = 6

    @property
    def words(self) -> str:
        """How a person would say it."""
        return _SAID[self]


_SAID: Final = {
    Means.COMPLAINT: "complaint",
    Means.UNSUBSCRIBED: "unsubscribed",
    Means.BY_HAND: "suppressed by hand",
    Means.SOFT: "soft bounce",
    Means.HARD: "hard bounce",
    Means.BOUNCE: "bounce",
}

# What a column holds, by its names; of several that hold the same the first that is filled counts.
ADDRESS: Final = (
    "emailaddress",
    "email",
    "recipient",
    "address",
    "mail",
    "recipientemail",
    "emailaddr",
    "recipientaddress",
    "to",
)
SINCE: Final = (
    "since",
    "createdat",
    "created",
    "blockedat",
    "bouncedat",
    "suppressedat",
    "lastupdatetime",
    "timestamp",
    "datetime",
    "date",
    "dateadded",
    "addedat",
    "creationtime",
    "time",
    "updatedat",
    "updated",
    "lasteventat",
)
CATEGORY: Final = (
    "suppressionreason",
    "reason",
    "reasoncode",
    "type",
    "bouncetype",
    "classification",
    "bounceclassification",
    "category",
    "event",
    "status",
    "source",
    "list",
)
TEXT: Final = (
    "reason",
    "error",
    "diagnosticcode",
    "diagnostic",
    "smtpresponse",
    "response",
    "description",
    "reasonmessage",
    "message",
    "details",
    "detail",
    "bouncereason",
    "errormessage",
)
CODE: Final = ("code", "smtpcode", "errorcode", "status", "enhancedcode", "bouncecode")
EXPIRED: Final = ("expired",)
TAGS: Final = ("tags", "tag")
OWN: Final = ("stream", "blocked", "expiresat", "cause", "rule", "evidence", "why", "blockedby")

_WORDS: Final[Mapping[Means, str]] = {
    Means.COMPLAINT: "complaint complaints complained spam spamreport spamreports spamcomplaint "
    "spamcomplaints abuse abusecomplaint contactflaggedasspam markedasspam feedbackloop fbl",
    Means.UNSUBSCRIBED: "unsubscribe unsubscribes unsubscribed unsub listunsubscribe "
    "unsubscribelink globalunsubscribe groupunsubscribe optout optedout unsubscribedviaemail "
    "unsubscribedviama unsubscribedviaapi userrequest",
    Means.BY_HAND: "manual manualsuppression manuallyadded manuallyblocked custom admin "
    "adminblocked compliance rule blocklist blacklist blacklisted suppressed suppression",
    Means.SOFT: "soft softbounce softbounces softbounced transient temporary temporaryfailure "
    "tempfail deferred deferral delayed block blocks blocked throttled undetermined "
    "mailboxfull autoresponder challengeverification outofoffice",
    Means.BOUNCE: "bounce bounces bounced failed bouncerule cleaned rejected",
    Means.HARD: "hard hardbounce hardbounces hardbounced permanent permanentfailure permfail "
    "invalid invalids invalidemail invalidemails invalidaddress bademailaddress dropped",
}
MEANING: Final = {word: means for means, words in _WORDS.items() for word in words.split()}
LONGEST: Final = 32  # letters of a word that is in the vocabulary
YES: Final = frozenset({"true", "1", "yes", "t"})


def squeezed(text: str) -> str:
    """Return the letters and digits of *text* in lower case."""
    return _SIGNS.sub("", text.lower())
