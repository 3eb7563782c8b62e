"""The office's page: who is there, and the rules in force with the file each comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import access
from yingda.desk.office_page import rules
from yingda.settings import Settings

from .conftest import Clock


@pytest.fixture
def with_files(wired: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An office that changed two rules."""
    own = tmp_path / "own-policy.yaml"
    own.write_text("clocks:\n  verification: {general: 90m}\nsigning:\n  general: [office_director, superior]\n")
    monkeypatch.setenv("YINGDA_POLICY", str(own))
    settings.forget()
    return settings.current()


def test_every_rule_is_shown_as_the_office_wrote_it_with_its_file(
    logged_in: TestClient, clock: Clock, with_files: Settings
) -> None:
    found = {rule.key: rule for rule in rules(with_files)}
    changed = {key for key, rule in found.items() if rule.own}
    assert changed == {"clocks.verification.general", "signing.general"}
    assert found["clocks.verification.general"].value == "90m"
    assert found["clocks.verification.general"].file.endswith("own-policy.yaml")
    assert found["clocks.verification.major"].value == "2h"
    assert found["signing.general"].value == "[office_director, superior]"

    page = logged_in.get("/desk/office").text
    for rule in found.values():
        assert f"<code>{rule.key}</code>" in page
    assert "own-policy.yaml" in page
    assert "90m" in page


def test_addresses_are_shown_to_those_who_act_and_not_to_those_who_look(
    logged_in: TestClient, clock: Clock, wired: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers = wired.roster.officers
    page = logged_in.get("/desk/office").text
    assert all(one.name in page and one.email in page for one in officers)
    monkeypatch.setattr(access, "can_act", lambda user: False)
    page = logged_in.get("/desk/office").text
    assert all(one.name in page for one in officers)
    assert not [one.email for one in officers if one.email in page]


def test_the_flow_chart_is_drawn_with_the_rules_in_force(
    logged_in: TestClient, clock: Clock, with_files: Settings
) -> None:
    assert '<img class="flow" src="/desk/flow.svg"' in logged_in.get("/desk/office").text
    reply = logged_in.get("/desk/flow.svg")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/svg+xml")
    assert "style-src 'unsafe-inline'" in reply.headers["content-security-policy"]
    assert "script-src" not in reply.headers["content-security-policy"]
    assert "核实结果：一般 90 分钟；重大、特别重大 2 小时" in reply.text
