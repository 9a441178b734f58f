"""The lines of a list -> its entries, whatever its format.

Line by line, in constant memory; but a JSON document is read whole, see ``objects``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain
from typing import Final

from bounced.errors import InputError
from bounced.lists.columns import Columns
from bounced.lists.objects import objects
from bounced.lists.row import Reading, Rows
from bounced.lists.values import Bad, Entry

_NO_ADDRESS: Final = (
    "no column with addresses: the first line must name the columns, one of them email, address or "
    "recipient; or write one address a line"
)
_DELIMITERS: Final = ",;\t|"
_FORMULA: Final = "'"


class Format(StrEnum):
    """How a list is written; ``csv`` is also one address a line, ``jsonl`` any JSON."""

    CSV = "csv"
    JSONL = "jsonl"


def read(lines: Iterable[str], how: Reading, form: Format | None = None) -> Iterator[Entry]:
    """Yield what each entry of a list comes to; the *lines* keep their line ends.

    Raises InputError where it is no list at all, or says nowhere that it is one of whom not to
    mail; of JSON lines that is known at their end.
    """
    source = iter(lines)
    blank = []
    first = next(source, "")
    while first and not first.strip("\ufeff \t\r\n"):
        blank.append(first)
        first = next(source, "")
    first = first.removeprefix("\ufeff")
    every = Rows(how)
    if (form is Format.JSONL) if form else first.lstrip().startswith(("{", "[")):
        return objects(first, source, every, len(blank) + 1)
    return _csv(first, source, every, len(blank))


def _csv(first: str, rest: Iterator[str], every: Rows, skipped: int) -> Iterator[Entry]:
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = Columns.of(header)
    if columns.address:
        if columns.silent and not every.told:
            raise InputError(columns.says_nothing)
        return _table(rest, delimiter, every, columns, skipped + 1)
    if first.strip() and (len(header) > 1 or not ("@" in first or first.startswith("#"))):
        raise InputError(_NO_ADDRESS)
    return _plain(chain([first], rest), every, skipped)


def _plain(lines: Iterable[str], every: Rows, skipped: int) -> Iterator[Entry]:
    columns = Columns.of(["address"])
    for number, line in enumerate(lines, skipped + 1):
        text = line.strip().strip(",;").strip('"')
        if text and not text.startswith("#"):
            yield every.read([text], columns, number)


def _table(
    lines: Iterator[str], delimiter: str, every: Rows, columns: Columns, skipped: int
) -> Iterator[Entry]:
    # Strict: a quote that is never closed is told, and does not swallow the lines below it.
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = skipped + rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            last = skipped + rows.line_num
            to = f", up to line {last}" if last > number else ""
            yield Bad(number, f"is no CSV{to}: {error}")
            continue
        if any(row):
            yield every.read(_unquoted(row) if columns.own else row, columns, number)


def _unquoted(row: Sequence[str]) -> list[str]:
    """Undo what our export does against spreadsheets."""
    return [cell.removeprefix(_FORMULA) for cell in row]
