"""Commands that nobody should send, a million of them, to a real daemon.

    python drills/fuzz_commands.py [--short] [--seed N]

Commands of real senders, cut, doubled, filled with control characters, 8-bit octets, quotes and
endless parameters, lines of 100,000 octets.  Every line of every reply must be a code of SMTP and a
constant text: nothing of an exception, nothing of what was sent.  Every connection must come to its
end, and the log must know of no failure.  ``--short`` sends 20,000; a seed sends the same again.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator

from house import Table, daemon

TOTAL = 20_000 if "--short" in sys.argv else 1_000_000
SEED = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 1
BATCH = 100  # inputs on one connection
AT_ONCE = 10
PATIENCE = 60.0

MARK = b"zqxj"
SEEDS = [
    b"EHLO mail.example.com",
    b"HELO mail.example.com",
    b"MAIL FROM:<> SIZE=5161 AUTH=<>",
    b"MAIL FROM:<zqxj@example.com> RET=HDRS ENVID=QQ314159 SMTPUTF8 BODY=BINARYMIME",
    b"MAIL FROM:<> BODY=8BITMIME SIZE=99 XOORG=zqxj.example",
    b'MAIL FROM:<"a b\\"c>"@example.com>',
    b"MAIL FROM:<@a.example,@b.example:zqxj@example.com>",
    b"RCPT TO:<bounces@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;zqxj@example.com",
    b"RCPT TO:<b+zqxj=example.net@example.org>",
    b"RCPT TO:<zqxj@[IPv6:2001:db8::1]>",
    b"DATA",
    b"BDAT 10 LAST",
    b"RSET",
    b"NOOP zqxj",
    b"VRFY zqxj",
    b"EXPN zqxj",
    b"HELP zqxj",
    b"AUTH PLAIN enF4ag==",
    b"STARTTLS",
    b"LHLO zqxj",
    b"ETRN zqxj.example",
    b"XCLIENT ADDR=192.0.2.1 NAME=zqxj",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2",
    b"GET /zqxj HTTP/1.1",
    b".",
    b"",
]
MAILS = [line for line in SEEDS if line.startswith(b"MAIL")]
RCPTS = [line for line in SEEDS if line.startswith(b"RCPT")]
ODD = [
    b"\0", b"\r", b"\n", b"\r\n.\r\n", b"\t", b"\x1b[31m", b"\x7f", b"\x80", b"\xff", b"\xc3\xa4",
    b"\xed\xa0\x80", b"\xe2\x80\xa8", b"<", b">", b'"', b"\\", b"@", b":", b",", b"=", b" ", b"..",
    b"%s%n", b"{0}", b"${x}", b"../../etc/passwd", b"'; DROP TABLE", b"SIZE=-1", b"+40",
    b"SIZE=99999999999", b"SIZE=\xc2\xb2",
]  # fmt: skip


def inputs(dice: random.Random) -> Iterator[bytes]:
    """Return one after the other; now and then a whole transaction of them."""
    while True:
        if dice.random() < 0.1:
            yield from (b"RSET", b"EHLO x", changed(dice.choice(MAILS), dice))
            yield from (changed(dice.choice(RCPTS), dice), b"DATA", b"x", changed(b".", dice))
        line = dice.choice(SEEDS)
        for _ in range(dice.choice((0, 1, 1, 2, 4))):
            line = changed(line, dice)
        yield line


def changed(line: bytes, dice: random.Random) -> bytes:
    """Return it with one thing otherwise."""
    at = dice.randrange(len(line) + 1)
    head, tail = line[:at], line[at:]
    ways = (
        head,
        tail,
        head + dice.choice(ODD) * dice.choice((1, 1, 2, 300)) + tail,
        head + dice.choice(ODD) + tail[1:],
        head + dice.randbytes(dice.randrange(1, 20)) + tail,
        line + b" " + dice.choice(SEEDS),
        line + b"x" * (100_000 if dice.random() < 0.01 else 10),
        line.swapcase(),
        line * dice.randrange(2, 5),
    )
    return dice.choice(ways)


LINE = re.compile(rb"([2345]\d\d)[ -][\x20-\x7e]*\r\n")
QUEUED = re.compile(rb"250 2\.0\.0 Ok: queued as [0-9A-Z]{13}\r\n")
FORBIDDEN = re.compile(
    rb"traceback|exception|error:|\berrno\b|python|aiosmtpd|\.py\b|/|\\|" + MARK, re.IGNORECASE
)


class Watch:
    """What was said, and what should not have been."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self.wrong: list[bytes] = []
        self.stuck = 0
        self.sent = 0

    def look(self, said: bytes) -> None:
        """Look at all replies of one connection."""
        for line in said.splitlines(keepends=True):
            form = LINE.fullmatch(line)
            if form:
                self.codes[form[1].decode()] += 1
            if not form or (FORBIDDEN.search(line) and not QUEUED.fullmatch(line)):
                self.wrong.append(line)


async def converse(port: int, batch: list[bytes], watch: Watch) -> None:
    """Send one batch, with an end that also ends a message; read until we are hung up on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.ensure_future(reader.read(-1))
    try:
        async with asyncio.timeout(PATIENCE):
            for line in [*batch, b"", b".", b"", b".", b"QUIT"]:
                writer.write(line + b"\r\n")
                await writer.drain()
            watch.look(await reading)
    except ConnectionError:
        pass  # hung up on before all of it was sent: an input had a QUIT or a STARTTLS in it
    except TimeoutError:
        watch.stuck += 1
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        writer.close()
        watch.sent += len(batch)


async def attack(port: int, watch: Watch) -> None:
    """Send all inputs, over a few connections at a time."""
    source = inputs(random.Random(SEED))
    left = iter(range(TOTAL // BATCH))

    async def one_of_them() -> None:
        for _ in left:
            await converse(port, [next(source) for _ in range(BATCH)], watch)

    await asyncio.gather(*(one_of_them() for _ in range(AT_ONCE)))


def main() -> None:
    """Run all of it."""
    table = Table(f"{TOTAL:,} commands, seed {SEED}")
    watch = Watch()
    limits = {"LIMITS_ERRORS": 10**9, "LIMITS_COMMANDS": 10**9, "LOG_LEVEL": "warning"}
    with daemon(**limits) as one:
        started = time.monotonic()
        asyncio.run(attack(one.port, watch))
        took = time.monotonic() - started
        alive = one.process.poll() is None
        text = (one.folder / "log").read_text()
    broken = text.count('"event": "failure"') + text.count("Traceback")
    table.row("sent", f"{watch.sent:,} in {took:.0f} s", f"{TOTAL:,}", watch.sent == TOTAL)
    told = ", ".join(f"{code}: {times:,}" for code, times in sorted(watch.codes.items()))
    print(f"  replies: {told}")
    table.row("replies that are no constant text", str(len(watch.wrong)), "0", not watch.wrong)
    table.row("connections that did not end", str(watch.stuck), "0", watch.stuck == 0)
    table.row("failures in the log", str(broken), "0", broken == 0)
    table.row("the daemon is there", str(alive), "True", alive)
    for line in watch.wrong[:10]:
        print(f"    {line!r}")
    table.exit()


if __name__ == "__main__":
    main()
