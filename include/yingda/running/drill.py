"""The drill: two incidents, one general and one critical, from lead to publication, and the register of the day.

Everything happens as it would on a working day: triggered over the REST API, asked by mail, answered through the
links, published, read on the live page. What is not seen to happen fails the drill.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from yingda.running.officers import Asked, Officers
from yingda.running.rest import Airflow

PATIENCE = 240.0
"""Seconds an incident may take from trigger to the end of its run."""

LEADS: dict[str, dict[str, Any]] = {
    "general": {
        "title": "石桥路垃圾清运不及时",
        "summary": "居民反映石桥路两侧垃圾桶连续三天未清运，评论询问何时恢复。",
        "topic": "sanitation",
        "severity": "general",
        "platform": "本地论坛",
    },
    "critical": {
        "title": "自来水异味引发集中关注",
        "summary": "多个小区反映自来水有异味，评论询问能否饮用、何时公布检测结果。",
        "topic": "livelihood",
        "severity": "critical",
        "urgent": True,
        "platform": "短视频平台",
    },
}

STATEMENTS = {
    "general": (
        "关于石桥路垃圾清运情况的说明",
        "## 情况\n\n经核实，石桥路清运车辆因故障停运三天，反映属实。\n\n## 处置\n\n"
        "- 已调配备用车辆，当日完成清运；\n- 故障车辆修复前每日增加一个班次。\n\n感谢群众监督。",
    ),
    "critical": (
        "关于部分小区自来水异味的情况说明",
        "## 已经查明的\n\n异味来自管网检修后的余氯波动，出厂水和末梢水 **各项指标合格**。\n\n## 正在做的\n\n"
        "1. 对涉及小区逐户排放冲洗；\n2. 每日公布检测结果。\n\n## 下一次发布\n\n检测结果将于承诺时限前公布。",
    ),
}


def play(environment: dict[str, str], console: Console) -> bool:
    """Play it against the running system of `environment`; True only if every step was seen to happen."""
    base = f"http://127.0.0.1:{environment['PORT']}"
    home = Path(environment["YINGDA_HOME"])
    accounts = json.loads((home / "accounts.json").read_text(encoding="utf-8"))
    airflow = Airflow(base, "ops", accounts["ops"]["password"])
    officers = Officers(home / "mail", base)
    officers.skip_old_mail()
    # Addresses must stay whole to be clicked.
    console = Console(highlight=False, soft_wrap=True, file=console.file, force_terminal=console.is_terminal)
    console.rule("演练 Drill")
    try:
        for severity in LEADS:
            _play_one(severity, airflow, officers, console)
        _register(airflow, home, console)
        _audit(airflow, console)
    except (DrillFailed, requests.RequestException) as failed:
        console.print(f"[bold red]演练未通过 The drill failed:[/] {failed}")
        return False
    _say_where(base, home, accounts, console)
    return True


class DrillFailed(Exception):
    """Something that had to be seen was not."""


def _play_one(severity: str, airflow: Airflow, officers: Officers, console: Console) -> None:
    began = time.monotonic()
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")
    lead = {**LEADS[severity], "drill": True, "source_url": f"https://forum.example.org/t/{severity}-{stamp}"}
    run_id = airflow.trigger("incident_response", lead)
    console.print(f"\n[bold]{lead['title']}[/]  {severity}  run {run_id}")
    story = _Story(severity)
    number = _until_it_ends(run_id, airflow, officers, story, console)
    # The last requests (to close, the press conference) may be answered after the run has ended.
    _answer_what_came(officers, story, console, until=story.is_told)
    incident = _incident(airflow, number)
    _seen(incident["stage"] == "closed", f"{number} stands at {incident['stage']}, not at closed")
    [publication] = incident["publications"]
    _seen(publication["state"] == "confirmed", f"the publication of {number} is {publication['state']}")
    page = requests.get(publication["url"], timeout=30)
    _seen(page.ok and STATEMENTS[severity][0] in page.text, f"{publication['url']} does not show the statement")
    [statement] = [document for document in incident["documents"] if document["kind"] == "statement"]
    text = statement["revisions"][-1]["sha256"]
    signed = [signature["role"] for signature in incident["signatures"] if signature["sha256"] == text]
    _seen(signed == story.chain, f"signed by {signed}, not by {story.chain}")
    console.print(
        f"  [green]已发布并核验 published and seen live[/] {publication['url']}"
        f"  ({time.monotonic() - began:.0f} s, {len(story.answered)} 次答复 answers)"
    )


def _until_it_ends(run_id: str, airflow: Airflow, officers: Officers, story: _Story, console: Console) -> str:
    number = ""

    def ended() -> bool:
        nonlocal number
        number = number or story.number
        return airflow.state("incident_response", run_id) in ("success", "failed")

    _answer_what_came(officers, story, console, until=ended)
    state = airflow.state("incident_response", run_id)
    _seen(state == "success", f"the run {run_id} ended as {state}")
    _seen(bool(number), "no mail asked anybody for anything")
    return number


def _answer_what_came(officers: Officers, story: _Story, console: Console, *, until: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not until():
        _seen(time.monotonic() < give_up, f"nothing moved for {PATIENCE:.0f} s after {story.answered or 'the trigger'}")
        for message in officers.new_mail():
            asked = officers.open(message)
            if asked is None or not story.concerns(asked):
                continue
            fields = story.answer(asked)
            if fields is None:
                continue
            answer = officers.answer(asked, fields)
            _seen(answer.ok, f"{asked.kind}: {asked.officer} answered and got {answer.status_code} {answer.text[:300]}")
            story.answered.append(asked.kind)
            console.print(f"  {asked.body['incident_no']}  {asked.officer:4} {asked.kind:18} {fields['action']}")
        time.sleep(0.3)


class _Story:
    """What the officers of one drill answer; in the critical one the report comes back once."""

    def __init__(self, severity: str) -> None:
        self.severity = severity
        self.number = ""
        self.answered: list[str] = []
        self.chain = {
            "general": ["office_director"],
            "critical": ["office_director", "group_leader", "superior"],
        }[severity]

    def is_told(self) -> bool:
        """Tell whether all was answered that this severity asks for."""
        last = {"close", "press_conference", "emergency_plan"} if self.severity == "critical" else {"close"}
        return last <= set(self.answered)

    def concerns(self, asked: Asked) -> bool:
        """Take the first incident that asks for this story's own, and no other afterwards."""
        if asked.body["context"]["incident"]["title"] != LEADS[self.severity]["title"]:
            return False
        self.number = self.number or asked.body["incident_no"]
        return bool(asked.body["incident_no"] == self.number)

    def answer(self, asked: Asked) -> dict[str, Any] | None:
        title, body = STATEMENTS[self.severity]
        in_two_days = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
        unit = asked.body["context"]["units"][0]["id"]
        answers: dict[str, dict[str, Any]] = {
            "assign_unit": {"action": "assign", "unit": unit},
            "brief_reply": {"action": "submit", "reply": "已到现场，正在核实，三十分钟内补充。"},
            "report": {
                "action": "submit",
                "cause": "经现场核实，反映的情况属实，原因已经查明。",
                "measures": "已采取措施并安排专人跟进，同步在评论区说明。",
                "wording": "情况属实，正在整改，进展及时公布。",
                "result": "当日处置完毕。",
                "evidence": ["现场照片 3 张"],
            },
            "approve_report": {"action": "approve"},
            "draft_statement": {
                "action": "submit",
                "kind": "final",
                "title": title,
                "body": body,
                "commitments": [{"text": "公布进展", "unit": unit, "due": in_two_days}],
            },
            "sign_statement": {"action": "approve"},
            "press_conference": {
                "action": "held",
                "when": datetime.now(UTC).isoformat(timespec="seconds"),
                "where": "三楼会议室",
                "who": "领导小组组长",
            },
            "emergency_plan": {"action": "start", "reason": "涉及多个小区饮用水。"},
            "close": {"action": "close", "result": "已公开答复，群众认可。"},
        }
        if self.severity == "critical" and asked.kind == "approve_report" and "approve_report" not in self.answered:
            return {"action": "return", "comment": "请补充检测数据的来源。"}
        return answers.get(asked.kind)


def _incident(airflow: Airflow, number: str) -> dict[str, Any]:
    answer = airflow.get(f"/desk/api/incidents/{number}")
    _seen(answer.ok, f"/desk/api/incidents/{number} answered {answer.status_code}")
    return dict(answer.json())


def _register(airflow: Airflow, home: Path, console: Console) -> None:
    run_id = airflow.trigger("hazard_register", {})
    state = airflow.wait("hazard_register", run_id, seconds=PATIENCE)
    _seen(state == "success", f"hazard_register ended as {state}")
    days = sorted(path.parent.name for path in (home / "register").glob("*/register.xlsx"))
    _seen(bool(days), "no register.xlsx was written")
    console.print(f"\n舆情隐患汇总表 Register: {home / 'register' / days[-1] / 'register.xlsx'}")


def _audit(airflow: Airflow, console: Console) -> None:
    answer = airflow.get("/desk/api/audit/verify")
    _seen(answer.ok, f"the event chain does not hold: {answer.text[:300]}")
    console.print("事件链完整 The event chain holds.")


def _say_where(base: str, home: Path, accounts: dict[str, dict[str, str]], console: Console) -> None:
    console.print(f"\nAirflow        {base}/   工作台 Desk {base}/desk/   公开栏 Bulletin {base}/bulletin/")
    console.print(f"邮件 Mail       {home / 'mail'}")
    who = ", ".join(f"{name} ({one['role']})" for name, one in accounts.items())
    console.print(f"账号 Accounts   {who}: {home / 'accounts.json'}")
    console.print("[bold green]演练通过 The drill passed.[/]")


def _seen(happened: bool, otherwise: str) -> None:
    if not happened:
        raise DrillFailed(otherwise)
