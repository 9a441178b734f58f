"""Lists in JSON: an object a line, in constant memory; or one document, an array or an object that
holds one, which is read whole up to ``LONGEST`` characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bounced.errors import InputError
from bounced.lists.columns import Columns
from bounced.lists.row import Rows
from bounced.lists.values import Bad, Entry

LONGEST: Final = 64 * 2**20
_TOO_LONG: Final = (
    f"a JSON document of more than {LONGEST >> 20} MiB; make JSON lines of it, for instance with "
    "`jq -c '.[]'`"
)
_NO_LIST: Final = "a JSON document without a list of addresses in it"
_SHAPES: Final = 1_000  # sets of names in objects that are remembered


def objects(first: str, rest: Iterator[str], every: Rows, number: int) -> Iterator[Entry]:
    """Yield the entries; *number* is that of the *first* line.  Raises InputError."""
    if not first:
        return
    one = _Objects(every)
    head = _parsed(first)
    if _is_row(head) or (head is None and first.rstrip().endswith("}")):
        yield _line(first, number, one)
        for line, text in enumerate(rest, number + 1):
            if text.strip():
                yield _line(text, line, one)
    else:
        for count, row in enumerate(_rows(_whole(first, rest)), 1):
            entry = one(row, count)
            yield entry._replace(unit="entry") if isinstance(entry, Bad) else entry
    if one.silent and not one.spoke and not every.told:
        raise InputError(one.silent.says_nothing)


class _Objects:
    """Reads one object after the other; equal names of their fields are looked at once.

    ``silent`` are the fields of one that could be any contact, ``spoke`` tells of any other.
    """

    def __init__(self, every: Rows) -> None:
        self._every = every
        self._known: dict[tuple[str, ...], Columns] = {}
        self.silent: Columns | None = None
        self.spoke = False

    def __call__(self, row: Any, line: int) -> Entry:
        """Return what *row* comes to."""
        if isinstance(row, str):
            row = {"address": row}
        if not isinstance(row, dict):
            return Bad(line, "is no JSON object")
        flat = _flat(row)
        columns = self._columns(tuple(flat))
        return self._every.read(list(flat.values()), columns, line)

    def _columns(self, names: tuple[str, ...]) -> Columns:
        columns = self._known.get(names)
        if columns is None:
            if len(self._known) >= _SHAPES:
                self._known.clear()
            columns = self._known[names] = Columns.of(names)
            if columns.silent and columns.address:
                self.silent = columns
            self.spoke |= not columns.silent
        return columns


def _line(text: str, line: int, one: _Objects) -> Entry:
    row = _parsed(text)
    return Bad(line, "is no JSON object") if row is None else one(row, line)


def _whole(first: str, rest: Iterable[str]) -> Any:
    texts, length = [first], len(first)
    for text in rest:
        length += len(text)
        if length > LONGEST:
            raise InputError(_TOO_LONG)
        texts.append(text)
    try:
        return json.loads("".join(texts))
    except (ValueError, RecursionError) as error:
        msg = f"is no JSON: {error}"
        raise InputError(msg) from None


def _rows(document: Any) -> list[Any]:
    """Return the list in *document*: itself, or the first one that it holds."""
    if _is_row(document):
        return [document]
    held = document.values() if isinstance(document, dict) else [document]
    rows = next((one for one in held if isinstance(one, list)), None)
    if rows is None:
        raise InputError(_NO_LIST)
    return rows


def _is_row(document: Any) -> bool:
    return isinstance(document, dict) and bool(Columns.of(tuple(document)).address)


def _parsed(text: str) -> Any:
    """Return the JSON in *text*, ``None`` where it is not whole."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _flat(row: dict[str, Any]) -> dict[str, str]:
    """Return all values as texts; of an object in the object those inside, ``reason.code``."""
    flat: dict[str, str] = {}
    for name, value in row.items():
        inner = value.items() if isinstance(value, dict) else ()
        flat |= {f"{name}.{below}": _text(one) for below, one in inner}
        if not isinstance(value, dict):
            flat[name] = _text(value)
    return flat


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
