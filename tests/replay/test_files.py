"""Messages from files, folders, Maildirs, mboxes and standard input; and what is no message."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bounced.errors import InputError
from bounced.replay import files
from bounced.replay.files import Bad, Found, Source

LIMIT = 1_000_000
MAIL = b"From: a@example.org\nSubject: x\n\nbody\n"
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////"
    "////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAB"
    "PxA="
)


def _read(*paths: str | Path, stdin: bytes = b"", limit: int = LIMIT) -> list[Found | Bad]:
    found: list[Found | Bad] = []
    for source in files.sources(map(str, paths)):
        if isinstance(source, Source):
            found += files.read(source, limit=limit, stdin=io.BytesIO(stdin))
        else:
            found.append(source)
    return found


def test_a_file_is_one_message_byte_for_byte(tmp_path: Path) -> None:
    """Nothing is decoded, and no line end is touched."""
    raw = b"Subject: \xff\x00\r\n\rbody\n\r\n"
    (tmp_path / "x").write_bytes(raw)

    assert _read(tmp_path / "x") == [Found(file=str(tmp_path / "x"), raw=raw)]


def test_a_folder_is_walked_in_the_order_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names stay as they were given; hidden files and notes beside a message are passed over."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.eml", "a/2.eml", "a/1.eml", "a/1.json", "a/1.md", "a/.hidden"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(MAIL)

    assert [one.file for one in _read(".")] == ["./b.eml", "./a/1.eml", "./a/2.eml"]


def test_a_maildir_is_what_has_been_delivered(tmp_path: Path) -> None:
    """What lies in cur and new is read, whatever its flags; tmp holds what never arrived."""
    for name in ("cur/1:2,S", "new/2", "tmp/3", ".Archive/cur/4:2,", ".Archive/tmp/5"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(MAIL)
    (tmp_path / ".Archive/new").mkdir()

    found = [str(Path(one.file).relative_to(tmp_path)) for one in _read(tmp_path)]
    assert found == [".Archive/cur/4:2,", "cur/1:2,S", "new/2"]


def test_an_mbox_is_its_messages(tmp_path: Path) -> None:
    """Each message is told by its number in the file."""
    line = b"From a@example.org Tue Nov 24 09:00:00 2026\n"
    (tmp_path / "mbox").write_bytes(line + MAIL + b"\n" + line + MAIL)

    first, second = _read(tmp_path / "mbox")
    assert (first.number, second.number) == (1, 2)
    assert isinstance(second, Found)
    assert second.raw == line + MAIL
    assert second.name == f"{tmp_path / 'mbox'} (message 2)"


def test_an_eml_file_is_one_message_even_with_the_line_of_an_mbox(tmp_path: Path) -> None:
    """A returned mail inside may have such a line of its own, which ends nothing."""
    raw = b"From a@example.org Tue Nov 24 09:00:00 2026\n" + MAIL
    (tmp_path / "x.eml").write_bytes(raw + b"\n" + raw)

    assert len(_read(tmp_path / "x.eml")) == 1


@pytest.mark.parametrize("start", [b"", b"From a@example.org Tue Nov 24 09:00:00 2026\n"])
def test_standard_input_is_a_message_or_an_mbox(start: bytes) -> None:
    """``-`` tells them apart as files are told apart."""
    (found,) = _read("-", stdin=start + MAIL)

    assert found == Found(file="-", raw=start + MAIL, number=1 if start else 0)


def test_a_pipe_that_was_named_is_read() -> None:
    """The shell's ``<(...)`` is a pipe and works; a message comes through it whole."""
    reading, writing = os.pipe()
    os.write(writing, MAIL)
    os.close(writing)
    (found,) = _read(f"/dev/fd/{reading}")
    os.close(reading)

    assert isinstance(found, Found)


@pytest.mark.timeout(10)
def test_a_pipe_that_was_come_across_is_not_waited_for(tmp_path: Path) -> None:
    """In a folder only regular files are read."""
    os.mkfifo(tmp_path / "fifo")

    assert _read(tmp_path) == [Bad(file=str(tmp_path / "fifo"), why="not a regular file")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a mail message (it is empty)"),
        (b"\r\n\n", "not a mail message (it is empty)"),
        (JPEG, "not a mail message (no header field found)"),
        (b"Dear all,\n\nSubject: no\n", "not a mail message (no header field found)"),
        (b"root:x:0:0::/root:/bin/sh\n", "not a mail message (no header field found)"),
        (
            b"Subject: x\n\n" + b"x" * LIMIT,
            "larger than limits.message_size (1,000,000 bytes)",
        ),
    ],
    ids=["empty", "blank", "jpeg", "prose", "passwd", "large"],
)
def test_what_is_no_message_is_said_so_and_the_rest_goes_on(
    tmp_path: Path, content: bytes, why: str
) -> None:
    """A bad file gives a reason, and the good one behind it is read."""
    (tmp_path / "1").write_bytes(content)
    (tmp_path / "2").write_bytes(MAIL)

    bad, good = _read(tmp_path)
    assert bad == Bad(file=str(tmp_path / "1"), why=why)
    assert isinstance(good, Found)


def test_a_large_message_in_an_mbox_spares_the_others(tmp_path: Path) -> None:
    """It is named by its number, and never held in memory whole."""
    line = b"From a@example.org Tue Nov 24 09:00:00 2026\n"
    (tmp_path / "mbox").write_bytes(line + b"Subject: " + b"x" * LIMIT + b"\n\n" + line + MAIL)

    bad, good = _read(tmp_path / "mbox")
    assert isinstance(bad, Bad)
    assert bad.number == 1
    assert isinstance(good, Found)


def test_what_does_not_exist_is_said_so() -> None:
    """A path that leads nowhere is a bad file like any other."""
    assert _read("/nonexistent/x.eml") == [
        Bad(file="/nonexistent/x.eml", why="can't be read: No such file or directory")
    ]


def test_a_file_without_the_right_to_read_is_said_so(tmp_path: Path) -> None:
    """A file of somebody else's is bad; the reader here is a process without root's rights."""
    (tmp_path / "x").write_bytes(MAIL)
    (tmp_path / "x").chmod(0)
    code = (
        "import os, sys, io\n"
        "from bounced.replay import files\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "(one,) = files.read(files.Source(file=sys.argv[1]), limit=9, stdin=io.BytesIO())\n"
        "print(one.why)"
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "can't be read: Permission denied\n"


def test_explain_wants_one_message(tmp_path: Path) -> None:
    """A folder, or a file that is none, is an error that says so."""
    (tmp_path / "x.eml").write_bytes(JPEG)
    with pytest.raises(InputError, match=r"is a folder; name one message in it$"):
        files.one(str(tmp_path), limit=LIMIT, stdin=io.BytesIO())
    with pytest.raises(InputError, match=r"x\.eml: not a mail message"):
        files.one(str(tmp_path / "x.eml"), limit=LIMIT, stdin=io.BytesIO())
