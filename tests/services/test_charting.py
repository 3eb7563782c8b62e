"""附件1: drawn from the dag's structure and the rules in force, to be read by eyes and by screen readers."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from lxml import etree

from yingda.domain.clocks import Span
from yingda.domain.flowchart import Structure
from yingda.domain.policy import Policy
from yingda.services import charting
from yingda.settings import Settings

IDS = [
    "open_incident", "assign_unit", "brief_reply", "verification", "report_approval",
    "statement", "statement_approval", "publication", "live_check", "closing",
]  # fmt: skip
NAMES = ["受理", "转办", "简要答复", "核查", "报告审批", "起草说明", "签发", "发布", "上线核验", "待办结"]
SVG = "{http://www.w3.org/2000/svg}"


def picture(policy: Policy, structure: Structure | None = None) -> Any:
    return etree.fromstring(charting.svg(structure or charting.kept(), policy).encode())


def words(part: Any) -> str:
    return " ".join("".join(part.itertext()).split())


def step(root: Any, task_id: str) -> str:
    [found] = root.xpath(f'//*[@id="step-{task_id}"]')
    return "".join(words(found).split())


@pytest.fixture
def policy(house: Settings) -> Policy:
    return house.policy


def test_the_ten_steps_stand_in_order_with_ids_and_names_in_both_languages(policy: Policy) -> None:
    root = picture(policy)
    steps = root.findall(f"{SVG}g")
    assert [one.find(f"{SVG}title").text for one in steps] == IDS
    heads = [words(one.findall(f"{SVG}text")[0]) for one in steps]
    assert [re.sub(r"^\d+\. (\S+) .*", r"\1", head) for head in heads] == NAMES
    assert heads[3] == "4. 核查 Verification"
    tops = [float(one.find(f"{SVG}rect").get("y")) for one in steps]
    assert tops == sorted(tops)


def test_who_and_what_limit_come_from_the_rules(policy: Policy) -> None:
    root = picture(policy)
    assert "核实结果：2小时" in step(root, "verification")
    assert "谁：网络舆情信息员、科室负责人" in step(root, "verification")
    assert "简要答复：一般不要求；重大、特别重大30分钟，标紧急的30分钟" in step(root, "brief_reply")
    assert "重大办公室主任→上级有关部门" in step(root, "statement_approval")
    assert "首次发布权威信息：一般48小时；重大、特别重大5小时" in step(root, "publication")
    rule = policy.clocks["verification"].model_copy(update={"general": Span.parse("90m")})  # type: ignore[index]
    other = policy.model_copy(
        update={
            "clocks": {**policy.clocks, "verification": rule},
            "signing": {**policy.signing, "major": policy.signing["general"]},  # type: ignore[index]
        }
    )
    root = picture(other)
    assert "核实结果：一般90分钟；重大、特别重大2小时" in step(root, "verification")
    assert "一般、重大办公室主任；" in step(root, "statement_approval")


def test_the_ways_back_are_said_in_words_as_well(policy: Policy) -> None:
    said = words(picture(policy).find(f"{SVG}desc"))
    for way in (
        "核查 → 转办：退单",
        "报告审批 → 核查：退回修改",
        "签发 → 起草说明：退回修改",
        "待办结 → 转办：重新办理",
    ):
        assert way in said
    assert "Signing → Drafting the statement: Returned" in said
    assert [said.index(name) for name in NAMES] == sorted(said.index(name) for name in NAMES)


def test_eyes_and_screen_readers_find_what_they_need_and_nothing_runs(policy: Policy) -> None:
    text = charting.svg(charting.kept(), policy)
    root = etree.fromstring(text.encode())
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "flow-title flow-desc"
    assert words(root.find(f"{SVG}title")) == "附件1 网络舆情处置工作流程图 How an incident is handled"
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"<script|\son\w+=|javascript:|xlink:href|@import|url\((?!#tip)", text)
    # Without the style every shape and word has its colour already.
    for one in root.iter(f"{SVG}text", f"{SVG}rect", f"{SVG}polyline"):
        assert one.get("fill"), etree.tostring(one)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_by_day_and_by_night(policy: Policy, scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    text = charting.svg(charting.kept(), policy)
    by_class = {
        name: colour
        for names, colour in re.findall(r"^(\.[\w., -]+) \{ fill: (#\w{6})", text, re.MULTILINE)
        for name in re.findall(r"\.(\w+)", names)
    }
    light = {"ink": "#1b1f24", "quiet": "#57606a", "box": "#f4f5f7", "paper": "#ffffff"}
    look = {**light, **by_class} if scheme == "dark" else light

    def brightness(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for ink in ("ink", "quiet"):
        for ground in ("box", "paper"):
            one, two = sorted((brightness(look[ink]), brightness(look[ground])))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, ground)


def test_a_step_that_nobody_named_yet_is_drawn_as_well(policy: Policy) -> None:
    kept = charting.kept()
    more = replace(kept, steps=(*kept.steps, ("file_away", "<归档> & {{ 7*7 }}")))
    assert words(picture(policy, more).findall(f"{SVG}g")[-1].findall(f"{SVG}text")[0]) == (
        "11. <归档> & {{ 7*7 }} File away"
    )


def test_what_is_kept_of_a_structure_is_read_again() -> None:
    kept = charting.kept()
    assert charting.read(charting.to_keep(kept)) == kept
    assert [one for one, _ in kept.steps] == IDS
    assert list(kept.edges) == list(pairwise(IDS))


def test_everything_lies_within_the_picture(policy: Policy) -> None:
    root = picture(policy)
    width, height = float(root.get("width")), float(root.get("height"))
    for line in root.iter(f"{SVG}polyline"):
        for point in line.get("points").split():
            x, y = map(float, point.split(","))
            assert 0 < x < width
            assert 0 < y < height
    for one in root.iter(f"{SVG}rect"):
        assert float(one.get("x", "0")) >= 0
        assert float(one.get("x", "0")) + float(one.get("width")) <= width
