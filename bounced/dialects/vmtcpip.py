"""IBM TCP/IP for VM and MVS: its SMTP server.

vm.example.org unable to deliver following mail to recipient(s):
    <user@example.com>
vm.example.org received negative reply from host:
    mx.example.com
550 5.1.1 User unknown

           ** Text of Mail follows **
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, HOST, delayed, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("deliver following mail to recipient(s)",)
_LIST = re.compile(
    rf"^{HOST} (?:was )?unable to deliver following mail to recipient\(s\):[ \t]*"
    r"(?P<list>(?:\n[ \t]{1,20}<?[^<>\s]{1,320}>?[ \t]*){1,1000})"
    r"(?P<reason>(?:\n(?!\s{0,20}\*\* Text of Mail)[^\n]{0,1000}){0,20})",
    re.MULTILINE,
)
_WHO = re.compile(rf"<?({ADDRESS})>?")
_HOST = re.compile(rf"\bhost:[ \t]*\n?[ \t]{{0,20}}({HOST})[ \t]*$", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of the list, with the one reason below it."""
    found = _LIST.search(notice.text)
    if not found:
        return ()
    host = _HOST.search(found["reason"])
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        told(
            "vmtcpip",
            notice,
            who[1],
            found["reason"],
            action=action,
            remote=host[1] if host else None,
        )
        for who in _WHO.finditer(found["list"])
    )
