"""Say what is wrong with a setting: turn pydantic's errors into one sentence each."""

from __future__ import annotations

import json
import re

from pydantic_core import ErrorDetails

from bounced.causes import Cause
from bounced.config import names
from bounced.errors import nearest

_PASSWORD = re.compile(r"(://[^:/@\s]{0,200}:)[^@\s]{0,500}@")
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)[^&\s\"]{0,500}")
_SHOWN = 80


def hide_password(url: str) -> str:
    """Return a database URL without its passwords."""
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1***@", url))


def sentence(error: ErrorDetails) -> str:
    """Return what is wrong, what to write, and the nearest known name where there is one."""
    path = tuple(error["loc"])
    writer = _WRITERS.get(error["type"], _other)
    return writer(path, error)


def shown(path: tuple[int | str, ...], value: object) -> str:
    """Return ``name = value`` as the file has it; secrets and whole tables are left out."""
    name = names.dotted(path)
    if name == "log.salt" or not isinstance(value, str | int | float):
        return name
    text = hide_password(json.dumps(value, ensure_ascii=False))
    return f"{name} = {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"


def _unknown(path: tuple[int | str, ...], _error: ErrorDetails) -> str:
    words = tuple(part for part in path if isinstance(part, str))
    return f"unknown setting {names.dotted(path)}{names.nearest_setting(words)}"


def _cause(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    name = str(error["input"])
    return f"{names.dotted(path[:-2])}: unknown cause {name}{nearest(name, Cause)}"


def _value(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    return f"{shown(path, error['input'])} {error['ctx']['error']}"


def _choice(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    expected = str(error["ctx"]["expected"]).replace("'", '"')
    given = error["input"]
    known = re.findall(r'"([^"]*)"', expected)
    hint = nearest(given, known) if isinstance(given, str) else ""
    return f"{shown(path, given)} must be {expected}{hint}"


def _missing(path: tuple[int | str, ...], _error: ErrorDetails) -> str:
    return f'{names.dotted(path)} is missing; write {path[-1]} = "..."'


def _table(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    name = names.dotted(path)
    head = f"[[{name}]]" if name in names.LISTS else f"[{name}]"
    return f"{shown(path, error['input'])} must be a table; write {head} and its settings below it"


def _list(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    if (name := names.dotted(path)) in names.LISTS:
        said = shown(path, error["input"])
        return f"{said} must be a list of tables; write [[{name}]] and its settings below it"
    return f'{shown(path, error["input"])} must be a list; write {path[-1]} = ["...", "..."]'


def _string(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    return f"{shown(path, error['input'])} must be a text in quotes"


def _other(path: tuple[int | str, ...], error: ErrorDetails) -> str:
    return f"{shown(path, error['input'])}: {error['msg']}"


_WRITERS = {
    "extra_forbidden": _unknown,
    "enum": _cause,
    "value_error": _value,
    "literal_error": _choice,
    "missing": _missing,
    "model_type": _table,
    "mapping_type": _table,
    "dict_type": _table,
    "tuple_type": _list,
    "string_type": _string,
}
