"""``bounced explain``: one message told to a person, from what it is to what it would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from bounced.cli.output import Piece
from bounced.model import DEFAULT_STREAM, Judged, Kind, Match, Report, Trust, Typed, Verdict

if TYPE_CHECKING:
    from bounced.store import Incoming, Outcome

Line = tuple[Piece, ...]

_LABEL = 16
_KINDS = {
    Kind.BOUNCE: "a bounce",
    Kind.COMPLAINT: "a complaint",
    Kind.AUTO_REPLY: "an automatic reply, no bounce",
    Kind.MDN: "a disposition notice, no bounce",
    Kind.REPORT: "a DMARC or TLS report, no bounce",
    Kind.OTHER: "something else, no bounce",
    Kind.UNRECOGNISED: "not recognised: no reader understands it",
}
_MATCHES = {
    Match.SIGNED: "the signed return path",
    Match.VERP: "the return path (VERP)",
    Match.ENVELOPE_ID: "a message that we were told of, by its envelope id",
    Match.MESSAGE_ID: "a message that we were told of, by its Message-ID",
    Match.HEADER: "a header field of the returned mail",
    Match.ORIGINAL_RECIPIENT: "Original-Recipient in the report",
    Match.FINAL_RECIPIENT: "the recipient that the report names",
}
_EFFECTS = {
    "blocked": "block the address",
    "extended": "block the address for longer",
    "counted": "count, and not block",
    "reset": "forget earlier soft failures",
    "recorded": "be recorded, and change nothing",
    "unchanged": "change nothing",
}


def lines(name: str, incoming: Incoming, outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Yield the whole explanation; *outcomes* go with the recipients one by one."""
    reading = incoming.reading
    report = reading.report
    yield ((name, "bold"), " is ", (_KINDS[report.kind], _colour(report.kind)))
    yield from _message(report)
    yield from _claim(incoming, outcomes)
    for judged, outcome in zip_longest(reading.judged, outcomes[: len(reading.judged)]):
        yield ("",)
        yield from _recipient(judged, outcome)
    defects = [*report.defects, *(d for one in reading.judged for d in one.recipient.defects)]
    if defects:
        yield ("",)
        yield (("Repaired or passed over while reading", "bold"),)
        yield from (_field(defect.field, defect.text) for defect in defects)


def _colour(kind: Kind) -> str:
    return "red" if kind.about_somebody else "green"


def _field(label: str, *value: Piece) -> Line:
    return ("  ", (f"{label:<{_LABEL}}", "dim"), *value)


def _message(report: Report) -> Iterator[Line]:
    yield _field("because", report.because or report.source)
    for label, value in (
        ("read by", report.source),
        ("from", report.from_),
        ("subject", report.subject),
        ("date", report.date and f"{report.date:%Y-%m-%d %H:%M:%S %Z}"),
        ("reported by", _shown(report.reporting_mta)),
        ("envelope id", report.original_envelope_id),
        ("feedback type", report.feedback and report.feedback.feedback_type),
    ):
        if value:
            yield _field(label, value)
    if returned := report.returned:
        told = [returned.subject and f'"{returned.subject}"', returned.to and f"to {returned.to}"]
        told += [returned.message_id, returned.part and f"(part {returned.part})"]
        yield _field("about the mail", " ".join(one for one in told if one))


def _claim(incoming: Incoming, outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Yield how far it is believed, and how we know whom we mailed."""
    claim = incoming.reading.claim
    trust = trust_of(incoming, outcomes)
    style = {Trust.SIGNED: "green", Trust.FORGED: "red"}.get(trust, "")
    why = f": {claim.why}" if claim.why and trust is claim.trust else ""
    yield _field("trust", (str(trust), style), why)
    if claim.matched:
        yield _field("matched by", _MATCHES[claim.matched])
    if incoming.stream != DEFAULT_STREAM:
        yield _field("stream", incoming.stream)


def trust_of(incoming: Incoming, outcomes: Sequence[Outcome]) -> Trust:
    """Return how far it is believed; the store may know of the message that it returns."""
    return next((one.trust for one in outcomes if one.trust), incoming.trust)


def _recipient(judged: Judged, outcome: Outcome | None) -> Iterator[Line]:
    said = judged.recipient
    yield ((said.address or "an address that the notice hides", "bold"),)
    place = f", in part {said.part} of the message" if said.part else ", in its text"
    yield _field("found by", f"{said.source or 'the reader'}{place}")
    yield from _as_said(judged)
    if judged.verdict:
        yield from _judged(judged.verdict)
    else:
        yield _field("cause", "none: nothing failed")
    if outcome and outcome.decision:
        effect = str(outcome.decision.effect)
        style = "red" if effect in ("blocked", "extended") else ""
        yield _field("it would", (_EFFECTS.get(effect, effect), style), f": {outcome.decision.why}")


def _as_said(judged: Judged) -> Iterator[Line]:
    said = judged.recipient
    for label, value in (
        ("we mailed", judged.mailed),
        ("sent to", _other(said.original_recipient, judged.address)),
        ("ended at", _other(said.final_recipient, said.address)),
        ("action", said.action and str(said.action)),
        ("status", judged.status and str(judged.status)),
        ("remote", _shown(said.remote_mta)),
        ("diagnostic", _shown(said.diagnostic_code)),
    ):
        if value:
            words = judged.verdict.evidence if judged.verdict and label == "diagnostic" else ""
            yield _field(label, *_highlighted(value, words))


def _highlighted(text: str, words: str) -> Iterator[Piece]:
    before, found, after = text.partition(words) if words else (text, "", "")
    yield from (before, (found, "bold yellow"), after)


def _judged(verdict: Verdict) -> Iterator[Line]:
    yield _field("rule", verdict.rule)
    yield _field("the words", (verdict.evidence, "bold yellow"))
    style = "red" if verdict.type == "hard" else "yellow"
    yield _field(
        "cause", (str(verdict.cause), style), f" ({verdict.type}): {verdict.cause.info.means}"
    )


def _other(field: Typed | None, address: str | None) -> str | None:
    """Return an address of the report where it differs from the one that is acted on."""
    return field.value if field and field.value.strip("<>") != address else None


def _shown(field: Typed | None) -> str | None:
    return field and field.value
