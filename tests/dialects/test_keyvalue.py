"""Lines with a name in front of a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.dialects import keyvalue
from bounced.model import Action
from bounced.report.prose import Notice

Make = Callable[..., Notice]


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("Recipient", "Reason"),
        ("Empfänger", "Grund"),
        ("Destinataire", "Erreur"),
        ("Destinatario", "Motivo"),
        ("Destinatário", "Erro retornado"),
        ("Ontvanger", "Reden"),
        ("Odbiorca", "Opis błędu"),
        ("Příjemce", "Důvod"),
        ("Получатель", "Причина"),
        ("Одержувач", "Причина"),
        ("Mottagare", "Orsak"),
        ("Modtager", "Årsag"),
        ("Vastaanottaja", "Syy"),
        ("Címzett", "Hiba"),
        ("Al\u0131c\u0131", "Hata"),
        ("Destinatar", "Eroare"),
        ("Παραλήπτης", "Σφάλμα"),
        ("宛先", "理由"),
        ("收件人", "原因"),
        ("收件者", "錯誤"),
        ("받는 사람", "사유"),
    ],
)
def test_the_labels_of_many_languages(notice: Make, label: str, reason: str) -> None:
    """Whom and why, with the sender's address in between."""
    text = f"{label}: a@example.com\nX: news@example.org\n{reason}: 550 no such user\n"
    (found,) = keyvalue.read(notice(text, Subject="Undeliverable", To="news@example.org"))
    assert (found.address, found.diagnostic_code) == (
        "a@example.com",
        ("smtp", "550 no such user"),
    )


def test_reasons_may_stand_in_front(notice: Make) -> None:
    """Where the last line is an address, each reason belongs to the one below it."""
    text = "Error: 550 no user\nTo: a@example.com\nError: 452 full\nTo: b@example.com\n"
    first, second = keyvalue.read(notice(text))
    assert (first.address, second.address) == ("a@example.com", "b@example.com")
    assert [one.diagnostic_code and one.diagnostic_code.value for one in (first, second)] == [
        "550 no user",
        "452 full",
    ]


def test_a_to_without_a_reason_is_nothing(notice: Make) -> None:
    """It is the returned message's, as is one among fields that only a header has."""
    text = "Undeliverable mail.\n\nFrom: news@example.org\nTo: a@example.com\nSubject: x\n"
    assert keyvalue.read(notice(text)) == ()
    text = "Undeliverable mail.\n\nTo: a@example.com\nX-Mailer: x\nStatus: 5.1.1\n"
    assert keyvalue.read(notice(text)) == ()


def test_senders_and_contacts_are_nothing(notice: Make) -> None:
    """Nor is a recipient's line that asks to write to somebody."""
    text = (
        "Sender: a@example.com\nReply-To: b@example.com\nContact: c@example.com\n"
        "Recipient: please contact d@example.com\nReason: 550 unknown\n"
    )
    assert keyvalue.read(notice(text)) == ()


def test_the_final_recipient_goes_before_the_original(notice: Make) -> None:
    """Unless it has no host that the Internet knows."""
    text = "Recipient address: {}\nOriginal address: b@example.com\nReason: 550 full\n"
    text = text.replace("Original address", "Original recipient")
    (one,) = keyvalue.read(notice(text.format("a@example.com")))
    (two,) = keyvalue.read(notice(text.format("a@daemon")))
    assert (one.address, two.address) == ("a@example.com", "b@example.com")


def test_a_delay_is_a_delay(notice: Make) -> None:
    """By the words anywhere in the notice; and the server is who said it."""
    text = (
        "Recipient: a@example.com\nError: 451 busy\nServer: mx.example.com\nWe will keep trying.\n"
    )
    (found,) = keyvalue.read(notice(text))
    assert found.action is Action.DELAYED
    assert found.remote_mta == ("dns", "mx.example.com")
