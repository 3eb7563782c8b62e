"""A text of which one character was changed after it was signed."""

from __future__ import annotations

from tests.whole.office import Office, a_story
from tests.whole.system import System, wait_for


def test_a_text_changed_after_signing_is_not_published_and_goes_back_to_be_written(
    office: Office, system: System
) -> None:
    incident = office.open(a_story("水质检测"))
    # A file where the page's folder has to be: the bulletin cannot take this incident for now.
    in_the_way = system.bulletin / incident.number
    in_the_way.write_text("", encoding="utf-8")
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    wait_for(
        lambda: any(one["kind"] == "publication_failed" for one in incident.told()["timeline"]), "a failed publication"
    )
    with system.database() as cursor:
        cursor.execute("ALTER TABLE revision DISABLE TRIGGER keep_as_written")
        cursor.execute(
            "UPDATE revision SET content = replace(content::text, '已处置', '未处置')::jsonb WHERE sha256 = %s",
            (incident.story.sha256,),
        )
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE revision ENABLE TRIGGER keep_as_written")
    in_the_way.unlink()

    incident.asked("draft_statement")

    signed_and_changed = incident.told()["publications"]
    assert [one["state"] for one in signed_and_changed] != ["confirmed"]
    told = [letter for letter in incident.letters() if "未予发布" in letter.subject]
    assert {letter.to.partition("@")[0] for letter in told} == {"ding.yifan", "xia.mengjie"}
    assert not in_the_way.exists()

    incident.story.version = 2
    incident.answer_all("draft_statement", "sign_statement")
    incident.await_success()
    incident.assert_published()
    public = [path for path in system.bulletin.rglob("*") if path.is_file()]
    assert public
    assert not any("未处置" in path.read_text(encoding="utf-8") for path in public)
    incident.answer("close")
    incident.assert_nothing_twice()
