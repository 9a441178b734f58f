"""The words of many languages, and how they are found."""

from __future__ import annotations

import pytest

from bounced.dialects import _lexicon
from bounced.dialects._blame import blamable, sentences
from bounced.dialects._failing import REPLY, action_of
from bounced.dialects._lexicon import fold, role, says
from bounced.model import Action


@pytest.mark.parametrize(
    "text",
    [
        "Your message could not be delivered",
        "Wir konnten Ihre Nachricht leider nicht zustellen",
        "Votre message n\u2019a pas pu être remis",
        "No se pudo entregar su mensaje",
        "Não foi possível entregar a mensagem",
        "Il messaggio non è stato consegnato",
        "Uw bericht kon niet worden bezorgd",
        "Nie udało się dostarczyć wiadomości",
        "Zprávu se nepodařilo doručit",
        "Письмо не доставлено",
        "Лист не вдалося доставити",
        "Meddelandet kunde inte levereras",
        "Meldingen kunne ikke leveres",
        "Viestiä ei voitu toimittaa",
        "Az üzenetet nem sikerült kézbesíteni",
        "İletiniz teslim edilemedi",
        "Mesajul nu a putut fi livrat",
        "\u03a4\u03bf μήνυμα δεν παραδόθηκε",
        "メールを配信できませんでした",
        "您的邮件无法送达",
        "您的郵件無法傳送",
        "메일을 배달할 수 없습니다",
    ],
)
def test_a_failure_in_each_language(text: str) -> None:
    """One sentence of each."""
    assert action_of(text) is Action.FAILED


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Delivery is delayed, we will keep trying", Action.DELAYED),
        ("Delivery was delayed; now we are giving up", Action.FAILED),
        ("Die Zustellung verzögert sich", Action.DELAYED),
        ("Доставка задерживается", Action.DELAYED),
        ("配信が遅延しています", Action.DELAYED),
        ("系统将继续尝试", Action.DELAYED),
        ("It was delivered to these recipients", Action.DELIVERED),
        ("It could not be delivered to your mailbox", None),
        ("Hello", None),
    ],
)
def test_what_was_done(text: str, action: Action | None) -> None:
    """Late, over, arrived, or of something else."""
    assert action_of(text) is action


def test_a_pair_wants_its_second_half_near() -> None:
    """And behind the first."""
    stems = _lexicon.Stems((), (("not", "arrive"),))
    assert says(stems, "did not, alas, arrive")
    assert not says(stems, "arrive it did not")
    assert not says(stems, "not" + "." * 90 + "arrive")


def test_folding_leaves_letters_and_plain_forms() -> None:
    """Accents go, full-width forms become plain."""
    assert fold("ÉCHEC\uff1a\uff15") == "echec:5"


def test_a_label_is_short() -> None:
    """A sentence with a word of a label in it is none."""
    assert role("Reason for rejection") == "reason"
    assert role("We are sorry to tell you the reason") == ""


@pytest.mark.parametrize(
    "before",
    ["a message from ", "Sender: <", "von ", "de la part de ", "от ", "发件人\uff1a", "?to="],
)
def test_who_stands_behind_an_author_word_is_not_blamed(before: str) -> None:
    """In any language; nor who stands in a link."""
    assert not blamable("a@example.com", before, frozenset())
    assert blamable("a@example.com", "your mail to ", frozenset())


def test_an_address_ends_where_a_script_without_blanks_begins() -> None:
    """Some blanks are put in for the readers."""
    assert sentences("发送给a@example.com的邮件。退回") == ("发送给 a@example.com 的邮件。", "退回")


@pytest.mark.parametrize(
    "text", ["said: 550 no", "(552 full)", "550 5.1.1 no", "code 421 later", "(550, b'5.1.1 no')"]
)
def test_a_reply_inside_a_sentence(text: str) -> None:
    """Where notices quote one."""
    assert REPLY.search(text)


@pytest.mark.parametrize(
    "text", ["after 450 seconds", "550 Main Street", "the 554 Jan 2024", "x1450 y", "in room 450 a"]
)
def test_a_number_that_is_no_reply(text: str) -> None:
    """Times, addresses, dates."""
    assert not REPLY.search(text)
