"""A list that a process of its own reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced import listreader, lists
from bounced.config import rulebook
from bounced.errors import InputError, RuleError
from bounced.listreader import Job, Seen, apart
from bounced.lists import Bad, Listed

JOB = Job((), datetime(2026, 6, 1, tzinfo=UTC), None, None)
LONG = 100_000


@contextmanager
def _reading(
    path: Path, job: Job = JOB, bad: Callable[[Bad], None] = print
) -> Iterator[tuple[Iterator[list[Listed]], Seen, list[int]]]:
    seen, moved = Seen(), [0, 0]

    def move(entries: int, size: int) -> None:
        moved[:] = moved[0] + entries, moved[1] + size

    with path.open("rb") as file, apart(file, job, seen, bad=bad, moved=move) as batches:
        yield batches, seen, moved


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return a list that is longer than what is held of it anywhere on the way."""
    path = tmp_path / "long.txt"
    path.write_text("".join(f"u{one * 7919 % LONG}@example.org\n" for one in range(LONG)))
    return path


def test_it_comes_to_the_same_as_in_this_process(tmp_path: Path) -> None:
    """Entries, what can't be read by its line, and how many of each there are."""
    path = tmp_path / "list.csv"
    path.write_text(
        "email,reason,created\n"
        "a@example.org,550 5.1.1 no such user,2024-03-04\n"
        "nobody,,\n"
        "b@example.org,soft bounce,2024-03-04\n"
        "a@example.org,spam,2024-03-05\n"
    )
    told: list[Bad] = []
    with _reading(path, bad=told.append) as (batches, seen, moved):
        found = [one for batch in batches for one in batch]

    how = lists.Reading(rules=rulebook.load(()), now=JOB.now)
    here, faults = Seen(), list[Bad]()
    with path.open("rb") as file:
        entries = here.wanted(lists.read(listreader.lines(file), how), faults.append)
        assert [one for batch in lists.batches(entries) for one in batch] == found
    assert [one.why for one in found] == ["bounced", "complaint"]
    assert (seen, told) == (here, faults)
    assert (seen.entries, seen.bad, seen.skipped.total()) == (4, 1, 1)
    assert moved == [2, path.stat().st_size]


def test_a_process_that_was_killed_is_told(long: Path) -> None:
    """A list is never cut short in silence."""
    found = 0
    with _reading(long) as (batches, _, _):
        found += len(next(batches))
        os.kill(_child(), signal.SIGKILL)
        with pytest.raises(InputError, match=r"not read to its end: .* has gone \(SIGKILL\)"):
            found += sum(map(len, batches))
    assert 0 < found < LONG


def test_whoever_wants_no_more_ends_it(long: Path) -> None:
    """Nothing is left behind."""
    with _reading(long) as (batches, _, _):
        next(batches)
        process = _child()
    assert not Path(f"/proc/{process}").exists()
    assert threading.active_count() == 1


def test_it_ends_with_whoever_started_it(long: Path) -> None:
    """Also where that one was killed."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); import test_apart; from pathlib import Path\n"
        "with test_apart._reading(Path(sys.argv[1])) as (batches, _, _):\n"
        "    next(batches); print(test_apart._child(), flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(long), str(Path(__file__).parent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
    end = time.monotonic() + 20
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def test_ctrl_c_does_not_reach_it(long: Path) -> None:
    """The terminal sends it to both, and the one that started it says what is to be said."""
    with _reading(long) as (batches, seen, _):
        next(batches)
        os.kill(_child(), signal.SIGINT)
        assert 0 < sum(map(len, batches)) < LONG
    assert seen.entries == LONG


def test_what_is_wrong_is_raised_here(tmp_path: Path) -> None:
    """What is no list, an error in a file of rules, a file that can't be read, a defect."""
    path = tmp_path / "list.csv"
    path.write_text("name;age\nAnn;7\n")
    with _reading(path) as (batches, _, _), pytest.raises(InputError, match="no column with"):
        next(batches)
    job = JOB._replace(rules=(str(tmp_path / "none.toml"),))
    with _reading(path, job) as (batches, _, _), pytest.raises(RuleError, match=r"none\.toml"):
        next(batches)
    job = JOB._replace(now=None)  # type: ignore[arg-type]
    path.write_text("email,created\na@example.org,2024-03-04\n")
    with _reading(path, job) as (batches, _, _), pytest.raises(RuntimeError, match="TypeError"):
        next(batches)
    write_only = os.open(path, os.O_WRONLY)
    with (
        os.fdopen(write_only, "wb") as file,
        apart(file, JOB, Seen(), bad=print, moved=lambda *_: None) as batches,
        pytest.raises(InputError, match="can't be read: Bad file descriptor"),
    ):
        next(batches)


def _child() -> int:
    """Return the process that this one has started."""
    (found,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return int(found)


def _runs(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
