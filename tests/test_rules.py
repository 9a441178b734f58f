"""The rules: each does what its examples say, broken ones are refused, and none can run long."""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from bounced.causes import CAUSES, Cause
from bounced.errors import RuleError
from bounced.report.words import LIMIT
from bounced.rules import RuleBook, check_rules, compile_rules
from bounced.rules.book import fits
from bounced.rules.builtin import ORDER, tables
from bounced.rules.patterns import PatternError, pieces
from bounced.rules.rule import Example, Rule

BOOK = RuleBook.builtin()
TAXONOMY = Path(__file__).parents[2] / "shared" / "taxonomy.toml"
RULE = """
[[rule]]
id = "house-full"
cause = "mailbox_full"
pattern = 'house is full'
source = "the house rules"
example = "552 the house is full"
"""


def book_of(text: str, name: str = "house.toml") -> RuleBook:
    """Return the book of one rule file."""
    return compile_rules([(name, tomllib.loads(text))])


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_examples_hit_their_rule(rule: Rule) -> None:
    """Each example of a rule is decided by that rule, through the whole book."""
    for example in rule.examples:
        hit = BOOK.decide(example.case())
        assert hit is not None
        assert (hit.rule.id, hit.rule.cause) == (rule.id, rule.cause), str(example)
        assert hit.evidence


@pytest.mark.parametrize(
    "rule", [rule for rule in BOOK.rules if rule.counter_examples], ids=lambda rule: rule.id
)
def test_counter_examples_miss_their_rule(rule: Rule) -> None:
    """No counter-example of a rule is decided by that rule."""
    for example in rule.counter_examples:
        hit = BOOK.decide(example.case())
        assert hit is None or hit.rule.id != rule.id, str(example)


def test_check_finds_nothing_in_the_builtin_rules() -> None:
    """What `bounced rules check` runs is content with the packaged rules."""
    assert check_rules(BOOK) == []


def test_every_file_is_in_the_order() -> None:
    """A rule file that the order forgets would never be loaded."""
    here = Path(__file__).parents[1] / "bounced" / "rules"
    assert sorted(ORDER) == sorted(path.name for path in here.glob("*.toml"))


def test_ids_are_unique() -> None:
    """An id names one rule."""
    assert [rule for rule, times in Counter(r.id for r in BOOK.rules).items() if times > 1] == []


def test_every_cause_has_a_rule() -> None:
    """Only a complaint and the absence of a reason are not found by rules."""
    assert set(Cause) - {rule.cause for rule in BOOK.rules} == {Cause.COMPLAINT, Cause.UNKNOWN}


def test_causes_are_the_taxonomy() -> None:
    """The table of causes is the agreed vocabulary, word for word."""
    if not TAXONOMY.is_file():
        pytest.skip("the taxonomy is not beside the repository")
    agreed = tomllib.loads(TAXONOMY.read_text("utf-8"))
    ours = {
        cause.value: {
            "means": info.means,
            "type": info.type,
            "scope": info.scope,
            "counts": info.counts,
        }
        for cause, info in CAUSES.items()
    }
    assert ours == agreed


def test_hard_causes_never_come_from_a_bare_temporary_code() -> None:
    """A code of class 4 alone blocks nobody."""
    for subject in range(8):
        for detail in range(31):
            example = Example(status=f"4.{subject}.{detail}", action="failed")
            hit = BOOK.decide(example.case())
            assert hit is None or hit.rule.cause.info.type == "soft", str(example)


def test_the_index_passes_over_no_match() -> None:
    """Whatever rule matches a text by itself is among those that the index lets through."""
    for rule in BOOK.rules:
        for example in rule.examples:
            case = example.case()
            hit = BOOK.decide(case)
            assert hit is not None
            earlier = BOOK.rules[: BOOK.rules.index(hit.rule)]
            assert not [r.id for r in earlier if fits(r, case) and r.fallback == hit.rule.fallback]


def hostile_texts(rule: Rule) -> list[str]:
    """Return texts that a rule's patterns begin to match over and over again."""
    words = [min(need) for one in rule.patterns for need in one.needs]
    said = [example.reply or example.notice for example in rule.examples]
    return [*(f"{word} " for word in words), *(text[:-1] + " " for text in said if text)]


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_no_pattern_runs_long(rule: Rule) -> None:
    """On text made of a rule's own words, every pattern stays far below a second."""
    for text in hostile_texts(rule):
        long = (text * (2 * LIMIT // len(text) + 1))[: 2 * LIMIT]
        for one in rule.patterns:
            begin = time.process_time()
            one.pattern.search(long)
            assert time.process_time() - begin < 0.5


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_a_megabyte_of_its_own_words_is_judged_quickly(rule: Rule) -> None:
    """As a server that means ill could send it: by the whole book, in the reply and in prose."""
    for text in hostile_texts(rule)[:2]:
        long = text * (1_000_000 // len(text))
        for example in (Example(reply=long), Example(notice=long)):
            begin = time.process_time()
            BOOK.decide(example.case())
            assert time.process_time() - begin < 0.5


def test_operator_rules_come_first() -> None:
    """A rule of the operator decides before those of the program."""
    book = BOOK.with_first(
        [
            (
                "house.toml",
                tomllib.loads(
                    RULE.replace("house is", "inbox is")
                    .replace("mailbox_full", "policy_rejected")
                    .replace("the house", "the inbox")
                ),
            )
        ]
    )
    hit = book.decide(Example(reply="552 5.2.2 the inbox is full").case())
    assert hit is not None
    assert (hit.rule.id, hit.rule.file) == ("house-full", "house.toml")


def test_operator_rules_may_not_take_a_builtin_id() -> None:
    """An id that is taken is refused, and says by which file."""
    text = RULE.replace("house-full", "mailbox-full")
    with pytest.raises(RuleError, match=r"house\.toml: rule 'mailbox-full': .* in mailbox\.toml"):
        BOOK.with_first([("house.toml", tomllib.loads(text))])


BROKEN = {
    "unknown cause": (RULE.replace("mailbox_full", "mailbox_ful"), "did you mean mailbox_full?"),
    "a cause like none": (RULE.replace("mailbox_full", "xyz"), "known are mailbox_unknown, "),
    "unknown key": (RULE + "mat = 'x'", "unknown key 'mat'; did you mean mta?"),
    "bad pattern": (RULE.replace("house is full'", "(full'"), "bad 'pattern': missing )"),
    "bad class": (RULE.replace("house is full'", "[full'"), "bad 'pattern': missing ]"),
    "unbounded": (RULE.replace("is full'", "is.*full'"), "unbounded * at position 9"),
    "nested": (RULE.replace("house is full'", "(?:a{1,9}){1,9}'"), "a repeat inside a repeat"),
    "empty match": (RULE.replace("house is full'", "(?:house)?'"), "matches the empty text"),
    "no id": (RULE.replace('id = "house-full"', ""), "rule 1: 'id' is missing"),
    "bad id": (RULE.replace("house-full", "House full"), "'id' is lower-case words"),
    "no example": (RULE.replace("example", "not"), "'example' is missing"),
    "no source": (RULE.replace('source = "the house rules"', ""), "'source' is missing"),
    "no condition": (RULE.replace("pattern", "mta"), "nothing to go by"),
    "example misses": (RULE.replace("552 the house", "552 the hose"), "does not hit it"),
    "example key": (RULE.replace('= "552 the', '= { rply = "a" } # "'), "unknown key 'rply'"),
    "example action": (RULE.replace('= "552 the', '= { action = "a" } # "'), "unknown action 'a'"),
    "example status": (RULE.replace('= "552 the', '= { status = "5" } # "'), "'5' in an example"),
    "example type": (RULE.replace('= "552 the', '= 552 # "'), "a string or a table of strings"),
    "field": (RULE + "field = 'body'", "unknown field 'body': known are any, reply, notice"),
    "stage": (RULE + "stage = 'quit'", "unknown stage 'quit'"),
    "raw": (RULE + "raw = 'yes'", "'raw' is true or false"),
    "status": (RULE + "status = 5", "'status' is a string or a list of strings"),
    "string": (RULE.replace('"the house rules"', "1"), "'source' is a string"),
    "twice": (RULE + RULE, "the id is taken by a rule in house.toml"),
    "let": ("let = 'x'" + RULE, "'let' is a table of patterns"),
    "let name": (RULE.replace("house is", "{HUSE} is"), "no 'HUSE' in 'let'"),
    "let pattern": (
        "let = { HOUSE = 'a.*' }" + RULE.replace("house is", "{HOUSE} is"),
        "bad 'pattern': unbounded *",
    ),
    "no rules": ("rules = 1", "unknown key 'rules'"),
    "one table": ("[rule]\nid = 'x'", "write each under a [[rule]] of its own"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rules_are_refused(name: str) -> None:
    """A broken rule file is refused, with its name and the reason."""
    text, why = BROKEN[name]
    with pytest.raises(RuleError, match=r"^house\.toml: ") as error:
        book_of(text)
    assert why in str(error.value)


@pytest.mark.parametrize("text", ["", "# to come", "rule = []"])
def test_a_file_without_rules_is_fine(text: str) -> None:
    """It decides nothing; whoever begins with an empty file can start the daemon."""
    assert book_of(text).rules == ()


def test_words_that_patterns_share_are_named() -> None:
    """A name of ``let`` in braces stands for its words, in every pattern of the file."""
    book = book_of("let = { HOUSE = 'shed|house' }" + RULE.replace("'house is", "'the {HOUSE} is"))

    assert book.decide(Example(reply="552 the shed is full").case()) is not None
    assert book.decide(Example(reply="552 the barn is full").case()) is None


def test_a_shadowed_example_is_a_problem() -> None:
    """The check names the rule that takes an example away."""
    other = RULE.replace("house-full", "house-again")
    assert check_rules(book_of(RULE + other)) == [
        (
            "house.toml: rule 'house-again': its example '552 the house is full' is taken by "
            "'house-full' in house.toml"
        )
    ]


def test_a_counter_example_that_is_hit_is_a_problem() -> None:
    """The check names a counter-example that its own rule decides."""
    assert check_rules(book_of(RULE + 'not = "a house is full"')) == [
        "house.toml: rule 'house-full': it takes its counter-example 'a house is full'"
    ]


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("user unknown", [["user unknown"]]),
        ("(?:mail)?box full", [["box full"]]),
        ("(?:over|above) quota", [["above", "over"], [" quota"]]),
        (r"a\.b[xy]cd{2}e", [["a.b"], ["cd"]]),
        (r"\d\d", []),
        ("@{3,9} gone", [[" gone"]]),
        ("(?!no)yes(?:(?:ab)|c?)", [["yes"]]),
    ],
)
def test_needs_of_a_pattern(pattern: str, needs: list[list[str]]) -> None:
    """The words that a match must contain are read off the pattern."""
    (piece,) = pieces(pattern)
    assert sorted(sorted(words) for words in piece.needs) == sorted(needs)


def test_alternatives_are_split() -> None:
    """Each alternative at the top of a pattern stands for itself; those in groups do not."""
    assert [piece.text for piece in pieces(r"a(?:b|c)|[|]d|e\|f")] == ["a(?:b|c)", "[|]d", r"e\|f"]


@pytest.mark.parametrize(
    "pattern", ["a+", "a*", "a{2,}", "a{,2}", "a{1,1000}", "a)", r"\1", "+a", "(?:.{1,9} ){0,9}"]
)
def test_patterns_that_could_run_long_are_refused(pattern: str) -> None:
    """Repeats need bounds, one inside another needs a sign between its turns."""
    with pytest.raises(PatternError):
        pieces(pattern)


def test_words_between_blanks_may_repeat() -> None:
    """A few words of any kind, each followed by a space, have one way to match."""
    assert pieces(r"user (?:\w{1,12} ){0,3}unknown")


def test_the_packaged_files_are_loaded_in_order() -> None:
    """The tables come in the order that counts."""
    assert [name for name, _ in tables()] == list(ORDER)
