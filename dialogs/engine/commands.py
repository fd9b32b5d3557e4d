"""Words that mean the same at every point of a conversation. They pause what is going on, never end it.

Matched before answers. "0" asks for a person, except where a number is being asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Command = Literal[
    "back", "edit", "progress", "person", "help", "restart", "withdraw", "language",
    "move", "elsewhere", "go_on", "guide", "supply", "again", "erase",
    "remember", "forget_me", "papers", "sign_out", "stop", "thanks",
]  # fmt: skip

COMMANDS: Mapping[Command, tuple[str, ...]] = {
    "back": ("返回", "上一步", "后退", "back"),
    "edit": ("修改", "改", "更改", "改一下", "edit", "change"),
    "progress": (
        *("进度", "查进度", "办到哪了", "到哪一步了", "办到哪一步了", "办得怎么样了", "办的怎么样了"),
        *("办好了吗", "好了吗", "怎么样了", "progress", "status"),
    ),
    "person": (
        "人工",
        "0",
        "找人",
        "转人工",
        "人工客服",
        "工作人员",
        "找工作人员",
        "我要人工",
        "我要找人",
        "我想找人",
        "找个人",
        "我要找工作人员",
        *("客服", "真人", "投诉", "我要投诉", "有人吗", "有没有人", "打电话", "我要打电话"),
        "person",
        "human",
        "agent",
    ),
    "help": ("帮助", "?", "怎么用", "不会用", "不会弄", "看不懂", "我看不懂", "help"),
    "restart": ("重来", "重新开始", "从头来", "restart", "start over"),
    "withdraw": ("撤回", "撤销", "withdraw"),
    "stop": ("不办了", "我不办了", "不想办了", "不要办了", "放弃", "退出", "cancel", "quit", "stop"),
    "move": (
        *(
            "换个地方办",
            "换地方",
            "换地方办",
            "换手机",
            "换个手机",
            "换手机办",
            "换到微信",
            "换微信",
            "到微信办",
        ),
        *("在微信里接着办", "换到网页", "换到telegram", "换到钉钉", "move", "switch"),
    ),
    "elsewhere": (
        "我办过",
        "我办过的",
        "我在别处办过",
        "在别处办过",
        "之前办过",
        "i began elsewhere",
        "elsewhere",
    ),
    "go_on": ("接着办", "继续办", "continue", "go on"),
    "remember": ("记住我", "记住我的资料", "记住我吧", "remember me"),
    "forget_me": ("忘记我", "忘掉我", "别记我了", "不要记我", "forget me"),
    "erase": (
        *(
            "删除资料",
            "删资料",
            "删掉资料",
            "删除我的资料",
            "删掉我的资料",
            "把我的资料删了",
            "把我的资料删掉",
        ),
        *("删除个人信息", "删除我的信息", "删掉我的信息", "注销", "erase", "delete my data"),
    ),
    "sign_out": ("退出代办", "退出代办员", "sign out"),
    "papers": ("文件", "回执", "文书", "我的文件", "看文件", "通知书", "papers", "documents"),
    "guide": ("办事指南", "指南", "先看看", "要什么材料", "要带什么", "要多久", "要多少钱", "guide"),
    "supply": (
        *("补材料", "补交", "补交材料", "现在补", "我要补材料", "补", "补件", "supply", "add papers"),
    ),
    "thanks": ("谢谢", "谢谢你", "谢谢您", "多谢", "感谢", "辛苦了", "麻烦您了", "thanks", "thank you"),
    "again": ("再申请", "重新申请", "再申请一次", "我要再申请", "apply again"),
    "language": ("语言", "language", "english", "中文", "英文", "zh", "en"),
}

_ENDINGS = "。.!！?？~、,，吧啊呀了 "
_BY_WORD: Mapping[str, Command] = {
    form: name
    for name, words in COMMANDS.items()
    for word in words
    for form in (word, word.strip(_ENDINGS))
    if form
}


def recognise(text: str) -> tuple[Command, str] | None:
    """Return the command that cleaned `text` is, with its argument, or None.

    Only 修改 and 语言 take an argument: "修改 姓名", "language en".
    """
    plain = text.casefold()
    found = _BY_WORD.get(plain) or _BY_WORD.get(plain.strip(_ENDINGS))
    if found == "language" and plain not in ("语言", "language"):
        return found, plain
    if found:
        return found, ""
    first, _, rest = plain.partition(" ")
    if rest and _BY_WORD.get(first) in ("edit", "language"):
        return _BY_WORD[first], rest.strip()
    return None
