"""The process that forks the workers: it has one thread, all rules loaded, and reads no mail.

On its control socket the daemon asks, and waits for each answer, a line: ``fork``, with the
worker's end of a socket beside it, is answered with the worker's process id; ``end ID`` kills that
worker, unless it has ended by itself, and is answered with how it ended.  Nobody else waits for a
worker, so its id stays its own until then.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from typing import Final

from bounced import child
from bounced.errors import RuleError
from bounced.log import setup
from bounced.reading import interpreter, worker
from bounced.reading.task import Task
from bounced.reading.wire import OUT_OF_MEMORY

_REQUEST: Final = 64  # octets


def main() -> None:
    """Run until the control socket ends: until the daemon lets go of it, or dies."""
    told = child.settings()
    task = Task.load(told["task"])
    setup(**task.log)
    try:
        rules = task.rules()
    except RuleError:
        return  # the daemon has found the same, and says it better
    interpreter.guard()
    read = worker.reader(rules, task.ours)
    found = interpreter.examine()
    # What is loaded by then stays shared with the workers.
    child.answer(json.dumps({"unfixed": found.unfixed, "exposed": found.exposed}))
    with socket.socket(fileno=told["control"]) as control:
        Forks(control, task, read).serve()


class Forks:
    """The workers that were forked and not waited for."""

    def __init__(self, control: socket.socket, task: Task, read: worker.Reads) -> None:
        self._control = control
        self._task = task
        self._read = read
        self._workers: set[int] = set()

    def serve(self) -> None:
        """Answer until there is nobody to ask."""
        with contextlib.suppress(ConnectionError):
            while True:
                request, fds, _, _ = socket.recv_fds(self._control, _REQUEST, 1)
                if not request:
                    return
                self._control.sendall(b"%d\n" % self._do(request.split(), fds))

    def _do(self, request: list[bytes], fds: list[int]) -> int:
        if request[0] == b"fork":
            return self._fork(fds[0])
        process = int(request[1])
        if process not in self._workers:
            return 0
        self._workers.discard(process)
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        return os.waitstatus_to_exitcode(status)

    def _fork(self, fd: int) -> int:
        """Return the new process's id, or an error's number below zero."""
        try:
            process = os.fork()
        except OSError as error:
            os.close(fd)
            return -(error.errno or 1)
        if not process:
            self._become_worker(fd)
        os.close(fd)
        self._workers.add(process)
        return process

    def _become_worker(self, fd: int) -> None:
        status = 1
        try:
            self._control.close()
            channel = socket.socket(fileno=fd)  # open to the end, which is how the daemon hears it
            worker.serve(channel, self._read, self._task)
            status = 0
        except MemoryError:
            status = OUT_OF_MEMORY
        finally:
            os._exit(status)  # nothing of what the parent has to do at its end


if __name__ == "__main__":
    main()
