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
    FINE = 3
    BY_HAND = 4
    SOFT = 5
    HARD = 6
    BOUNCE = 7

    @property
    def words(self) -> str:
        """How a person would say it."""
        return _SAID[self]


_SAID: Final = {
    Means.COMPLAINT: "complaint",
    Means.UNSUBSCRIBED: "unsubscribed",
    Means.FINE: "fine",
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
    "emailstatus",
    "subscriptionstatus",
    "memberstatus",
    "deliverystatus",
    "state",
    "result",
    "action",
    "list",
)
SPARKPOST: Final = frozenset({"recipient", "source"})
"""Whose ``source`` is the reason; anybody else's says where a contact comes from."""

REASONS: Final = frozenset(
    {"suppressionreason", "reason", "reasoncode", "bouncetype", "source", "classification"}
)
"""The columns whose name leaves no doubt: only there ``VAGUE`` words are reasons."""

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
SAY_NOTHING: Final = tuple(
    frozenset(names.split())
    for names in (
        "email created",  # SendGrid: unsubscribes
        "email created ip",  # SendGrid: spam reports
        "address createdat",  # Mailgun: complaints
        "address createdat tags",  # Mailgun: unsubscribes
    )
)
"""The columns of suppression lists that don't say that they are one."""

OWN: Final = ("stream", "blocked", "expiresat", "cause", "rule", "evidence", "why", "blockedby")

_WORDS: Final[Mapping[Means, str]] = {
    Means.COMPLAINT: "complaint complaints complained spam spamreport spamreports spamcomplaint "
    "spamcomplaints abuse abusecomplaint contactflaggedasspam markedasspam feedbackloop fbl",
    Means.UNSUBSCRIBED: "unsubscribe unsubscribes unsubscribed unsub listunsubscribe "
    "unsubscribelink globalunsubscribe groupunsubscribe optout optedout unsubscribedviaemail "
    "unsubscribedviama unsubscribedviaapi userrequest",
    Means.BY_HAND: "manual manualsuppression manuallyadded manuallyblocked custom admin "
    "adminblocked compliance rule blocklist blocklisted blacklist blacklisted suppressed "
    "suppression",
    Means.FINE: "subscribed resubscribe resubscribed groupresubscribe optin optedin active enabled "
    "confirmed verified member delivered delivery sent send processed accepted open opened opens "
    "uniqueopened firstopening click clicked clicks valid deliverable ok good safe fine allowlist "
    "allowlisted whitelist whitelisted",
    Means.SOFT: "soft softbounce softbounces softbounced transient temporary temporaryfailure "
    "tempfail deferred deferral delayed block blocks blocked throttled undetermined "
    "mailboxfull autoresponder challengeverification outofoffice",
    Means.BOUNCE: "bounce bounces bounced failed bouncerule cleaned rejected",
    Means.HARD: "hard hardbounce hardbounces hardbounced permanent permanentfailure permfail "
    "invalid invalids invalidemail invalidemails invalidaddress bademailaddress dropped",
}
MEANING: Final = {word: means for means, words in _WORDS.items() for word in words.split()}
LONGEST: Final = 32  # letters of a word that is in the vocabulary
VAGUE: Final = frozenset(
    {
        "manual",
        "manuallyadded",
        "custom",
        "admin",
        "compliance",
        "rule",
        "permanent",
        "temporary",
    }
)
"""Words that say just as well what kind of contact, contract or list it is."""

FLAGS: Final = {
    name: means
    for means, names in {
        Means.COMPLAINT: "complained complaint spamcomplaint markedasspam",
        Means.UNSUBSCRIBED: "unsubscribed optout optedout hasoptedout hasoptedoutofemail",
        Means.FINE: "delivered opened clicked subscribed active valid deliverable optin optedin",
        Means.BY_HAND: "blocked blocklisted blacklisted emailblacklisted suppressed",
        Means.SOFT: "softbounced softbounce",
        Means.HARD: "hardbounced hardbounce",
        Means.BOUNCE: "bounced bounce",
    }.items()
    for one in names.split()
    for name in (one, f"is{one}")
}
"""Columns that hold yes or no, and what yes means."""

YES: Final = frozenset({"true", "1", "yes", "t", "y"})
NO: Final = frozenset({"false", "0", "no", "f", "n", "none", "null", "-"})


def squeezed(text: str) -> str:
    """Return the letters and digits of *text* in lower case."""
    return _SIGNS.sub("", text.lower())
