"""Stalwart: for what its status part does not say, or where that part was lost.

    Your message could not be delivered to the following recipients:

    <user@example.com> (host 'mx.example.com' rejected command 'RCPT TO:<user@example.com>' with
    code 550 (5.1.1) 'User does not exist')

One line a recipient, unfolded.  Where fates differ there are up to three lists, each below a line
of dashes.  Written by crates/smtp/src/queue/dsn.rs.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "(host '",
    "(delivered to '",
    "(connection to '",
    "from '",
    "(failed to ",
    "authenticate '",
)
_LINE = re.compile(
    rf"""^(?:
        [ \t]{{0,6}}(?:-{{5}}[ ])?(?P<head>
            (?:your\ message\ (?:has\ been\ successfully|could\ not\ be)\ delivered\ to
              |there\ was\ a\ temporary\ problem\ delivering|delivery\ to)\b[^\n]{{0,80}})$
        |<(?P<who>{ADDRESS})>[ ]\((?P<reason>[^\n]{{1,2000}})\)[ \t]*$)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_OWN = re.compile(
    r"(?:host|delivered to|connection to|(?:TLS |DANE )?error from|failed to \w{1,12}"
    r"|\w{1,8} failed to authenticate) '([\w.-]{1,255})'"
)
_SAID = re.compile(r"with code ([245]\d\d) \((\d\.\d{1,3}\.\d{1,3})\) '(.{0,4000})'$")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient line, by the heading above it."""
    found: list[RecipientStatus] = []
    action: Action | None = None
    own = False
    for line in _LINE.finditer(notice.text):
        if line["head"]:
            action = _action(line["head"].lower())
        elif action:
            host, said = _OWN.match(line["reason"]), _SAID.search(line["reason"])
            own = own or bool(host)
            found.append(
                status_of(
                    "stalwart",
                    notice,
                    line["who"],
                    line["reason"],
                    action=action,
                    reply=" ".join(said.groups()) if said else None,
                    remote=host[1] if host else None,
                )
            )
    return unique(found) if own and looks_failing(notice) else ()


def _action(heading: str) -> Action:
    if "success" in heading:
        return Action.DELIVERED
    return Action.DELAYED if "temporary" in heading else Action.FAILED
