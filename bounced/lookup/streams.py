"""Which mail stream is a message of?  By its envelope sender, which is a bounce address of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bounced.address import matcher


def stream_of(streams: Mapping[str, Iterable[str]], default: str) -> Callable[[str], str]:
    """Return the question "whose bounce address is this?" for the addresses of each stream.

    The first stream that has it, in the order of the settings; *default* where none has.
    """
    questions = [(name, matcher(patterns)) for name, patterns in streams.items()]

    def stream(bounce_address: str) -> str:
        return next((name for name, has in questions if has(bounce_address)), default)

    return stream
