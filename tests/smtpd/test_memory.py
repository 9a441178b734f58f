"""The memory for all messages together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bounced.smtpd.memory import Memory

_BESIDE = 8192


class Message:
    """One that is being received."""

    def __init__(self) -> None:
        self.dropped = False

    def drop(self) -> None:
        """Note it."""
        self.dropped = True


def test_the_largest_goes_first() -> None:
    """A small message gets in while somebody fills us with large ones."""
    memory = Memory(10**6)
    large, larger, small = Message(), Message(), Message()
    memory.hold(large, 400_000)
    memory.hold(larger, 500_000)
    memory.hold(small, 100_000)

    assert [one.dropped for one in (large, larger, small)] == [False, True, False]


def test_what_waits_for_its_commit_is_never_dropped() -> None:
    """It only leaves less for others, in the end nothing."""
    memory = Memory(10**6)
    waiting, coming = Message(), Message()
    memory.hold(waiting, 900_000)
    octets = memory.keep(waiting)
    memory.hold(coming, 200_000)

    assert (waiting.dropped, coming.dropped) == (False, True)
    assert not memory.full

    other = Message()
    memory.hold(other, 80_000)
    more = memory.keep(other)
    assert memory.full

    memory.give_back(octets)
    memory.give_back(more)
    assert (memory.held, memory.full) == (0, False)


def test_an_empty_message_is_not_nothing() -> None:
    """Its envelope and its task take memory as well, so that their number is bounded too."""
    memory = Memory(10 * _BESIDE)
    for _ in range(10):
        one = Message()
        memory.hold(one, 0)
        memory.keep(one)

    assert memory.full


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["hold", "keep", "release", "done"])),
        max_size=80,
    ),
    st.data(),
)
def test_never_more_than_the_limit(steps: list[tuple[int, str]], data: st.DataObject) -> None:
    """Whatever comes in whatever order, and in the end nothing is counted any more."""
    memory, messages, kept = Memory(200_000), [Message() for _ in range(6)], [0]
    for number, step in steps:
        match step:
            case "hold":
                memory.hold(messages[number], data.draw(st.integers(0, 150_000)))
            case "keep":
                kept.append(memory.keep(messages[number]))
            case "release":
                memory.release(messages[number])
            case "done":
                memory.give_back(kept.pop() if kept else 0)
        assert 0 <= memory.held <= memory.limit

    for one in messages:
        memory.release(one)
    for octets in kept:
        memory.give_back(octets)
    assert memory.held == 0
