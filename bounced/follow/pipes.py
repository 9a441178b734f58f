"""Read a log from a pipe: standard input, or ``journalctl``."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Sequence
from typing import IO, Final

from bounced.errors import InputError
from bounced.follow.source import CHUNK, Read, split
from bounced.maillog import journal
from bounced.store.followed import Position

_FIELDS: Final = "MESSAGE,SYSLOG_IDENTIFIER,_HOSTNAME"
# Without a unit: what was logged with the facility mail, whichever instance did.
_MAIL: Final = "SYSLOG_FACILITY=2"


class Pipe:
    """Lines from a file descriptor, until it is closed at the other end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._number = file.fileno()
        self._rest = b""

    def read(self) -> Read:
        """Return what has come; what is left at the end is a line as well."""
        if not select.select([self._number], [], [], 0)[0]:
            return Read((), Position(), waiting=True)
        more = os.read(self._number, CHUNK)
        lines, self._rest = split(self._rest + more)
        if more:
            return Read(lines, Position())
        return Read([self._rest] if self._rest else [], Position(), over=True)

    def close(self) -> None:
        """Leave it open: it is somebody else's."""


class Journal:
    """The journal after *position*: of the service *unit*, else of all that logs as mail does.

    Raises InputError where there is no ``journalctl``, or as soon as it ends by itself.
    """

    def __init__(self, unit: str | None, position: Position, *, once: bool) -> None:
        self._position = position
        self._once = once
        try:
            self._child = subprocess.Popen(  # noqa: S603 -- no shell, and the unit is one word
                _command(unit, position.cursor, once=once),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            msg = f"can't run journalctl: {error.strerror}; install systemd's, or name a log file"
            raise InputError(msg) from error
        assert self._child.stdout
        self._pipe = Pipe(self._child.stdout)

    def read(self) -> Read:
        """Return what has come."""
        lines, _, waiting, over = self._pipe.read()
        if over:
            code = self._child.wait()
            if code or not self._once:
                msg = f"journalctl has ended with exit code {code}; what it said stands above"
                raise InputError(msg)
        cursor = next((at for one in reversed(lines) if (at := journal(one)[1])), None)
        if cursor:
            self._position = Position(cursor=cursor)
        return Read(lines, self._position, waiting, over)

    def close(self) -> None:
        """End ``journalctl``."""
        self._child.terminate()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()


def _command(unit: str | None, cursor: str | None, *, once: bool) -> Sequence[str]:
    return [
        "journalctl",
        "--quiet",
        "--output=json",
        f"--output-fields={_FIELDS}",
        *(() if once else ("--follow", "--no-tail")),
        *((f"--after-cursor={cursor}",) if cursor else ()),
        f"--unit={unit}" if unit else _MAIL,
    ]
