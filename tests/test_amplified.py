"""A notice that any reader knows, made large: read in time proportional to its size."""

from __future__ import annotations

from pathlib import Path

import amplify
import growth
import pytest

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope

SIZE = 32_768
FOLDERS = sorted(
    {path.parent for path in (Path(__file__).parent.parent / "fixtures").glob("*/*.eml")}
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_notice_made_large_takes_time_in_proportion(folder: Path, rules: RuleBook) -> None:
    """The first of each kind: its blocks, lines, words and fields repeated, twice as often."""
    raw = min(folder.glob("*.eml")).read_bytes()[:SIZE]

    def run(text: bytes) -> object:
        return pipeline.examine(text, Envelope(), rules)

    half, whole = (dict(amplify.amplified(raw, size)) for size in (SIZE // 2, SIZE))
    for name, text in whole.items():
        times, taken = growth.growth(run, half[name], text)
        assert times <= growth.GROWTH, f"{name}: x{times:.2f}, {taken:.3f} s"
