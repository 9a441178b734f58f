"""A message inside a message: attached, or pasted below a header in the language of its program.

    ---------- Forwarded message ---------
    From: Mail Delivery System <MAILER-DAEMON@mail.example.org>
    Date: Tue, 24 Nov 2026 09:00
    Subject: Undelivered Mail Returned to Sender

The line above the header is not needed, and may be in any language or quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import Final

from bounced.report import mime
from bounced.report.author import names_daemon
from bounced.report.mime import Part
from bounced.report.prose import Notice

_MAX: Final = 5  # messages that are looked at; each may be long
_MAX_HEADER: Final = 12  # lines
_FROM: Final = (
    r"From|Von|De|Da|Van|Od|От(?: кого)?|Від|差出人|送信者|发件人|寄件[者人]|보낸\s?사람|보낸이"
    r"|Kimden|Gönderen|Från|Fra|Lähettäjä|Feladó|Expéditeur|Remitente|Remetente|Mittente|Afzender"
    r"|Nadawca|Odesílatel|Από|Expeditor"
)
_SUBJECT: Final = (
    r"Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Předmět|Predmet|Тема|件名"
    r"|主题|主旨|標題|제목|Konu|Ämne|Emne|Aihe|Tárgy|Θέμα|Subiect"
)
# Gmail's plain text makes asterisks of bold letters; Apple Mail and archives quote the header.
_LINE: Final = (
    r"^(?P<quote>[ \t>|]{{0,8}})\*?(?:{})[ \xa0]?\*?[:\uff1a]\*?[ \t\xa0]{{0,8}}"
    r"(?P<value>\S.{{0,300}})$"
)
_FROM_LINE: Final = re.compile(_LINE.format(_FROM), re.IGNORECASE | re.MULTILINE)
_SUBJECT_LINE: Final = re.compile(_LINE.format(_SUBJECT), re.IGNORECASE)
_FIELD: Final = re.compile(r"[ \t>|]{0,8}\*?[^\W\d_][\w .-]{0,28}[ \xa0]?\*?[:\uff1a]")
_QUOTE: Final = re.compile(r"^[ \t]{0,2}>[ ]?", re.MULTILINE)
_FILE: Final = re.compile(r"name\*?=\"?[^\n;]{0,200}?\.(?:eml|mht)\b", re.IGNORECASE)


def inside(message: Part, notice: Notice) -> Iterator[Part]:
    """Yield the first messages inside *message*, and the one whose header stands in its text."""
    yield from islice(_attached(message), _MAX)
    if notice.returned:
        yield mime.parse(notice.returned.encode())
    if pasted := _pasted(f"{notice.text}\n\n{notice.returned}"):
        yield pasted


def _attached(message: Part) -> Iterator[Part]:
    for part in message.walk():
        if part.type == "message/rfc822" and part.children:
            yield part.children[0]
        elif not part.children and _is_file(part):
            yield mime.parse(part.data(mime.MAX_MESSAGE))


def _is_file(part: Part) -> bool:
    """Whether *part* is a message as a file: some programs do not know message/rfc822."""
    headers = part.headers
    names = f"{headers.text('Content-Disposition')}\n{headers.text('Content-Type')}"[:2_000]
    return not part.type.startswith("message/") and bool(_FILE.search(names))


def _pasted(text: str) -> Part | None:
    """Return the message of a mail system that is pasted into *text*, or None."""
    for line in islice(_FROM_LINE.finditer(text), 20):
        if not names_daemon(line["value"]):
            continue
        above = text[: line.start()].splitlines()[-_MAX_HEADER:]
        below = text[line.end() + 1 :].split("\n", 200)
        # What goes on below is the header's rest, or a value that its program folded.
        last = next((number for number, one in enumerate(below) if _is_blank(one)), len(below))
        header = [*_fields_above(above), *below[: min(last, _MAX_HEADER)]]
        subjects = (_SUBJECT_LINE.match(one) for one in header)
        subject = next((one["value"] for one in subjects if one), "")
        if not subject and not any(map(_FIELD.match, header)):
            continue
        body = text[line.end() + 1 :].split("\n", last + 1)[-1] if last < len(below) else ""
        if not body.strip():  # HTML that lost its blank lines, forward/html-only-outlook.eml
            rest = dropwhile(_FIELD.match, text[line.end() + 1 :].split("\n"))
            body = "\n".join(rest)
        body = _QUOTE.sub("", body) if ">" in line["quote"] else body
        return mime.parse(f"From: {line['value']}\nSubject: {subject}\n\n{body}".encode())
    return None


def _fields_above(lines: list[str]) -> list[str]:
    """Return the fields right above: Thunderbird puts the subject first."""
    found: list[str] = []
    for line in reversed(lines):
        if not _FIELD.match(line):
            break
        found.append(line)
    return found


def _is_blank(line: str) -> bool:
    return not line.strip(" \t>|*\xa0")
