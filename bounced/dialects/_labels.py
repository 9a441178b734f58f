"""What stands in front of a value, in the languages of the world, for ``labelled``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Some are written with blanks between their characters, to be of one width.
NAMES: Final = (
    "recipient", "recipients", "recipient(s)", "recipient address", "recipient email",
    "destinataire", "destinataires", "empfänger", "destinatario", "destinatari", "destinatário",
    "ontvanger", "odbiorca", "příjemce", "получатель", "al\u0131c\u0131", "mottagare", "modtager",
    "收件人", "收件人地址", "收件人邮箱", "收信人", "收件地址", "收件者",
    "받는사람", "받는 사람", "수신자", "수신인", "宛先", "宛先アドレス", "送信先", "受信者",
)  # fmt: skip
REASONS: Final = (
    "reason", "failure reason", "return reason", "error", "error message", "diagnosis",
    "raison", "motif", "grund", "fehler", "fehlermeldung", "ursache", "motivo", "razón", "causa",
    "errore", "erro", "reden", "foutmelding", "powód", "przyczyna", "důvod", "причина", "ошибка",
    "neden", "hata", "orsak", "årsag", "退信原因", "退信代码", "失败原因", "错误原因", "错误信息",
    "错误代码", "出错原因", "英文说明", "返回信息", "原因", "退件原因", "失敗原因", "錯誤訊息",
    "실패사유", "실패 사유", "실패원인", "실패 원인", "사유", "원인", "에러메시지", "에러 메시지",
    "오류 메시지", "오류내용", "理由", "エラー内容", "エラーメッセージ", "エラー",
)  # fmt: skip
SENDERS: Final = (
    "from", "sender", "expéditeur", "absender", "remitente", "mittente", "remetente", "afzender",
    "nadawca", "отправитель", "发件人", "发信人", "寄件者", "보낸사람", "보낸 사람", "발신자",
    "差出人", "送信者",
)  # fmt: skip
ADVICE: Final = (
    "solution", "suggestion", "advice", "lösung", "solución", "решение", "解决方案", "建议解决方案",
    "建议", "温馨提示", "解決方案", "해결방법", "해결 방법", "조치사항", "対処方法", "対処",
)  # fmt: skip
BLANK: Final = r"[ \t\xa0\u3000]"


def label(names: Iterable[str]) -> str:
    """Return a pattern for the beginning of a line up to the colon, or for a line of its own."""
    spaced = (
        rf"{BLANK}{{0,4}}".join(name) if name > "\u3000" else re.escape(name) for name in names
    )
    return (
        rf"[ \t\xa0\u3000>*|•-]{{0,8}}(?:{'|'.join(spaced)}){BLANK}{{0,20}}"
        r"(?:[:\uff1a]|(?=\n))"
    )
