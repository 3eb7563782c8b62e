"""The roles officers hold."""

from __future__ import annotations

from enum import StrEnum


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

_LABELS: dict[Role, tuple[str, str]] = {
    Role.GROUP_LEADER: ("领导小组组长", "Leader of the leading group"),
    Role.GROUP_DEPUTY: ("领导小组副组长", "Deputy leader of the leading group"),
    Role.OFFICE_DIRECTOR: ("办公室主任", "Office director"),
    Role.OFFICE_DEPUTY: ("办公室副主任", "Deputy office director"),
    Role.DUTY_OFFICER: ("值班员", "Duty officer"),
    Role.BRANCH_LEADER: ("分管领导", "Branch leader"),
    Role.SECTION_HEAD: ("科室负责人", "Section head"),
    Role.INFORMATION_OFFICER: ("网络舆情信息员", "Information officer"),
    Role.SUPERIOR: ("上级有关部门", "Department above"),
    Role.MEDIA_LIAISON: ("宣传办", "Media liaison"),
}


def label(value: Role, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return _LABELS[value][locale == "en"]
