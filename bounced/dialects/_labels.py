"""What stands in front of a value in Chinese, Korean and Japanese, for ``labelled``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# Some are written with blanks between their characters, to be of one width.
NAMES: Final = (
    "收件人", "收件人地址", "收件人邮箱", "收信人", "收件地址", "收件者", "收件人信箱",
    "받는사람", "받는 사람", "수신자", "수신인", "宛先", "宛先アドレス", "送信先", "受信者",
)  # fmt: skip
REASONS: Final = (
    "退信原因", "退信代码", "退信说明", "失败原因", "错误原因", "错误信息", "错误代码", "出错原因",
    "英文说明", "返回信息", "原因", "退件原因", "失敗原因", "錯誤訊息", "實際錯誤",
    "실패사유", "실패 사유", "실패원인", "실패 원인", "사유", "원인", "에러메시지", "에러 메시지",
    "오류 메시지", "오류내용", "理由", "エラー内容", "エラーメッセージ", "エラー",
)  # fmt: skip
SENDERS: Final = (
    "发件人", "发信人", "寄件者", "보낸사람", "보낸 사람", "발신자", "差出人", "送信者",
)  # fmt: skip
ADVICE: Final = (
    "解决方案", "建议解决方案", "建议", "温馨提示", "解決方案", "해결방법", "해결 방법", "조치사항",
    "対処方法", "対処",
)  # fmt: skip
BLANK: Final = r"[ \t\xa0\u3000]"


def label(names: Iterable[str]) -> str:
    """Return a pattern for the beginning of a line up to the colon, or for a line of its own."""
    spaced = (rf"{BLANK}{{0,4}}".join(name.replace(" ", "")) for name in names)
    return (
        rf"[ \t\xa0\u3000>*|•-]{{0,8}}(?:{'|'.join(spaced)}){BLANK}{{0,20}}"
        r"(?:[:\uff1a]|(?=\n))"
    )
