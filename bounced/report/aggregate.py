"""Reports that count: DMARC aggregate reports (RFC 7489) and TLS reports (RFC 8460).

No delivery to one person is their subject, whatever "fail" and "reject" stand in them.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Kind, Report
from bounced.report.mime import Part

_FILES: Final = frozenset(
    {
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/x-zip-compressed",
        "application/x-zip",
        "application/xml",
        "text/xml",
        "application/octet-stream",
    }
)
# receiver!policy-domain!begin!end[!unique].xml.gz, RFC 7489 §7.2.1.1; .json.gz in RFC 8460 §5.1.
_NAME: Final = re.compile(
    r"[\w.-]{1,255}!([\w.-]{1,255}!\d{6,12}!\d{6,12}[^\s\"]{0,100}?\.(?:xml|zip|json|gz))\b",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(r"\breport[- _]?domain:", re.IGNORECASE)
_XML: Final = re.compile(
    r"\s{0,20}(?:<\?xml[^>]{0,200}>\s{0,20})?<feedback\b[^>]{0,300}>\s{0,100}"
    r"(?:<version>[^<]{0,20}</version>\s{0,100})?<report_metadata>",
    re.IGNORECASE,
)


def read(message: Part) -> Report | None:
    """Return a DMARC aggregate or TLS report, or None: the message is none."""
    headers = message.headers
    if message.params.get("report-type", "").lower() == "tlsrpt" or "TLS-Report-Domain" in headers:
        return _report("tlsrpt", "a TLS report by its type or header")
    parts = list(message.walk(into_messages=False))
    if any(part.type.startswith("application/tlsrpt") for part in parts):
        return _report("tlsrpt", "a part application/tlsrpt")
    files = [part for part in parts if part.type in _FILES]
    subject = headers.text("Subject").strip()
    for part in files:
        if name := _NAME.search(_names(part)):
            kind = "tlsrpt" if ".json" in name[1].lower() else "dmarc"
            return _report(kind, f"a file named like a report, in part {part.path or '1'}")
    if files and _DOMAIN.search(subject):
        return _report("dmarc", f"Subject: {subject[:80]}")
    if any(part.type.startswith(("text/", "application/xml")) and _xml(part) for part in parts):
        return _report("dmarc", "the XML of a DMARC report")
    return None


def _names(part: Part) -> str:
    headers = part.headers
    return f"{headers.text('Content-Type')}\n{headers.text('Content-Disposition')}"[:2_000]


def _xml(part: Part) -> bool:
    return bool(_XML.match(part.text[:2_000]))


def _report(source: str, because: str) -> Report:
    return Report(kind=Kind.REPORT, source=source, because=because)
