from yingda.domain.differing import Change, Part
from yingda.domain.life import DocumentKind
from yingda.services import briefing, comparing
from yingda.services.answering import look

REPORT = {
    "cause": "线路老化，三盏路灯断电。",
    "measures": "当日更换",
    "wording": "已修复",
    "result": "恢复",
    "evidence": ["照片"],
}


def test_only_changed_fields_are_shown_and_lists_are_read_line_by_line(house):
    after = {**REPORT, "cause": "线路老化，五盏路灯断电。", "evidence": ["照片", "检测报告"]}
    cause, evidence = comparing.compare(REPORT, after, DocumentKind.REPORT, house)
    assert (cause.field, cause.label) == ("cause", "舆情产生原因（事实真相）")
    assert Part(Change.REMOVED, "三") in cause.parts
    assert Part(Change.ADDED, "五") in cause.parts
    assert evidence.field == "evidence"
    assert [part.text for part in evidence.parts if part.change is Change.ADDED] == ["\n检测报告"]


def test_whoever_judges_a_second_round_is_shown_what_changed_since_the_first(office):
    number = office.open()
    office.answer(number, "report", "submit", **REPORT)
    office.answer(number, "approve_report", "return", comment="数量不对")
    office.answer(number, "report", "submit", **{**REPORT, "cause": "线路老化，五盏路灯断电。"})

    request = office.asked(number, "approve_report")
    claims = office.claims(request)
    with office.transaction() as session:
        brief = briefing.brief(session, look(session, claims, office.now), claims.officer_id, office.house)
    [report] = brief.context.documents
    [changed] = report.changes
    assert changed.field == "cause"


def test_the_first_round_shows_no_changes(office):
    number = office.open()
    office.answer(number, "report", "submit", **REPORT)
    claims = office.claims(office.asked(number, "approve_report"))
    with office.transaction() as session:
        brief = briefing.brief(session, look(session, claims, office.now), claims.officer_id, office.house)
    assert brief.context.documents[0].changes == ()
