"""What the documents name is there: files, tests, drills, and the places that links lead to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "drills/*.md", "fuzz/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # which tells of what was
)
_FOLDERS = "bounced|benchmarks|docs|drills|fixtures|fuzz|systemd|tests"
_NAMED = re.compile(rf"(?<=[`\s])(?:(?:{_FOLDERS})/|\.ci/)[\w./-]*\w/?(?:::\w+)?")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_STANDS_FOR = re.compile(r"\b[A-Z]{4,}\b(?!\.)")  # TARGET, NAME: the reader's own


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    """Whoever looks for it finds it, and a test by its name."""
    named = {one for one in _NAMED.findall(document.read_text()) if not _STANDS_FOR.search(one)}

    assert [one for one in sorted(named) if not _is_there(one)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """To a file, and to a heading in it."""
    for to, heading in _LINK.findall(document.read_text()):
        target = document.parent / to if to else document
        assert target.exists(), to
        if heading:
            slugs = {_slug(one) for one in _HEADING.findall(target.read_text())}
            assert heading in slugs, f"{to}#{heading}"


def _is_there(named: str) -> bool:
    path, _, test = named.partition("::")
    found = ROOT / path
    return found.exists() and (not test or f"def {test}(" in found.read_text())


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
