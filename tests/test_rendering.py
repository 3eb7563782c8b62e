"""The real templates, the Markdown of statements, and the comparison of texts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from yingda import rendering
from yingda.domain.clocks import ClockKind
from yingda.domain.life import RequestKind
from yingda.domain.roles import Role
from yingda.domain.severity import Severity, Topic

NOW = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
LINK = "http://127.0.0.1:8080/desk/r?token=abc.def-_&x=1"
BOARD = "http://127.0.0.1:8080/desk/"
HOSTILE = '<script>alert("1")</script>&\'{{ 7*7 }}'
KINDS = [kind.value for kind in RequestKind]


def an_incident(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "number": "YQCZBG-2026-001",
            "title": "某路段积水",
            "summary": "居民反映\n积水三天",
            "severity": Severity.CRITICAL,
            "topic": Topic.SANITATION,
            "urgent": False,
            "drill": False,
            "unit_name": "环卫科",
            "opened_at": NOW,
            **changes,
        }
    )


def common(**changes: Any) -> dict[str, Any]:
    return {
        "office": SimpleNamespace(
            name="某街道网信办", name_en="Sub-district office", phone="0991-100", email="o@e.org"
        ),
        "incident": an_incident(),
        "officer": SimpleNamespace(name="王明"),
        "deputy_for": None,
        **changes,
    }


def a_request(kind: str = "sign_statement", **changes: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "kind": kind,
            "kind_label": "签发",
            "round": 1,
            "due_at": NOW,
            "clock_label": "首次发布权威信息",
            **changes,
        }
    )


def an_item(**changes: Any) -> SimpleNamespace:
    values = {"incident_no": None, "title": "井盖破损", "what": "解决隐患", "due_at": NOW, "late": "2 天", "link": None}
    return SimpleNamespace(**{**values, **changes})


MAILS: dict[str, dict[str, Any]] = {
    "request": {"request": a_request(), "comments": [], "particulars": [], "link": LINK},
    "ladder": {
        "clock": SimpleNamespace(kind_label="核实结果", started_at=NOW, due_at=NOW, missed=True),
        "rung": SimpleNamespace(place_label="时限过去 60%", moment=NOW),
        "late": "40 分钟",
        "remaining": None,
        "asked": ["张三", "李四"],
        "reason_told": "作为科室负责人",
        "link": None,
        "board_link": BOARD,
    },
    "wording": {
        "statement": SimpleNamespace(
            kind="final",
            instead_of=None,
            title="关于积水的说明",
            text="已排除。\n\n谢谢。",
            url="https://example.org/b",
        ),
        "spokesperson": ["赵主任"],
        "interviewee": ["钱科长"],
    },
    "emergency": {
        "started": True,
        "decided_by": "孙组长",
        "decided_at": NOW,
        "reason": "有人受伤",
        "interviewee": ["李四"],
        "you_speak": True,
        "board_link": BOARD,
    },
    "notice": {"heading": "发布结果不明", "lines": ["请查看页面。", "再决定。"], "board_link": BOARD},
    "digest": {
        "date": date(2026, 11, 23),
        "overdue": [an_item()],
        "due_today": [an_item(incident_no="YQCZBG-2026-002", title="噪声", late=None, link=LINK)],
        "owed_by_units": [("环卫科", [an_item(), an_item()])],
    },
}

each_mail = pytest.mark.parametrize("name", MAILS)
each_locale = pytest.mark.parametrize("locale", ["zh_CN", "en"])


def everywhere_hostile(value: Any) -> Any:
    """Replace every free text in a mail's values by an attack."""
    if isinstance(value, str):
        return value if value.startswith("http") or value in KINDS else HOSTILE
    if isinstance(value, list | tuple):
        return type(value)(everywhere_hostile(one) for one in value)
    if isinstance(value, SimpleNamespace):
        return SimpleNamespace(
            **{k: v if isinstance(v, Severity | Topic) else everywhere_hostile(v) for k, v in vars(value).items()}
        )
    return {k: everywhere_hostile(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_the_example_of_the_house_is_written_as_agreed() -> None:
    mail = rendering.mail("request", "zh_CN", **common(), **MAILS["request"])

    assert mail.subject == "[YQCZBG-2026-001][特别重大] 请签发对外情况说明：某路段积水 （11月23日 14:05 前）"


@each_mail
@each_locale
def test_every_mail_is_whole_in_text_and_in_html(name: str, locale: str) -> None:
    mail = rendering.mail(name, locale, **common(), **MAILS[name])

    words = rendering.plain_text(mail.html)
    assert "王明" in mail.text
    assert "王明" in words
    assert "\n" not in mail.subject
    assert len(mail.subject) < 160
    assert "\n\n\n" not in mail.text
    for link in {"request": [LINK], "ladder": [BOARD], "notice": [BOARD], "digest": [LINK]}.get(name, []):
        assert link in mail.text
        assert f'href="{escape(link)}"' in mail.html
    assert '<meta name="viewport"' in mail.html
    assert 'style="' in mail.html, "styles are written into the elements"
    assert "<script" not in mail.html
    assert not re.search(r'(src|href)="(?!http)', mail.html)
    assert f'lang="{"en" if locale == "en" else "zh-CN"}"' in mail.html


@each_mail
@each_locale
def test_no_text_of_a_resident_or_officer_becomes_html_or_a_template(name: str, locale: str) -> None:
    mail = rendering.mail(name, locale, **everywhere_hostile(common()), **everywhere_hostile(MAILS[name]))

    assert "<script" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "49" not in mail.html.replace("#", " ").replace("d0d7de", "").split("</style>")[-1]
    assert HOSTILE in mail.text


@pytest.mark.parametrize("kind", KINDS)
@each_locale
def test_every_kind_of_request_says_what_is_asked(kind: str, locale: str) -> None:
    mail = rendering.mail("request", locale, **common(), **{**MAILS["request"], "request": a_request(kind)})
    others = {
        rendering.mail("request", locale, **common(), **{**MAILS["request"], "request": a_request(other)}).subject
        for other in KINDS
        if other != kind
    }

    assert mail.subject not in others
    assert LINK in mail.text


def test_the_desk_and_the_mails_know_the_same_kinds() -> None:
    for language in ("", ".en"):
        source = (rendering.TEMPLATES / "mail" / f"_asks{language}.txt.j2").read_text(encoding="utf-8")
        assert re.findall(r'^  "(\w+)": \{$', source, flags=re.MULTILINE) == KINDS


@pytest.mark.parametrize("name", [name for name in MAILS if name != "digest"])
def test_a_drill_is_marked_at_the_very_beginning(name: str) -> None:
    mail = rendering.mail(name, "zh_CN", **common(incident=an_incident(drill=True)), **MAILS[name])

    assert mail.subject.startswith("【演练】")
    assert mail.text.startswith("【演练】")
    assert "演练：以下情况并非真实发生" in mail.html


@each_locale
def test_a_request_shows_round_deputy_comments_and_no_limit_where_there_is_none(locale: str) -> None:
    comment = SimpleNamespace(author_name="赵强", role_label="办公室主任", text="请补充水深", at=NOW)
    values = {
        "request": a_request(round=3, due_at=None, clock_label=None),
        "comments": [comment],
        "particulars": [],
        "link": LINK,
    }
    mail = rendering.mail("request", locale, **common(deputy_for="李四"), **values)

    for text in (mail.text, rendering.plain_text(mail.html)):
        assert "李四" in text
        assert "请补充水深" in text
        assert "赵强" in text
    assert "3" in mail.subject.removeprefix("[YQCZBG-2026-001]")
    assert "14:05 前" not in mail.subject
    assert "时限" not in mail.text
    assert "Due" not in mail.text


@pytest.mark.parametrize(
    ("late", "remaining", "expected"),
    [("40 分钟", None, "已超时 40 分钟"), (None, "48 分钟", "还剩 48 分钟"), (None, None, "已到时限")],
)
def test_a_reminder_says_how_late_or_how_soon(late: str | None, remaining: str | None, expected: str) -> None:
    values = {**MAILS["ladder"], "late": late, "remaining": remaining, "link": LINK}
    mail = rendering.mail("ladder", "zh_CN", **common(), **values)

    assert expected in mail.subject
    assert expected in mail.text
    assert LINK in mail.text


def test_who_is_told_and_not_asked_gets_the_reason_and_nobodys_link() -> None:
    mail = rendering.mail("ladder", "zh_CN", **common(), **MAILS["ladder"])

    assert "作为科室负责人" in mail.text
    assert "token" not in mail.text
    assert "token" not in mail.html


def test_a_subject_is_one_line_whatever_the_title_holds() -> None:
    incident = an_incident(title="积水\r\nBcc: everyone@example.org\x00\x85 " + "长" * 300)
    mail = rendering.mail("request", "zh_CN", **common(incident=incident), **MAILS["request"])

    assert re.fullmatch(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+", mail.subject)
    assert len(mail.subject) < 120


def test_a_name_that_a_template_is_not_given_is_an_error() -> None:
    values = {key: value for key, value in MAILS["request"].items() if key != "link"}

    with pytest.raises(UndefinedError, match="link"):
        rendering.mail("request", "zh_CN", **common(), **values)


@pytest.mark.parametrize("path", sorted(rendering.TEMPLATES.rglob("*.j2")), ids=lambda path: str(path.name))
def test_every_template_compiles_and_declares_what_it_is_given(path: Path) -> None:
    rendering._environment().get_template(str(path.relative_to(rendering.TEMPLATES)))

    assert path.read_text(encoding="utf-8").startswith("{#"), f"{path}: the first line declares the values"


def test_times_are_shown_in_shanghai() -> None:
    assert rendering.local(NOW) == "2026-11-23 14:05"
    assert rendering.local_long(NOW, "zh_CN") == "11月23日 14:05"
    assert rendering.local_long(NOW, "en") == "23 Nov 14:05"
    assert rendering.local(datetime(2026, 12, 31, 20, tzinfo=UTC)) == "2027-01-01 04:00"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        rendering.local(NOW.replace(tzinfo=None))


@pytest.mark.parametrize("value", [*Severity, *Topic, *Role, *ClockKind])
def test_every_word_of_the_domain_has_a_label_in_both_languages(value: Any) -> None:
    chinese, english = rendering.label(value, "zh_CN"), rendering.label(value, "en")

    assert not chinese.isascii()
    assert english.isascii()


def test_a_statement_keeps_what_a_statement_needs() -> None:
    html = rendering.statement_html(
        "# 一\n## 二\n##### 五\n正文**要点**，见[官网](https://example.org/?a=1&b=2)、[电话](tel:12345)、"
        "[信箱](mailto:a@example.org)\n第二行\n\n1. 甲\n2. 乙\n\n- 丙\n\n> 引文\n"
    )

    for expected in (
        "<h2>一</h2>",
        "<h2>二</h2>",
        "<h4>五</h4>",
        "<strong>要点</strong>",
        'href="https://example.org/?a=1&amp;b=2"',
        'href="tel:12345"',
        'href="mailto:a@example.org"',
        "<br>",
        "<ol>",
        "<ul>",
        "<blockquote>",
    ):
        assert expected in html


def test_what_people_type_as_plain_text_stays_plain_text() -> None:
    html = rendering.statement_html("　　各位居民：\n\n    缩进四格\n\n小结\n---\n\n`引号` ![图](https://e.org/a.png)")

    for tag in ("<pre", "<code", "<h2", "<hr", "<img"):
        assert tag not in html
    assert "缩进四格" in html
    assert "---" in html
    assert "`引号`" in html


def test_html_in_a_statement_is_shown_and_not_obeyed() -> None:
    assert rendering.statement_html("<b>粗</b>") == "<p>&lt;b&gt;粗&lt;/b&gt;</p>\n"


@given(st.text(max_size=200) | st.text("<>/\"'=&;:()[]*#!`-a\n ", max_size=80))
def test_whatever_is_typed_comes_out_clean_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    html = rendering.statement_html(text)

    assert rendering.clean(html) == html
    for tag, rest in re.findall(r"<\s*([a-zA-Z][\w:]*)([^>]*)>", html):
        assert tag in rendering.STATEMENT_TAGS
        assert tag == "a" or not rest.strip()
    html.encode()


def test_plain_text_is_what_a_reader_sees() -> None:
    page = (
        "<title>T</title><style>p{}</style><h1>标题</h1><p>甲&amp;乙&nbsp;<b>丙</b>丁<br>戊</p><!-- 不见 -->"
        "<script>if (a<b) {}</script><ul><li>己</li><li>庚\u200b</li></ul>"
    )

    assert rendering.plain_text(page) == "标题 甲&乙 丙丁 戊 己 庚"


def test_the_same_words_in_another_dress_are_the_same_text() -> None:
    expected = "<p>积水已<strong>排除</strong>。</p><p>A &amp; B</p>"
    page = (
        "<html><body><nav>首页</nav><div class='x'>\n积水已<span><b>排除</b></span>。</div>\n\n"
        "<div>A&nbsp;&#38;\tB</div><footer/></body></html>"
    )

    assert rendering.same_text(expected, page)


@pytest.mark.parametrize(
    "page",
    [
        "<p>积水未排除。</p><p>A &amp; B</p>",
        "<p>积水已排除。</p><p>插入</p><p>A &amp; B</p>",
        "<!-- <p>积水已排除。</p><p>A &amp; B</p> -->",
        "<script>积水已排除。 A & B</script>",
        "",
    ],
)
def test_other_words_are_another_text(page: str) -> None:
    assert not rendering.same_text("<p>积水已排除。</p><p>A &amp; B</p>", page)


def test_no_words_stand_nowhere() -> None:
    assert not rendering.same_text("<p> </p>", "<p>任何内容</p>")


@given(st.text(min_size=1, max_size=200))
def test_a_statement_is_found_on_a_page_that_shows_it(text: str) -> None:
    html = rendering.statement_html(text)

    if rendering.plain_text(html):
        assert rendering.same_text(html, f"<!DOCTYPE html><html><body><main>\n{html}\n</main></body></html>")
