"""A log file, rotated in every way, with and without somebody who reads it meanwhile."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounced.errors import InputError
from bounced.follow.files import LogFile
from bounced.follow.source import LONGEST, Source
from bounced.store.followed import Position

Drain = Callable[[Source], list[bytes]]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Log:
    """A log, what is written to it, and the one who reads it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mail.log"
        self.written = 0
        self.complaints: list[str] = []
        self.position = Position()
        self.since: datetime | None = None
        self.clock = 1_700_000_000
        self.path.touch()
        self.readers: list[LogFile] = []

    def write(self, count: int = 1) -> list[bytes]:
        """Append numbered lines, and return them."""
        lines = [b"line %d" % (self.written + number) for number in range(count)]
        self.written += count
        with self.path.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
        self._tick(self.path)
        return lines

    def reader(self) -> LogFile:
        """Start to read where the last one has stopped."""
        self.readers.append(LogFile(self.path, self.position, self.since, self.complaints.append))
        return self.readers[-1]

    def stop(self, reader: LogFile) -> None:
        """Stop reading, and keep the place."""
        self.position, self.since = reader.read().position, LONG_AGO
        reader.close()

    def rename(self) -> None:
        """Rotate as logrotate does with ``create``."""
        self._shift()
        self.path.rename(f"{self.path}.1")
        self.path.touch()

    def copytruncate(self) -> None:
        """Rotate as logrotate does with ``copytruncate``."""
        self._shift()
        shutil.copy2(self.path, f"{self.path}.1")
        os.truncate(self.path, 0)

    def _shift(self) -> None:
        rotated = sorted(self.path.parent.glob("mail.log.*"), key=lambda one: -_number(one))
        for one in rotated:
            one.rename(
                self.path.with_name(
                    ".".join(["mail", "log", str(_number(one) + 1), *one.name.split(".")[3:]])
                )
            )

    def _tick(self, path: Path) -> None:
        self.clock += 60
        os.utime(path, (self.clock, self.clock))


def _number(path: Path) -> int:
    return int(path.name.split(".")[2])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Return an empty log."""
    made = Log(tmp_path)
    yield made
    for reader in made.readers:
        reader.close()


ROTATIONS = [Log.rename, Log.copytruncate]


def test_what_is_appended_is_read(log: Log, drain: Drain) -> None:
    """Each line once, also by the next one who goes on."""
    first = log.write(3)
    reader = log.reader()
    assert drain(reader) == first
    second = log.write(2)
    assert drain(reader) == second
    log.stop(reader)
    third = log.write()

    assert drain(log.reader()) == third


def test_a_line_that_has_not_ended_waits(log: Log, drain: Drain) -> None:
    """Half a line is none; and who stops before it has ended gets all of it the next time."""
    log.write()
    with log.path.open("ab") as file:
        file.write(b"half ")
    reader = log.reader()
    assert drain(reader) == [b"line 0"]
    log.stop(reader)
    with log.path.open("ab") as file:
        file.write(b"line\n")

    assert drain(log.reader()) == [b"half line"]


@pytest.mark.parametrize("rotate", ROTATIONS)
def test_rotation_while_it_is_followed(
    log: Log, drain: Drain, rotate: Callable[[Log], None]
) -> None:
    """What was written just before, and what comes after; each line once, in order."""
    lines = log.write(3)
    reader = log.reader()
    assert drain(reader) == lines
    before = log.write(2)
    rotate(log)
    after = log.write(9)

    assert drain(reader) == before + after
    assert drain(reader) == []


def test_a_line_that_comes_late_into_the_renamed_file(log: Log, drain: Drain) -> None:
    """Until the writer has gone over to the new file, the old one is read."""
    log.write()
    reader = log.reader()
    drain(reader)
    log.rename()
    assert drain(reader) == []
    with Path(f"{log.path}.1").open("ab") as file:
        file.write(b"late\n")
    assert drain(reader) == [b"late"]

    assert drain(reader) == [] and log.write() == drain(reader)  # noqa: PT018 -- in this order


@pytest.mark.parametrize("rotate", ROTATIONS)
def test_more_than_one_rotation_between_two_looks(
    log: Log, drain: Drain, rotate: Callable[[Log], None]
) -> None:
    """The files in between are read as well."""
    log.write(2)
    reader = log.reader()
    drain(reader)
    missed: list[bytes] = []
    for _ in range(3):
        missed += log.write(2)
        rotate(log)
    missed += log.write(2)

    assert drain(reader) == missed


@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize(
    ("suffix", "opener"), [("", None), (".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)]
)
def test_rotation_while_nobody_reads(
    log: Log,
    drain: Drain,
    rotate: Callable[[Log], None],
    suffix: str,
    opener: Callable[..., gzip.GzipFile] | None,
) -> None:
    """The file is found again under its new name, compressed or not, and those after it."""
    log.write(2)
    reader = log.reader()
    drain(reader)
    log.stop(reader)
    missed: list[bytes] = []
    for _ in range(2):
        missed += log.write(2)
        rotate(log)
        if opener:
            plain = Path(f"{log.path}.1")
            with opener(f"{plain}{suffix}", "wb") as file:
                file.write(plain.read_bytes())
            shutil.copystat(plain, f"{plain}{suffix}")
            plain.unlink()
    missed += log.write(2)

    assert drain(log.reader()) == missed


def test_a_file_that_is_gone(log: Log, drain: Drain) -> None:
    """Where the old file was deleted, what was still written to after the last look is read."""
    log.write(2)
    reader = log.reader()
    drain(reader)
    log.stop(reader)
    log.since = datetime.fromtimestamp(log.clock, UTC) + timedelta(seconds=1)
    for _ in range(3):
        log.write(2)
        log.rename()
    for number in (3, 4):
        Path(f"{log.path}.{number}").unlink(missing_ok=True)
    log.write()

    assert drain(log.reader()) == [b"line 4", b"line 5", b"line 6", b"line 7", b"line 8"]


def test_stopping_inside_a_rotated_file(log: Log, drain: Drain) -> None:
    """The place may be in a file of a week ago; going on from there misses nothing."""
    log.write(2)
    reader = log.reader()
    drain(reader)
    log.stop(reader)
    missed = log.write(2)
    log.rename()
    missed += log.write(2)
    reader = log.reader()
    first = reader.read()
    log.position = first.position
    reader.close()
    log.rename()
    missed += log.write()

    assert [*first.lines, *drain(log.reader())] == missed


def test_a_broken_archive(log: Log, drain: Drain) -> None:
    """It is complained of, and the rest is read."""
    log.write()
    reader = log.reader()
    drain(reader)
    log.stop(reader)
    log.write()
    log.rename()
    whole = gzip.compress(Path(f"{log.path}.1").read_bytes() * 1000)
    Path(f"{log.path}.1").unlink()
    Path(f"{log.path}.1.gz").write_bytes(whole[:-20])
    log.since = LONG_AGO
    last = log.write()

    assert drain(log.reader())[-1:] == last
    assert [one for one in log.complaints if "mail.log.1.gz" in one]


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    """It is said at once, and what else there is."""
    with pytest.raises(InputError, match=r"there is no .*mail.log; .*--journal"):
        LogFile(tmp_path / "mail.log", Position(), None, print)


def test_a_log_that_is_a_folder(tmp_path: Path) -> None:
    """It can't be read, and that is said."""
    with pytest.raises(InputError, match=r"can't read .*: Is a directory"):
        LogFile(tmp_path, Position(), None, print).read()


def test_a_line_without_an_end(log: Log, drain: Drain) -> None:
    """Memory is bounded: what is too long for a line is cut."""
    with log.path.open("ab") as file:
        file.write(b"x" * 10 * LONGEST + b"\n")
    lines = drain(log.reader())

    assert b"".join(lines) == b"x" * 10 * LONGEST
    assert max(map(len, lines)) <= 5 * LONGEST


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(["write", "rename", "copytruncate", "read", "restart", "drain"]),
        max_size=30,
    )
)
def test_any_course_of_events(
    tmp_path_factory: pytest.TempPathFactory, drain: Drain, steps: list[str]
) -> None:
    """However writing, rotating, reading and restarting follow each other: each line once."""
    log = Log(tmp_path_factory.mktemp("log"))
    log.write()
    reader = log.reader()
    lines = drain(reader)
    log.stop(reader)
    reader = log.reader()
    for step in steps:
        if step == "write":
            log.write(2)
        elif step == "read":
            read = reader.read()
            lines += read.lines
            log.position = read.position
        elif step == "drain":
            lines += drain(reader)
            log.position = reader.read().position
        elif step == "restart":
            reader.close()
            reader = log.reader()
        else:
            log.write()  # nobody rotates an empty file, and two empty ones are alike
            getattr(log, step)()
            log.write()
    lines += drain(reader)
    reader.close()

    assert lines == [b"line %d" % number for number in range(log.written)]
