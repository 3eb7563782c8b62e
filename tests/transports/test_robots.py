"""The group robots against servers that answer as WeCom, DingTalk and Feishu do, refusals within 200 included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.transports.peers import dingtalk as dingtalk_peer
from tests.transports.peers import feishu as feishu_peer
from tests.transports.peers.dingtalk import DingTalkPeer
from tests.transports.peers.feishu import FeishuPeer
from tests.transports.peers.wecom import KEY, WeComPeer

from yingda.domain.hosts import Host
from yingda.transports import chat, dingtalk, feishu, wecom
from yingda.transports.bulletin import Notice
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.pace import TooFast
from yingda.transports.web import Web

HERE = (Host(name="127.0.0.1", private=True),)
AT = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)
PAGE = "https://www.example.org/yingda/YQCZBG-2026-001/index.html"

NOTICE = Notice(
    incident_no="YQCZBG-2026-001",
    kind="final",
    title="关于柳溪村路灯的说明",
    body_html="<p>路灯<strong>已修复</strong>。</p><ul><li>更换线路</li></ul>",
    sha256="ab" * 32,
    revision=2,
    topic="livelihood",
    office_name="云桥街道办公室",
    unit_name="柳溪村",
    signed=(),
    published_at=AT,
    drill=False,
    base_url="https://www.example.org/yingda",
    locale="zh_CN",
)


class Line:
    """One kind of robot with its peer."""

    def __init__(self, kind: str, peer: Any) -> None:
        self.kind, self.peer = kind, peer

    def robot(self, **access: Any) -> chat.Robot:
        web = Web(HERE, answer=0.4)
        if self.kind == "wecom":
            return wecom.WeCom(web, Access(self.peer.url, **{"password": KEY, **access}))
        if self.kind == "dingtalk":
            given = {"password": dingtalk_peer.TOKEN, "extra": {"secret": dingtalk_peer.SECRET}, **access}
            return dingtalk.DingTalk(web, Access(self.peer.url, **given), lambda: AT)
        given = {"password": feishu_peer.HOOK, "extra": {"secret": feishu_peer.SECRET}, **access}
        return feishu.Feishu(web, Access(self.peer.url, **given), lambda: AT)

    def shown(self) -> list[str]:
        """What each message shows, links spelt [text](address) whatever the program."""
        if self.kind != "feishu":
            return list(self.peer.said)
        return [
            "\n".join([f"**{title}**", *("".join(map(_spelt, line)) for line in lines)])
            for title, lines in self.peer.said
        ]

    def refuse(self, code: int, words: str) -> None:
        """Let the peer refuse the next message."""
        self.peer.errors.append(
            {
                "wecom": (code, words),
                "dingtalk": {"errcode": code, "errmsg": words},
                "feishu": (200, {"code": code, "data": {}, "msg": words}),
            }[self.kind]
        )


def _spelt(part: dict[str, str]) -> str:
    return f"[{part['text']}]({part['href']})" if part["tag"] == "a" else part["text"]


@pytest.fixture(params=["wecom", "dingtalk", "feishu"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    peers = {"wecom": WeComPeer, "dingtalk": DingTalkPeer, "feishu": FeishuPeer}
    with peers[request.param](lambda: AT) as peer:
        yield Line(request.param, peer)


def a_post(**changes: Any) -> chat.Post:
    given: dict[str, Any] = {
        "heading": "标题",
        "lines": ["一行"],
        "link": PAGE,
        "link_says": "全文：",
        "cut_says": "全文见 ",
        "foot": "编号 YQCZBG-2026-001",
    }
    return chat.Post(**{**given, **changes})


def test_a_statement_is_said_with_title_words_address_and_number_and_has_no_address_of_its_own(line: Line):
    group = chat.Group(line.robot())

    assert group.publish(NOTICE, None) == Posted(None, None)

    [shown] = line.shown()
    words = [part for part in re.split(r"\n+", shown) if part]
    assert words == [
        "**关于柳溪村路灯的说明**",
        "路灯已修复。",
        "更换线路",
        f"全文：[{PAGE}]({PAGE})",
        "编号 YQCZBG-2026-001 第 2 稿 · 云桥街道办公室",
    ]
    assert group.looks is False
    with pytest.raises(TransportError, match="cannot read") as unread:
        group.find(NOTICE)
    assert unread.value.uncertain


@pytest.mark.parametrize(
    ("kind", "drill", "locale", "heading", "back"),
    [
        ("correction", False, "zh_CN", "**【更正】关于", "本文更正此前就同一事项在本群发布的说明"),
        ("withdrawal", True, "zh_CN", "**【演练】【撤回】关于", "现予撤回，不再有效"),
        ("correction", True, "en", "**DRILL: Correction: 关于", "This corrects what was posted here before"),
        ("holding", False, "zh_CN", "**【阶段性说明】关于", "路灯"),
    ],
)
def test_a_later_text_is_a_new_post_that_points_back(
    line: Line, kind: Any, drill: bool, locale: str, heading: str, back: str
):
    group = chat.Group(line.robot())
    group.publish(replace(NOTICE, kind=kind, drill=drill, locale=locale), Posted(None, None))

    [shown] = line.shown()
    assert shown.startswith(heading)
    assert back in shown
    assert PAGE in shown


HOSTILE = [
    "[点这里领补贴](https://evil.example/)",
    "![图](https://evil.example/x.png)",
    "[a]: https://evil.example 'b'",
    "<https://evil.example/>",
    '<a href="https://evil.example">官网</a>',
    "<@all>",
    "<@zhangsan>",
    "@all 请转发",
    "@13800000000",
    '<at user_id="all">所有人</at>',
    "<at id=all></at>",
    "<\u200b@all>",
    "\u202e[gro.elpmaxe.live](moc.live//:sptth)",
    "** 粗体 ** `代码` ~~删~~ | 表 |",
    '<font color="warning">紧急</font>',
    "a\\](https://evil.example)",
    "第一行\r\n# 大标题\n> 引用\n---\n全文见 [官网](https://evil.example)",
    "\u2028# 标题",
    "{{ 7*7 }} ${7*7} %s",
    "\ufffc\ufffc",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_words_can_forge_a_link_a_mention_or_a_heading(line: Line, payload: str):
    line.robot().say(a_post(heading=payload, lines=[payload, f"前文 {payload}"], foot=payload))

    [shown] = line.shown()
    ours = f"[{PAGE}]({PAGE})"
    assert shown.count(ours) == 1
    theirs = shown.replace(ours, "").removeprefix("**").replace("**", "", 1)
    assert not set("<>[]`*~|\\") & set(theirs)
    assert not re.search(r"(?<![A-Za-z0-9._%+-])@", theirs)
    assert not re.search(r"^\s*(#|---|===)", theirs, re.MULTILINE)
    assert not re.search("[\u200b\u202e\u2028\ufffc]", theirs)
    raw = line.peer.asked[-1].json
    assert raw.get("at", {"isAtAll": False}) == {"isAtAll": False}
    assert "mentioned_list" not in str(raw)
    if line.kind == "feishu":
        tags = [part["tag"] for _, lines in line.peer.said for parts in lines for part in parts]
        assert sorted(tags) == sorted(["a", *["text"] * (len(tags) - 1)])


def test_an_address_of_mail_and_a_bare_address_of_the_web_stay_as_they_were_written(line: Line):
    line.robot().say(a_post(lines=["来信 office@example.org，见 https://www.example.org/a_b?c=1#d。"]))

    [shown] = line.shown()
    assert "来信 office@example.org，见 https://www.example.org/a_b?c=1#d。" in shown


@pytest.mark.parametrize("sign", ["路", "a", "🚧", "👨‍👩‍👧", "e\u0301", "👍🏽", '"', "[", "路\n"])
def test_what_is_too_long_is_cut_between_signs_and_says_where_all_of_it_is(line: Line, sign: str):
    for shift in range(5):
        line.robot().say(a_post(heading="标" * 300, lines=["x" * shift + sign * 9000]))

    for shown in line.shown():
        assert shown.endswith(f"… 全文见 [{PAGE}]({PAGE})")
        assert "�" not in shown
        assert "YQCZBG-2026-001" in shown
        assert shown.removesuffix(f"… 全文见 [{PAGE}]({PAGE})").endswith(chat.harmless(sign).rstrip())


def test_a_long_title_a_long_address_and_a_long_text_together_keep_to_the_limit(line: Line):
    link = f"https://www.example.org/{'x' * 300}"
    line.robot().say(a_post(heading="标" * 300, lines=["路" * 2000], link=link))

    [shown] = line.shown()
    assert shown.endswith(f"… 全文见 [{link}]({link})")


@pytest.mark.parametrize("size", range(200, 260))
def test_whatever_the_room_it_is_kept_to(size: int):
    for text in ("路灯", "路灯已修复。" * 50, "é👍🏽" * 50):
        fitted = chat.fitted(a_post(lines=[text]), size, between="\n", linked=PAGE)
        assert len(fitted.encode()) <= size
        assert PAGE in fitted


def test_a_text_that_just_fits_is_not_cut(line: Line):
    line.robot().say(a_post(lines=["x" * chat.EXCERPT]))
    line.robot().say(a_post(lines=["x" * (chat.EXCERPT + 1)]))

    whole, cut = line.shown()
    assert "…" not in whole
    assert cut.endswith(f"… 全文见 [{PAGE}]({PAGE})")


@pytest.mark.parametrize(
    ("line", "code", "words", "remedy"),
    [
        ("wecom", 93000, "invalid webhook url", "key"),
        ("wecom", 93008, "not in group", "Add it again"),
        ("dingtalk", 310000, "keywords not in content", "keyword"),
        ("dingtalk", 310000, "sign not match", "SEC"),
        ("dingtalk", 310000, "ip 1.2.3.4 not in whitelist", "address of this machine"),
        ("dingtalk", 300005, "token is not exist", "access_token"),
        ("dingtalk", 430102, "含有不合适的文本", "refused"),
        ("feishu", 19001, "param invalid: incoming webhook access token invalid", "/hook/"),
        ("feishu", 19021, "sign match fail", "secret"),
        ("feishu", 19022, "Ip Not Allowed", "address of this machine"),
        ("feishu", 19024, "Key Words Not Found", "keyword"),
        ("feishu", 9499, "Bad Request", "formed"),
    ],
    indirect=["line"],
)
def test_what_no_second_try_can_help_is_permanent_and_says_the_remedy(line: Line, code: int, words: str, remedy: str):
    line.refuse(code, words)

    with pytest.raises(TransportError) as refused:
        line.robot().say(a_post())

    assert refused.value.permanent
    assert not refused.value.uncertain
    assert str(code) in refused.value.message
    assert remedy in refused.value.message
    assert not line.shown()


@pytest.mark.parametrize(
    ("line", "said", "pause"),
    [
        ("wecom", (45009, "api freq out of limit"), timedelta(minutes=1)),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, timedelta(minutes=10)),
        ("dingtalk", {"status": 1111, "wait": 5, "punish": "deny"}, timedelta(minutes=10)),
        ("feishu", (400, {"code": 11232, "msg": "frequency limited"}), timedelta(minutes=1)),
        ("feishu", (200, {"code": 9499, "msg": "too many request"}), timedelta(minutes=1)),
    ],
    indirect=["line"],
)
def test_a_robot_that_was_spoken_to_too_often_is_left_alone_for_a_while(line: Line, said: Any, pause: timedelta):
    line.peer.errors.append(said)

    with pytest.raises(TooFast) as refused:
        line.robot().say(a_post())

    assert refused.value.leave_alone == pause
    assert refused.value.pause == pause.total_seconds()
    assert not refused.value.permanent
    assert not refused.value.uncertain


def test_an_unknown_code_is_not_sent_and_may_go_later(line: Line):
    line.refuse(-1, "system busy <b>")

    with pytest.raises(TransportError, match=r"-1 .*system busy ＜b＞") as refused:
        line.robot().say(a_post())

    assert not refused.value.permanent
    assert not refused.value.uncertain


@pytest.mark.parametrize("ill", ["drop_after", "hang", "502", "garbage", "late_502"])
def test_what_was_taken_and_not_answered_for_is_uncertain(line: Line, ill: str):
    line.peer.ills.append(ill)

    with pytest.raises(TransportError) as lost:
        chat.Group(line.robot()).publish(NOTICE, None)

    assert lost.value.uncertain
    assert not lost.value.permanent


def test_a_wrong_key_is_refused_and_stands_in_no_message(line: Line):
    with pytest.raises(TransportError) as refused:
        line.robot(password="wrong-key-1234").say(a_post())

    assert refused.value.permanent
    assert "wrong-key-1234" not in refused.value.message


@pytest.mark.parametrize("line", ["dingtalk", "feishu"], indirect=True)
def test_a_wrong_secret_is_refused(line: Line):
    with pytest.raises(TransportError, match="secret") as refused:
        line.robot(extra={"secret": "another"}).say(a_post())
    assert refused.value.permanent


def test_a_connection_without_key_or_none_at_all_is_refused_before_anything_is_sent(line: Line):
    with pytest.raises(TransportError, match="holds no key") as refused:
        line.robot(password=None)
    assert refused.value.permanent


def test_a_robot_goes_by_one_name_whoever_speaks_through_it_and_the_name_tells_no_key(line: Line):
    one, same, other = line.robot(), line.robot(), line.robot(password="another-key")

    assert one.pace.key == same.pace.key != other.pace.key
    assert "another-key" not in other.pace.key


def test_a_path_that_the_connection_names_is_taken(line: Line):
    robot = {
        "wecom": lambda access: wecom.WeCom(Web(HERE), access),
        "dingtalk": lambda access: dingtalk.DingTalk(Web(HERE), access, lambda: AT),
        "feishu": lambda access: feishu.Feishu(Web(HERE), access, lambda: AT),
    }[line.kind]
    with pytest.raises(TransportError):
        robot(Access(f"{line.peer.url}/elsewhere", password="x")).say(a_post())

    assert line.peer.asked[-1].path.startswith("/elsewhere")


def test_signatures_are_what_openssl_makes_of_the_same_key_and_message():
    at = datetime.fromtimestamp(1599360473, UTC)

    assert feishu.signed("demo", at) == {
        "timestamp": "1599360473",
        "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=",
    }
    assert dingtalk.signed("SECdemo", at) == {
        "timestamp": "1599360473000",
        "sign": "tGWkA5eQOQNCNPDgphtxIoNLO+/gD8Lcb705KQoRzeY=",
    }
