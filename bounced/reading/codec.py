"""A reading as bytes and back: JSON, each dataclass as the list of its fields.

What comes from the process that reads is checked against the types of the vocabulary, and can be
nothing but values of them: whatever becomes of that process, no code comes back from it.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from bounced.model import Envelope, Reading

_Read = Callable[[Any], Any]
_ALTERNATIVES: Final = (types.UnionType, Union)


def dump(value: object) -> bytes:
    """Return *value*, made of the vocabulary and plain values, as bytes."""
    return json.dumps(value, default=_plain, separators=(",", ":")).encode()


def reading(plain: object) -> Reading:
    """Return the reading that JSON has given; raises ValueError where it is none."""
    found: Reading = _loaded(Reading, plain)
    return found


def envelope(plain: object) -> Envelope:
    """Return the envelope that JSON has given; raises ValueError where it is none."""
    found: Envelope = _loaded(Envelope, plain)
    return found


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    kind: Any = type(value)
    return [getattr(value, name) for name in _names(kind)]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _loaded(kind: Any, plain: object) -> Any:
    try:
        return _reader(kind)(plain)
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        msg = f"no {kind.__name__}: {type(error).__name__}"
        raise ValueError(msg) from None


@cache
def _reader(kind: Any) -> _Read:
    """Return what turns plain values into one of *kind*, a type as annotations write it."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in _ALTERNATIVES:
        (other,) = (one for one in inside if one is not types.NoneType)
        return _optional(_reader(other))
    if origin is tuple:
        return _many(_reader(inside[0])) if inside[1] is ... else _each(tuple, inside)
    if kind is datetime:
        return datetime.fromisoformat
    if issubclass(kind, Enum):
        return {one.value: one for one in kind}.__getitem__
    if is_dataclass(kind) or issubclass(kind, tuple):
        return _made(kind)
    return _exactly(kind)


def _made(kind: Any) -> _Read:
    """Return what fills the fields of a dataclass or a named tuple."""
    hints = get_type_hints(kind)
    if issubclass(kind, tuple):
        return _each(lambda values: kind(*values), tuple(hints.values()))
    names = _names(kind)
    return _each(
        lambda values: kind(**dict(zip(names, values, strict=True))),
        tuple(hints[name] for name in names),
    )


def _optional(read: _Read) -> _Read:
    return lambda value: None if value is None else read(value)


def _many(read: _Read) -> _Read:
    return lambda values: tuple(map(read, _listed(values)))


def _each(make: Callable[[Any], Any], kinds: tuple[Any, ...]) -> _Read:
    readers = tuple(map(_reader, kinds))

    def made(values: Any) -> Any:
        pairs = zip(readers, _listed(values), strict=True)
        return make([read(value) for read, value in pairs])

    return made


def _listed(values: Any) -> list[Any]:
    if type(values) is list:
        return values
    raise TypeError


def _exactly(kind: type) -> _Read:
    def checked(value: Any) -> Any:
        if type(value) is kind:
            return value
        raise TypeError

    return checked
