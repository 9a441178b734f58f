"""Refusals that are our own fault, or held to be: rule 3 of the policy.

They say nothing about the recipient and never count against him.  Those of one cause, against one
host or domain of ours, by one block list or provider, are one incident.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from bounced.address import domain_of
from bounced.causes import Cause
from bounced.model import Judged, Report
from bounced.policy.outage import provider

UNKNOWN: Final = "unknown"
"""What stands for a host of ours, or for who refuses it, where nobody says which."""

_IP: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w.:]|\.\d)",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"https?://[^\s<>\"')\]]{4,300}")
_ADDRESS: Final = re.compile(r"[^\s<>,;:\"()]{1,64}@([^\s<>,;:\"()@]{1,255})")
_MAX_WORDS: Final = 4_000
_MAX_NAME: Final = 255  # as long as a domain; an index holds only so much
OURS: Final = frozenset(cause for cause in Cause if not cause.info.counts)
"""The causes that are our own fault, or held to be."""

# Refusals of what we are, not of where we send from.
_OF_DOMAIN: Final = frozenset({Cause.SENDER_UNAUTHENTICATED, Cause.SPAM_CONTENT})


class Desk(NamedTuple):
    """Somebody that refuses mail for many, and the page where one asks to be let in again."""

    name: str
    words: re.Pattern[str]
    url: str


def _desk(name: str, words: str, url: str) -> Desk:
    return Desk(name, re.compile(words, re.IGNORECASE), url)


# Public block lists by the zones and names that stand in replies (RFC 5782).
_LISTS: Final = (
    _desk("Spamhaus", r"spamhaus|\bSBL\d", "https://check.spamhaus.org/"),
    _desk("SpamCop", r"spamcop", "https://www.spamcop.net/bl.shtml"),
    _desk("Barracuda", r"barracuda", "https://www.barracudacentral.org/rbl/removal-request"),
    _desk("SORBS", r"sorbs\.net", "http://www.sorbs.net/"),
    _desk("UCEPROTECT", r"uceprotect|backscatterer", "https://www.uceprotect.net/en/rblcheck.php"),
    _desk("Abusix", r"abusix", "https://lookup.abusix.com/"),
    _desk("PSBL", r"psbl|surriel", "https://psbl.org/remove"),
    _desk("Mailspike", r"mailspike", "https://mailspike.io/ip_verify"),
    _desk("Invaluement", r"invaluement|ivm(?:SIP|URI)", "https://www.invaluement.com/removal/"),
    _desk("NiX Spam", r"nixspam|manitu|ix\.dnsbl", "https://www.nixspam.net/"),
    _desk("SURBL", r"surbl", "https://surbl.org/surbl-analysis"),
    _desk("URIBL", r"uribl", "https://admin.uribl.com/"),
    _desk("Proofpoint", r"proofpoint|pphosted", "https://ipcheck.proofpoint.com/"),
    _desk("Cloudmark", r"cloudmark|csi\.", "https://csi.cloudmark.com/en/reset/"),
    _desk("Trend Micro", r"trendmicro|mail-abuse", "https://servicecentral.trendmicro.com/ers/"),
    _desk("Senderscore", r"sender ?score", "https://senderscore.org/"),
    _desk("Cisco Talos", r"senderbase|talosintelligence", "https://talosintelligence.com/"),
)
# Outlook.com, Hotmail and Live have their own list, and a form for it; the page that their replies
# name explains the codes and takes no request, and that of Exchange Online knows of other blocks.
_OUTLOOK_COM: Final = _desk(
    "Outlook.com",
    r"\(S(?:3140|3150|3113|844)\)|\b(?:SC|DY|OU)-00\d\b|network is on our block ?list",
    "https://olcsupport.office.com/",
)
# Mailbox providers by the registered part of their servers' names.
_PROVIDERS: Final = {
    "outlook.com": "https://sender.office.com/",
    "hotmail.com": _OUTLOOK_COM.url,
    "google.com": "https://support.google.com/mail/contact/gmail_bulk_sender_escalation",
    "yahoodns.net": "https://senders.yahooinc.com/contact",
    "icloud.com": "https://support.apple.com/en-us/102322",
    "gmx.net": "https://postmaster.gmx.net/",
    "web.de": "https://postmaster.web.de/",
    "t-online.de": "https://postmaster.t-online.de/",
    "orange.fr": "https://postmaster.orange.fr/",
    "mail.ru": "https://postmaster.mail.ru/",
    "yandex.ru": "https://postmaster.yandex.com/",
    "comcast.net": "https://spa.xfinity.com/",
    "mimecast.com": "https://community.mimecast.com/s/contactsupport",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refusal of ours: for what cause, against which host or domain of ours, by whom."""

    cause: Cause
    ours: str
    refuser: str
    evidence: str


def refusal(judged: Judged, report: Report | None) -> Refusal | None:
    """Return what *judged* says against us; ``None`` where it is about the recipient."""
    verdict = judged.verdict
    if verdict is None or verdict.cause not in OURS:
        return None
    said = judged.recipient.diagnostic_code
    words = f"{said.value if said else ''} {verdict.evidence}"[:_MAX_WORDS]
    return Refusal(
        cause=verdict.cause,
        ours=(_ours(verdict.cause, words, report) or UNKNOWN)[:_MAX_NAME],
        refuser=(_list(words) or _server(judged) or UNKNOWN)[:_MAX_NAME],
        evidence=verdict.evidence,
    )


def removal(refuser: str, evidence: str) -> str | None:
    """Return where to ask *refuser* for removal: the page that he names himself, or one we know."""
    words = evidence[:_MAX_WORDS]
    if _OUTLOOK_COM.words.search(words):
        return _OUTLOOK_COM.url
    link = _LINK.search(words)
    if link:
        return link[0].rstrip(".,;")
    known = {desk.name: desk.url for desk in _LISTS} | _PROVIDERS
    return known.get(refuser)


def _list(words: str) -> str | None:
    return next((desk.name for desk in _LISTS if desk.words.search(words)), None)


def _server(judged: Judged) -> str | None:
    address = judged.recipient.address
    return provider(judged.recipient) or (domain_of(address) if address else None) or None


def _ours(cause: Cause, words: str, report: Report | None) -> str | None:
    """Return what of ours is meant: an IP address in the words, our domain, or our host."""
    domain = _author(report)
    if cause in _OF_DOMAIN and domain:
        return domain
    host = report.reporting_mta.value.lower() if report and report.reporting_mta else None
    return _ip(words) or host or domain


def _ip(words: str) -> str | None:
    for found in _IP.findall(words):
        try:
            return str(ipaddress.ip_address(found))
        except ValueError:
            continue
    return None


def _author(report: Report | None) -> str | None:
    """Return the domain in From of the mail that was returned."""
    returned = report.returned if report else None
    found = _ADDRESS.search(returned.from_[:_MAX_WORDS]) if returned and returned.from_ else None
    return domain_of(found[0]) if found else None
