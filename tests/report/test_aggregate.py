"""DMARC and TLS reports."""

from __future__ import annotations

import pytest

from bounced.model import Kind
from bounced.report import aggregate, mime
from bounced.report.mime import Part

FILE = "example.net!example.org!1764000000!1764086399"
XML = '<?xml version="1.0"?>\n<feedback>\n <version>1.0</version>\n <report_metadata>'


def _message(head: str, body: str = "hello") -> Part:
    return mime.parse(f"{head}\n\n{body}\n".encode())


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("TLS-Report-Domain: example.org", "tlsrpt"),
        ("Content-Type: multipart/report; report-type=TLSRPT", "tlsrpt"),
        ("Content-Type: application/tlsrpt+gzip", "tlsrpt"),
        (
            "Content-Type: application/zip\nSubject: Report domain: example.org Submitter: x",
            "dmarc",
        ),
        (f"Content-Type: application/octet-stream; name={FILE}.xml.gz", "dmarc"),
        (f'Content-Type: application/zip; name="{FILE}!77.zip"\nSubject: anything', "dmarc"),
        (f"Content-Type: application/gzip; name={FILE}.json.gz", "tlsrpt"),
    ],
)
def test_statistics(head: str, source: str) -> None:
    """DMARC and TLS reports are reports, whoever sends them."""
    report = aggregate.read(_message(head))
    assert report is not None
    assert (report.kind, report.source) == (Kind.REPORT, source)


@pytest.mark.parametrize("type_", ["text/xml", "text/plain", "application/xml"])
def test_the_xml_of_a_dmarc_report_is_one(type_: str) -> None:
    """Whatever its file is called."""
    report = aggregate.read(_message(f"Content-Type: {type_}", XML))
    assert report is not None
    assert report.source == "dmarc"
    assert aggregate.read(_message(f"Content-Type: {type_}", "<feedback>good</feedback>")) is None


def test_a_subject_alone_is_no_dmarc_report() -> None:
    """There must be an archive, or XML, to go with it."""
    assert aggregate.read(_message("Subject: Report domain: example.org")) is None
