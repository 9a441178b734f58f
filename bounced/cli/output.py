"""What goes to standard output: lines of JSON, lines of text, tables on a terminal."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from bounced.escape import escape

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# ruff: noqa: PLC0415 - rich is imported when something is to be shown to a person

LONGEST = 2_000
Piece: TypeAlias = str | tuple[str, str]  # a text, or a text with its style


def json_line(shape: object) -> None:
    """Print one object a line, ASCII only, so that no terminal and no reader can choke on it."""
    sys.stdout.write(json.dumps(shape, separators=(", ", ": ")) + "\n")


@cache
def console() -> Console:
    """Return the console on standard output; it knows whether that is a terminal, and NO_COLOR."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def text(*pieces: Piece) -> Text:
    """Join pieces into one text, escaped, with their styles."""
    from rich.text import Text

    joined = Text()
    for piece in pieces:
        words, style = piece if isinstance(piece, tuple) else (piece, "")
        joined.append(escape(words, LONGEST), style)
    return joined


def line(*pieces: Piece) -> None:
    """Print one line; long ones are left to the terminal, so that they can be copied."""
    console().print(text(*pieces), soft_wrap=True)


def count(number: int, one: str, many: str = "") -> str:
    """Return ``1 message`` or ``1,234 messages``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def counts(title: str, found: Counter[str]) -> None:
    """Print a table of counts, the largest first, and an empty line above it; nothing for none."""
    if found:
        line("")
        table((title, "count"), ((name, f"{n:,}") for name, n in found.most_common()), folds=title)


def table(columns: Sequence[str], rows: Iterable[Sequence[Piece]], *, folds: str) -> None:
    """Print rows: as a table on a terminal, else with tabs and without a head, for programs.

    Where the terminal is too narrow, the column *folds* takes several lines.
    """
    if not console().is_terminal:
        for row in rows:
            plain = (one[0] if isinstance(one, tuple) else one for one in row)
            sys.stdout.write("\t".join(escape(one, LONGEST) for one in plain) + "\n")
        return
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        side: Literal["right", "left"] = "right" if column == "count" else "left"
        drawn.add_column(column, overflow="fold", no_wrap=column != folds, justify=side)
    for row in rows:
        drawn.add_row(*(text(one) for one in row))
    console().print(drawn if drawn.rows else "none")
