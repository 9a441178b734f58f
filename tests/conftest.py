"""What every test may use: the built-in rules, and the modules beside the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bounced.classify import RuleBook

sys.path.insert(0, str(Path(__file__).parent))  # tests are no packages; hostile.py is shared


@pytest.fixture(scope="session")
def rules() -> RuleBook:
    """Return the built-in rules, compiled once."""
    return RuleBook.builtin()
