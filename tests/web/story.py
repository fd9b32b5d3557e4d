"""胡女士's story as the fake helper tells it: every card and every kind of question once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.web.fake_chat import Json, bot

NOTICE: Json = {
    "kind": "notice",
    "title": "灵活就业人员参保登记",
    "body": {
        "sections": [
            {"title": "要拍的照片", "lines": ["身份证 有照片的那面", "身份证 有国徽的那面"]},
            {"title": "多久、多少钱", "lines": ["最晚11月24日(周二)给您回话", "不要钱"]},
            {"title": "您的权利", "lines": ["可以随时撤回，也可以去窗口办", "资料办完30天后删"]},
        ]
    },
}
FRONT: Json = {
    "kind": "photo",
    "title": "身份证 有照片的那面",
    "body": {"slot": "id_card", "side": "front", "title": "身份证 有照片的那面"},
}
BACK: Json = {
    "kind": "photo",
    "title": "身份证 有国徽的那面",
    "body": {"slot": "id_card", "side": "back", "title": "身份证 有国徽的那面"},
}
READ_BACK: Json = {
    "kind": "read_back",
    "title": "我念一遍，您看对不对",
    "body": {
        "rows": [
            {"key": "hukou", "label": "户口在常山", "value": "在"},
            {"key": "name", "label": "姓名", "value": "胡小满"},
            {"key": "id_number", "label": "身份证号码", "value": "999901********0247"},
            {"key": "level", "label": "缴费档次", "value": "最低档 60%，每月 902.00 元"},
            {"key": "start", "label": "从哪个月交", "value": "2026年12月"},
        ]
    },
}
RECEIPT: Json = {
    "kind": "receipt",
    "title": "交上去了",
    "body": {
        "number": "CS-1121-0038",
        "rows": [
            {"label": "办什么", "value": "灵活就业人员参保登记"},
            {"label": "谁在办", "value": "常山县社会保险事业管理局"},
            {"label": "最晚回话", "value": "11月24日(周二)"},
        ],
    },
}
PROGRESS: Json = {
    "kind": "progress",
    "title": "灵活就业人员参保登记",
    "body": {
        "number": "CS-1121-0038",
        "title": "灵活就业人员参保登记",
        "steps": [
            {"label": "交上去了", "state": "done", "at": "11月21日(周六)"},
            {"label": "看材料齐不齐", "state": "done", "at": "11月23日(周一)"},
            {"label": "我们开始办了", "state": "now", "at": "11月25日(周三)前办好"},
            {"label": "办好了", "state": "todo", "at": ""},
        ],
    },
}
DENIED: Json = {
    "kind": "progress",
    "title": "灵活就业人员参保登记",
    "body": {
        "number": "CS-1121-0038",
        "title": "灵活就业人员参保登记",
        "steps": [
            {"label": "交上去了", "state": "done", "at": "11月21日(周六)"},
            {"label": "我们开始办了", "state": "done", "at": "11月23日(周一)"},
            {"label": "这次没办成", "state": "stopped", "at": "11月25日(周三)"},
        ],
    },
}
RATING: Json = {"kind": "rating", "title": "这次服务您满意吗？", "body": {"number": "CS-1121-0038"}}
MARKS = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")

HUKOU = bot("您的户口在常山吗？", "在", "不在", "不清楚")
EMPLOYED = bot("现在有单位给您交社保吗？", "有", "没有", "不清楚")
LEVEL = bot(
    "选哪一档？交得越多，以后领得越多。",
    "最低档 60%，每月 902.00 元",
    "中间档 80%，每月 1,202.67 元",
    "100%，每月 1,503.33 元",
)
WANT_FRONT = bot("把身份证平放桌上，四个角都拍进去，别反光。先拍有照片的那面。", card=FRONT)
WANT_BACK = bot("这张很清楚。再拍有国徽的那面。", card=BACK)
READ = bot(
    "我念一遍，您看对不对\n户口在常山：在\n姓名：胡小满\n身份证号码：999901********0247\n"
    "缴费档次：最低档 60%，每月 902.00 元\n从哪个月交：2026年12月\n都对吗？",
    "对",
    "不对",
    card=READ_BACK,
)
DONE = bot("交上去了。号码 CS-1121-0038，最晚11月24日(周二)给您回话。", card=RECEIPT)
WENT_ON = bot("材料齐了，我们开始办了。11月25日(周三)前办好。", card=PROGRESS)
RATE = bot("办好了！从12月起算。这次服务您满意吗？", *MARKS, card=RATING)

STORY: tuple[tuple[Json, ...], ...] = (
    (bot("您要办灵活就业人员参保登记。我问几句就好。"), HUKOU),
    (EMPLOYED,),
    (
        bot("您这种情况，一共只要2样：身份证正面、身份证反面。手机拍就行，不要钱。", card=NOTICE),
        bot("我要看您的身份证照片，只用来办这件事。同意吗？", "同意", "不同意"),
    ),
    (bot("您的姓名？"),),
    (bot("您的身份证号码？"),),
    (LEVEL,),
    (WANT_FRONT,),
    (WANT_BACK,),
    (READ,),
    (DONE, WENT_ON),
    (RATE,),
    (bot("谢谢您！以后有事再来找我。"),),
)


def telling(story: tuple[tuple[Json, ...], ...] = STORY) -> Callable[[str], Iterable[Json]]:
    """Answer each message with the next part of the story."""
    parts = iter(story)
    return lambda _: next(parts, ())
