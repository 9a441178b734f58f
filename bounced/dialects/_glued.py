"""An address in a sentence of a language that puts no blank between words."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from bounced.dialects._entry import ADDRESS, MAX_RECIPIENTS

# Thai, kana, Han, Hangul, full-width forms: words of these scripts stand right beside an address.
_GLUE: Final = "\u0e00-\u0e7f\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
_ATOM: Final = r"A-Za-z0-9.!#$%&'*+/=?^_`{|}~-"
_PLAIN: Final = re.compile(
    rf"(?<![{_ATOM}])(?<![^\W{_GLUE}])[{_ATOM}]{{1,64}}"
    rf"@(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,20}}[A-Za-z][A-Za-z0-9-]{{1,62}}"
    rf"(?![^\W{_GLUE}]|[@-])"
)
_ANY: Final = re.compile(ADDRESS)


def mentioned(text: str) -> str | None:
    """Return the first address in *text* without the words that are glued to it.

    An address with other letters than those of ASCII is found only where no plain one is.
    """
    return next(iter(addresses(text)), None)


def addresses(text: str) -> list[str]:
    """Return the addresses in *text*, as ``mentioned`` finds them, each once."""
    found = _PLAIN.finditer(text) if _PLAIN.search(text) else _ANY.finditer(text)
    return list(dict.fromkeys(one[0] for one in islice(found, MAX_RECIPIENTS)))
