from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from yingda.desk import bulletin


@pytest.fixture
def site(tmp_path: Path) -> TestClient:
    folder = tmp_path / "bulletin"
    outer = FastAPI()
    outer.mount("/bulletin", bulletin.build(folder))
    (folder / "index.html").write_text("全部情况说明", "utf-8")
    (folder / "YQCZBG-2026-001").mkdir()
    (folder / "YQCZBG-2026-001" / "index.html").write_text("路灯", "utf-8")
    (folder / ".lock").write_text("hidden", "utf-8")
    (folder / ".drafts").mkdir()
    (folder / ".drafts" / "index.html").write_text("hidden", "utf-8")
    (tmp_path / "secret.txt").write_text("hidden", "utf-8")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "inside.html").symlink_to(folder / "index.html")
    (folder / "up").symlink_to(tmp_path)
    return TestClient(outer)


def test_anybody_may_read_the_bulletin(site: TestClient):
    for path, words in (
        ("/bulletin/", "全部情况说明"),
        ("/bulletin/index.html", "全部情况说明"),
        ("/bulletin/YQCZBG-2026-001/", "路灯"),
        ("/bulletin/YQCZBG-2026-001", "路灯"),
    ):
        reply = site.get(path)
        assert (reply.status_code, reply.text) == (200, words)
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        ".lock",
        ".drafts/",
        ".drafts/index.html",
        "leak.txt",
        "inside.html",
        "up/secret.txt",
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "YQCZBG-2026-001/../../secret.txt",
        "YQCZBG-2026-001/..%2f..%2fsecret.txt",
    ],
)
def test_nothing_else_can_be_read(site: TestClient, path: str):
    reply = site.get(f"/bulletin/{path}")
    assert reply.status_code == 404
    assert "hidden" not in reply.text


def test_nothing_can_be_written(site: TestClient):
    for method in ("POST", "PUT", "DELETE"):
        assert site.request(method, "/bulletin/index.html").status_code == 405
