"""The roles officers hold."""

from __future__ import annotations

from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_


class Role(StrEnum):
    """A part an officer plays in answering; one officer may hold several."""

    GROUP_LEADER = "group_leader"
    GROUP_DEPUTY = "group_deputy"
    OFFICE_DIRECTOR = "office_director"
    OFFICE_DEPUTY = "office_deputy"
    DUTY_OFFICER = "duty_officer"
    BRANCH_LEADER = "branch_leader"
    SECTION_HEAD = "section_head"
    INFORMATION_OFFICER = "information_officer"
    SUPERIOR = "superior"
    MEDIA_LIAISON = "media_liaison"


# Whom these roles mean depends on the unit that the matter belongs to.
UNIT_ROLES = frozenset({Role.BRANCH_LEADER, Role.SECTION_HEAD, Role.INFORMATION_OFFICER})

_LABELS: dict[Role, str] = {
    Role.GROUP_LEADER: N_("领导小组组长"),
    Role.GROUP_DEPUTY: N_("领导小组副组长"),
    Role.OFFICE_DIRECTOR: N_("办公室主任"),
    Role.OFFICE_DEPUTY: N_("办公室副主任"),
    Role.DUTY_OFFICER: N_("值班员"),
    Role.BRANCH_LEADER: N_("分管领导"),
    Role.SECTION_HEAD: N_("科室负责人"),
    Role.INFORMATION_OFFICER: N_("网络舆情信息员"),
    Role.SUPERIOR: N_("上级有关部门"),
    Role.MEDIA_LIAISON: N_("宣传办"),
}


def label(value: Role, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return speech.said(_LABELS[value], locale)
