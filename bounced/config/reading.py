"""What reading one message may take, and by which Python."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from bounced.config.kinds import Duration, Section, Size

_LEAST: Final = 2**26


def _some_time(value: timedelta) -> timedelta:
    if value >= timedelta(seconds=1):
        return value
    msg = 'leaves no time to read anything; write at least "1s", bounces are read in milliseconds'
    raise ValueError(msg)


def _some_memory(value: int) -> int:
    if value >= _LEAST:
        return value
    msg = (
        'is too little to read mail in; write at least "64 MiB", and some five times the size of '
        "the largest message"
    )
    raise ValueError(msg)


class ReadingSection(Section):
    """The budget of one message, in a process that is ended where it takes more."""

    time: Annotated[
        Duration,
        AfterValidator(_some_time),
        Field(description="processor time to read a message; one that takes longer is kept unread"),
    ] = timedelta(seconds=2)
    memory: Annotated[
        Size,
        AfterValidator(_some_memory),
        Field(description="memory to read a message; one that takes more is kept unread"),
    ] = 2**30
    python: Annotated[
        Literal["safe", "fixed", "any"],
        Field(
            description="refuse a Python that a charset in a mail can crash (`safe`), one with the "
            "defect for that, CVE-2025-4516 (`fixed`), or none (`any`)"
        ),
    ] = "safe"
