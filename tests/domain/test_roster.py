from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from yingda import settings
from yingda.domain.errors import UnknownOfficer, UnknownUnit
from yingda.domain.roles import Role
from yingda.domain.roster import Roster
from yingda.domain.severity import Severity, Topic

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def shipped() -> Roster:
    return settings.load({}).roster


@pytest.fixture
def data(shipped: Roster) -> dict[str, Any]:
    """The shipped roster as data to be changed by a test."""
    return copy.deepcopy(shipped.model_dump(mode="json"))


def one(data: dict[str, Any], officer_id: str) -> dict[str, Any]:
    return next(officer for officer in data["officers"] if officer["id"] == officer_id)


def unit(data: dict[str, Any], unit_id: str) -> dict[str, Any]:
    return next(unit for unit in data["units"] if unit["id"] == unit_id)


def absent(
    data: dict[str, Any], officer_id: str, deputy: str, start: str = "2026-11-23", end: str = "2026-11-27"
) -> None:
    one(data, officer_id)["absences"].append({"start": start, "end": end, "deputy": deputy})


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        Roster.model_validate(data)
    return str(refused.value)


def test_the_shipped_roster_is_a_whole_small_office_without_warnings(shipped):
    assert len(shipped.units) == 8
    assert sum(unit.kind == "village" for unit in shipped.units) == 3
    assert len(shipped.officers) == 20
    assert sum(officer.core for officer in shipped.officers) == 6
    assert len(shipped.holders(Role.DUTY_OFFICER)) == 2
    assert all(shipped.holders(role) for role in Role)
    assert all(officer.email.endswith("@example.org") for officer in shipped.officers)
    assert shipped.warnings(TODAY) == ()


def test_roles_of_a_unit_are_held_by_its_own_people(shipped):
    assert [one.id for one in shipped.holders(Role.SECTION_HEAD, "sanitation")] == ["kang_shufen"]
    assert [one.id for one in shipped.holders(Role.INFORMATION_OFFICER, "sanitation")] == ["bai_lu"]
    assert [one.id for one in shipped.holders(Role.BRANCH_LEADER, "sanitation")] == ["tan_songbai"]
    assert [one.id for one in shipped.holders(Role.BRANCH_LEADER, "liuxi")] == ["han_yue"]
    assert [one.id for one in shipped.holders(Role.OFFICE_DIRECTOR, "liuxi")] == ["shen_ruolan"]
    assert len(shipped.holders(Role.SECTION_HEAD)) == 8


def test_an_id_that_nobody_has_is_named_with_the_ids_there_are(shipped):
    with pytest.raises(UnknownOfficer, match=r"'wang'.*lu_zhenghua"):
        shipped.officer("wang")
    with pytest.raises(UnknownUnit, match=r"'moon'.*sanitation"):
        shipped.unit("moon")
    with pytest.raises(UnknownUnit):
        shipped.holders(Role.SECTION_HEAD, "moon")


def test_a_deputy_answers_on_the_days_of_absence_only_and_the_record_says_for_whom(data):
    absent(data, "bai_lu", "kang_shufen")
    roster = Roster.model_validate(data)

    [asked] = roster.addressees(Role.INFORMATION_OFFICER, "sanitation", date(2026, 11, 27))
    assert asked.officer.id == "kang_shufen"
    assert asked.deputy_for is roster.officer("bai_lu")
    for day in (date(2026, 11, 22), date(2026, 11, 28)):
        [asked] = roster.addressees(Role.INFORMATION_OFFICER, "sanitation", day)
        assert (asked.officer.id, asked.deputy_for) == ("bai_lu", None)


def test_the_deputy_of_an_absent_deputy_answers(data):
    absent(data, "shen_ruolan", "fang_qi")
    absent(data, "fang_qi", "han_yue", start="2026-11-25")
    roster = Roster.model_validate(data)
    assert roster.stand_in("shen_ruolan", date(2026, 11, 24)).id == "fang_qi"
    assert roster.stand_in("shen_ruolan", date(2026, 11, 25)).id == "han_yue"
    [asked] = roster.addressees(Role.OFFICE_DIRECTOR, None, date(2026, 11, 25))
    assert (asked.officer.id, asked.deputy_for.id) == ("han_yue", "shen_ruolan")


def test_a_duty_officer_who_stands_in_for_the_other_is_asked_once_and_as_themselves(data):
    absent(data, "ding_yifan", "xia_mengjie")
    [asked] = Roster.model_validate(data).addressees(Role.DUTY_OFFICER, None, TODAY)
    assert (asked.officer.id, asked.deputy_for) == ("xia_mengjie", None)


def test_a_place_decides_before_the_topic(shipped):
    assert shipped.unit_for(Topic.SANITATION, "垃圾三天没有清运").id == "sanitation"
    assert shipped.unit_for(Topic.SANITATION, "柳溪码头垃圾三天没有清运").id == "liuxi"
    assert shipped.unit_for(None, "石桥菜场外积水").id == "shiqiao"


def test_where_no_rule_fits_nobody_is_chosen(shipped, data):
    assert shipped.unit_for(None, "某处积水") is None
    unit(data, "economy")["topics"].append("sanitation")
    assert Roster.model_validate(data).unit_for(Topic.SANITATION, "垃圾") is None


def test_places_of_two_units_leave_it_to_the_topic(shipped):
    assert shipped.unit_for(Topic.URBAN_MANAGEMENT, "柳溪村到石桥村的路").id == "urban_management"
    assert shipped.unit_for(None, "柳溪村到石桥村的路") is None


def test_the_longer_of_two_place_names_is_meant(data):
    unit(data, "shiqiao")["places"] = ["石桥"]
    unit(data, "nantang")["places"] = ["新石桥"]
    roster = Roster.model_validate(data)
    assert roster.unit_for(None, "新石桥边").id == "nantang"
    assert roster.unit_for(None, "石桥边").id == "shiqiao"
    assert roster.unit_for(None, "新石桥和石桥") is None


def test_ids_that_nobody_has_are_refused_with_the_nearest(data):
    unit(data, "economy")["branch_leader"] = "tan_songbo"
    one(data, "bai_lu")["unit"] = "sanitatoin"
    absent(data, "bai_lu", "nobody_at_all")
    said = refusal(data)
    assert "units.1.branch_leader: the roster has no officer 'tan_songbo'. Did you mean 'tan_songbai'?" in said
    assert "the roster has no unit 'sanitatoin'. Did you mean 'sanitation'?" in said
    assert "the roster has no officer 'nobody_at_all'. Use one of: bai_lu, " in said


def test_doubles_are_refused(data):
    one(data, "bai_lu")["email"] = "TAO.RAN@example.org"
    one(data, "qin_shuang")["id"] = "lu_zhenghua"
    unit(data, "liuxi")["id"] = "economy"
    unit(data, "nantang")["places"].append("石桥村")
    said = refusal(data)
    assert "'TAO.RAN@example.org' belongs to officer 'tao_ran' already" in said
    assert "'lu_zhenghua' names two officers" in said
    assert "'economy' names two units" in said
    assert "'石桥村' belongs to shiqiao already" in said


def test_a_circle_of_deputies_is_refused_only_on_days_that_overlap(data):
    absent(data, "ding_yifan", "xia_mengjie", "2026-11-23", "2026-11-25")
    absent(data, "xia_mengjie", "fang_qi", "2026-11-20", "2026-11-30")
    absent(data, "fang_qi", "ding_yifan", "2026-11-26", "2026-11-27")
    Roster.model_validate(data)
    one(data, "fang_qi")["absences"][0]["start"] = "2026-11-25"
    said = refusal(data)
    assert "on 2026-11-25 the deputies go round in a circle: fang_qi → ding_yifan → xia_mengjie → fang_qi" in said


def test_an_absence_must_make_sense(data):
    absent(data, "bai_lu", "bai_lu")
    absent(data, "tao_ran", "mo_jianguo", "2026-11-27", "2026-11-23")
    absent(data, "qin_shuang", "pan_lihong")
    absent(data, "qin_shuang", "bai_lu", "2026-11-27", "2026-12-01")
    said = refusal(data)
    assert "'bai_lu' cannot stand in for themselves" in said
    assert "ends on 2026-11-23, before it starts on 2026-11-27" in said
    assert "overlaps the one from 2026-11-23" in said


@pytest.mark.parametrize("role", ["office_director", "group_leader", "superior", "duty_officer"])
def test_an_office_without_somebody_indispensable_is_refused(data, role):
    for officer in data["officers"]:
        officer["roles"] = [held for held in officer["roles"] if held != role] or ["media_liaison"]
    assert f"nobody has the role {role}" in refusal(data)


def test_a_unit_needs_its_people(data):
    one(data, "bai_lu")["roles"] = ["media_liaison"]
    one(data, "kang_shufen")["unit"] = "economy"
    unit(data, "economy")["branch_leader"] = "ding_yifan"
    one(data, "tao_ran")["unit"] = None
    said = refusal(data)
    assert "'sanitation' has no information_officer" in said
    assert "'sanitation' has no section_head" in said
    assert "'ding_yifan' does not have the role branch_leader" in said
    assert "'tao_ran' is information_officer of no unit" in said


@pytest.mark.parametrize(
    "email",
    [
        "wang",
        "wang@",
        "@example.org",
        "wang li@example.org",
        "wang@example..org",
        ".w@example.org",
        "w@-a.org",
        "王@x.cn",
        "wang@example.org\nBcc: all@example.org",
        "wang@example.org\n",
        "Wang <wang@example.org>",
        "a@b.org,c@d.org",
    ],
)
def test_a_bad_address_is_refused(data, email):
    one(data, "bai_lu")["email"] = email
    assert "is not an e-mail address" in refusal(data)


@pytest.mark.parametrize("email", ["wang@localhost", "w.li+office@sub.example.test", "W_L@gov.example.cn"])
def test_an_address_inside_the_house_is_good(data, email):
    one(data, "bai_lu")["email"] = email
    assert Roster.model_validate(data).officer("bai_lu").email == email


def test_a_name_with_a_line_break_never_reaches_a_mail_header(data):
    one(data, "bai_lu")["name"] = "白露\r\nBcc: all@example.org"
    assert "is not a line of text" in refusal(data)


def test_what_is_probably_not_meant_is_warned_of(data):
    one(data, "bai_lu")["core"] = False
    one(data, "tao_ran")["core"] = False
    one(data, "jiang_wenbo")["roles"] = ["information_officer"]
    unit(data, "economy")["topics"] = ["sanitation"]
    absent(data, "shen_ruolan", "fang_qi", "2026-11-01", "2026-11-22")
    roster = Roster.model_validate(data)
    said = "\n".join(roster.warnings(TODAY))
    assert "The core team has 4 officers; it should have 5 to 7." in said
    assert "Nobody has the role media_liaison" in said
    assert "The topic economy belongs to no unit" in said
    assert "The topic sanitation belongs to economy, sanitation" in said
    assert "The absence of shen_ruolan ended on 2026-11-22" in said
    assert "absence" not in "\n".join(roster.warnings(date(2026, 11, 22)))


def test_nobody_who_drafts_statements_is_needed_to_sign_one(shipped):
    policy = settings.load({}).policy
    drafters = set(shipped.holders(Role.DUTY_OFFICER))
    for severity in Severity:
        for role in policy.signing[severity]:
            assert not drafters & set(shipped.holders(role))
