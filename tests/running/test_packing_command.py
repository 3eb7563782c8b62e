"""`python -m yingda pack NUMBER --out FILE`: a pack from the command line, once, never over anything else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from yingda.__main__ import main
from yingda.settings import Settings
from yingda.store.models import Event


@pytest.fixture
def number(wired: Settings, open_incident: Callable[..., str]) -> str:
    return open_incident()


def pack(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["pack", *arguments])


def made(session: Session) -> list[Event]:
    session.rollback()
    return [one for one in session.query(Event) if one.kind == "evidence_pack_made"]


def test_a_pack_is_written_whole_for_its_owner_alone_and_noted(number: str, tmp_path: Path, session: Session) -> None:
    target = tmp_path / "证据.zip"
    done = pack(number, "--out", str(target))
    assert done.exit_code == 0, done.output
    [event] = made(session)
    assert event.actor == "system"
    assert f"{target}: {event.data['files']} 个文件 files, manifest SHA-256 {event.data['sha256']}" in done.output
    assert target.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["证据.zip"]
    with zipfile.ZipFile(target) as file:
        file.extractall(tmp_path / "out")
    checked = subprocess.run([sys.executable, "-I", tmp_path / "out" / number / "verify.py"], capture_output=True)
    assert checked.returncode == 0, checked.stdout.decode()


def test_without_a_name_it_stands_here_under_its_number(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert pack(number).exit_code == 0
    assert zipfile.is_zipfile(tmp_path / f"{number}.zip")


def test_what_is_there_already_is_left_alone_and_nothing_is_noted(
    number: str, tmp_path: Path, session: Session
) -> None:
    target = tmp_path / "there.zip"
    target.write_text("mine")
    done = pack(number, "--out", str(target))
    assert done.exit_code == 1
    assert "there.zip 已存在，没有覆盖" in done.output
    assert target.read_text() == "mine"
    assert made(session) == []


@pytest.mark.parametrize("wrong", ["YQCZBG-2026-999", "../../etc/passwd", ""])
def test_a_number_that_is_none_leaves_no_file(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = pack(wrong)
    assert done.exit_code == 1
    assert "Numbers look like YQCZBG-2026-001" in done.output
    assert [one for one in tmp_path.iterdir() if one.is_file()] == []


def test_a_folder_that_is_not_there_is_named(number: str, tmp_path: Path, session: Session) -> None:
    done = pack(number, "--out", str(tmp_path / "nowhere" / "x.zip"))
    assert done.exit_code == 1
    assert "nowhere" in done.output
    assert made(session) == []


def test_the_help_says_what_it_holds_and_how_it_is_checked() -> None:
    done = pack("--help")
    assert done.exit_code == 0
    for words in ("生成一个事件的证据包", "verify.py", "internal matters", "YQCZBG-2026-001"):
        assert words in done.output
