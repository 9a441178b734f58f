"""A reading as JSON, for the expectations beside the fixtures; what is absent is left out."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from bounced.model import Reading, Status, Typed


def report(reading: Reading) -> Any:
    """Return all that the readers found."""
    return _shape(reading.report)


def verdicts(reading: Reading) -> list[dict[str, Any]]:
    """Return what was concluded for each recipient, in the order of the report."""
    return [
        {
            "address": one.recipient.address,
            "cause": one.verdict and one.verdict.cause.value,
            "rule": one.verdict and one.verdict.rule,
            "evidence": one.verdict and one.verdict.evidence,
        }
        for one in reading.judged
    ]


def _shape(value: Any) -> Any:
    match value:
        case Status():
            return str(value)
        case Typed():
            return f"{value.type}; {value.value}"
        case datetime():
            return value.isoformat()
        case tuple():
            return [_shape(one) for one in value]
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _shape(one) for name, one in named if one not in (None, (), "")}
    return value
