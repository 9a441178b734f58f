"""Exchange 2007 and later, and Microsoft 365: by the block for administrators, in any language.

    Delivery has failed to these recipients or groups:

    user@example.com<mailto:user@example.com>
    The email address you entered couldn't be found.

    Diagnostic information for administrators:

    Generating server: mail.example.org

    user@example.com
    Remote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'

The sentences are translated, the layout is not: an address alone on its line, perhaps the host, and
a reply between quotation marks, or between # and ##.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, HOST, address, one_line, paragraphs, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ()  # told by its layout, in any language
_BLOCK = re.compile(
    rf"""^[ \t]{{0,4}}(?P<who>{ADDRESS})[ \t]*+(?:<mailto:[^<>\n]{{1,320}}>)?[ \t]*\n(?:[ \t]*\n)?
        (?:(?P<host>{HOST})[ \t]*\n)?
        (?P<line>[^\n\#'\u2018"]{{0,160}}?
           (?:\#<?[\w.-]{{0,255}}\ \#[245]\.\d{{1,3}}\.\d{{1,3}}\ smtp;\ ?
             |\#\ ?<?|<[\w.-]{{1,255}}\ \#|['\u2018"])
           (?P<reply>[245]\d\d[ -][^\n]{{0,4000}}
             (?:\n(?![ \t]{{0,4}}{ADDRESS}[ \t]*(?:\n|<mailto:))[^\n]{{1,1000}}){{0,20}}))""",
    re.MULTILINE | re.VERBOSE,
)
_END = re.compile(r"[ \t]{0,80}(?:##|>[ ]?#SMTP#|['\u2019\"][ \t]*(?:\n|$))")
_BEFORE = re.compile(rf"({HOST}) [#<]")
_AT = re.compile(rf"[Ss]erver at ({HOST}) (\([\d.:a-fA-F]{{3,60}}\) )?returned")
_FAILED = (
    r"(?:Delivery has failed to|rejected your message to|Nachrichtenzustellung an folgende"
    r"|chec de la remise|Error (?:de|al) entreg|Falha (?:na|ao) entreg|Il recapito non"
    r"|[Bb]ezorg[^\n]{1,60}mislukt|配信に失敗|(?:Delivery is|delivery has been) delayed)"
)
_HEADING = re.compile(rf"^(?=[^\n]{{0,80}}{_FAILED})[^\n]{{10,200}}[::][ \t]*$", re.MULTILINE)
_COLON = re.compile(r"^[^\n@]{10,200}[::][ \t]*$", re.MULTILINE)
_TO = re.compile(rf"[ \t]{{0,4}}[^\n<]{{0,200}}<mailto:({ADDRESS})>[ \t]*(?:\n|$)")
_DELAYED = re.compile(r"Delivery is delayed|delivery has been delayed|hasn't been delivered yet")
_SELF = re.compile(r"postmaster|microsoft ?(?:outlook|exchange)|<>", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient: of the blocks, or else of the list above them."""
    if blocks := list(_BLOCK.finditer(notice.text)):
        late = bool(_DELAYED.search(notice.text))
        return unique(_block(notice, block, late=late) for block in blocks)
    is_ndr = "X-MS-Exchange-Message-Is-Ndr" in notice.headers
    if not (is_ndr or _SELF.search(notice.from_)):
        return ()
    return _headed(notice, (_COLON if is_ndr else _HEADING).search(notice.text))


def _block(notice: Notice, block: re.Match[str], *, late: bool) -> RecipientStatus:
    line, reply = block["line"], block["reply"]
    end = _END.search(reply)
    # Microsoft 365 names itself first; who has an IP address was really talked to.
    at = sorted(_AT.findall(line), key=lambda server: not server[1])
    before = _BEFORE.match(line)
    own = one_line(reply[: end.start()] if end else reply.partition("\n")[0])
    # A code of class 4 is a warning: what has failed for good is always said with a 5.
    return status_of(
        "exchange",
        notice,
        address(block["who"]),
        line if line.count("returned") > 1 else own,
        action=Action.DELAYED if late or own.startswith("4") else Action.FAILED,
        reply=own,
        remote=block["host"] or (at[0][0] if at else before and before[1]),
    )


def _headed(notice: Notice, heading: re.Match[str] | None) -> tuple[RecipientStatus, ...]:
    action = Action.DELAYED if _DELAYED.search(notice.text) else Action.FAILED
    found = []
    for part in paragraphs(notice.text[heading.end() :]) if heading else ():
        who = _TO.match(part)
        if not who:
            break
        found.append(
            status_of("exchange", notice, address(who[1]), part[who.end() :], action=action)
        )
    return unique(found)
