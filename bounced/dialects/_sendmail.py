"""The two halves of a Sendmail notice: the lists of addresses, and the SMTP dialogue.

The lists are written by errbody() in sendmail/savemail.c, the dialogue by smtpmessage() and reply()
in usersmtp.c, Sendmail's own lines between by usrerr() in err.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from bounced.dialects._entry import ADDRESS
from bounced.model import Defect
from bounced.report.mime import Headers

NOTHING: Final = "<<< No Message Collected >>>"
ONLY_HOST: Final = Defect(
    field="recipient", text="only the host is named: taken from the returned message, all to there"
)

_ENTRY = re.compile(
    rf'^(?:>>> )?(?P<who><[^<>\n]{{1,320}}>|"\|?[^"\n]{{1,320}}"|{ADDRESS}'
    r'|[^\s<>()"-][^\s<>()]{0,255})'
    r"(?:[ \t]+[(\[<](?P<note>[^\n]{1,300}?)[>\])])?[ \t]*$"
)
_DETAIL = re.compile(r"^[ \t]*\((reason|expanded from): ?(.*)\)[ \t]*$")
_TALKING = re.compile(r"^\.{0,4} ?while talking to ([\w.-]{1,255}?)\.?:", re.IGNORECASE)
_SAID = re.compile(r"^(>>>|<<<) ?(.{0,2000})")
# 550 5.1.1 <user@example.com>... User unknown; a deferral has no code in front.
_OWN = re.compile(
    r"^(?:[245]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?)?"
    r"<?([^\s<>()]{1,320}?)>?(?: \(\w{1,20}\))?\.\.\. .{1,2000}"
)


@dataclass(slots=True)
class Entry:
    """One address of a list, as its lines are read."""

    shown: str
    note: str
    reason: str = ""
    expanded: str = ""


class Exchange(NamedTuple):
    """A command and the whole reply to it; the command is empty for a greeting."""

    host: str | None
    command: str
    reply: str


class Line(NamedTuple):
    """A line that Sendmail itself wrote about one recipient, with the dialogue that led to it."""

    shown: str
    text: str
    exchange: Exchange | None


def entries(text: str) -> Iterator[Entry]:
    """Yield the addresses of the list that *text* begins with."""
    entry = None
    for line in text.lstrip("\n").split("\n", 2_000)[:2_000]:
        detail = _DETAIL.match(line)
        found = None if detail else _ENTRY.match(line)
        if found:
            if entry:
                yield entry
            entry = Entry(found["who"], found["note"] or "")
        elif entry and detail and detail[1] == "reason":
            entry.reason = detail[2]
        elif entry and detail:
            entry.expanded = detail[2]
        elif entry and line[:1] in " \t" and line.strip():
            entry.reason += line
        else:
            break
    if entry:
        yield entry


def transcript(text: str) -> tuple[tuple[Line, ...], tuple[Exchange, ...]]:
    """Return Sendmail's own lines about recipients, and all exchanges that got a reply."""
    host: str | None = None
    last: Exchange | None = None
    lines: list[Line] = []
    exchanges: list[Exchange] = []
    command, replying = "", False
    for line in text.split("\n", 3_000)[:3_000]:
        said = _SAID.match(line)
        if said and said[1] == "<<<":
            before = exchanges.pop().reply + " " if replying else ""
            last = Exchange(host, command, (before + said[2])[:4_096])
            exchanges.append(last)
            replying = said[2][3:4] == "-"
            continue
        replying = False
        if said:
            command = said[2]
        elif talking := _TALKING.match(line):
            host, command, last = talking[1], "", None
        elif own := _OWN.match(line):
            lines.append(Line(own[1], line, last))
            last = None if "@" in own[1] else last
    return tuple(lines), tuple(exchanges)


def exit_words(status: str, text: str) -> str:
    """Return the line of *text* about a program's exit *status*, or the status itself."""
    wanted = rf"^[^\n]{{0,200}}mailer error {status[:3]}\b[^\n]{{0,200}}"
    found = re.search(wanted, text, re.MULTILINE)
    return found[0] if found else f"exit status {status}"


def only_recipient(returned: str, host: str) -> str | None:
    """Return the one address that the *returned* message is to, if its domain is *host*.

    Sendmail 5 defers a host, and says nothing of the recipients there: sendmail/v5-host-deferred.
    """
    headers = Headers.parse(returned[:65_536].partition("\n\n")[0])
    named = " ".join(headers.all("To") + headers.all("Cc") + headers.all("Bcc"))
    found = set(re.findall(ADDRESS, named))
    who = found.pop() if len(found) == 1 else ""
    return who if who.rpartition("@")[2].lower() == host.lower() else None
