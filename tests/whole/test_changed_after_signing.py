"""A text of which one character was changed after it was signed."""

from __future__ import annotations

from typing import Any

from tests.whole.office import Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System, wait_for

DUTY_OFFICERS = {"ding.yifan", "xia.mengjie"}


@scene
def changed(office: Office, system: System) -> dict[str, Any]:
    """An incident whose publication is held up, whose text is changed meanwhile, and which is then written anew."""
    incident = office.open(a_story("水质检测"))
    # A file where the page's folder has to be: the bulletin cannot take this incident for now.
    in_the_way = system.bulletin / incident.number
    in_the_way.write_text("", encoding="utf-8")
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    wait_for(
        lambda: any(one["kind"] == "publication_failed" for one in incident.told()["timeline"]),
        "a publication that failed",
        pause=0.4,
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
    refused = {
        "told": incident.told(),
        "folder": in_the_way.exists(),
        "notices": {
            letter.to.partition("@")[0] for letter in incident.letters() if "未予发布" in letter.subject + letter.text
        },
    }
    incident.story.version = 2
    incident.answer_all("draft_statement", "sign_statement")
    incident.await_success()
    incident.answer("close")
    return {"incident": incident, "refused": refused}


def test_it_is_not_published_and_goes_back_to_be_written(changed: dict[str, Any]) -> None:
    refused = changed["refused"]
    assert refused["told"]["stage"] == "statement"
    assert {one["state"] for one in refused["told"]["publications"]} == {"pending"}
    assert not refused["folder"]
    assert [one["kind"] for one in refused["told"]["timeline"]].count("publication_refused") == 1


def test_the_duty_officers_are_told(changed: dict[str, Any]) -> None:
    assert changed["refused"]["notices"] == DUTY_OFFICERS


def test_a_new_text_signed_anew_is_published_and_the_changed_one_never_is(
    changed: dict[str, Any], system: System
) -> None:
    changed["incident"].assert_published()
    changed["incident"].assert_nothing_twice()
    public = [path for path in system.bulletin.rglob("*") if path.is_file()]
    assert public
    assert not any("未处置" in path.read_text(encoding="utf-8") for path in public)
