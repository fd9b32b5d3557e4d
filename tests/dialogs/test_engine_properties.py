"""Any order of events: the engine never raises, never loses an answer, never gets stuck, never submits twice.

Hypothesis plays an applicant who answers, mistypes, taps old buttons, sends albums, edits and starts over,
while photos are judged late, the intake service reports twice or out of order, and days go by. After every
turn the rules below are looked at; at the end a patient applicant must still come through.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from dialogs.engine import on_behalf
from dialogs.engine.cases import asked
from dialogs.engine.cases.buttons import CASE
from dialogs.engine.cases.rating import RATE
from dialogs.engine.flow import CARRIED, photos_in
from dialogs.engine.looking_up import is_lookup
from dialogs.messages import Inbound, Media
from dialogs.script.road import CONSENT, READ_BACK, Road, Station
from dialogs.session import Session, dump, load
from dialogs.turn import (
    AgentDismissed,
    AgentRefused,
    AgentSignedIn,
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    CasesClaimed,
    CasesEntrusted,
    CasesForgotten,
    DocumentHeld,
    EntrustCases,
    Erase,
    Erased,
    ErasureRefused,
    Event,
    FetchDocument,
    FetchProgress,
    Flooded,
    ForgetFile,
    ForgetPerson,
    HandoverAsked,
    HandoverOffered,
    Joined,
    JoinRefused,
    LookupRefused,
    MeasurePhoto,
    MediaFetched,
    MessageReceived,
    Opened,
    OpenTicket,
    PhotoMeasured,
    ProgressReported,
    SetTimer,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TakeoverAsked,
    TextLost,
    TextTo,
    TimerFired,
    WithdrawalRefused,
)
from dialogs.wording import pick as words_in
from tests.dialogs.talking import START, Chat

STRAIGHT = ("preregistered", "pre_review_started", "accepted", "stage_changed")
ROADS = (  # what an intake service may report, in its order
    (*STRAIGHT, "approved", "delivered", "rating_requested", "rated", "closed"),
    (*STRAIGHT, "approved", "delivered", "rating_requested", "followup_opened", "followup_closed"),
    (*STRAIGHT, "denied"),
    ("preregistered", "pre_review_started", "not_accepted", "closed"),
    ("preregistered", "withdrawn"),
    ("preregistered", "answer_overdue", "lookup_escalated", "lookup_answered", *STRAIGHT[1:], "approved"),
    ("preregistered", "pre_review_started", "correction_requested", "corrected", *STRAIGHT[1:], "approved"),
    (*STRAIGHT[:2], *("correction_requested", "corrected", "pre_review_started") * 2, "accepted", "denied"),
    (*STRAIGHT[:2], "correction_requested", "rescheduled", "deemed_withdrawn"),
    (
        *STRAIGHT[:2],
        "accepted_deferred",
        "deferral_supplied",
        "stage_changed",
        "suspended",
        "resumed",
        "approved",
    ),
    (*STRAIGHT[:2], "accepted_deferred", "stage_changed", "extended", "payment_due", "revoked"),
    (*STRAIGHT, "approved", "dispatched", "delivered", "closed"),
    ("preregistered", "something_of_a_later_contract", "pre_review_started"),
)
STATES = {  # where each event leaves a case; what is not named here moves nothing
    "preregistered": "submitted",
    "pre_review_started": "pre_review",
    "correction_requested": "correction_asked",
    "corrected": "submitted",
    "deferral_supplied": "accepted",
    "stage_changed": "in_progress",
    "resumed": "in_progress",
    "revoked": "acceptance_revoked",
    **{
        name: name
        for name in (
            *(
                "accepted",
                "accepted_deferred",
                "suspended",
                "approved",
                "denied",
                "not_accepted",
                "delivered",
            ),
            *("withdrawn", "deemed_withdrawn", "closed"),
        )
    },
}

RIGHT = {  # an answer that is taken, by question; choices are answered by their first option
    "name": "胡某某",
    "id_number": "999901198803050247",
    "bank_card": "6222020000000000000",
    "phone": "13800000000",
}
RIGHT_KINDS = {"region": "常山", "address": "样本路1号2室", "date": "今天", "text": "样本"}
RIGHT_KINDS |= {"person-name": "吴某某", "phone": "13800000000"}
TYPED = st.sampled_from(
    [
        *"123470",
        *("对", "不对", "是", "不是", "同意", "不同意", "在", "不在", "有", "没有", "不改了", "办别的事"),
        *("返回", "修改", "修改 户口", "修改 身份证正面", "改", "进度", "人工", "帮助", "重来", "撤回"),
        *(
            "语言",
            "english",
            "中文",
            "想在常山交社保",
            "养老认证",
            *(
                "电子社保卡",
                "开店",
                "结婚证没带",
                "不知道办哪个",
                "办事指南",
                "看别的",
                "现在办",
                "我要修水管",
            ),
            "用那张",
            "重新拍",
            *("删除资料", "删掉", "先不删", "记住我", "记住", "忘记我", "都不记了"),
            *("换个地方办", "我办过", "接着办", "12345678", "go12345678", "CS-1121-0001", "0247"),
            *("代办 12345 67890", "代办", "退出代办", "帮村民办", "给自己办", "村民没有手机", "13800000000"),
            *("修改 授权委托书", "修改 村民手机"),
            "姓名不对",
            "5 等太久",
            "5",
            *("没带", "先欠着"),
            *("算了", "不办了", "留着，下回办", "不留，都删掉", "想办低保", "是，先办这个"),
            *("补材料", "再申请", "以后再补", "现在补"),
        ),
        *("胡某某", "999901198803050247", "99990119880305024", "999901197601203159", "999901195006150014"),
        *("", " ", "\x00", "\u200b", "\u202e在", "\ud800", "🙂🙂", "x" * 5000),
    ]
)
PAGES = {"id_card": ["id_card.front", "id_card.back"]}  # a promised paper is asked for page by page
FROM_AFAR = (
    *(Opened("", "en", "wechat"), Opened("", scene="pension_check"), Opened("", scene="flexible_enrolment")),
    *(Opened("", scene="go12345678"), Opened("", scene="of_last_year"), Flooded()),
    *(HandoverOffered("12345678", START, {}), HandoverAsked(), Joined("telegram")),
    *(HandoverAsked(by_text=False, ticket="CS-1121-0001"), CasesEntrusted({}, {})),
    *(AgentSignedIn("a1", "叶某某", "球川村"), AgentDismissed("a1"), AgentRefused("unknown")),
    AgentSignedIn("a2", "徐某某", "东案村"),
    *(JoinRefused(reason, "12345678") for reason in ("unknown", "often", "here", "busy", "draft")),
)
LOOKS = st.sampled_from(["a" * 64, "5" * 64, "0f" * 32, ""])
FAULTS = st.sampled_from(["", "", "", "", "not_a_photo", "truncated", "too_big", "lost", "no_room"])


class Conversation(RuleBasedStateMachine):
    """One applicant, with everything that can happen to him."""

    wish = "想在常山交社保"

    def __init__(self) -> None:
        super().__init__()
        self.chat = self.begins()
        self.shown: list[str] = []  # the ids of all buttons there ever were
        self.files = 0
        self.channel = ""
        self.roads: dict[str, tuple[str, ...]] = {}
        self.measured: set[str] = set()
        self.numbers: dict[str, str] = {}
        self.dropped = 0  # cases whose people were forgotten elsewhere
        self.event: Event | None = None

    def begins(self) -> Chat:
        return Chat()

    # What the applicant does

    @rule(text=TYPED)
    def writes(self, text: str) -> None:
        self.happen(self._message(text=text))

    @rule(steps=st.integers(1, 5), pick=st.integers(0, 4))
    def answers(self, steps: int, pick: int) -> None:
        for _ in range(steps):
            self.go_on(pick)

    @rule(pick=st.integers(0, 1))
    def goes_on_to_the_read_back(self, pick: int) -> None:
        for _ in range(25):
            if self.chat.at == READ_BACK:
                break
            self.go_on(pick)

    @rule(what=st.sampled_from(["户口", "跟常山", "交钱", "身份证反面", "居住证"]), pick=st.integers(0, 3))
    def edits(self, what: str, pick: int) -> None:
        self.happen(self._message(text=f"修改 {what}"))
        self.go_on(pick)

    @rule(place=st.integers(0, 20))
    def taps_what_is_on_the_screen(self, place: int) -> None:
        if choices := self.chat.choices:
            self.happen(self._message(choice=choices[place % len(choices)].id))

    @rule(place=st.integers(0, 200))
    def taps_an_old_button(self, place: int) -> None:
        if self.shown:
            self.happen(self._message(choice=self.shown[place % len(self.shown)]))

    @rule(choice=st.sampled_from(["", "7", ":", "1:", "rate.:1", "rate.ZT:9", "x:y:z", "\x00"]))
    def taps_nonsense(self, choice: str) -> None:
        self.happen(self._message(choice=choice))

    @rule(count=st.integers(1, 3), text=st.sampled_from(["", "", "给您"]), other=st.booleans())
    def sends_an_album(self, count: int, text: str, other: bool) -> None:
        self.happen(self._message(text=text, media=tuple(self._upload() for _ in range(count))))
        if other:
            self.happen(self._message(media=(Media(self._upload().file, "other"),)))

    # What comes back

    @precondition(lambda self: self.chat.session.judging)
    @rule(fault=FAULTS, look=LOOKS, sharpness=st.sampled_from([60.0, 60.0, 5.0]), last=st.booleans())
    def a_photo_is_measured(self, fault: str, look: str, sharpness: float, last: bool) -> None:
        waiting = list(self.chat.session.judging)
        self.judge(waiting[-1 if last else 0], fault, look=look, sharpness=sharpness)

    @rule(number=st.integers(1, 12))
    def a_late_verdict_comes(self, number: int) -> None:
        if (
            f"photo{number}" in self.measured - self._handed_in()
        ):  # once handed in, the inbox key keeps it away
            self.judge(f"photo{number}")

    @precondition(lambda self: self.files)
    @rule(number=st.integers(0, 8))
    def a_file_comes_once_more(self, number: int) -> None:
        self.happen(MediaFetched(f"photo{1 + number % self.files}"))

    @precondition(lambda self: self.chat.session.cases)
    @rule(
        place=st.integers(0, 5),
        what=st.sampled_from(["received", "delayed", "refused", "blocked", "duplicate", "late", "not asked"]),
    )
    def the_intake_service_answers(self, place: int, what: str) -> None:
        reference = self._case(place)
        events: Mapping[str, Event] = {
            "received": ApplicationReceived(reference, self._number(reference), "2026-11-23"),
            "delayed": ApplicationDelayed(reference),
            "refused": ApplicationRefused(reference, "422"),
            "blocked": ApplicationRefused(reference, "deferral-blocked"),
            "duplicate": ApplicationRefused(reference, "duplicate", "CS-1101-0001"),
            "late": WithdrawalRefused(reference),
            "not asked": LookupRefused(reference, self._looked_up(reference), "404"),
        }
        if what == "late" and not self.chat.session.cases[reference]["number"]:
            return
        self.happen(events[what])

    def _looked_up(self, reference: str) -> str:
        """Return a paper of the case that a department is to answer for, else one for which it is not."""
        answers = self.chat.session.cases[reference]["answers"]
        asked = (key.partition(".")[0] for key, value in answers.items() if is_lookup(value))
        return next(asked, "id_card")

    @precondition(lambda self: self.chat.ordered(Supply))
    @rule(
        place=st.integers(0, 5),
        what=st.sampled_from([SupplyReceived, SupplyReceived, SupplyDelayed, SupplyRefused]),
        why=st.sampled_from(["not-asked", "deferral-blocked"]),
    )
    def the_intake_service_answers_what_came_later(self, place: int, what: type, why: str) -> None:
        sent = self.chat.ordered(Supply)[place % len(self.chat.ordered(Supply))]
        more = {SupplyReceived: ("2026-12-01",), SupplyRefused: (why,)}
        self.happen(what(sent.reference, sent.key, *more.get(what, ())))

    @precondition(lambda self: self.chat.session.cases)
    @rule(place=st.integers(0, 5), road=st.sampled_from(ROADS), seq=st.integers(1, 9))
    def progress_is_reported(self, place: int, road: tuple[str, ...], seq: int) -> None:
        """Any event of the case, whether it is due, was told before, or comes too early."""
        self._report(self._case(place), road, seq)

    @precondition(lambda self: self.chat.session.cases)
    @rule(place=st.integers(0, 5), road=st.sampled_from(ROADS))
    def progress_is_reported_in_order(self, place: int, road: tuple[str, ...]) -> None:
        reference = self._case(place)
        self._report(reference, road, self.chat.session.cases[reference]["seq"] + 1)

    @precondition(lambda self: self._leaves())
    @rule(refused=st.booleans())
    def he_is_forgotten(self, refused: bool) -> None:
        """He asked for it; the intake service says yes, or that something is under way there."""
        self.forget(refused=refused)

    def _leaves(self) -> bool:
        return bool((self.chat.session.aside or {}).get("is") == "erasing")

    def forget(self, *, refused: bool = False) -> None:
        """End the erasure. Who writes after it is somebody new."""
        self.happen(ErasureRefused(("CS-1121-0001",)) if refused else Erased("SC-0000-0000-0000"))
        if not refused:
            assert self.chat.ordered(ForgetPerson)
            now, self.chat = self.chat.now, self.begins()
            self.chat.now = now
            self.shown, self.files, self.roads, self.measured = [], 0, {}, set()
            self.numbers, self.dropped = {}, 0

    # What a villager takes over, or an agent has to give up

    @precondition(lambda self: self.chat.session.cases)
    @rule(place=st.integers(0, 5))
    def its_villager_goes_on_with_it(self, place: int) -> None:
        """Whose it is not any more, or never was, is not given away."""
        reference = self._case(place)
        before = self.chat.session.cases[reference]
        self.happen(TakeoverAsked(reference, "12345678", START))
        self.happen(CasesClaimed(reference, "elsewhere"))
        given = next(each for each in self.chat.turns[-1] if isinstance(each, EntrustCases)).cases
        assert bool(given) == bool(before.get("agent") and before["number"] and not before.get("taken"))
        assert all(self.chat.session.cases[own]["taken"] for own in given)
        assert not any(photos_in(case["answers"]) or case["files"] for case in given.values())

    @rule(seq=st.sampled_from([0, 0, 1]))
    def what_an_agent_handed_in_for_him_is_his(self, seq: int) -> None:
        self.happen(CasesEntrusted({"name": "徐某某", "village": "东案村"}, {ENTRUSTED: _entrusted(seq)}))
        if seq:
            self.roads.setdefault(ENTRUSTED, ROADS[0])

    @rule()
    def those_he_follows_are_forgotten(self) -> None:
        taken = [own for own, case in self.chat.session.cases.items() if case.get("taken")]
        self.happen(CasesForgotten((*taken, ENTRUSTED)))
        assert ENTRUSTED not in taken
        self.dropped += len(taken)

    @rule(place=st.integers(0, 9), lost=st.booleans())
    def a_document_comes(self, place: int, lost: bool) -> None:
        """One that was ordered, perhaps again; it is told once, however often it comes."""
        ordered = self.chat.ordered(FetchDocument)
        if ordered:
            one = ordered[place % len(ordered)]
            case = self.chat.session.cases.get(one.reference, {})
            before = list(case.get("documents", {}).items())
            known = any(file == one.file and not entry["held"] for file, entry in before)
            self.happen(DocumentHeld(one.reference, one.file, lost))
            told = [each for each in self.chat.said if each.card and each.card.kind == "document"]
            assert len(told) == (known and not lost)

    @precondition(lambda self: self.chat.ordered(TextTo))
    @rule(place=st.integers(0, 9))
    def a_text_message_is_lost(self, place: int) -> None:
        texts = self.chat.ordered(TextTo)
        self.happen(TextLost(texts[place % len(texts)].reference))

    @rule(event=st.sampled_from(FROM_AFAR))
    def something_comes_from_afar(self, event: Event) -> None:
        self.happen(event)

    @rule(channel=st.sampled_from(["wechat", "telegram", "webchat"]))
    def speaks_from_elsewhere(self, channel: str) -> None:
        self.channel = channel

    @rule(place=st.integers(0, 9))
    def a_timer_fires(self, place: int) -> None:
        """One that is due, perhaps again, or one of another release."""
        due = [each for each in self.chat.ordered(SetTimer) if each.due <= self.chat.now]
        timer = due[place % len(due)] if due else SetTimer("from_another_release", "1", self.chat.now)
        self.happen(TimerFired(timer.name, timer.key))

    @rule(days=st.sampled_from([1, 40, 365]))
    def days_go_by(self, days: int) -> None:
        self.chat.now += timedelta(days=days)

    # How a patient applicant goes on

    def go_on(self, pick: int = 0) -> None:
        """Do what the screen asks for."""
        chat = self.chat
        if chat.session.judging:
            self.judge(next(iter(chat.session.judging)))
            return
        aside = (chat.session.aside or {}).get("is", "")
        if aside == "erasing":
            self.forget()
            return
        station = self._station()
        if aside == asked.ASIDE:
            self._gives_what_is_wanted()
        elif aside == on_behalf.AUTHORISE:
            self.happen(self._message(media=(self._upload(),)))
        elif aside and aside != "edit":
            self.happen(self._message(text=_ASIDE_ANSWERS.get(aside, self.wish)))
        elif station is None:
            self.happen(self._message(text=self.wish))
        elif station.kind == "photo":
            self.happen(self._message(media=(self._upload(),)))
        elif station.kind in ("outcome", "handoff", "guide"):
            self.happen(self._message(text="2"))  # something else
        elif station.kind == "question":
            self.happen(self._message(text=self._right(station, pick)))
        else:
            self.happen(self._message(text={CONSENT: "同意", READ_BACK: "对"}[station.key]))

    def _gives_what_is_wanted(self) -> None:
        reference = (self.chat.session.aside or {})["reference"]
        case = self.chat.session.cases[reference]
        wanted = [slot for item in case["ask"]["items"] for slot in PAGES.get(item["slot"], [item["slot"]])]
        sent = {slot for each in case["ask"]["sent"].values() for slot in each["slots"]}
        slot = next(each for each in wanted if each not in case["ask"]["given"] and each not in sent)
        if "." in slot:
            self.happen(self._message(media=(self._upload(),)))
        else:
            self.happen(self._message(text=RIGHT[slot]))

    def _right(self, station: Station, pick: int) -> str:
        if station.key in self.chat.session.dormant and not self.chat.session.aside:
            return "是" if pick else "不是"
        script = self.chat.library.scripts[self.chat.session.script]
        if station.key == "id_number" and script.id == "pension_check":
            return "999901195006150014"
        if station.key in RIGHT:
            return RIGHT[station.key]
        step: Any = station.step
        if step.kind in RIGHT_KINDS:
            return RIGHT_KINDS[step.kind]
        if step.kind == "number":
            return str(int(step.between[0]))
        options = script.options(step, self.chat.now.date())
        return words_in(list(options.values())[pick % len(options)], self.chat.session.lang)

    def teardown(self) -> None:
        """Whatever has happened: a person can be reached, and a patient applicant comes through."""
        if self._leaves():
            self.forget()
        self.happen(self._message(text="人工"))
        assert any(isinstance(effect, OpenTicket) for effect in self.chat.turns[-1])
        assert any("12345" in each.text for each in self.chat.said)
        before = len(self.chat.ordered(Submit))
        self.happen(self._message(text="中文"))
        for _ in range(80):
            self.go_on()
            if len(self.chat.ordered(Submit)) > before:
                break
        else:
            raise AssertionError(f"stuck: {self.chat.heard[-3:]}")
        super().teardown()

    # Taking an event, and what must hold after every turn

    def happen(self, event: Event) -> None:
        self.event = event
        before = self.chat.session
        station = self._station()
        self.chat.happen(event)
        if isinstance(event, Erased):
            assert self.chat.ordered(Erase)
            return
        self.shown += [choice.id for message in self.chat.said for choice in message.choices]
        after = self.chat.session
        effects = self.chat.turns[-1]
        assert load(dump(after)) == after
        if isinstance(event, MessageReceived):
            assert self.chat.said or any(isinstance(each, MeasurePhoto) for each in effects), "no answer"
        self._position_is_the_fold(after)
        self._the_newest_buttons_work(after)
        if not isinstance(event, TimerFired):  # what was promised to be deleted is
            self._no_answer_is_lost(event, before, after, station)
        self._every_photo_is_held_or_forgotten()
        self._nothing_is_handed_in_twice()
        self._cases_go_forward(before, after)
        self._a_villagers_case_is_his_and_his_agents(event, before)

    def _a_villagers_case_is_his_and_his_agents(self, event: Event, before: Session) -> None:
        """Nothing of it is said where its agent is signed out; who it is for hears what is vital himself."""
        session, effects = self.chat.session, self.chat.turns[-1]
        case = session.cases.get(getattr(event, "reference", ""), {})
        vital = any(each.news and each.news.vital for each in self.chat.said)
        texts = [each for each in effects if isinstance(each, TextTo)]
        hidden = {each["villager"] for each in session.cases.values() if not _shown(session, each)} - {""}
        mine = {each["villager"] for each in session.cases.values() if _shown(session, each)}
        said = "".join(each.text for each in self.chat.said)
        assert not any(name in said for name in hidden - mine), "said in front of a stranger"
        if case and not _shown(before, case):
            assert not self.chat.said, "a case was told of where its agent is signed out"
        assert not texts or case.get("agent"), "a text message to nobody's villager"
        if case.get("agent") and vital and case["phone"]:
            assert [each.phone for each in texts] == [case["phone"]]
        who = session.answers.get("agent")
        assert not who or who["id"] == session.agent.get("id"), "nobody may act for the villager any more"

    def _position_is_the_fold(self, session: Session) -> None:
        if not session.script or session.on != self._today():
            return
        road = self.chat.library.roads[session.script]
        at, reached = _fold(road, session.answers, self.chat)
        assert session.at == at
        assert {*session.answers} - {*CARRIED} <= reached, "an answer off the road is not dormant"

    def _the_newest_buttons_work(self, session: Session) -> None:
        """A button on the newest question is never stale."""
        newest = next((each for each in reversed(self.chat.said) if each.choices), None)
        if newest and not newest.choices[0].id.startswith((RATE, CASE)):
            assert newest.choices[0].id.startswith(f"{session.prompt}:")

    def _no_answer_is_lost(
        self, event: Event, before: Session, after: Session, station: Station | None
    ) -> None:
        effects = self.chat.turns[-1]
        if before.script != after.script or any(isinstance(each, Submit) for each in effects):
            if (
                before.script
                and before.script.partition("@")[0] in after.put_away.keys() - before.put_away.keys()
            ):
                kept = after.put_away[before.script.partition("@")[0]]["answers"]
                assert {**before.dormant, **before.answers}.keys() - {CONSENT, READ_BACK} <= kept.keys()
                return
            ended = station is not None and station.kind in ("outcome", "handoff", "guide")
            restarted = (before.aside or {}).get("is") in ("restart", "stop")
            handed_in = any(isinstance(each, Submit) for each in effects)
            nothing = not before.answers and not before.dormant
            agent_went = before.answers.get("agent") and isinstance(event, AgentDismissed | AgentSignedIn)
            left = ended or restarted or handed_in or nothing or agent_went
            assert not before.script or left, "the errand was left"
            return
        if not before.script or after.answers.keys() == set():
            return
        heard = {station.key if station else "", *before.judging.values(), READ_BACK}
        if (before.aside or {}).get("is") == on_behalf.PHONE:
            heard |= {"agent", "phone"}
        kept = {**after.dormant, **after.answers}
        for key, value in {**before.dormant, **before.answers}.items():
            if key in heard:
                continue
            assert key in kept, f"{key} is lost"
            assert key == CONSENT or kept[key] == value, f"{key} has changed"

    def _every_photo_is_held_or_forgotten(self) -> None:
        session = self.chat.session
        held = [*session.judging]
        for answers in (
            session.answers,
            session.dormant,
            *(case["answers"] for case in session.cases.values()),
            *(each["answers"] for each in session.put_away.values()),
            *(case["ask"]["given"] for case in session.cases.values() if case.get("ask")),
        ):
            held += [
                value["file"] for value in answers.values() if isinstance(value, dict) and "kept" in value
            ]
        handed_in = self._handed_in()
        forgotten = {each.file for each in self.chat.ordered(ForgetFile)}
        assert not set(held) & forgotten, "a photo still held was deleted"
        sent = {f"photo{number}" for number in range(1, self.files + 1)}
        assert sent <= {*held, *handed_in, *forgotten}, "a photo nobody holds is kept for ever"

    def _handed_in(self) -> set[str]:
        orders = [*self.chat.ordered(Submit), *self.chat.ordered(Supply)]
        return {f"photo{page['file'][4:]}" for each in orders for page in each.pages}

    def _nothing_is_handed_in_twice(self) -> None:
        submits = self.chat.ordered(Submit)
        own = [case for case in self.chat.session.cases.values() if not case.get("through")]
        assert len({each.reference for each in submits}) == len(submits) == len(own) + self.dropped
        assert sum(map(_handed_in, self.chat.heard)) == len(submits)
        supplies = self.chat.ordered(Supply)
        assert len({each.key for each in supplies}) == len(supplies)

    def _cases_go_forward(self, before: Session, after: Session) -> None:
        for reference, case in before.cases.items():
            if isinstance(self.event, CasesForgotten) and case.get("taken"):
                continue
            now = after.cases[reference]
            assert now["seq"] >= case["seq"]
            assert now["number"] == case["number"] or not case["number"]
            if now["seq"] > 0 and not now.get("taken"):  # papers that come are between him and the office
                assert now["state"] == _led_to(self.roads[reference][: now["seq"]]), reference
            self._what_was_given_is_kept(case, now)
            mended = now.get("rerate_until") and now["rating"] == "asked"  # he may give one more mark
            assert case["rating"] in ("", "asked") or now["rating"] == case["rating"] or mended

    def _what_was_given_is_kept(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """What he gave for a correction stays until the office has it, or it becomes the case's own."""
        refused = isinstance(self.event, SupplyRefused | CasesClaimed)
        if not before.get("ask") or refused or (not after["answers"] and not after["ask"]):
            return
        held = {**after["answers"], **(after["ask"]["given"] if after["ask"] else {})}
        for slot, value in before["ask"]["given"].items():
            assert held.get(slot) == value or isinstance(self.event, MessageReceived), f"{slot} is lost"

    # Small things

    def judge(self, file: str, fault: str = "", **measure: Any) -> None:
        self.measured.add(file)
        given = {
            "width": 4000,
            "height": 3000,
            "sharpness": 70.0,
            "white": 200,
            "contrast": 120,
            "card": 2600,
        }
        number = int(file.removeprefix("photo"))
        if fault:
            self.happen(PhotoMeasured(file, fault=fault))
        else:
            look = {"look": f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**256:064x}"}
            self.happen(PhotoMeasured(file, f"kept{number}", f"{number:064x}", {**given, **look, **measure}))

    def _report(self, reference: str, road: tuple[str, ...], seq: int) -> None:
        road = self.roads.setdefault(reference, road)
        if seq > len(road):
            return
        self.happen(self._news(reference, road, seq))
        for fetch in [each for each in self.chat.turns[-1] if isinstance(each, FetchProgress)]:
            for missed in range(fetch.after_seq + 1, seq + 1):
                self.happen(self._news(reference, road, missed))
            case = self.chat.session.cases[reference]
            assert case["seq"] == seq or case["state"] == "refused"

    def _news(self, reference: str, road: tuple[str, ...], seq: int) -> ProgressReported:
        kind = road[seq - 1]
        known: Mapping[str, Mapping[str, Any]] = {
            "preregistered": {"answer_by": "2026-11-23"},
            "answer_overdue": {"since": "2026-11-20"},
            "accepted": {"receipt_no": "S1", "promised_by": "2026-11-27", "provisional": False},
            "approved": {"result": "approved"},
            "denied": {"result": "denied", "why": "材料不清楚。", "how": "重新拍一张。", "rights": ""},
            "not_accepted": {"why": "不归我们办。", "how": "请到户口所在地办。", "rights": ""},
            "followup_opened": {"contact_by": "2026-11-27"},
            "lookup_answered": {"material": "id_card", "result": "not_found", "at": ""},
            "followup_closed": {"result": "改好了。", "rerate_until": "2026-12-04"},
            "correction_requested": {
                "items": [
                    {
                        "slot": "id_card.back",
                        "title": "身份证反面",
                        "reason": "看不清。",
                        "example": "blurred",
                    },
                    {"slot": "name", "title": "姓名", "reason": "和身份证不一样。", "example": ""},
                ],
                "by": "2026-12-04",
                "round": 1 + road[:seq].count("corrected"),
                "provisional": False,
                "remind": ["2026-11-27", "2026-12-02", "2026-12-04"],
            },
            "corrected": {"answer_by": "2026-12-07", "provisional": False},
            "accepted_deferred": {
                "receipt_no": "S1",
                "promised_by": "2026-12-07",
                "by": "2026-12-03",
                "provisional": True,
                "items": [{"material": "id_card", "title": "身份证"}],
                "remind": ["2026-11-27", "2026-12-01", "2026-12-03"],
            },
            "deferral_supplied": {"material": "id_card"},
            "suspended": {"reason": "要到现场看。", "kind": "2", "until": "2026-12-20"},
            "resumed": {"promised_by": "2026-12-28"},
            "rescheduled": {"what": "correction", "day": "2026-12-08", "provisional": False},
            "revoked": {"reason": "答应补的没有补。"},
        }
        type_ = "decided" if kind in ("approved", "denied") else kind
        written = {"preregistered": "application_form", "accepted": "receipt", "not_accepted": "refusal"}.get(
            kind
        )
        document = {"kind": written, "number": "N1", "title": kind, "url": f"/v1/{seq}"} if written else {}
        return ProgressReported(
            reference, self._number(reference), seq, type_, self.chat.now, known.get(kind, {}), document
        )

    def _message(self, text: str = "", choice: str = "", media: tuple[Media, ...] = ()) -> MessageReceived:
        key = f"m{len(self.chat.turns)}"
        return MessageReceived(Inbound(key, self.chat.now, text, choice, media, self.channel))

    def _upload(self) -> Media:
        self.files += 1
        return Media(f"photo{self.files}")

    def _case(self, place: int) -> str:
        references = list(self.chat.session.cases)
        return references[place % len(references)]

    def _number(self, reference: str) -> str:
        known = self.chat.session.cases[reference]["number"] or f"CS-1121-{len(self.numbers) + 1:04}"
        return self.numbers.setdefault(reference, known)

    def _station(self) -> Station | None:
        key = self.chat.at
        return self.chat.library.roads[self.chat.session.script].stations[self._index(key)] if key else None

    def _index(self, key: str) -> int:
        return self.chat.library.roads[self.chat.session.script].index[key]

    def _today(self) -> str:
        return (self.chat.now - timedelta(seconds=10) + timedelta(hours=8)).date().isoformat()


ENTRUSTED = "ZT-0000-0000-0001"


def _entrusted(seq: int) -> dict[str, Any]:
    """Return what an agent has handed in for somebody, `seq` events ago, as it comes to his own chat."""
    return {
        "service": "flexible_enrolment",
        "child": "",
        "package": "",
        "number": "CS-1122-0001",
        "script": Chat().library.live["flexible_enrolment"],
        "state": "submitted",
        "seq": seq,
        "at": {},
        "due": "",
        "rating": "",
        "answers": {"hukou": "local"},
        "files": [],
        "documents": {},
        "ask": None,
        "phone": "",
        "tail": "3159",
        "villager": "",
        "agent": {},
        "keep_days": 30,
        "ended": "",
        "through": {"name": "徐某某", "village": "东案村"},
    }


def _handed_in(text: str) -> int:
    """Return how many applications the bot says it hands in."""
    several = re.search(r"好，(\d+)件一起替您交上去|handing in all (\d+)", text)
    if several:
        return int(several[1] or several[2])
    return int("正在替您交上去" in text or "handing it in" in text)


_ASIDE_ANSWERS = {  # what finds a service is the wish itself
    "for_whom": "帮村民办",
    "villager_phone": "13800000000",
    "guide": "不是",
    "edit_which": "不改了",
    "restart": "不是",
    "stop": "接着办",
    "other": "不是",
    "code": "不是",
    "tail": "没办过，不找了",
    "join": "不是",
    "withdraw": "不是",
    "withdraw_which": "不是",
    "erase": "先不删",
    "remember": "记住",
    "known": "都留着",
    "erase_withdraw": "先不撤回",
    "offer": "想在常山交社保",
    "defer": "同意",
    "rating": "1",
    "rating_words": "等太久了",
    "rating_named": "不用打",
}


def _shown(session: Session, case: Mapping[str, Any]) -> bool:
    return not case.get("agent") or case["agent"]["id"] == session.agent.get("id")


def _led_to(events: Sequence[str]) -> str:
    """Return where a case stands after these events, however they arrived."""
    return next(STATES[event] for event in reversed(events) if event in STATES)


def _fold(road: Road, answers: Mapping[str, Any], chat: Chat) -> tuple[int, set[str]]:
    """Return where these answers stand and which of them lie on the road, worked out from zero."""
    today = (chat.now - timedelta(seconds=10) + timedelta(hours=8)).date()
    seen: dict[str, Any] = {}
    for place, station in enumerate(road.stations):
        if station.key in answers and road.open(place, seen, today):
            seen[station.key] = answers[station.key]
    for place, station in enumerate(road.stations):
        if station.key not in seen and road.open(place, seen, today):
            return place, set(seen)
    return len(road.stations), set(seen)


EXAMPLES = int(os.environ.get("ZEROTRIP_TEST_EXAMPLES", "25"))
TestConversation = Conversation.TestCase
TestConversation.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    derandomize=EXAMPLES == 25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
