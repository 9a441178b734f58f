"""Taking letters out of the outbox: in order, by one at a time, and never losing one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bounced.notice import Notice, Topic
from bounced.policy import Policies
from bounced.store import Letter, Outbox, Settled, Store, outbox

NOW = datetime.now(UTC) + timedelta(days=1)  # later than anything that the tests put in
LEASE = timedelta(seconds=30)
Put = Callable[..., None]


class Everything:
    """Wants to know all."""

    name = "crm"

    def wants(self, _topic: Topic, _stream: str | None) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def store(opened: Callable[..., Store]) -> Iterator[Store]:
    """Return a store with one webhook."""
    box = Outbox(policies=Policies(), subscribers=[Everything()])
    return opened(outbox=box)  # type: ignore[return-value]


@pytest.fixture
def put(store: Store) -> Put:
    """Return a function that puts notices in, one for each key."""

    def put_in(*keys: str) -> None:
        notices = [Notice(topic=Topic.RECIPIENT_SOFT, key=key, at=NOW) for key in keys]
        store._write(lambda connection: outbox.add(connection, notices))

    return put_in


def claim(store: Store, now: datetime = NOW, limit: int = 10) -> tuple[Letter, ...]:
    """Claim what is due."""
    return store.letters.claim("crm", now, LEASE, limit)


def done(store: Store, *letters: Letter, **fields: object) -> None:
    """Settle letters."""
    store.letters.settle([Settled(letter=one, **fields) for one in letters], NOW)  # type: ignore[arg-type]


def test_what_arrived_is_gone(store: Store, put: Put) -> None:
    """A letter is claimed, delivered, deleted."""
    put("a")
    (letter,) = claim(store)
    done(store, letter)

    assert list(store.letters.listed()) == []


def test_what_is_claimed_is_nobody_elses(store: Store, put: Put) -> None:
    """Until the claim is over; then it is anybody's, and the late one no longer counts."""
    put("a")
    (first,) = claim(store)

    assert claim(store) == ()
    (second,) = claim(store, NOW + LEASE)
    assert (second.id, second.webhook_id, second.attempts) == (first.id, first.webhook_id, 2)
    done(store, first)
    assert len(list(store.letters.listed())) == 1
    done(store, second)
    assert list(store.letters.listed()) == []


def test_one_who_is_late_settles_nothing_else(store: Store, put: Put) -> None:
    """Even where the database has given the number of a letter that is gone to a new one."""
    put("a")
    (late,) = claim(store)
    done(store, *claim(store, NOW + LEASE))
    put("b")
    (new,) = claim(store)
    assert new.attempts == late.attempts
    done(store, late)

    assert [one.webhook_id for one in store.letters.listed()] == [new.webhook_id]


def test_letters_about_one_address_come_one_after_the_other(store: Store, put: Put) -> None:
    """The second waits for the first, however long that takes; other addresses go on."""
    put("a", "b", "a", "b", "c")
    first = claim(store)

    assert [one.id for one in first] == [1, 2, 5]
    a, b, c = first
    done(store, a, error="away", again_at=NOW + timedelta(hours=1))
    done(store, b, c)
    (second_b,) = claim(store)
    assert second_b.id == 4
    done(store, second_b)
    later = NOW + timedelta(hours=1)
    (again,) = claim(store, later)
    assert again.id == 1
    done(store, again)
    assert [one.id for one in claim(store, later)] == [3]


def test_however_many_wait_for_one_there_is_little_to_look_at(store: Store, put: Put) -> None:
    """What is behind one that does not arrive is due when that is, and at once when it is gone."""
    put(*["a"] * 1500)
    (first,) = claim(store)
    later = NOW + timedelta(hours=1)
    done(store, first, error="away", again_at=later)

    assert claim(store, NOW + LEASE) == ()
    assert [one.due_at for one in store.letters.listed()] == [later] * 1500
    (again,) = claim(store, later)
    assert again.id == first.id
    done(store, again)
    (second,) = claim(store)
    assert second.id == 2


def test_what_was_given_up_holds_nothing_up(store: Store, put: Put) -> None:
    """It stays, with the reason, and what comes behind it is delivered."""
    put("a", "a")
    done(store, *claim(store), error="410 Gone")

    (dead,) = store.letters.listed(dead=True)
    assert (dead.dead_at, dead.due_at, dead.last_error) == (NOW, None, "410 Gone")
    assert [one.id for one in claim(store)] == [2]


def test_what_was_given_up_can_be_sent_again(store: Store, put: Put) -> None:
    """By its name or all of it; it starts anew and goes before what is behind it."""
    put("a", "b", "c", "a")
    done(store, *claim(store), error="410 Gone")
    dead = list(store.letters.listed(dead=True))

    assert [one.id for one in dead] == [1, 2, 3]
    assert store.letters.resend(NOW, [dead[0].webhook_id, "msg_nobody_knows"]) == 1
    (again,) = claim(store)
    assert (again.id, again.attempts) == (1, 1)
    assert store.letters.resend(NOW) == 2
    assert [one.id for one in claim(store)] == [2, 3]


def test_an_attempt_that_was_broken_off_does_not_count(store: Store, put: Put) -> None:
    """Given back, it is anybody's at once."""
    put("a")
    done(store, *claim(store), error="stopped", again_at=NOW, undone=True)

    (again,) = claim(store)
    assert again.attempts == 1


def test_what_nobody_will_deliver_is_deleted_in_the_end(store: Store, put: Put) -> None:
    """After thirty days: what was given up, and what is for a webhook that is no more."""
    put("a")
    done(store, *claim(store), error="410 Gone")
    put("b")
    later = datetime.now(UTC) + timedelta(days=29)
    too_late = NOW + timedelta(days=31)

    assert store.letters.expire(later, ["crm"]) == 0
    assert store.letters.expire(too_late, ["crm"]) == 1
    assert [one.lane for one in _rows(store)] == ["b"]
    assert store.letters.expire(too_late, ["billing"]) == 1


def test_the_list_goes_over_pages(store: Store, put: Put) -> None:
    """All of it, in order, however long."""
    put(*(str(number) for number in range(1200)))

    assert [one.id for one in store.letters.listed()] == list(range(1, 1201))


def test_many_that_claim_at_once_get_each_letter_once(store: Store, put: Put) -> None:
    """Eight threads empty the box; nothing comes twice and nothing stays behind."""
    put(*(f"{number % 40}" for number in range(200)))
    got: list[Letter] = []
    lock = threading.Lock()

    def work() -> None:
        while letters := claim(store, limit=3):
            with lock:
                got.extend(letters)
            done(store, *letters)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while letters := claim(store):  # a thread ends while another still holds what comes before
        got.extend(letters)
        done(store, *letters)

    assert sorted(one.id for one in got) == list(range(1, 201))
    lanes: dict[int, list[int]] = {}
    for one in got:
        lanes.setdefault((one.id - 1) % 40, []).append(one.id)
    assert all(ids == sorted(ids) for ids in lanes.values())


def _rows(store: Store) -> list[object]:
    with store.database.read() as connection:
        return list(connection.execute(outbox.outbox.select()))
