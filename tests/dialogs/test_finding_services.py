"""Finding each shipped service as people write: their own words, the sound, a wrong character."""

from __future__ import annotations

import pytest

from dialogs import finder
from dialogs.finder import Finder
from dialogs.script import Script
from dialogs.script.loader import shipped
from tests.dialogs.talking import Chat

FINDER = Finder(shipped())
WORDS = {
    "flexible_enrolment": "想在常山交社保/我自己干活，想交养老保险/灵活就业怎么参保/交劳保/想交养老钱/缴社保",
    "pension_check": "养老认证/给我妈做养老认证/领养老金每年要认证/退休金认证/养老金资格认证/proof of life",
    "pension_transfer": "转社保/社保转移/把外地的社保转到常山/养老保险转移接续/transfer my social insurance",
    "medical_away": "我爸在杭州住院，想报销/外地看病能报销吗/在外地生病住院怎么报销/hospital in another city",
    "residence_permit": "居住证/办暂住证/居住证到期了/租了房子要登记吗/我刚搬来常山要登记/residence permit",
    "unemployment": "失业金/我被老板辞退了/厂子倒闭了，能领钱吗/没工作了/下岗了有补助吗/lost my job",
    "social_card": "电子社保卡/社保卡丢了/社保卡密码忘了/手机上的社保卡/补办社保卡/换社保卡手机号",
    "resident_medical": "居民医保/给孩子上医保/新农合/农村合作医疗怎么交/给爸妈交医保/小孩医保",
    "no_criminal_record": "开无犯罪记录证明/派出所开个证明/没有犯过罪的证明/我要政审/police certificate",
    "marriage_record": "结婚证没带/我结婚证丢了/补办结婚证/要开单身证明/结婚证找不着了/marriage certificate",
    "low_income_benefits": "低保补助/吃低保的水电费/低保户/低保家庭能少交电费吗/水费补贴/困难户补助",
    "open_shop": "想开个小饭店/开药店/回老家开店/办个营业执照/想做餐饮/开面馆要办什么/open a restaurant",
}
PLIGHTS = {  # what has happened to them, rather than what it is called
    "flexible_enrolment": "社保断了想接上/我在杭州打工，想交社保",
    "pension_check": "养老金停了/退休金没到/老家打电话说要刷脸认证",
    "pension_transfer": "把几个地方的社保并到一起/换工作社保怎么转",
    "medical_away": "我妈的药费在外地怎么报销/我爸要到上海看病/在杭州看病能用家里的医保吗/医保在外面刷不了",
    "unemployment": "厂里不要我了，能领钱吗/没活干了/厂倒闭了/老板不要我干了",
    "resident_medical": "给孩子交医保/合作医疗",
    "no_criminal_record": "厂里要我开没犯过法的证明",
}
SOUNDS = {
    "flexible_enrolment": "jiaoshebao/zijijiaoshebao",
    "pension_check": "ylrz/yanglaorenzheng",
    "pension_transfer": "zhuanshebao",
    "medical_away": "yidijiuyi",
    "residence_permit": "juzhuzheng",
    "unemployment": "shiyejin",
    "social_card": "dianzishebaoka",
    "resident_medical": "jumin yibao/xinnonghe",
    "no_criminal_record": "wufanzuizhengming",
    "marriage_record": "jiehunzheng diu le",
    "low_income_benefits": "dibao",
    "open_shop": "kaiyaodian",
}
WRONG = {  # a wrong character, mostly of the right sound
    "flexible_enrolment": "自己交射保",
    "pension_check": "养老认正",
    "pension_transfer": "社保砖移",
    "medical_away": "异地就一备案",
    "residence_permit": "居住正",
    "unemployment": "失业今",
    "social_card": "社保咔",
    "resident_medical": "居民一保",
    "no_criminal_record": "无犯最证明",
    "marriage_record": "结婚正没带",
    "low_income_benefits": "低保布助",
    "open_shop": "开药点",
}
ALL = [
    (text, name)
    for each in (WORDS, PLIGHTS, SOUNDS, WRONG)
    for name in each
    for text in each[name].split("/")
]


def test_every_service_has_a_row_in_each_table() -> None:
    assert {each.id for each in shipped()} == set(WORDS) == set(SOUNDS) == set(WRONG)


@pytest.mark.parametrize(("text", "meant"), ALL)
def test_a_plain_wish_is_found_among_all_services(text: str, meant: str) -> None:
    found = FINDER.find(text)

    assert found.sure, [each.id for each in found.offers]
    assert found.sure.id == meant


@pytest.mark.parametrize("script", shipped(), ids=lambda each: each.id)
def test_the_authors_own_words_are_never_taken_for_another_service(script: Script) -> None:
    for words in (*script.title.values(), *script.aka):
        found = FINDER.find(words)
        assert found.sure in (None, script), words
        assert script in found.offers, words


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("社保", {"flexible_enrolment", "pension_transfer", "social_card"}),
        ("医保", {"flexible_enrolment", "resident_medical"}),
        ("交医保", {"flexible_enrolment", "resident_medical"}),
        ("养老", {"flexible_enrolment", "pension_check"}),
        ("证明", {"marriage_record", "no_criminal_record"}),
        ("补助", {"low_income_benefits", "unemployment"}),
    ],
)
def test_what_several_services_share_is_offered_never_guessed(text: str, among: set[str]) -> None:
    found = FINDER.find(text)

    assert found.sure is None
    assert among <= {each.id for each in found.offers}


@pytest.mark.parametrize(
    "text", ["修水管", "小孩上学", "离婚", "办护照", "考驾照", "公积金", "买房", "工伤", "今天天气怎么样"]
)
def test_a_wish_nobody_serves_gets_no_offer(text: str) -> None:
    found = FINDER.find(text)

    assert (found.sure, found.offers) == (None, ())


def test_a_wrong_character_begins_the_errand_in_the_chat() -> None:
    chat = Chat().say("居住正")

    assert chat.session.script.partition("@")[0] == "residence_permit"


def test_another_city_is_elsewhere_and_the_countys_own_is_not() -> None:
    there, here = FINDER.find("我爸要到上海看病"), FINDER.find("我爸要到衢州看病")

    assert there.sure is not None
    assert there.sure.id == "medical_away"
    assert here.sure is None


class Patient(Finder):
    """Compares a sentence with every name there is."""

    def _sharing(self, words: str) -> set[int]:
        return set(range(len(self._named)))

    def _sounding(self, said: finder._Name) -> list[int]:
        return list(range(len(self._named)))


def test_the_names_that_are_passed_over_would_have_changed_nothing() -> None:
    patient, dull = Patient(shipped()), ["你好", "李水木", "还缴吗", "st", "ylbx", "许昌", "我今年五十二"]
    halves = [text[: len(text) // 2 + 1] for text, _ in ALL]
    for text in [*dull, *halves, *(text for text, _ in ALL)]:
        assert FINDER.find(text) == patient.find(text), text
