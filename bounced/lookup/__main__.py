"""The process that answers look-ups.  The daemon starts it, and with the daemon it ends.

It says ``ready``, and runs until its standard input ends; see ``bounced.child``.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
from collections.abc import Callable
from typing import Any

from bounced import child
from bounced.address import chooser
from bounced.log import Log, setup
from bounced.lookup.asking import Asker
from bounced.lookup.dialogue import Dialogue
from bounced.lookup.policy import Policy
from bounced.lookup.server import Server
from bounced.lookup.socketmap import Socketmap
from bounced.model import DEFAULT_STREAM
from bounced.store.lookup import Lookup


def main() -> None:
    """Run until standard input ends."""
    settings = child.settings()
    asyncio.run(_run(settings, setup(**settings["log"])))


async def _run(settings: dict[str, Any], log: Log) -> None:
    dialogues = _dialogues(settings, log, asyncio.get_running_loop())
    server = Server(log=log, limit=settings["connections"])
    sockets = [
        (socket.socket(fileno=number), dialogues[protocol])
        for protocol, number in settings["listen"]
    ]
    listening = await server.listen(sockets)
    sweeper = asyncio.create_task(server.sweep())
    child.answer("ready")
    await _end_of_input()
    sweeper.cancel()
    for one in listening:
        one.close()
    for connection in list(server.connections):
        connection.close()


def _dialogues(
    settings: dict[str, Any], log: Log, loop: asyncio.AbstractEventLoop
) -> dict[str, Callable[[], Dialogue]]:
    # All that is answered in one turn of the loop was read in the turn before.
    lookup = functools.partial(Lookup, settings["url"], soon=loop.call_soon)
    ask = Asker(lookup, log, **settings["answers"])
    streams = settings["streams"]
    return {
        "socketmap": functools.partial(Socketmap, ask, {DEFAULT_STREAM, *streams}),
        "policy": functools.partial(Policy, ask, chooser(streams)),
    }


async def _end_of_input() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


if __name__ == "__main__":
    main()
