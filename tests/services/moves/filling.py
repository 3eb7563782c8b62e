"""Filling in forms: right fields for every action and act, and the many ways to get them wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

UNITS = ("liuxi", "sanitation", "economy")
CLAIMS = ("水里有毒", "已经死了人")

Fields = dict[str, Any]


def _in(now: datetime, **span: float) -> str:
    return (now + timedelta(**span)).isoformat()


def _promises(now: datetime, variety: int) -> list[Fields]:
    """None, one for tomorrow, or two: one within the hour, one for a day long after links ended."""
    many: tuple[list[Fields], ...] = (
        [],
        [{"text": "更换线路", "unit": "liuxi", "due": _in(now, days=1)}],
        [
            {"text": "公布检测结果", "unit": UNITS[variety % 3], "due": _in(now, minutes=40)},
            {"text": "全村排查", "unit": UNITS[(variety + 1) % 3], "due": _in(now, days=40)},
        ],
    )
    return many[variety % 3]


def _statement(now: datetime, variety: int, kind: str) -> Fields:
    return {
        "kind": kind,
        "title": "情况说明",
        "body": f"路灯**已修复**（第{variety % 5}稿）。",
        # An interim word without a timetable is none.
        "commitments": _promises(now, 1 + variety // 2 % 2 if kind == "holding" else variety // 2),
    }


def answer(
    kind: str,
    action: str,
    now: datetime,
    variety: int,
    *,
    due: datetime | None = None,
    wanted: str | None = None,
    officer: str = "",
) -> Fields:
    """Return fields that the form of an action takes.

    :param variety: which of several right ways to fill it in
    :param due: when the answer is due, if it is
    :param wanted: the kind that the next statement must be, if it must be one
    :param officer: somebody of the roster
    """
    more_time = _in(max(now, due or now), minutes=(10, 600, 60_000)[variety % 3])
    several: Mapping[tuple[str, str], Callable[[], Fields]] = {
        ("assign_unit", "assign"): lambda: {"unit": UNITS[variety % 3], "reason": "按职责" if variety % 2 else ""},
        ("brief_reply", "submit"): lambda: {"reply": "正在查看"},
        ("report", "submit"): lambda: {
            "cause": f"线路老化（第{variety % 4}稿）",
            "measures": "当日更换",
            "wording": "已修复",
            "result": "路灯恢复",
            "evidence": ["照片"][: variety % 2],
            "refuted": list(CLAIMS[: variety % 3]),
        },
        ("report", "request_extension"): lambda: {"reason": "等检测", "until": more_time},
        ("commitment", "request_extension"): lambda: {"reason": "等检测", "until": more_time},
        ("draft_statement", "submit"): lambda: _statement(now, variety, wanted or ("final", "holding")[variety % 2]),
        ("press_conference", "held"): lambda: {"when": _in(now, minutes=-5), "where": "会议室", "who": "组长"},
        ("close", "close"): lambda: {"result": "已办结"},
        ("review", "submit"): lambda: {"lessons": "早查早改", "actions": _promises(now, variety)},
        ("commitment", "submit"): lambda: {"answer": "已换完", "evidence": ["照片"][: variety % 2]},
        ("emergency_plan", "start"): lambda: {"reason": "情况紧急", "interviewee": ("", officer)[variety % 2]},
        ("emergency_plan", "not_now"): lambda: {"reason": "尚可控制", "interviewee": ("", officer)[variety % 2]},
        ("send_letter", "sent"): lambda: {"when": _in(now), "how": "挂号信"},
        ("feedback", "reopen"): lambda: {
            "stage": ("verification", "statement")[variety % 2],
            "reason": "反馈属实",
        },
        ("enquiry", "answered"): lambda: {"answer": "见公开栏", "who": "宣传办", "when": _in(now)},
    }
    filled = several.get((kind, action))
    if filled is not None:
        return filled()
    if action in {"grant", "refuse", "dismiss", "hand_back", "leave"} and kind != "decide_letter":
        return {"reason": "有理由"}
    return {"comment": "照此办理"}


def act(name: str, now: datetime, variety: int, numbers: Sequence[str], claims: Sequence[str]) -> Fields:
    """Return fields that the form of an act takes; whether it can be done where the incident stands is another thing.

    :param numbers: of incidents that another may be merged into
    :param claims: what the newest report refutes; any claim at all where it refutes none
    """
    pick = variety % 7
    several: Mapping[str, Callable[[], Fields]] = {
        "regrade": lambda: {"severity": ("general", "major", "critical")[variety % 3], "reason": "事态变化"},
        "reassign": lambda: {"unit": ("liuxi", "sanitation", "nowhere")[variety % 3], "reason": "职责另有归属"},
        "extend": lambda: {"until": _in(now, minutes=(-5, 30, 600)[variety % 3]), "reason": "需检测"},
        "reopen": lambda: {"stage": ("assign_unit", "verification", "statement")[variety % 3], "reason": "又有反映"},
        "merge": lambda: {"into": numbers[variety % len(numbers)], "reason": "同一件事"},
        "unmerge": lambda: {"reason": "并非一事"},
        "observe": lambda: {"seen_at": _in(now, minutes=-3), "text": "转发增多"},
        "enquiry": lambda: {
            "outlet": "晚报",
            "question": "几时修好？",
            "asked_at": None if pick % 2 else _in(now, minutes=-2),
            "due": _in(now, hours=2) if pick % 3 else None,
        },
        "official_reply": lambda: {
            "account": ("website", "wechat")[variety % 2],
            "url": f"https://example.org/reply/{pick}",
            "text": "已修复",
            "when": _in(now, minutes=-2),
        },
        "letter": lambda: {
            "kind": ("correction_request", "referral")[variety % 2],
            "recipient": "某报",
            "claim": claims[variety % len(claims)] if claims else CLAIMS[0],
            "refutation": "检测合格",
            "evidence": ["检测报告"],
            "ground": ("false_fact", "fabricated_disaster")[variety % 2],
        },
    }
    return several.get(name, lambda: {"reason": f"第{pick}个理由"})()


def spoilt(fields: Fields, variety: int) -> Fields:
    """Return the fields with one thing wrong that no form takes."""
    names = sorted(name for name, value in fields.items() if isinstance(value, str) and value)
    name = names[variety % len(names)] if names else "reason"
    ways: tuple[Callable[[], Fields], ...] = (
        lambda: {**fields, "surprise": "x"},
        lambda: {**fields, name: {"a": [1]}},
        lambda: {**fields, name: "x" * 20_001},
        lambda: {**fields, name: "a\x00b"},
        lambda: {**fields, name: 7},
    )
    return ways[variety % len(ways)]()


def lead(now: datetime, variety: int) -> Fields:
    """Return fields that the form of a reported lead takes."""
    return {
        "title": ("柳溪村路灯不亮", "垃圾没人收", "办事排长队")[variety % 3],
        "summary": ("", "又有人反映")[variety % 2],
        "severity": ("general", "major", "critical")[variety % 3],
        "drill": variety % 7 == 6,
        "unit": ("", "liuxi")[variety % 2],
        "source_url": ("", "https://example.org/thread/1", "https://example.org/thread/2")[variety % 3],
        "origin": ("officer", "hotline")[variety % 2],
        "seen_at": _in(now, minutes=-7),
    }
