"""Several lines, one mail."""

from __future__ import annotations

from datetime import UTC, datetime

from bounced.maillog import Line, Mail, Queue, Seen

AT = datetime(2026, 1, 1, tzinfo=UTC)
SENT = "to=<a@b.net>, relay=x[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 Ok)"


def take(queue: Queue, text: str, instance: str = "postfix") -> Seen | None:
    """Hand over one line, by the daemon whose words these are."""
    said = text.partition(": ")[2]
    daemon = "smtp" if said.startswith("to=") else "qmgr"
    daemon = "cleanup" if said.startswith("message-id=") else daemon
    return queue.take(Line(AT, "mail", instance, daemon, text))


def arrive(queue: Queue, queue_id: str, name: str, instance: str = "postfix") -> None:
    """Let a mail arrive in the queue."""
    take(queue, f"{queue_id}: message-id=<{name}@a.example>", instance)
    take(queue, f"{queue_id}: from=<{name}@a.example>, size=1, nrcpt=1 (queue active)", instance)


def test_a_delivery_knows_its_mail() -> None:
    """Message-ID and sender come from earlier lines; at ``removed`` the mail is gone."""
    queue = Queue()
    arrive(queue, "ABCDEF", "m")

    first = take(queue, f"ABCDEF: {SENT}")
    take(queue, "ABCDEF: removed")
    later = take(queue, f"ABCDEF: {SENT}")

    assert first
    assert first.mail == Mail("m@a.example", "m@a.example")
    assert later
    assert later.mail == Mail()


def test_a_queue_id_that_comes_again_is_another_mail() -> None:
    """Also where nobody has seen the first one go: nothing of it is left."""
    queue = Queue()
    arrive(queue, "ABCDEF", "first")
    take(queue, "ABCDEF: message-id=<second@a.example>")

    assert queue.mails == {"mail/postfix/ABCDEF": Mail("second@a.example", None)}


def test_instances_have_queues_of_their_own() -> None:
    """The same queue id in two of them is two mails."""
    queue = Queue()
    arrive(queue, "ABCDEF", "in")
    arrive(queue, "ABCDEF", "out", "postfix-out")

    seen = take(queue, f"ABCDEF: {SENT}", "postfix-out")
    assert seen
    assert seen.mail.sender == "out@a.example"
    assert len(queue.mails) == 2


def test_changes_are_what_must_be_saved() -> None:
    """New ones with what is known, gone ones as gone; what is told again is no change."""
    queue = Queue()
    arrive(queue, "AAAAAA", "a")
    arrive(queue, "BBBBBB", "b")
    queue.changed.clear()
    take(queue, "AAAAAA: removed")
    take(queue, "BBBBBB: from=<b@a.example>, size=1, nrcpt=1 (queue active)")
    take(queue, "CCCCCC: message-id=<>")

    assert queue.changes() == {"mail/postfix/AAAAAA": None, "mail/postfix/CCCCCC": Mail("")}


def test_the_memory_is_bounded() -> None:
    """Beyond the limit the oldest are forgotten, and that is a change as well."""
    queue = Queue(limit=3)
    for number in range(10):
        arrive(queue, f"AAAAA{number}", "m")

    assert [key[-1] for key in queue.mails] == ["7", "8", "9"]
    assert queue.changes()["mail/postfix/AAAAA0"] is None
