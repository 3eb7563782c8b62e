"""The catalogues hold every word of code and templates, in every language, and a gap is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from yingda.__main__ import main
from yingda.domain import speech
from yingda.running import wording

CODE = """
from yingda.domain import speech
from yingda.domain.speech import N_, NN_

KINDS = {"a": N_("甲"), "b": N_("甲", "seal")}
LENGTH = NN_("%(count)s 天")


def tell(locale, name):
    return speech.said("你好，%(name)s", locale, name=name)
"""
TEMPLATE = '{{ _("第 %(number)s 稿", number=1) }} {{ pgettext("seal", "甲") }}{# _("not this") #}'


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A small tree of code and templates with its catalogue, complete."""
    code, templates = tmp_path / "yingda", tmp_path / "templates"
    code.mkdir()
    templates.mkdir()
    (code / "some.py").write_text(CODE)
    (templates / "some.html.j2").write_text(TEMPLATE)
    wording.update(tmp_path, tmp_path / "locale")
    translate(
        tmp_path,
        {
            'msgid "甲"': "First",
            'msgctxt "seal"\nmsgid "甲"': "Seal",
            'msgid "你好，%(name)s"': "Hello %(name)s",
            'msgid "第 %(number)s 稿"': "Revision %(number)s",
        },
    )
    path = po(tmp_path)
    days = path.read_text().replace('msgstr[0] ""', 'msgstr[0] "%(count)s day"')
    path.write_text(days.replace('msgstr[1] ""', 'msgstr[1] "%(count)s days"'))
    assert wording.update(tmp_path, tmp_path / "locale") == []
    return tmp_path


def po(include: Path) -> Path:
    return include / "locale" / "en" / "LC_MESSAGES" / "yingda.po"


def translate(include: Path, words: dict[str, str]) -> None:
    blocks = po(include).read_text().split("\n\n")
    for place, block in enumerate(blocks):
        for head, said in words.items():
            lines = [line for line in block.splitlines() if not line.startswith("#")]
            if "\n".join(lines).startswith(f"{head}\nmsgstr"):
                blocks[place] = block.replace('msgstr ""', f'msgstr "{said}"')
    po(include).write_text("\n\n".join(blocks))


def check(include: Path) -> list[str]:
    return wording.check(include, include / "locale")


@pytest.fixture
def small(include: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let words be looked up in the small catalogue."""
    monkeypatch.setattr(speech, "CATALOGUES", include / "locale")
    speech.catalogue.cache_clear()
    yield include
    speech.catalogue.cache_clear()


def test_the_catalogues_of_the_project_have_no_gap():
    assert wording.check() == []


def test_a_complete_catalogue_is_found_complete(include: Path):
    assert check(include) == []


def test_words_that_are_new_are_missed_and_words_that_are_gone_are_told(include: Path):
    code = include / "yingda" / "some.py"
    code.write_text(CODE.replace("你好", "您好"))

    assert check(include) == [
        "en: “您好，%(name)s” is not in the catalogue.",
        "en: “你好，%(name)s” is said nowhere any more.",
    ]
    assert wording.update(include, include / "locale") == ["en: “您好，%(name)s” has no translation."]


def test_a_word_in_another_sense_is_a_word_of_its_own(include: Path):
    (include / "templates" / "some.html.j2").write_text(TEMPLATE.replace('"seal"', '"lead"'))

    assert "en: “甲” (lead) is not in the catalogue." in check(include)


def test_a_translation_that_loses_a_value_is_refused(include: Path):
    po(include).write_text(po(include).read_text().replace("Hello %(name)s", "Hello %(nmae)s"))

    [unlike, _uncompiled] = check(include)

    assert "你好，%(name)s" in unlike
    assert "nmae" in unlike


def test_a_guess_is_no_translation(include: Path):
    path = po(include)
    guessed = path.read_text().replace('#, python-format\nmsgid "你好', '#, fuzzy, python-format\nmsgid "你好')
    path.write_text(guessed)

    assert any("only guessed at" in fault for fault in check(include))


def test_a_catalogue_that_was_not_compiled_is_told(include: Path):
    po(include).write_text(po(include).read_text().replace("Hello %(name)s", "Good day, %(name)s"))

    assert check(include) == ["en: yingda.mo is not what yingda.po says."]


def test_a_catalogue_that_is_not_there_has_every_gap(include: Path):
    shutil.rmtree(include / "locale")

    assert len([fault for fault in check(include) if "is not in the catalogue" in fault]) == 5


def test_words_are_said_in_each_language(small: Path):
    assert speech.said("你好，%(name)s", "en", name="Wang") == "Hello Wang"
    assert speech.said("你好，%(name)s", "zh_CN", name="王") == "你好，王"
    assert [speech.said(speech.N_("甲", "seal"), locale) for locale in ("zh_CN", "en")] == ["甲", "Seal"]
    assert speech.said(speech.N_("甲"), "en") == "First"


def test_what_is_counted_has_a_form_for_one_and_for_several(small: Path):
    assert [speech.counted("%(count)s 天", count, "en") for count in (1, 2)] == ["1 day", "2 days"]
    assert speech.counted("%(count)s 天", 1, "zh_CN") == "1 天"


def test_values_are_put_in_as_they_are(small: Path):
    assert speech.said("你好，%(name)s", "en", name="%(name)s {{ 7*7 }} 100%") == "Hello %(name)s {{ 7*7 }} 100%"


def test_the_command_names_no_gap_in_the_project():
    done = CliRunner().invoke(main, ["words", "--check"])

    assert done.exit_code == 0, done.output
