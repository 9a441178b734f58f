"""How a list is written."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """``csv`` is also one address a line, ``jsonl`` any JSON."""

    CSV = "csv"
    JSONL = "jsonl"
