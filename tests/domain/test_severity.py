from __future__ import annotations

import pytest

from yingda.domain import clocks, roles, severity
from yingda.domain.clocks import ClockKind
from yingda.domain.roles import Role
from yingda.domain.severity import Severity, Topic


def test_the_office_calls_its_severities_and_topics_by_their_chinese_names():
    assert [severity.label(one, "zh_CN") for one in Severity] == ["一般", "重大", "特别重大"]
    assert [severity.label(one, "zh_CN") for one in Topic] == [
        "社会民生",
        "经济发展",
        "城镇管理",
        "环境卫生",
        "公众服务",
    ]
    assert severity.label(Severity.CRITICAL, "en") == "Critical"


@pytest.mark.parametrize(
    ("label", "values"),
    [(severity.label, [*Severity, *Topic]), (roles.label, list(Role)), (clocks.label, list(ClockKind))],
)
def test_everything_has_words_of_its_own_in_both_languages(label, values):
    for locale in ("zh_CN", "en"):
        words = [label(value, locale) for value in values]
        assert len(set(words)) == len(values)
        assert all(words)
    assert all(label(value, "en").isascii() and not label(value, "zh_CN").isascii() for value in values)
