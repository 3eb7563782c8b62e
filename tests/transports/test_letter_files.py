"""Letters to the outside as files: the same bytes each time, whole or not at all, for the office's user alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from yingda import rendering
from yingda.domain.life import LetterKind
from yingda.transports import letter_files
from yingda.transports.errors import TransportError
from yingda.transports.letter_files import Contents

CONTENTS = Contents(
    number="YQCZBG-2026-001-1",
    kind=LetterKind.CORRECTION_REQUEST,
    day=date(2026, 11, 23),
    office_name="某街道办公室",
    phone="0571-5550-0100",
    recipient="某某日报",
    claim="三盏路灯已坏一年",
    refutation="11月20日断电。\n次日已换线。",
    evidence=("维修单", "https://example.org/photo/1"),
    ground="报道所述事实经核实不属实",
    decided_by="办公室主任 沈若兰",
    drill=False,
)
HOSTILE = "<img src=x onerror=1>{{ 7*7 }}{% raw %}&\"'"

each_locale = pytest.mark.parametrize("locale", ["zh_CN", "en"])
each_kind = pytest.mark.parametrize("kind", list(LetterKind))


@each_locale
@each_kind
def test_text_and_page_say_the_same_and_all_of_it(kind: LetterKind, locale: str) -> None:
    letter = letter_files.compose(replace(CONTENTS, kind=kind), locale)
    page = rendering.plain_text(letter.html)
    for words in (
        CONTENTS.number,
        CONTENTS.office_name,
        CONTENTS.phone,
        CONTENTS.recipient,
        CONTENTS.claim,
        "次日已换线。",
        *CONTENTS.evidence,
        CONTENTS.ground,
        CONTENTS.decided_by,
    ):
        assert words in letter.text
        assert words in page
    assert "演练" not in letter.text + letter.html
    assert letter.html.startswith("<!DOCTYPE html>")
    assert "<script" not in letter.html
    assert " src=" not in letter.html
    assert " href=" not in letter.html
    assert letter.sha256 == hashlib.sha256(letter.text.encode()).hexdigest()


@each_locale
@each_kind
def test_a_drill_is_marked_at_the_top_at_the_end_in_title_and_number(kind: LetterKind, locale: str) -> None:
    letter = letter_files.compose(replace(CONTENTS, kind=kind, drill=True), locale)
    lines = [line for line in letter.text.splitlines() if line]
    assert "演练" in lines[0]
    assert "演练" in lines[-1]
    assert "演练" in next(line for line in lines if CONTENTS.number in line)
    title = letter.html.partition("<title>")[2].partition("</title>")[0]
    assert "演练" in title
    assert letter.html.count('<p class="drill">') == 2


@each_locale
def test_what_people_wrote_is_text_and_never_a_template(locale: str) -> None:
    hostile = replace(
        CONTENTS, recipient=HOSTILE, claim=HOSTILE, refutation=HOSTILE, evidence=(HOSTILE,), ground=HOSTILE
    )
    letter = letter_files.compose(hostile, locale)
    assert "<img" not in letter.html
    assert HOSTILE in letter.text
    assert HOSTILE in rendering.plain_text(letter.html)


def test_the_same_letter_is_the_same_bytes_and_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "letters"
    letter = letter_files.compose(CONTENTS, "zh_CN")
    assert letter_files.write(folder, CONTENTS.number, letter)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert not letter_files.write(folder, CONTENTS.number, letter_files.compose(CONTENTS, "zh_CN"))
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert set(before) == {f"{CONTENTS.number}.txt", f"{CONTENTS.number}.html"}


def test_folder_and_files_are_for_the_offices_user_alone(tmp_path: Path) -> None:
    home, folder = tmp_path / "var", tmp_path / "var" / "letters"
    mask = os.umask(0)
    try:
        letter_files.write(folder, CONTENTS.number, letter_files.compose(CONTENTS, "zh_CN"))
    finally:
        os.umask(mask)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert home.stat().st_mode & 0o777 == 0o755, "what else lies there stays as reachable as it was"


def test_a_letter_is_whole_only_with_page_and_the_very_text(tmp_path: Path) -> None:
    letter = letter_files.compose(CONTENTS, "zh_CN")
    assert not letter_files.is_whole(tmp_path, CONTENTS.number, letter.sha256)
    letter_files.write(tmp_path, CONTENTS.number, letter)
    assert letter_files.is_whole(tmp_path, CONTENTS.number, letter.sha256)
    assert letter_files.read(tmp_path, CONTENTS.number, letter.sha256) == letter.text
    assert not letter_files.is_whole(tmp_path, CONTENTS.number, "0" * 64)
    (tmp_path / f"{CONTENTS.number}.txt").write_bytes(b"\xff\xfe")
    assert letter_files.read(tmp_path, CONTENTS.number, letter.sha256) is None
    letter_files.write(tmp_path, CONTENTS.number, letter)
    (tmp_path / f"{CONTENTS.number}.html").unlink()
    assert not letter_files.is_whole(tmp_path, CONTENTS.number, letter.sha256)


def test_a_folder_that_is_a_file_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("")
    with pytest.raises(TransportError, match=CONTENTS.number) as failed:
        letter_files.write(tmp_path / "letters", CONTENTS.number, letter_files.compose(CONTENTS, "zh_CN"))
    assert not failed.value.permanent
