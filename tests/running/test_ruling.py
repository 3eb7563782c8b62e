"""docs/rules.md says what policy.yaml says, all of it and nothing else, and is checked."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
from collections.abc import Iterator
from datetime import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from yingda.__main__ import main
from yingda.domain import work_group
from yingda.domain.clocks import BY_POLICY, ClockKind, Span, span_label
from yingda.domain.errors import SettingsError
from yingda.domain.policy import Policy
from yingda.domain.quality.rule import Level
from yingda.domain.roles import Role
from yingda.domain.severity import Severity
from yingda.domain.work_group import GroupEvent
from yingda.domain.working_hours import Window
from yingda.running import describing, drawing, ruling
from yingda.running.ruling import PAGE, POLICY, default_policy, differences, limits, rules
from yingda.settings import yaml_files

Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def default() -> Policy:
    return default_policy()


@pytest.fixture(scope="module")
def shown(default: Policy) -> str:
    return rules(default)


@pytest.fixture(scope="module")
def found(default: Policy) -> list[tuple[Place, Any]]:
    """Every single value of the default rules and where it stands."""
    return list(leaves(default))


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Walk a model down to its single values, those left out of the file included."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from leaves(getattr(value, name), (*place, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, str(key)))
    elif isinstance(value, tuple):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*place, position))
    elif dataclasses.is_dataclass(value) and not isinstance(value, (Span, Window)):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name), (*place, field.name))
    else:
        yield place, value


def another(place: Place, value: Any) -> tuple[Any, *tuple[str, ...]]:
    """Return a value like this one that the defaults do not have there, and its words on the page."""
    if place[0] == "quality":
        return _another_of_quality(place, value)
    if place[-1] in _TEXTS:
        return _TEXTS[place[-1]]
    if place == ("hand_back", "ruling_after"):
        return 37, " 37 次", "37 hand-backs"
    if place == ("register", "ping"):
        # Its path is a key, so the page says only that there is one.
        return "https://watch.example.org/37", "是；没有呼叫，由它报警", "Yes; it raises the alarm"
    if place == ("feedback", "ask_after"):
        return 37, " 37 次", "37 votes"
    if place[0] == "second_factor" and place[1] in _SECOND_FACTOR:
        return _SECOND_FACTOR[place[1]]
    if place[0] == "leads" and place[-1] == "after":
        # Each stays in order with its neighbours.
        last = len(_stated()["leads"]["remind"][place[2]]) - 1
        return {0: ("7m", "7 分钟", "7 minutes"), last: ("37d", "37 天", "37 days")}.get(
            place[3], ("37m", "37 分钟", "37 minutes")
        )
    if isinstance(value, GroupEvent):
        other = GroupEvent.OPENED if value is GroupEvent.UNKNOWN else GroupEvent.UNKNOWN
        return other.value, work_group.label(other, "zh_CN"), work_group.label(other, "en")
    if isinstance(value, Window):
        # The first and the last stay in order with their neighbour.
        return ("07:37-12:00", "07:37-12:00") if place[-1] == 0 else ("14:00-19:37", "14:00-19:37")
    if isinstance(value, Severity):
        return "general", "一般事件", "General incidents"
    if value is None or isinstance(value, Span):
        return "37m", "37 分钟", "37 minutes"
    if isinstance(value, Fraction):
        return "37%", "时限过去 37%", "37% of the limit"
    if isinstance(value, int):
        return 37, " 37 次", " 37 attempts"
    if isinstance(value, time):
        return "06:37", "每天 06:37 ", "day at 06:37"
    assert isinstance(value, Role) or (place[0] == "ladders" and isinstance(value, str)), f"unknown here: {value!r}"
    if value == Role.MEDIA_LIAISON:
        return str(Role.SUPERIOR), "上级有关部门", "Department above"
    return str(Role.MEDIA_LIAISON), "宣传办", "Media liaison"


_SECOND_FACTOR: dict[Any, tuple[Any, ...]] = {
    "digits": (9, "9 位", "9 digits"),
    "tries": (17, " 17 次", "17 attempts"),
    "without_channel": ("refuse", "不能签发", "Cannot sign"),
}


def _another_of_quality(place: Place, value: Any) -> tuple[Any, *tuple[str, ...]]:
    if isinstance(value, Level):
        return "off", "不检查", "Not looked for"
    if place[-1] == "least":
        return 37, "37 字至", "37 to "
    if place[-1] == "most":
        return 3737, "至 3737 字", "to 3737 characters"
    return "三七 Three and seven", "三七 Three and seven"


_TEXTS: dict[Any, tuple[Any, ...]] = {
    "id": ("three-seven", "`three-seven`"),
    "name": ("三七", "三七"),
    "name_en": ("Three and seven", "Three and seven"),
    "url": ("https://three-seven.example.org/", "https://three-seven.example.org/"),
}


@functools.cache
def _stated() -> dict[str, Any]:
    value: dict[str, Any] = yaml_files.read(POLICY, "policy.yaml").value
    return value


def changed(*changes: tuple[Place, Any]) -> Policy:
    """Return the default rules with a few values changed."""
    stated = copy.deepcopy(_stated())
    for place, value in changes:
        inner = stated
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
    return Policy.model_validate(stated)


def row(page: str, key: str) -> str:
    """Return the one table row that names a policy key."""
    [only] = [line for line in page.splitlines() if line.startswith("| ") and f" `{key}` |" in line]
    return only


def ladder(page: str, kind: ClockKind) -> str:
    """Return the section about one ladder."""
    return page.split(f"`ladders.{kind}`\n", 1)[1].split("\n#", 1)[0]


# --- the page is current


def test_the_page_in_docs_says_what_the_default_policy_says(shown: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == shown, "Run: python -m yingda describe"


def test_a_changed_policy_file_makes_the_page_outdated_and_says_where(tmp_path: Path) -> None:
    text = POLICY.read_text("utf-8")
    ours = tmp_path / "policy.yaml"
    ours.write_text(text, "utf-8")
    assert differences(default_policy(ours)) == ""

    assert text.count("general: 48h") == 1
    ours.write_text(text.replace("general: 48h", "general: 47h"), "utf-8")
    told = differences(default_policy(ours))

    assert any(line.startswith("-| 首次发布权威信息") and "48 小时" in line for line in told.splitlines())
    assert any(line.startswith("+| 首次发布权威信息") and "47 小时" in line for line in told.splitlines())


def test_a_page_edited_by_hand_is_outdated(default: Policy, shown: str, tmp_path: Path) -> None:
    page = tmp_path / "rules.md"
    page.write_text(shown.replace("沉默不等于同意", "沉默等于同意"), "utf-8")

    assert "-- 沉默等于同意" in differences(default, page)


def test_a_changed_wording_of_the_generator_makes_the_page_outdated(
    default: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.RUNS_FROM, ClockKind.REVIEW, ("发布", "Publication"))

    assert "+| 总结<br>After-action review | 发布<br>Publication |" in differences(default)


def test_a_page_that_is_not_there_is_outdated(default: Policy, tmp_path: Path) -> None:
    assert "+# 办公室的规则" in differences(default, tmp_path / "rules.md")


def test_settings_of_this_machine_do_not_change_the_page(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "policy.yaml"
    ours.write_text('register: {at: "06:30"}\n', "utf-8")
    monkeypatch.setenv("YINGDA_POLICY", str(ours))
    monkeypatch.setenv("YINGDA_LOCALE", "nonsense")

    assert rules(default_policy()) == shown


def test_a_policy_that_cannot_stand_is_refused_with_its_line(tmp_path: Path) -> None:
    ours = tmp_path / "policy.yaml"
    ours.write_text(POLICY.read_text("utf-8").replace("general: 48h", "general: 48x"), "utf-8")

    with pytest.raises(SettingsError, match=r"policy\.yaml:\d+: clocks\.public_word\.general: '48x'"):
        default_policy(ours)


# The dags take seconds to read and are described elsewhere; here they stand as current.
@pytest.fixture
def dags_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "differences", lambda dags: "")
    monkeypatch.setattr(drawing, "differences", lambda dags, policy: {drawing.PICTURE: ""})


@pytest.mark.usefixtures("dags_current")
def test_the_command_passes_while_the_page_is_current() -> None:
    done = CliRunner().invoke(main, ["describe", "--check"])

    assert (done.exit_code, done.output) == (0, "docs/rules.md: ok\ndocs/dags.md: ok\ndocs/images/flow.svg: ok\n")


@pytest.mark.usefixtures("dags_current")
def test_the_command_fails_once_the_rules_and_their_page_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruling, "default_policy", lambda: changed((("register", "at"), "06:37")))
    done = CliRunner().invoke(main, ["describe", "--check"])

    assert done.exit_code == 1
    assert "+| 舆情隐患汇总表<br>Hazard register | 每天 06:37 汇总" in done.output
    assert "docs/rules.md 已过时，请运行 python -m yingda describe" in done.output
    assert "docs/dags.md" not in done.output


# --- the page is complete


def test_every_key_of_the_policy_is_named(found: list[tuple[Place, Any]], shown: str) -> None:
    keys = {_key(place) for place, _ in found}

    assert {key.split(".")[0] for key in keys} == {field.alias or name for name, field in Policy.model_fields.items()}
    assert [key for key in sorted(keys) if f"`{key}`" not in shown] == []


def _key(place: Place) -> str:
    """Return the key that the page names for a place: two steps down, letters three, and no list positions."""
    names = list(itertools.takewhile(lambda step: isinstance(step, str), place))
    return ".".join(map(str, names if names[0] == "letters" else names[:2]))


def test_the_columns_of_limits_name_the_keys_below_each_clock(found: list[tuple[Place, Any]], shown: str) -> None:
    [heads] = [line for line in shown.splitlines() if line.startswith("| 事项 What is owed")]
    assert [place[2] for place, _ in found if place[0] == "clocks" and f"`{place[2]}`" not in heads] == []


def test_every_number_of_the_policy_stands_on_the_page(found: list[tuple[Place, Any]], shown: str) -> None:
    words = []
    for place, value in found:
        if place[-1] == "digits":
            words.append(f"{value} 位")
        elif isinstance(value, Span):
            words += [span_label(value, "zh_CN"), span_label(value, "en")]
        elif isinstance(value, Fraction):
            words.append(f"{float(value * 100):g}%")
        elif isinstance(value, int):
            words.append(f"{value} 字" if place[0] == "quality" else f" {value} 次")
        elif isinstance(value, time):
            words.append(f"{value:%H:%M}")
        elif isinstance(value, Window):
            words.append(str(value))
    assert len(words) > 60
    assert [word for word in words if word not in shown] == []


def test_whatever_is_changed_in_the_policy_shows_on_the_page_in_both_languages(
    found: list[tuple[Place, Any]], shown: str
) -> None:
    silent = []
    for place, value in found:
        new, *words = another(place, value)
        page = rules(changed((place, new)))
        silent += [(place, word) for word in words if page.count(word) <= shown.count(word)]

    assert len(found) > 100
    assert silent == []


# --- what the page says is right


def test_limits_stand_under_their_severity() -> None:
    policy = changed((("clocks", "verification"), {"general": "5wd", "major": "3h", "critical": None, "urgent": "20s"}))
    cells = row(rules(policy), "clocks.verification").split(" | ")

    assert cells[1:6] == [
        "首次通知责任单位<br>The first notice to a unit",
        "5 个工作日<br>5 working days",
        "3 小时<br>3 hours",
        "不要求<br>Not owed",
        "20 秒<br>20 seconds",
    ]


def test_only_the_two_limits_of_the_state_council_cite_it(shown: str) -> None:
    cited = {kind for kind in BY_POLICY if "国办发〔2016〕" in row(shown, f"clocks.{kind}")}

    assert cited == {ClockKind.PUBLIC_WORD, ClockKind.PRESS_CONFERENCE}
    for kind in cited:
        assert all(number in row(shown, f"clocks.{kind}") for number in ("61号", "80号"))


def test_shares_are_worked_out_in_hours_and_minutes_for_each_severity(shown: str) -> None:
    section = ladder(shown, ClockKind.PUBLIC_WORD)

    assert "| 一般：48 小时<br>General: 48 hours | 重大、特别重大：5 小时<br>Major, Critical: 5 hours |" in section
    assert "| 43 小时 12 分钟<br>43 hours 12 minutes | 4 小时 30 分钟<br>4 hours 30 minutes |" in section
    assert "| 1 小时 12 分钟<br>1 hour 12 minutes |" in ladder(shown, ClockKind.VERIFICATION)
    assert "| 4 天 4 小时 48 分钟<br>4 days 4 hours 48 minutes |" in ladder(shown, ClockKind.REVIEW)


def test_an_urgent_incident_has_a_place_only_where_its_severity_owes_nothing_by_itself(shown: str) -> None:
    assert "| 一般（紧急）、重大、特别重大：30 分钟<br>" in ladder(shown, ClockKind.BRIEF_REPLY)

    page = rules(changed((("clocks", "verification", "urgent"), "1h")))
    assert "紧急" not in ladder(page, ClockKind.VERIFICATION)


def test_a_share_of_seconds_is_rounded_up_and_never_nothing() -> None:
    policy = changed(
        (("clocks", "review"), {"general": None, "major": "20s", "critical": "3661s"}),
        (("ladders", "review"), [{"at": "1%", "tell": ["asked"]}, {"at": "200%", "tell": ["asked"]}]),
    )
    section = ladder(rules(policy), ClockKind.REVIEW)

    assert "| 1 秒<br>1 second | 37 秒<br>37 seconds |" in section
    assert "| 40 秒<br>40 seconds | 2 小时 2 分钟 2 秒<br>2 hours 2 minutes 2 seconds |" in section


def test_a_rung_at_a_time_of_its_own_counts_from_the_start_whatever_the_limit_is() -> None:
    policy = changed((("ladders", "public_word"), [{"at": "1h", "tell": ["duty_officer"]}]))

    assert (
        "| 起算后 1 小时<br>1 hour after the start | 1 小时<br>1 hour | 1 小时<br>1 hour | 值班员<br>Duty officer |"
    ) in ladder(rules(policy), ClockKind.PUBLIC_WORD)


def test_a_limit_laxer_than_the_state_council_s_is_said_to_be_so(shown: str) -> None:
    assert "比它宽" not in shown
    page = rules(
        changed((("clocks", "public_word", "general"), "49h"), (("clocks", "press_conference", "critical"), None))
    )

    assert "一般 48 小时内（本规定对一般事件比它宽）；" in row(page, "clocks.public_word")
    assert "Major, Critical within 24 hours (this rule is laxer: Critical) |" in row(page, "clocks.press_conference")


def test_clocks_that_run_to_a_named_date_have_no_length_but_say_from_when_to_when(shown: str) -> None:
    for kind, said in (
        (ClockKind.COMMITMENT, "到其中承诺的日期为止"),
        (ClockKind.ACTION_ITEM, "到其中所写的日期为止"),
    ):
        assert said in ladder(shown, kind)
        assert "| 何时 When | 告知 Told |" in ladder(shown, kind)
        assert f"clocks.{kind}" not in shown


def test_working_hours_are_added_up_and_the_example_is_worked_out_with_them(shown: str) -> None:
    assert "每个工作日 08:30-12:00、14:00-17:30，合计 7 小时<br>" in row(shown, "working_hours")
    assert "周一 10:00 起算的 1 个工作日，到周二 10:00 为止；周五 20:00 起算的，到下周一 17:30 为止" in shown
    assert "from Monday 10:00 ends on Tuesday 10:00, from Friday 20:00 on Monday 17:30" in shown

    page = rules(changed((("working_hours",), ["09:00-11:45"])))
    assert "合计 2 小时 45 分钟<br>09:00-11:45 on every working day, 2 hours 45 minutes together" in page
    assert "周一 10:00 起算的 1 个工作日，到周二 10:00 为止；周五 20:00 起算的，到下周一 11:45 为止" in page

    page = rules(changed((("working_hours",), ["00:00-24:00"])))
    assert "周一 10:00 起算的 1 个工作日，到周二 10:00 为止；周五 20:00 起算的，到下周一 20:00 为止" in page

    page = rules(changed((("working_hours",), ["20:00-24:00"])))
    assert "周一 10:00 起算的 1 个工作日，到周二 00:00 为止；周五 20:00 起算的，到周六 00:00 为止" in page


def test_one_hand_back_is_no_plural() -> None:
    page = rules(changed((("hand_back", "ruling_after"), 1)))

    assert "After 1 hand-back the duty officer rules" in row(page, "hand_back.ruling_after")


def test_lists_that_are_empty_say_so() -> None:
    page = rules(
        changed((("official_accounts",), []), (("watched_sites",), []), (("emergency_plan", "severities"), []))
    )

    assert page.count("一个也没有。 None.") == 2
    assert "哪一级都不提请启动" in row(page, "emergency_plan.severities")


def test_what_the_office_names_its_entries_breaks_no_table() -> None:
    page = rules(changed((("watched_sites", 0, "name"), "论坛|本地\n版")))

    assert "| `forum` | 论坛\\|本地 版<br>" in page


def test_shares_of_working_days_are_left_to_the_calendar_except_the_limit_itself() -> None:
    policy = changed((("clocks", "review"), {"general": None, "major": "5wd", "critical": "5wd"}))
    section = ladder(rules(policy), ClockKind.REVIEW)

    assert "| 时限过去 60%<br>60% of the limit | 按起算到时限的全部时间折算，含夜间和节假日<br>" in section
    assert "| 到时限（100%）<br>Due (100%) | 5 个工作日<br>5 working days |" in section


def test_a_ladder_without_rungs_says_that_nobody_is_told() -> None:
    section = ladder(rules(changed((("ladders", "review"), []))), ClockKind.REVIEW)

    assert section.strip() == "不告知任何人。 Nobody is told."


def test_signers_stand_in_their_order() -> None:
    page = rules(changed((("signing", "general"), ["superior", "group_leader"])))

    assert "| 上级有关部门 → 领导小组组长<br>" in row(page, "signing.general")


def test_speakers_stand_under_their_own_key(shown: str) -> None:
    assert "第一新闻发言人<br>" in row(shown, "spokesperson.major")
    assert "指定接受采访<br>" in row(shown, "interviewee.major")
    assert "| 分管领导<br>Branch leader |" in row(shown, "interviewee.major")


def test_pauses_add_up_and_the_last_one_repeats() -> None:
    policy = changed(
        (("mail",), {"attempts": 5, "pauses": ["10s", "1m"]}),
        (("publication", "tell_after"), 2),
        (("publication", "pauses"), ["30s", "1h"]),
        (("publication", "unknown_after"), "90s"),
        (("publication", "look_again"), ["5m", "2h"]),
    )
    page = rules(policy)

    assert "最多试 5 次，最后一次至少在第一次之后 3 分钟 10 秒；" in row(page, "mail.attempts")
    assert "第 2 次仍不成，告知值班员（最早在第一次之后 30 秒）" in row(page, "publication.tell_after")
    assert "发出后最迟 90 秒认定为结果不明，告知值班员" in row(page, "publication.unknown_after")
    assert "过 5 分钟、2 小时各再看一次" in row(page, "publication.look_again")


def test_a_single_attempt_has_no_last_one_after_it() -> None:
    page = rules(changed((("mail", "attempts"), 1), (("publication", "tell_after"), 1)))

    assert "最多试 1 次；" in row(page, "mail.attempts")
    assert "告知值班员，仍继续再试；" in row(page, "publication.tell_after")


def test_what_no_policy_can_change_is_said(shown: str) -> None:
    fixed = shown.split("## 规则不能改的", 1)[1]

    for said in (
        "谁写的文本，谁就不能审批、签发",
        "一个人只能签一个环节",
        "沉默不等于同意",
        "超过的时限永久留在记录里",
    ):
        assert said in fixed


def test_robots_that_tell_the_work_group_are_named() -> None:
    page = rules(changed((("work_group",), {"robots": ["duty"], "events": ["overdue"]})))

    told = next(line for line in page.splitlines() if "`work_group.robots`" in line)
    assert "由机器人 `duty` 发送：时限已过" in told
    assert "By the robots `duty`: A time limit ran out" in told
