"""Style and scripts: served by name only, kept for good where the address names the content, unchanged."""

from __future__ import annotations

import hashlib
import re

from fastapi.testclient import TestClient

from yingda.desk import static_files


def test_what_was_made_elsewhere_is_unchanged():
    told = (static_files.FOLDER / "VENDORED.md").read_text()
    sums = dict(re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", told, re.M))
    assert set(sums) == {name for name in static_files.FILES if ".min." in name}
    for name, expected in sums.items():
        assert hashlib.sha256((static_files.FOLDER / name).read_bytes()).hexdigest() == expected


def test_only_what_is_named_is_served(client: TestClient):
    for name in static_files.FILES:
        assert client.get(f"/desk/static/{name}").status_code == 200
    for name in ("VENDORED.md", "..%2fapp.py", "%2e%2e/app.py", "desk.css/", "x.js"):
        assert client.get(f"/desk/static/{name}", follow_redirects=False).status_code in {404, 401, 307}, name
        assert "VENDORED" not in client.get(f"/desk/static/{name}").text


def test_only_an_address_that_names_the_content_is_kept_for_good(client: TestClient):
    now = client.get(static_files.address("/desk", "desk.css"))
    assert "immutable" in now.headers["Cache-Control"]
    assert "immutable" not in client.get("/desk/static/desk.css?v=0123456789ab").headers["Cache-Control"]


def test_pages_run_our_scripts_and_nobody_elses(client: TestClient):
    page = client.get("/desk/r?token=x")
    policy = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    for script in re.findall(r"<script[^>]*>[^<]*</script>", page.text):
        assert re.fullmatch(r'<script src="/desk/static/[\w.]+\?v=[0-9a-f]{12}"></script>', script)
