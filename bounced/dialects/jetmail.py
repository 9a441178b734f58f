"""JetMail, in use at Chinese providers.

Your mail cannot be delivered to the following address(es):

 user "(0), ErrMsg=mail box space not enough, account=user "
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("errmsg=",)
_ENTRY = re.compile(
    r'^[ \t]{0,8}<?(?P<who>[^<>"\s]{1,320})>?[ \t]{1,4}"\((?P<code>\d{1,3})\), '
    r'ErrMsg=(?P<reason>[^"\n]{1,500}?)'
    r'(?:, account=[^"\n]{0,320})?"[ \t]*$',
    re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each line that has JetMail's marks."""
    return unique(
        told("jetmail", notice, entry["who"], entry["reason"])
        for entry in _ENTRY.finditer(notice.text)
    )
