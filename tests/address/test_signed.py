"""Signed return paths: what they hold, what passes, and that nothing else ever does."""

from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounced.address import Key, is_address, names, normalise, read_keys, return_path, verify
from bounced.model import Trust

BASE = "bounces@bounces.example.org"
KEYS = read_keys(
    "b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0\na YW4tb2xkZXIta2V5LWZvci1leGFtcGxlcy1vbmx5\n"
)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA = "bounces+s1-b-512d=anna=example.com=lm334sxjjtjk6x7p@bounces.example.org"
NEWS = "bounces+s1-b-512d-news=anna=example.com=uwxgixfbg3iy4bgo@bounces.example.org"
LONG = "a.very.long.name@mail.subdomain.example.com"
TOKEN = "bounces+s1-b-512d=u7oc5dxid26fqjuw=kyvvbsnk3uqpgodd@bounces.example.org"

local_parts = st.one_of(
    st.text(alphabet=string.ascii_letters + string.digits + "._+=-'/{}é", min_size=1, max_size=40),
    st.text(alphabet=string.printable + "üß", min_size=1, max_size=20).map(
        lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'
    ),
)
domains = st.from_regex(
    r"[a-zA-Z0-9]{1,20}(-[a-z0-9]{1,9})?\.(example|test|münchen\.example)", fullmatch=True
)
addresses = st.builds("{}@{}".format, local_parts, domains).filter(is_address)
streams = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)


def sign(recipient: str, stream: str = "default", at: datetime = NOW) -> str:
    """Return a path signed at noon of 2026-11-24."""
    return return_path(recipient, base=BASE, keys=KEYS, at=at, stream=stream)


def trust(path: str, at: datetime = NOW) -> Trust | None:
    """Return what a path is worth."""
    seal = verify(path, KEYS, at=at)
    return seal.trust if seal else None


def test_a_path_holds_the_recipient_in_clear_or_a_token() -> None:
    """In clear where it fits into 64 octets and into the safe letters."""
    assert (sign("anna@example.com"), sign("Anna@Example.COM", "news")) == (ANNA, NEWS)
    assert sign(LONG) == TOKEN

    seal = verify(NEWS, KEYS, at=NOW)
    assert seal
    assert seal.signed
    assert (seal.trust, seal.signed.recipient) == (Trust.SIGNED, "anna@example.com")
    assert (seal.signed.stream, seal.signed.day) == ("news", date(2026, 11, 24))


def test_a_token_stands_for_one_address() -> None:
    """It can be compared, in any spelling of the address, and not turned back."""
    seal = verify(TOKEN, KEYS, at=NOW)

    assert seal
    assert seal.signed
    assert (seal.signed.recipient, seal.signed.token) == (None, "u7oc5dxid26fqjuw")
    assert names(seal.signed, LONG.upper(), KEYS)
    assert not names(seal.signed, f"x{LONG}", KEYS)
    assert not names(seal.signed, LONG, KEYS[1:])
    assert not names(seal.signed, "", KEYS)


@given(addresses, streams)
@example("anna@example.com", "default")
@example('"a b"@example.com', "default")
@example("jörg@münchen.example", "news")
@example("a=b+c-d@example.com", "a-b")
@example("..a.@example.com", "x")
def test_every_address_comes_back(recipient: str, stream: str) -> None:
    """Whatever its letters; the path is ASCII, fits, and does not mind its case being changed."""
    path = sign(recipient, stream)
    local, _, _ = path.rpartition("@")

    assert len(local) <= 64
    assert re.fullmatch(r"[a-z0-9._+=-]+", local)
    assert ".." not in local
    for one in (path, path.upper(), f"<{path}>"):
        seal = verify(one, KEYS, at=NOW)
        assert seal
        assert seal.signed
        assert (seal.trust, seal.signed.stream) == (Trust.SIGNED, stream)
        assert names(seal.signed, recipient, KEYS)
        assert seal.signed.recipient in (None, normalise(recipient))


@given(addresses, st.data())
def test_no_octet_can_be_changed(recipient: str, data: st.DataObject) -> None:
    """Of the machine's part; nothing put in, left out or replaced is signed again."""
    path = sign(recipient)
    start, end = path.index("+") + 1, path.rindex("@")
    at = data.draw(st.integers(start, end - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase + string.digits + "=-_.+"))
    changed = [path[:at] + letter + path[at + 1 :], path[:at] + letter + path[at:]]
    changed += [path[:at] + path[at + 1 :], path[:at] + path[end:]]

    for one in changed:
        assert one == path or trust(one) in (Trust.FORGED, None)


def test_the_last_letter_counts_in_full() -> None:
    """80 bits are 16 letters of base32, and no bit of the last one is spare."""
    head = ANNA[: ANNA.index("@") - 1]

    good = [one for one in string.ascii_lowercase + string.digits if trust(f"{head}{one}@b.test")]
    passing = [one for one in good if trust(f"{head}{one}@b.test") is Trust.SIGNED]
    assert passing == ["p"]


def test_the_signature_covers_everything() -> None:
    """A signature of one path is no good for another recipient, day, stream or key."""
    mac = "lm334sxjjtjk6x7p"
    for body in (
        "s1-b-512d=anne=example.com",
        "s1-b-512d=anna=example.net",
        "s1-b-512e=anna=example.com",
        "s1-b-512d-news=anna=example.com",
        "s1-a-512d=anna=example.com",
        "s1-c-512d=anna=example.com",
        "s1-b-512d=u7oc5dxid26fqjuw",
    ):
        assert trust(f"bounces+{body}={mac}@bounces.example.org") is Trust.FORGED


@pytest.mark.parametrize(
    "path",
    [
        "bounces+s1-b-512d@bounces.example.org",
        "bounces+s1-b-512d=@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com=@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com=lm334sxjjtjk6x7@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com=lm334sxjjtjk6x7p=@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com=lm334sxjjtjk6x7p======@bounces.example.org",
    ],
)
def test_a_part_of_a_path_is_forged(path: str) -> None:
    """It looks like ours, so that it is not taken for plain VERP; but nobody is named by it."""
    seal = verify(path, KEYS, at=NOW)

    assert seal
    assert (seal.trust, seal.signed) == (Trust.FORGED, None)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "bounces@bounces.example.org",
        "bounces+anna=example.com@bounces.example.org",
        "bounces+s1-anna=example.com@bounces.example.org",
        "bounces-s1-b-512d=anna=example.com=lm334sxjjtjk6x7p@bounces.example.org",
        "bounces+s2-b-512d=anna=example.com=lm334sxjjtjk6x7p@bounces.example.org",
        "bounces+s1-b-512d=anna=example.com=lm334sxjjtjk6x7p",
        "bounces+s1-b-512d=anna=exampl\u212ae.com=lm334sxjjtjk6x7p@bounces.example.org",
    ],
)
def test_what_does_not_look_like_ours_is_left_to_others(path: str) -> None:
    """Plain VERP and plain mailboxes are no forgeries; nor is what no MTA could have made of it."""
    assert verify(path, KEYS, at=NOW) is None


def test_a_right_signature_must_name_somebody() -> None:
    """Another program with our key may sign nonsense: it blames nobody."""
    key = Key("b", b"x" * 30)
    import base64  # noqa: PLC0415 -- here alone
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    for body in ("s1-b-512d=anna=localhost", "s1-b-512d=what", "s1-b-512d="):
        digest = hmac.digest(key.secret, body.encode(), hashlib.sha256)[:10]
        path = f"b+{body}={base64.b32encode(digest).decode().lower()}@b.test"
        seal = verify(path, [key], at=NOW)
        assert seal
        assert (seal.trust, seal.signed) == (Trust.FORGED, None)


def test_time_is_counted_in_whole_days_from_the_day_in_it() -> None:
    """Thirty days after its own, to midnight in UTC; and a clock may be a day ahead of ours."""
    first, last = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC)

    assert trust(ANNA, first) is trust(ANNA, last - timedelta(seconds=1)) is Trust.SIGNED
    assert trust(ANNA, first - timedelta(seconds=1)) is Trust.EXPIRED
    assert trust(ANNA, last) is Trust.EXPIRED
    seal = verify(ANNA, KEYS, at=NOW + 3 * DAY, validity=2 * DAY)
    assert seal
    assert seal.signed
    assert (seal.trust, seal.signed.recipient) == (Trust.EXPIRED, "anna@example.com")


def test_keys_are_rotated_by_putting_a_new_one_first() -> None:
    """The first signs and all verify; one that was taken out makes its paths forgeries."""
    older = return_path("anna@example.com", base=BASE, keys=KEYS[1:], at=NOW)

    assert "s1-a-" in older
    assert "s1-b-" in ANNA
    assert trust(older) is Trust.SIGNED
    seal = verify(older, KEYS[:1], at=NOW)
    assert seal
    assert (seal.trust, seal.why) == (Trust.FORGED, "there is no key a")


@pytest.mark.parametrize(
    "path",
    [
        f"prvs=1234abcdef={ANNA}",
        f"btv1==1234abcdef=={ANNA}",
        "SRS0=HHHH=TT=bounces.example.org=" + ANNA.replace("@bounces.example.org", "@forward.test"),
        "srs1=HHH=other.test==HHHH=TT=bounces.example.org="
        + ANNA.replace("@bounces.example.org", "@forward.test"),
    ],
)
def test_it_is_found_inside_what_others_put_around_it(path: str) -> None:
    """BATV in front of it, and a forwarder's SRS that came back unresolved."""
    assert trust(path) is Trust.SIGNED


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"recipient": "anna"}, "no mail address"),
        ({"recipient": "anna@localhost"}, "no mail address"),
        ({"base": "bounces+x@example.org"}, "can't be the base"),
        ({"base": "bounces"}, "can't be the base"),
        ({"stream": "News"}, "is no stream"),
        ({"stream": ""}, "is no stream"),
        ({"keys": ()}, "no key to sign with"),
        ({"stream": "s" * 32}, "84 octets long, and 64 is the most"),
    ],
)
def test_what_can_t_be_signed_is_refused(changed: dict[str, str], said: str) -> None:
    """With what to do about it."""
    arguments = {"recipient": "anna@example.com", "base": BASE, "keys": KEYS, "at": NOW} | changed
    with pytest.raises(ValueError, match=said):
        return_path(**arguments)  # type: ignore[arg-type]


def test_a_file_of_keys() -> None:
    """Comments and empty lines are skipped; the order stays."""
    text = f"# first the new one\n\n  b {'y' * 22}\r\na\t{'x' * 200}\n"

    assert read_keys(text) == (Key("b", b"y" * 22), Key("a", b"x" * 200))
    assert read_keys("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "line 1: is no key"),
        ("a b c", "line 1: is no key"),
        ("\nA " + "x" * 30, "line 2: is no key"),
        ("a " + "x" * 21, "line 1: the secret must be 22 to 200"),
        ("a " + "é" * 30, "line 1: the secret must be 22 to 200"),
        ("a " + "x" * 30 + "\na " + "y" * 30, "line 2: there is a key a above"),
    ],
)
def test_a_broken_file_of_keys_is_refused(text: str, said: str) -> None:
    """With the line; never with the secret."""
    with pytest.raises(ValueError, match=said) as error:
        read_keys(text)
    assert "xx" not in str(error.value)


def test_a_secret_is_not_shown() -> None:
    """Not in a traceback either."""
    assert repr(KEYS[0]) == "Key(id='b')"


@given(st.text(), st.text(alphabet="s1-b=512d+@anexmpl.co\x00é", max_size=80))
@example("", "bounces+s1-b-ffff=a=b.test=aaaaaaaaaaaaaaaa@x")
def test_nothing_raises(text: str, like_ours: str) -> None:
    """Whatever stands in the place of a path."""
    for one in (text, like_ours, f"b+s1-b-512d{like_ours}@b.test"):
        seal = verify(one, KEYS, at=NOW)
        assert seal is None or seal.trust is Trust.FORGED
