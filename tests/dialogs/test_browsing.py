"""Finding what somebody wants who does not know its name: by life, by questions, by reading first."""

from __future__ import annotations

import pytest

from dialogs.script import Script
from dialogs.script.loader import load
from dialogs.turn import Opened, OpenTicket
from tests.dialogs.scripts import SMALL, replaced, script
from tests.dialogs.talking import Chat


def service(name: str, title: str, life: str, **fits: list[str]) -> Script:
    says = "".join(f"  {question}: [{', '.join(options)}]\n" for question, options in fits.items())
    changes = (
        ("id: permit\n", f"id: {name}\n"),
        ("title: {zh-CN: 居住证, en: Residence permit}", f"title: {{zh-CN: {title}, en: {name}}}"),
        ("aka: [居住证]", f"aka: [{title}]"),
        ("life: [papers]\n", f"life: [{life}]\n" + (f"fits:\n{says}" if says else "")),
    )
    return load(replaced(SMALL, changes), f"{name}.yaml")


TOWN = (
    script(("life: [papers]\n", "life: [papers]\nfits: {want: [paper]}\n")),
    service("enrol", "灵活就业参保", "insurance, work", whom=["me"], want=["insure"], now=["own", "none"]),
    service("move_in", "社保转移", "insurance", whom=["me"], want=["insure"]),
    service("check", "养老认证", "family", whom=["me", "elder"], want=["money"], now=["retired"]),
    service("wedding", "补领结婚证", "family", whom=["home"], want=["paper"]),
)


def town() -> Chat:
    return Chat(*TOWN)


class TestTheGreeting:
    def test_few_services_are_listed_by_name(self) -> None:
        assert Chat(*TOWN[:4]).labels == ["居住证", "灵活就业参保", "社保转移", "养老认证", "找工作人员"]

    def test_many_are_not_but_the_situations_of_life_that_have_any(self) -> None:
        chat = town()

        assert chat.labels == [
            "社保和医保",
            "住和证件",
            "没工作了",
            "家里人的事",
            "不知道办哪个",
            "找工作人员",
        ]
        assert chat.heard == [
            "您好，我是常山办事小助手。材料先交给我，不用跑回来。您想办什么？直接写给我也行。"
        ]

    def test_a_service_that_names_no_situation_is_found_all_the_same(self) -> None:
        stray = load(replaced(SMALL, (("id: permit", "id: stray"), ("life: [papers]\n", ""))), "stray.yaml")
        chat = Chat(*TOWN[1:], stray).tap("别的事")

        assert chat.labels[0] == "居住证"

    def test_whoever_says_what_he_wants_begins_at_once(self) -> None:
        assert town().say("我想办居住证").at == "stay"

    def test_a_first_word_that_fits_several_services_offers_them(self) -> None:
        chat = Chat(*TOWN, opened=False).say("社保")

        assert chat.heard == ["您是想办哪一件？"]
        assert "社保转移" in chat.labels

    @pytest.mark.parametrize("said", ["你好", "在吗？", "我想问一下"])
    def test_a_greeting_is_no_wish(self, said: str) -> None:
        chat = town().say(said)

        assert chat.heard[-1] == "您想办什么？写给我，或者选下面的。"
        assert not chat.ordered(OpenTicket)


class TestByLife:
    @pytest.mark.parametrize("said", ["1", "社保和医保", "1."])
    def test_a_situation_shows_its_services(self, said: str) -> None:
        assert town().say(said).labels == ["灵活就业参保", "社保转移", "看别的", "找工作人员"]

    def test_a_service_is_told_about_before_anything_is_asked(self) -> None:
        chat = town().tap("住和证件", "居住证")

        assert chat.session.script == ""
        assert chat.heard[-1] == (
            "居住证：办居住证。\n"
            "要准备：有的情况要合同\n"
            "要多久：开始办以后，最多10天。法律规定最长15天。\n"
            "花钱：不要钱\n"
            "办好后：居住证\n"
            "谁来办：常山县公安局\n"
            "这只是给您看看，什么都不用填。"
        )
        assert chat.labels == ["现在办", "看别的", "找工作人员"]

    @pytest.mark.parametrize("said", ["现在办", "1", "好", "是"])
    def test_he_begins_from_there(self, said: str) -> None:
        assert town().tap("住和证件", "居住证").say(said).at == "stay"

    @pytest.mark.parametrize("said", ["看别的", "2", "不办了吧，不要"])
    def test_or_looks_on(self, said: str) -> None:
        chat = town().tap("住和证件", "居住证").say(said)

        assert chat.session.script == ""
        assert chat.labels[0] == "社保和医保"

    def test_or_says_something_else_altogether(self) -> None:
        assert town().tap("住和证件", "居住证").say("社保转移").session.script.startswith("move_in@")

    def test_a_tap_on_the_list_before_is_stale(self) -> None:
        chat = town().tap("住和证件")
        before = next(each.id for each in chat.choices if each.label == "居住证")
        chat.tap("看别的").tap_id(before)

        assert chat.said[0].text == "那个问题已经过去了，咱们看现在这个。"

    def test_a_service_taken_off_meanwhile_shows_the_others(self) -> None:
        chat = town().tap("住和证件", "居住证")
        chat.library = type(chat.library).of(TOWN[1:])
        chat.say("现在办")

        assert chat.session.script == ""
        assert chat.labels[0] == "灵活就业参保"


class TestByQuestions:
    def test_the_questions_lead_to_the_guide_of_the_one_service_left(self) -> None:
        chat = town().tap("不知道办哪个", "家里老人", "领钱，或者少花钱")

        assert chat.heard[-1].startswith("养老认证：")

    def test_several_that_fit_are_offered_and_told_about(self) -> None:
        chat = town().tap("不知道办哪个", "我自己", "交保险、转保险", "自己干")

        assert chat.labels == ["灵活就业参保", "社保转移", "找工作人员"]
        assert chat.tap("社保转移").labels[0] == "现在办"

    def test_a_question_that_tells_nothing_apart_is_not_asked(self) -> None:
        chat = town().tap("不知道办哪个", "一家人")

        assert chat.labels == ["居住证", "补领结婚证", "找工作人员"]

    def test_whoever_cannot_say_leaves_nothing_out(self) -> None:
        chat = town().tap("不知道办哪个", "说不好", "说不好", "说不好")

        assert len(chat.labels) == len(TOWN) + 1

    def test_numbers_and_words_do_as_well(self) -> None:
        assert town().say("5", "2", "3").heard[-1].startswith("养老认证：")

    def test_what_nothing_fits_goes_to_a_person(self) -> None:
        chat = town().tap("不知道办哪个", "家里老人", "看病报销")

        assert [each.reason for each in chat.ordered(OpenTicket)] == ["unknown_wish"]
        assert "我还不会办" in chat.heard[-1]

    def test_a_wish_in_words_is_heard_in_the_middle(self) -> None:
        assert town().tap("不知道办哪个").say("我要办养老认证").session.script.startswith("check@")


class TestGuides:
    @pytest.mark.parametrize(
        "said", ["办居住证要什么材料", "居住证多久能办好？", "居住证要多少钱", "居住证办事指南"]
    )
    def test_a_question_about_it_is_answered_before_anything_is_asked(self, said: str) -> None:
        chat = town().say(said)

        assert chat.session.script == ""
        assert chat.heard[-1].startswith("居住证：办居住证。\n要准备：")

    def test_the_command_shows_the_way_to_every_guide(self) -> None:
        chat = town().say("办事指南").tap("社保和医保", "社保转移")

        assert chat.heard[-1].startswith("社保转移：")

    def test_after_the_command_a_wish_is_told_about_first(self) -> None:
        assert town().say("指南", "我要办养老认证").heard[-1].startswith("养老认证：")

    def test_in_the_middle_of_an_errand_it_is_told_and_the_question_stands(self) -> None:
        chat = town().say("居住证").say("要什么材料")

        assert chat.said[0].text.startswith("居住证：办居住证。")
        assert chat.said[1].text == "住在哪里？"
        assert chat.at == "stay"

    def test_it_is_told_in_english_too(self) -> None:
        chat = Chat(*TOWN, opened=False).happen(Opened("01TEST", "en")).say("Residence permit guide")

        assert chat.heard[-1].startswith(
            "Residence permit: Get a residence permit.\nYou need: in some cases Lease\n"
        )


class TestUnknownWishes:
    def test_a_wish_we_do_not_serve_goes_to_a_person(self) -> None:
        chat = town().say("我家要修水管")

        assert [each.reason for each in chat.ordered(OpenTicket)] == ["unknown_wish"]
        assert chat.heard[-1].startswith(
            "这件事我还不会办，不能乱说。我记下了，请工作人员看。着急就打12345。"
        )
        assert chat.labels[-1] == "找工作人员"
        assert chat.session.script == ""

    def test_a_word_too_short_to_be_one_is_asked_about(self) -> None:
        chat = town().say("唔")

        assert chat.heard[-1].startswith("我没听懂。")
        assert not chat.ordered(OpenTicket)
