"""Every event that is ever logged: a method for each, with the fields that it has."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from bounced.escape import escape
from bounced.log.clients import Clients
from bounced.model import DEFAULT_STREAM, Kind, Match, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One failed recipient, as the log tells it."""

    address: str | None
    cause: str
    type: str
    rule: str
    decision: str


class Log(Clients):
    """The events.  A shell gets one of these; nobody else calls structlog."""

    def _parameters(self, words: str) -> str:
        """Show what MAIL or RCPT told beside the path; ORCPT and AUTH may hold an address."""
        pairs = (word.partition("=") for word in words.split())
        return " ".join(
            name + sign + (self._show(value) if "@" in value else escape(value))
            for name, sign, value in pairs
        )

    def message(
        self,
        *,
        queue_id: str,
        reverse_path: str | None,
        forward_paths: Sequence[str],
        parameters: Sequence[str] = (),
        kind: Kind,
        stream: str = DEFAULT_STREAM,
        trust: Trust = Trust.UNSIGNED,
        matched: Match | None = None,
        failed: Sequence[Failed] = (),
        duplicate: bool = False,
        milliseconds: float = 0.0,
        source: str = "smtp",
        peer: str = "",
        size: int = 0,
    ) -> None:
        """Log the one event of a message that was committed; a forged one is a warning."""
        self._say(
            "warning" if trust is Trust.FORGED else "info",
            "message",
            queue_id=queue_id,
            source=source,
            peer=escape(peer),
            size=size,
            reverse_path=self._address(reverse_path),
            forward_paths=[self._address(path) for path in forward_paths],
            parameters=[self._parameters(words) for words in parameters if words],
            kind=str(kind),
            stream=escape(stream),
            trust=str(trust),
            matched=matched and str(matched),
            duplicate=duplicate,
            failed=[
                {
                    "address": self._address(one.address),
                    "cause": str(one.cause),
                    "type": str(one.type),
                    "rule": escape(one.rule),
                    "decision": escape(one.decision),
                }
                for one in failed
            ],
            milliseconds=round(milliseconds, 1),
        )

    def observed(
        self, *, address: str, cause: str, rule: str, evidence: str, decision: str, known: bool
    ) -> None:
        """Log a rejection that the mail log tells of."""
        self._say(
            "info",
            "observed",
            address=self._address(address),
            cause=cause,
            rule=escape(rule),
            evidence=escape(evidence),
            decision=escape(decision),
            duplicate=known,
        )

    def following(self, *, name: str) -> None:
        """Log which mail log is followed."""
        self._say("info", "following", name=escape(name))

    def unreadable(self, *, why: str) -> None:
        """Log a rotated file of the mail log that can't be read."""
        self._say("warning", "unreadable", why=escape(why))

    def deferred(self, *, queue_id: str, reply: str, why: str) -> None:
        """Log a message that was answered 4xx: the sender keeps it and comes back."""
        self._say("warning", "deferred", queue_id=queue_id, reply=escape(reply), why=escape(why))

    def reader_failed(self, *, queue_id: str, reader: str, why: str) -> None:
        """Log a reader that raised; its message is kept as unrecognised, or another reader's."""
        self._say("error", "reader_failed", queue_id=queue_id, reader=reader, why=escape(why))

    def reader_ended(self, *, why: str, attempt: int) -> None:
        """Log a process that reads and has ended; attempt 0: without a message in it."""
        self._say("error", "reader_ended", why=escape(why), attempt=attempt)

    def python_unfixed(self, *, version: str, exposed: bool) -> None:
        """Log a Python that a charset's name can crash; *exposed*: in a mail, here, as well."""
        self._say("warning", "python_unfixed", version=version, exposed=exposed)

    def failure(self, *, doing: str, error: BaseException) -> None:
        """Log a defect of the program or of its surroundings, and the calls that led to it."""
        calls = [
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        why = escape(f"{type(error).__name__}: {error}")
        self._say("error", "failure", doing=doing, why=why, calls=calls)

    def library(self, *, level: str, name: str, text: str) -> None:
        """Log a warning or an error of a library that we use."""
        self._say(level, "library", name=name, text=escape(text))

    def store_unavailable(self, *, why: str) -> None:
        """Log that the database is away, locked or full for the moment."""
        self._say("error", "store_unavailable", why=escape(why))

    def notice_sent(
        self, *, to: str, webhook_id: str, topic: str, attempt: int, milliseconds: float
    ) -> None:
        """Log a webhook that was taken, or a message that was forwarded."""
        self._say(
            "info",
            "notice_sent",
            to=escape(to),
            webhook_id=webhook_id,
            topic=topic,
            attempt=attempt,
            milliseconds=round(milliseconds, 1),
        )

    def notice_failed(
        self,
        *,
        to: str,
        webhook_id: str,
        topic: str,
        attempt: int,
        why: str,
        again_at: datetime | None,
    ) -> None:
        """Log one that was not taken; without *again_at* it is given up, for a person to see to."""
        told = {
            "to": escape(to),
            "webhook_id": webhook_id,
            "topic": topic,
            "attempt": attempt,
            "why": escape(why),
        }
        if again_at:
            self._say("warning", "notice_failed", **told, again_at=again_at.isoformat())
        else:
            self._say("error", "notice_dead", **told)

    def incident_opened(self, *, cause: str, ours: str, refuser: str, evidence: str) -> None:
        """Log that somebody has begun to refuse what we send, for a fault of ours."""
        self._say(
            "warning",
            "incident_opened",
            cause=cause,
            ours=escape(ours),
            refuser=escape(refuser),
            evidence=escape(evidence),
        )

    def incident_closed(self, *, cause: str, ours: str, refuser: str, recipients: int) -> None:
        """Log that nothing was refused for a while."""
        self._say(
            "info",
            "incident_closed",
            cause=cause,
            ours=escape(ours),
            refuser=escape(refuser),
            recipients=recipients,
        )

    def storm_started(self, *, name: str, cause: str, recipients: int) -> None:
        """Log that many of one domain or provider fail alike: it counts for nobody."""
        self._say("warning", "storm_started", name=escape(name), cause=cause, recipients=recipients)

    def storm_ended(self, *, name: str, cause: str, recipients: int) -> None:
        """Log that an outage is over, with how many recipients it had hit."""
        self._say("info", "storm_ended", name=escape(name), cause=cause, recipients=recipients)

    def revised(self, *, address: str, effect: str, why: str) -> None:
        """Log that a decision about an address was made again, and came out otherwise."""
        self._say("info", "revised", address=self._address(address), effect=effect, why=escape(why))

    def raw_expired(self, *, messages: int) -> None:
        """Log how many messages' bytes the retention has taken away."""
        self._say("info", "raw_expired", messages=messages)

    def rules_reloaded(self, *, rules: int) -> None:
        """Log that the rules were read again, with how many there are now."""
        self._say("info", "rules_reloaded", rules=rules)

    def keys_reloaded(self, *, keys: Sequence[str]) -> None:
        """Log that the keys of return paths were read again, by their ids; the first signs."""
        self._say("info", "keys_reloaded", keys=list(keys))

    def lookup_ended(self, *, code: int) -> None:
        """Log that the process which answers look-ups has died; it is started again."""
        self._say("error", "lookup_ended", code=code)

    def http_request(
        self, *, method: str, route: str, status: int, who: str, peer: str, milliseconds: float
    ) -> None:
        """Log one request to the API and its answer; status 0: the client did not wait for one."""
        self._say(
            "info",
            "http_request",
            method=escape(method),
            route=route,
            status=status,
            who=who,
            peer=escape(peer),
            milliseconds=round(milliseconds, 1),
        )

    def tokens_reloaded(self, *, tokens: int) -> None:
        """Log that the tokens of the API were read again, with how many there are now."""
        self._say("info", "tokens_reloaded", tokens=tokens)

    def started(self, *, version: str, listen: Sequence[str], store: str) -> None:
        """Log that the daemon is ready."""
        self._say("info", "started", version=version, listen=list(listen), store=store)

    def stopping(self, *, why: str) -> None:
        """Log that no more is accepted and the rest is being finished."""
        self._say("info", "stopping", why=why)

    def stopped(self, *, messages: int) -> None:
        """Log the end, with how many messages were taken since the start."""
        self._say("info", "stopped", messages=messages)
