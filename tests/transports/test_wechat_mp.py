"""A WeChat Official Account against a server that queues, refuses, forgets tokens and breaks off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.transports.peers.wechat_mp import APPID, COVER, SECRET, WeChatPeer

from yingda.domain.channels import Channel
from yingda.domain.hosts import Host
from yingda.transports import wechat_api, wechat_mp
from yingda.transports.bulletin import Notice
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted, remind
from yingda.transports.outlets import outlet_of
from yingda.transports.web import Web
from yingda.transports.wechat_api import WeChat
from yingda.transports.wechat_mp import OfficialAccount

HERE = (Host(name="127.0.0.1", private=True),)
PAGE = "https://www.example.org/yingda/YQCZBG-2026-001/index.html"
NOTICE = Notice(
    incident_no="YQCZBG-2026-001",
    kind="final",
    title="关于柳溪村路灯的说明",
    body_html="<p>路灯<strong>已修复</strong>。</p>",
    sha256="ab" * 32,
    revision=2,
    topic="livelihood",
    office_name="云桥街道网络舆情应对处置领导小组办公室",
    unit_name="柳溪村",
    signed=(),
    published_at=datetime(2026, 11, 23, 6, 3, tzinfo=UTC),
    drill=False,
    base_url="https://www.example.org/yingda",
    locale="zh_CN",
)
FOOTER = f"编号 YQCZBG-2026-001 第 2 稿 SHA-256 {'ab' * 32}"


@pytest.fixture
def peer() -> Iterator[WeChatPeer]:
    wechat_api._tokens.clear()
    with WeChatPeer() as found:
        yield found


def account(peer: WeChatPeer, **access: Any) -> OfficialAccount:
    """The account as a process that knows nothing of earlier ones."""
    given = {"login": APPID, "password": SECRET, **access}
    return OfficialAccount(WeChat(Web(HERE, answer=0.5), Access(peer.url, **given)), COVER, None, lambda _: None)


def test_a_statement_becomes_a_draft_then_an_article_with_an_address(peer: WeChatPeer):
    peer.takes = 3

    posted = account(peer).publish(NOTICE, None)

    [article] = [one["article"] for one in peer.published]
    assert posted == Posted(article["url"], "article-1")
    assert (peer.added, peer.submitted, peer.drafts) == (1, 1, {})
    assert article["title"] == NOTICE.title
    assert article["author"] == "云桥街道网络舆情应对处置领导小…"
    assert article["content_source_url"].startswith(PAGE)
    assert "<strong>已修复</strong>" in article["content"]
    assert PAGE in article["content"]
    assert FOOTER in article["content"]
    assert account(peer).find(NOTICE) == posted


def test_publishing_again_finds_what_is_there_and_adds_nothing(peer: WeChatPeer):
    first = account(peer).publish(NOTICE, None)

    assert account(peer).publish(NOTICE, None) == first
    assert (peer.added, peer.submitted) == (1, 1)


def test_another_revision_is_another_article_that_says_what_it_corrects(peer: WeChatPeer):
    first = account(peer).publish(NOTICE, None)
    later = replace(NOTICE, revision=3, sha256="cd" * 32, kind="correction")

    assert account(peer).find(later) is None
    second = account(peer).publish(later, first)

    assert second != first
    assert peer.published[0]["article"]["title"] == "【更正】关于柳溪村路灯的说明"
    assert "本文更正此前" in peer.published[0]["article"]["content"]
    assert account(peer).find(NOTICE) == first


def test_one_that_is_queued_for_long_is_in_doubt_and_found_later_by_its_task(peer: WeChatPeer):
    peer.takes = 100
    with pytest.raises(TransportError, match="queued") as queued:
        account(peer).publish(NOTICE, None)
    assert queued.value.uncertain
    assert not queued.value.permanent
    task = queued.value.under_way
    assert task in peer.tasks

    for _ in range(2):
        with pytest.raises(TransportError, match=r"no outcome|queued") as untold:
            account(peer).find(NOTICE)
        assert untold.value.uncertain
    with pytest.raises(TransportError, match="no outcome"):
        account(peer).publish(NOTICE, None)
    later = account(peer)
    remind(later, task)
    with pytest.raises(TransportError, match="queued"):
        later.find(NOTICE)
    with pytest.raises(TransportError, match="queued"):
        later.publish(NOTICE, None)

    peer.end(str(task))
    posted = later.find(NOTICE)
    assert posted is not None
    assert posted.url == peer.published[0]["article"]["url"]
    assert account(peer).find(NOTICE) == posted, "by its last line as well"
    assert (peer.added, peer.submitted) == (1, 1)


@pytest.mark.parametrize(("ends", "said"), [(2, "original"), (3, "without a reason"), (4, "review")])
def test_one_that_fails_is_refused_for_good_and_goes_again_once_a_person_says_so(
    peer: WeChatPeer, ends: int, said: str
):
    peer.ends = ends
    with pytest.raises(TransportError, match=said) as failed:
        account(peer).publish(NOTICE, None)
    assert failed.value.permanent
    assert not failed.value.uncertain
    assert account(peer).find(NOTICE) is None

    peer.ends = 0
    assert account(peer).publish(NOTICE, None).reference == "article-1"
    assert (peer.added, peer.submitted) == (1, 2)


@pytest.mark.parametrize("ends", [5, 6])
def test_one_that_is_gone_again_at_once_is_for_a_person_to_see(peer: WeChatPeer, ends: int):
    peer.ends = ends

    with pytest.raises(TransportError, match="had been published") as gone:
        account(peer).publish(NOTICE, None)

    assert gone.value.uncertain


def test_one_whose_review_failed_later_is_told_and_only_then_submitted_again(peer: WeChatPeer):
    peer.takes, peer.ends = 100, 4
    with pytest.raises(TransportError) as queued:
        account(peer).publish(NOTICE, None)
    peer.end(str(queued.value.under_way))
    later = account(peer)
    remind(later, queued.value.under_way)

    with pytest.raises(TransportError, match="review refused"):
        later.find(NOTICE)
    peer.ends, peer.takes = 0, 1
    assert later.publish(NOTICE, None).reference == "article-1"
    assert (peer.added, peer.submitted) == (1, 2)


STEPS = ["freepublish/batchget", "draft/batchget", "draft/add", "draft/update", "freepublish/submit", "freepublish/get"]


@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("ill", ["drop_before", "drop_after", "hang", "502", "late_502", "garbage"])
def test_whatever_breaks_at_whatever_step_there_is_one_article_and_one_draft_and_one_submission(
    peer: WeChatPeer, step: int, ill: str
):
    ready = account(peer)
    ready._wechat._token()
    peer.ills.extend([*[""] * step, ill])

    with pytest.raises(TransportError) as broken:
        ready.publish(NOTICE, None)
    assert not broken.value.permanent

    # What the core does: look, and send again only what surely is not there.
    later = account(peer)
    remind(later, broken.value.under_way)
    for _ in range(3):
        try:
            posted = later.find(NOTICE)
        except TransportError:
            continue
        if posted is None:
            later = account(peer)
            posted = later.publish(NOTICE, None)
        assert posted.url == peer.published[0]["article"]["url"]
    assert peer.added == 1
    assert peer.submitted <= 1
    assert len(peer.published) + len(peer.drafts) == 1
    if step != 4:
        assert peer.submitted == len(peer.published) == 1, "only a submission without an answer is for a person"


def test_a_token_is_kept_and_renewed_once_when_it_is_refused(peer: WeChatPeer):
    account(peer).publish(NOTICE, None)
    account(peer).find(NOTICE)
    assert peer.tokens_given == 1

    peer.expire()
    account(peer).find(NOTICE)
    assert peer.tokens_given == 2

    peer.refuse("freepublish/batchget", 42001, "access_token expired")
    account(peer).find(NOTICE)
    assert peer.tokens_given == 4, "the one that is given again is the one refused, so a new one is forced"

    for _ in range(2):
        peer.refuse("freepublish/batchget", 40001, "invalid credential")
    with pytest.raises(TransportError, match="AppSecret") as refused:
        account(peer).find(NOTICE)
    assert refused.value.permanent


def test_a_token_is_not_used_until_its_very_end(peer: WeChatPeer, monkeypatch: pytest.MonkeyPatch):
    account(peer).find(NOTICE)
    now = wechat_api.time.monotonic()
    monkeypatch.setattr(wechat_api.time, "monotonic", lambda: now + 7200 - 299)
    account(peer).find(NOTICE)

    assert peer.tokens_given == 2


@pytest.mark.parametrize(
    ("path", "code", "remedy"),
    [
        ("stable_token", 40164, "IP allow-list"),
        ("stable_token", 40125, "AppSecret"),
        ("stable_token", 40013, "AppID"),
        ("draft/add", 48001, "verified"),
        ("draft/add", 45166, "refused there"),
        ("draft/add", 40007, "thumb_media_id"),
        ("freepublish/submit", 53503, "draft box"),
        ("freepublish/submit", 53504, "by hand"),
        ("freepublish/submit", 53505, "saved by hand"),
        ("freepublish/submit", 48001, "verified"),
    ],
)
def test_what_no_second_try_can_help_is_permanent_and_says_the_remedy(
    peer: WeChatPeer, path: str, code: int, remedy: str
):
    peer.refuse(path, code)

    with pytest.raises(TransportError, match=remedy) as refused:
        account(peer).publish(NOTICE, None)

    assert refused.value.permanent
    assert not refused.value.uncertain
    assert str(code) in refused.value.message
    assert account(peer).publish(NOTICE, None).reference == "article-1", "once it is mended"
    assert (peer.added, peer.submitted) == (1, 1)


def test_a_quota_that_is_used_up_leaves_the_account_alone_for_a_while(peer: WeChatPeer):
    peer.refuse("freepublish/submit", 45009, "reach max api daily quota limit")

    with pytest.raises(TransportError, match="too often") as refused:
        account(peer).publish(NOTICE, None)

    assert refused.value.pause == 3600
    assert not refused.value.permanent
    assert account(peer).publish(NOTICE, None).reference == "article-1"


def test_a_platform_that_says_busy_to_a_submission_may_have_taken_it(peer: WeChatPeer):
    peer.refuse("freepublish/submit", -1, "system error")

    with pytest.raises(TransportError) as busy:
        account(peer).publish(NOTICE, None)

    assert busy.value.uncertain
    with pytest.raises(TransportError, match="no outcome"):
        account(peer).publish(NOTICE, None)


def test_a_wrong_secret_stands_in_no_message(peer: WeChatPeer):
    with pytest.raises(TransportError) as refused:
        account(peer, password="not-the-secret").publish(NOTICE, None)

    assert refused.value.permanent
    assert "not-the-secret" not in refused.value.message


def test_a_long_title_is_clipped_and_stands_whole_in_the_article(peer: WeChatPeer):
    title = "关于" + "长" * 60 + "的说明"
    account(peer).publish(replace(NOTICE, title=title, kind="withdrawal", drill=True), None)

    article = peer.published[0]["article"]
    assert len(article["title"]) == 32
    assert article["title"].startswith("【演练】【撤回】关于长")
    assert article["title"].endswith("长…")
    assert f"【演练】【撤回】{title}" in article["content"]


@pytest.mark.parametrize("words", ["路" * 30_000, "&" * 30_000, "\n\n".join(["一段话。" * 20] * 400), "🚧" * 19_000])
def test_a_text_that_is_too_long_is_cut_and_says_where_all_of_it_is(peer: WeChatPeer, words: str):
    from yingda.rendering import statement_html

    account(peer).publish(replace(NOTICE, body_html=statement_html(words)), None)

    content = peer.published[0]["article"]["content"]
    assert f"… 全文见 {PAGE}</p>" in content
    assert FOOTER in content
    assert account(peer).find(NOTICE) is not None


def test_hostile_words_are_words(peer: WeChatPeer):
    hostile = '<script>alert(1)</script><img src=x onerror=y>"'
    account(peer).publish(replace(NOTICE, title=hostile * 2, body_html=f"<p>{hostile}</p>"), None)

    content = peer.published[0]["article"]["content"]
    assert "<script" not in content
    assert "<img" not in content


def test_it_is_found_among_many_and_said_when_nobody_can_tell(peer: WeChatPeer):
    first = account(peer).publish(NOTICE, None)
    other = peer.published[0]
    peer.published = [
        {**other, "article": {**other["article"], "content": f"第 {n} 篇"}} for n in range(55)
    ] + peer.published

    assert account(peer).find(NOTICE) == first
    assert peer.called("freepublish/batchget") >= 3
    peer.ills.extend(["", "502"])
    with pytest.raises(TransportError):
        account(peer).find(NOTICE)


def test_what_was_deleted_is_not_there(peer: WeChatPeer):
    account(peer).publish(NOTICE, None)
    peer.published[0]["article"]["is_deleted"] = True

    assert account(peer).find(NOTICE) is None


def test_a_channel_is_put_together_from_its_connection_or_says_what_it_lacks(peer: WeChatPeer, house: Any):
    channel = Channel.model_validate(
        {"id": "wechat", "kind": "wechat_mp", "connection": "wechat", "label": "公众号", "label_en": "WeChat"}
    )
    whole = Access(peer.url, APPID, SECRET, {"thumb_media_id": COVER, "author": "云桥街道"})

    assert outlet_of(channel, whole, house).looks
    for access, lacks in [
        (replace(whole, extra={}), "thumb_media_id"),
        (replace(whole, login=None), "AppID"),
        (replace(whole, password=None), "AppSecret"),
        (None, "AppID"),
    ]:
        with pytest.raises(TransportError, match=lacks) as refused:
            outlet_of(channel, access, house)
        assert refused.value.permanent
    assert wechat_mp.LONGEST_TITLE == 32
