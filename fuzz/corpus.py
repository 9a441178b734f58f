"""Make the seeds in ``fuzz/corpus/`` anew, from the fixtures and from what real senders write.

    python fuzz/corpus.py

The same fixtures give the same files, named by their hash.  What a fuzzer has found stands in
``fuzz/found/``, is never made anew, and is run with the seeds.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "fuzz")]

import targets  # noqa: E402 -- found on the path above

from bounced.address import return_path  # noqa: E402 -- the same
from bounced.report import mime  # noqa: E402 -- the same

CORPUS = ROOT / "fuzz" / "corpus"
MOST = 40  # files of one target
LARGEST = 3_000  # octets
PATHS = (
    "FROM:<>",
    "FROM:<> SIZE=5161 AUTH=<>",
    "FROM:<a@example.com> RET=HDRS ENVID=QQ314159 SMTPUTF8 BODY=BINARYMIME",
    'FROM:<"a b\\"c>"@example.com>',
    "TO:<@a.example,@b.example:c@example.com>",
    "TO:<b+u=example.net@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;u@example.net",
    "TO:<\xe4@b\xfccher.example>",
    "TO:a@[IPv6:2001:db8::1]",
)
DATA = (
    "\r\n.\r\n",
    ".\r\n",
    "Subject: x\r\n\r\n..\r\n.x\r\n.\r\nQUIT\r\n",
    "a\n.\nb\r\n.\nc\n.\r\nd\r.\re\r\n.\r\n",
    "\0\xff" * 50,
)
LOG = (
    "Nov 24 09:00:07 mx postfix/qmgr[97]: 4WxYz12Fk7z: from=<b@example.org>, size=9, nrcpt=1 (q)",
    (
        "2026-11-24T09:00:08.123456+01:00 mx postfix/smtp[98]: 4WxYz12Fk7zAb: to=<u@example.com>, "
        "orig_to=<v@example.com>, relay=mx.example.com[192.0.2.7]:25, delay=0.3, "
        "delays=0.01/0/0.2/0.1, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.7] said: "
        "550 5.1.1 User unknown (in reply to RCPT TO command))"
    ),
    "Nov  4 09:00:09 mx postfix-out/cleanup[99]: 4WxYz12Fk7zAb: message-id=<1@example.org>",
    "Nov 24 09:00:10 mx postfix/qmgr[97]: 4WxYz12Fk7zAb: removed",
    (
        '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795510807000000","_HOSTNAME":"mx",'
        '"SYSLOG_IDENTIFIER":"postfix/qmgr","MESSAGE":[52,87,58,32,114,101,109,111,118,101,100]}'
    ),
)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield the name of a target and one of its seeds."""
    yield from _of_messages()
    for text in PATHS:
        yield "path", text.encode()
        yield "signed", text.partition(":")[2].encode()
    for text in DATA:
        yield "data", b"\0\1\2\5\11\31\77\177" + text.encode("latin-1")
    for file in sorted((ROOT / "tests" / "lists" / "providers").iterdir()):
        yield "lists", file.read_bytes()
    for number in range(len(LOG)):
        yield "maillog", "\n".join(LOG[number:]).encode()
    yield from (("signed", path.encode()) for path in _signed())


def _of_messages() -> Iterator[tuple[str, bytes]]:
    for raw in _messages():
        yield "message", raw
        yield "headers", raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
    for path in sorted((ROOT / "fixtures").glob("*/*.eml")):
        for part in mime.parse(path.read_bytes()).walk():
            body = mime.octets(part.source)
            if part.type == "message/delivery-status":
                yield "delivery_status", body
            if part.encoding in {"base64", "quoted-printable"}:
                name = part.params.get("charset", "")
                yield "decoding", mime.octets(f"{name}\n{part.encoding}\n") + body


def _signed() -> Iterator[str]:
    """Yield return paths that are signed, alone and inside of SRS."""
    at = targets.NOW - timedelta(days=20)
    for who in ("anna@example.com", "o'hara@example.com", f"{'a' * 60}@example.com"):
        for key in targets.KEYS:
            path = return_path(who, base=targets.BASE, keys=[key], at=at, stream="news")
            yield path
            yield f"SRS0=aa=bb=example.org={path.partition('@')[0]}@e.test"


def _messages() -> Iterator[bytes]:
    """Yield the smallest message of each folder of fixtures."""
    for folder in sorted(path for path in (ROOT / "fixtures").iterdir() if path.is_dir()):
        found = sorted((path.read_bytes() for path in folder.glob("*.eml")), key=len)
        yield from found[:1]


def main() -> None:
    """Write them."""
    shutil.rmtree(CORPUS, ignore_errors=True)
    count: dict[str, set[str]] = {name: set() for name in targets.TARGETS}
    for name, raw in seeds():
        text = raw[:LARGEST]
        digest = hashlib.sha256(text).hexdigest()[:16]
        if len(count[name]) < MOST or name == "message":
            count[name].add(digest)
            (CORPUS / name).mkdir(parents=True, exist_ok=True)
            (CORPUS / name / digest).write_bytes(text)
    print({name: len(files) for name, files in count.items()})


if __name__ == "__main__":
    main()
