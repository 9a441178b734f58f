"""Standard input, and the journal through whatever ``journalctl`` is on the PATH."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bounced.errors import InputError
from bounced.follow.pipes import Journal, Pipe
from bounced.follow.source import Source
from bounced.store.followed import Position

Drain = Callable[[Source], list[bytes]]

# Prints the entries of a file after the cursor, follows it with --follow, and notes how it was run.
JOURNALCTL = """#!/bin/sh
echo "$@" > {folder}/arguments
after=0
follow=
for one in "$@"; do
    case "$one" in
        --after-cursor=*) after=${{one#--after-cursor=}} ;;
        --follow) follow=-f ;;
    esac
done
exec tail $follow -n +$((after + 1)) {folder}/entries
"""


def entry(number: int) -> bytes:
    """Return one entry; its cursor is its number."""
    return json.dumps({"__CURSOR": str(number), "MESSAGE": f"{number}"}).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a journalctl of our own with three entries, first on the PATH."""
    program = tmp_path / "journalctl"
    program.write_text(JOURNALCTL.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "entries").write_bytes(b"".join(entry(one) + b"\n" for one in (1, 2, 3)))
    return tmp_path


@pytest.fixture
def pipe() -> Iterator[tuple[Pipe, int]]:
    """Return a pipe, and where to write into it."""
    out, into = os.pipe()
    with os.fdopen(out, "rb") as file:
        yield Pipe(file), into


def test_standard_input(pipe: tuple[Pipe, int]) -> None:
    """Lines as they come, the last one also without its end, and then it is over."""
    source, into = pipe
    assert source.read().waiting
    os.write(into, b"one\ntwo\nhal")
    assert source.read().lines == [b"one", b"two"]
    os.write(into, b"f")
    assert source.read().lines == []
    os.close(into)
    last = source.read()

    assert (last.lines, last.over) == ([b"half"], True)


def test_the_journal_once(folder: Path) -> None:
    """It ends where the journal ends, and the place is the last entry's."""
    journal = Journal(None, Position(), once=True)
    lines: list[bytes] = []
    while not (read := journal.read()).over:
        lines += read.lines
    journal.close()

    assert lines == [entry(1), entry(2), entry(3)]
    assert read.position == Position(cursor="3")
    arguments = (folder / "arguments").read_text()
    assert "--follow" not in arguments
    assert "SYSLOG_FACILITY=2" in arguments


def test_the_journal_of_a_unit_from_a_place_on(folder: Path) -> None:
    """It goes on after the cursor, follows, and is ended with us."""
    journal = Journal("postfix@-.service", Position(cursor="2"), once=False)
    lines: list[bytes] = []
    deadline = time.monotonic() + 10
    while len(lines) < 2 and time.monotonic() < deadline:
        lines += journal.read().lines
        if lines == [entry(3)]:
            with (folder / "entries").open("ab") as file:
                file.write(entry(4) + b"\n")
        time.sleep(0.01)
    position = journal.read().position
    journal.close()

    assert lines[0] == entry(3)
    assert lines[-1] == entry(4)
    assert position == Position(cursor="4")
    assert "--unit=postfix@-.service" in (folder / "arguments").read_text()


def test_a_journalctl_that_fails(folder: Path) -> None:
    """Its exit code is told; what it said goes to standard error by itself."""
    (folder / "journalctl").write_text("#!/bin/sh\nexit 7\n")
    journal = Journal(None, Position(), once=False)

    time.sleep(0.5)

    with pytest.raises(InputError, match="has ended with exit code 7"):
        journal.read()
    journal.close()


def test_no_journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to do without one is said."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InputError, match=r"can't run journalctl: .*name a log file"):
        Journal(None, Position(), once=True)


@pytest.mark.skipif(shutil.which("journalctl") is None, reason="needs systemd's journalctl")
def test_the_real_journalctl_takes_our_options(drain: Drain) -> None:
    """An empty journal, or one without mail, is no error to it."""
    journal = Journal("no-such-unit.service", Position(), once=True)
    deadline = time.monotonic() + 20
    read = journal.read()
    while not read.over and time.monotonic() < deadline:
        read = journal.read()
    journal.close()

    assert read.over
    assert read.lines == []
