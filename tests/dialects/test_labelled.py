"""Labels and values, in Chinese, Korean and Japanese."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.dialects import labelled
from bounced.model import Typed
from bounced.report.prose import Notice

FAILED = "Undeliverable"


def test_of_several_only_the_one_in_the_reason_has_failed(stored: Callable[[str], Notice]) -> None:
    """The label names all whom the mail was addressed to."""
    (found,) = labelled.read(stored("labelled/qq-several-recipients"))
    assert found.address == "nobody@example.com"
    assert found.remote_mta == Typed("dns", "mx.example.com")


def test_where_the_reason_names_none_of_several_nobody_is_blamed(
    notice: Callable[..., Notice],
) -> None:
    """Address None, and the defect shows the label."""
    text = "收件人: a@example.com, b@example.com\n原因: 550 unknown\n"
    (found,) = labelled.read(notice(text, Subject=FAILED))
    assert found.address is None
    assert found.defects[0].text == "no address: a@example.com, b@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "收件人: a@example.com\n\n退信原因:\n550 5.1.1 unknown\n",
        "받는 사람 : a@example.com\n실패사유 : 550 5.1.1 unknown\n",
        "收 件 人\uff1aa@example.com\n退信原因\uff1a550 5.1.1 unknown\n",
        "宛先: a@example.com\n理由: (550 5.1.1 unknown)\n",
    ],
)
def test_labels_come_in_three_languages(text: str, notice: Callable[..., Notice]) -> None:
    """With blanks inside and around them, wide colons, and the value on the next line."""
    (found,) = labelled.read(notice(text, Subject=FAILED))
    assert found.address == "a@example.com"
    assert found.diagnostic_code == Typed("smtp", "550 5.1.1 unknown")


def test_each_recipient_has_the_reason_below_it(notice: Callable[..., Notice]) -> None:
    """A list of pairs; without a reason a recipient is only named."""
    text = (
        "收件人: a@example.com\n原因: 550 unknown\n"
        "收件人: b@example.com\n原因: 552 full\n收件人: c@example.com\n"
    )
    found = labelled.read(notice(text, Subject=FAILED))
    assert [one.address for one in found] == [
        "a@example.com",
        "b@example.com",
    ]


def test_advice_is_no_reason(stored: Callable[[str], Notice]) -> None:
    """It has a label of its own."""
    (found,) = labelled.read(stored("labelled/netease-spam"))
    assert found.diagnostic_code == Typed("smtp", "554 DT:SPM smtp5,D9GowACHGB")


def test_the_sender_is_never_the_recipient(notice: Callable[..., Notice]) -> None:
    """Who gets the notice, and who stands below a label of the sender."""
    text = "发件人: a@example.com\n收件人: a@example.com\n原因: 550 rejected\n"
    (found,) = labelled.read(notice(text, Subject=FAILED))
    assert found.address is None


def test_a_label_may_stand_in_a_cell_of_its_own(notice: Callable[..., Notice]) -> None:
    """Then it has no colon, and the value is the next line."""
    text = "Your mail was not delivered\n받는 사람\na@example.com\n실패사유\n550 unknown\nHelp\n"
    (found,) = labelled.read(notice(text))
    assert found.address == "a@example.com"


def test_what_was_held_back_has_not_failed(notice: Callable[..., Notice]) -> None:
    """The summary of a quarantine has the same labels, and is for its recipient."""
    text = "收件人: a@example.com\n原因: spam\n"
    assert labelled.read(notice(text, Subject="Quarantine summary: not delivered")) == ()
    assert labelled.read(notice(text, Subject="Summary")) == ()


def test_a_persons_mail_with_labels_is_nothing(notice: Callable[..., Notice]) -> None:
    """A mail system must have written it."""
    text = "收件人: a@example.com\n原因: a gift\n"
    assert labelled.read(notice(text, From="Anna <anna@example.com>", Subject="Parcel")) == ()
