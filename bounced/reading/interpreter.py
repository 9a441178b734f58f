"""Can a charset in a mail crash this interpreter?  CVE-2025-4516.

Python's decoder of ``unicode_escape`` reads freed memory on input that anybody can write.  Fixed in
3.13.4, 3.12.11 and 3.11.13, and by distributions in older ones, so an older number proves nothing:
then a process that was forked for it decodes such input, and what becomes of it is the answer.
"""

from __future__ import annotations

import codecs
import os
import platform
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_FIXED: Final = {(3, 11): 13, (3, 12): 11, (3, 13): 4}
_NAME: Final = "unicode_escape"
_SIZE: Final = 2**22  # memory of that size is given back at once, and then can't be read

# Codecs of Python's own that are no charsets of mail: they interpret escapes, or do something else
# altogether.  Punycode stays, which takes quadratic time, because international domains need it.
_NO_CHARSETS: Final = frozenset(
    {"unicode-escape", "raw-unicode-escape", "idna", "undefined", "utf-7", "rot13", "rot-13"}
    | {"zlib", "bz2", "hex", "base64", "quopri", "uu", "mbcs", "oem"}
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Whether it has the defect, and whether the name of a charset leads there all the same."""

    unfixed: bool
    exposed: bool

    def refused(self, accepted: str) -> str | None:
        """Return why the service can't run on it, by ``reading.python``."""
        if accepted == "any" or not (self.exposed or (self.unfixed and accepted == "fixed")):
            return None
        instead = (
            'or set reading.python = "any"'
            if self.exposed
            else 'or leave reading.python at "safe": here no mail can make it do that'
        )
        return (
            f"Python {platform.python_version()} crashes on text with charset={_NAME} "
            f"(CVE-2025-4516); install 3.13.4, 3.12.11, 3.11.13 or a later one, {instead}"
        )


def guard() -> None:
    """Make the codecs that are no charsets unknown in this process, by whatever name.

    The readers ask for no charset that is not on their own list; this is for everybody else, such
    as a library that hands on what the mail says.
    """
    codecs.unregister(_search_all())
    codecs.register(_search)


def examine() -> Interpreter:
    """Find out, in processes of their own; for a process with one thread."""
    if sys.version_info[2] >= _FIXED.get(sys.version_info[:2], 0):
        return Interpreter(unfixed=False, exposed=False)
    unfixed = _crashes(lambda: codecs.unicode_escape_decode(_poison(), "replace"))
    exposed = unfixed and _crashes(lambda: _poison().decode(_NAME, "replace"))
    return Interpreter(unfixed, exposed)


def _poison() -> bytes:
    return b"\\x;\\z" + bytes(_SIZE)


def _crashes(work: Callable[[], object]) -> bool:
    process = os.fork()
    if not process:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            warnings.simplefilter("ignore")
            work()
        finally:
            os._exit(0)  # an exception is no crash
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status) in {-signal.SIGSEGV, -signal.SIGBUS}


def _search_all() -> Callable[[str], codecs.CodecInfo | None]:
    import encodings  # noqa: PLC0415 -- it is there since the start; this is only its name

    return encodings.search_function


def _search(name: str) -> codecs.CodecInfo | None:
    found = _search_all()(name)
    if found is None or found.name.replace("_", "-") in _NO_CHARSETS:
        return None
    return found
