"""Readings as bytes: what comes back is what was sent, or nothing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Reading
from bounced.reading import codec
from bounced.reading.forkserver import _reply
from bounced.reading.wire import RAISED, READ

RULES = RuleBook.builtin()
PLAIN = codec.dump(pipeline.read(b"From: x\n\nx\n", Envelope(), RULES))

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.from_type(Reading))
def test_any_reading_comes_back_as_it_was(reading: Reading) -> None:
    """Every field, of whatever a type allows: lone surrogates, empty texts, no texts."""
    assert codec.reading(json.loads(codec.dump(reading))) == reading


@given(st.from_type(Envelope))
def test_any_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    """Also one that is unknown."""
    assert codec.envelope(json.loads(codec.dump(envelope))) == envelope


@given(values)
def test_other_values_are_no_reading(value: object) -> None:
    """ValueError, and nothing else."""
    with pytest.raises(ValueError, match="no Reading"):
        codec.reading(value)


@given(st.data())
def test_a_reading_with_one_value_changed_is_one_or_none(data: st.DataObject) -> None:
    """A field is of its type, or the whole is refused; what is taken can be stored and sent."""
    plain = json.loads(PLAIN)
    at = plain
    while isinstance(at, list) and at and data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(at) - 1))
        if not isinstance(at[index], list) or not at[index]:
            at[index] = data.draw(values)
            break
        at = at[index]
    try:
        found = codec.reading(plain)
    except ValueError:
        return
    assert codec.reading(json.loads(codec.dump(found))) == found


@given(
    st.sampled_from([READ, RAISED]), st.binary() | values.map(lambda one: json.dumps(one).encode())
)
def test_garbage_in_a_reply_is_a_value_error(kind: int, data: bytes) -> None:
    """Whatever a worker that has gone mad says."""
    with contextlib.suppress(ValueError):
        _reply(kind, data)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"[1,2]", b"7", b""])
def test_nested_garbage_is_a_value_error(data: bytes) -> None:
    """Nesting that the reader of JSON gives up on, and values of the wrong shape."""
    with pytest.raises(ValueError, match="no reply"):
        _reply(READ, data)


def test_a_reading_is_small() -> None:
    """The bytes of a bounce's reading are of the size of the bounce."""
    path = Path(__file__).parents[2] / "fixtures" / "causes" / "mailbox_full.eml"
    raw = path.read_bytes()
    assert len(codec.dump(pipeline.read(raw, Envelope(), RULES))) < len(raw)
