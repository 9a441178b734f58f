"""The table of replies."""

from __future__ import annotations

import pytest

from bounced import errors
from bounced.smtpd import reply

_ROWS = {name: value for name, value in vars(reply).items() if isinstance(value, reply.Row)}


@pytest.mark.parametrize(("name", "row"), _ROWS.items())
def test_code_and_enhanced_status_agree(name: str, row: reply.Row) -> None:
    """Both begin with the same digit, as RFC 2034 §4 asks; only 354 has no enhanced status."""
    assert row.enhanced[:1] == str(row.code)[0] or (row.code == 354 and not row.enhanced)
    assert str(row).isascii()
    assert str(row).isprintable()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (errors.StoreFullError("x"), "452 4.3.1"),
        (errors.StoreUnavailableError("x"), "451 4.3.0"),
        (errors.StoreError("x"), "451 4.3.0"),
        (OSError(28, "No space left on device", "/var/spool/x"), "451 4.3.0"),
        (ValueError("böse\r\n250 Ok"), "451 4.3.0"),
        (MemoryError(), "451 4.3.0"),
        (RecursionError(), "451 4.3.0"),
    ],
)
def test_every_failure_of_ours_is_temporary(error: Exception, line: str) -> None:
    """A failure asks the sender to come back, and tells nothing of itself."""
    answer = str(reply.for_error(error))

    assert answer.startswith(line)
    assert str(error) not in answer or not str(error)


def test_the_receipt_names_the_message() -> None:
    """250 carries the queue id, to be found again in the log."""
    assert str(reply.queued("01ABC")) == "250 2.0.0 Ok: queued as 01ABC"
