"""A WeChat Official Account (微信公众号) as a channel: a draft, then its publication, queued and checked there.

Each article ends with our number, revision and SHA-256, by which it is found again among drafts and publications. So
each step looks before it acts, and there is never a second draft or a second submission of one revision:

1. what is published already is that; 2. a draft that is there is taken, else one is added; 3. the draft is marked as
submitted (in the address under 阅读原文), then submitted; 4. the outcome is asked for a few times. A publication still
queued then is in doubt, its task's id is kept, and `find` settles it. A draft that was marked and has no outcome is
never submitted again by itself: a person looks.

Articles cannot be changed once they are out, so a correction is an article of its own that says what it corrects.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from yingda import rendering
from yingda.domain import speech
from yingda.domain.channels import Channel
from yingda.transports import chat
from yingda.transports.bulletin_pages import address
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.web import Web
from yingda.transports.wechat_api import WeChat

if TYPE_CHECKING:
    from yingda.settings import Settings
    from yingda.transports.bulletin import Notice

LONGEST_TITLE = 32
"""Characters of a title (draft/add of 2026: 总长度不超过32个字; it was 64)."""
LONGEST_AUTHOR = 16
LONGEST_ABSTRACT = 120
LONGEST_TEXT = 20_000
"""Characters of an article, its tags included, that it must stay below; and below 1 MB, which follows."""
ASKED = 4
"""How often the outcome is asked for before it is left to be found later."""
BETWEEN = 1.5
"""Seconds between."""

SUBMITTED = "#submitted"
"""What marks a draft, behind the address under 阅读原文."""

OUT, QUEUED = 0, 1
_FAILED: Mapping[object, str] = {
    2: "the check for original work failed",
    3: "it failed without a reason given",
    4: "the platform's review refused it",
    5: "its article was deleted after it had been published",
    6: "its article was blocked after it had been published",
}
NOT_OUT = frozenset({2, 3, 4})


class OfficialAccount:
    """An account, ready to be spoken to."""

    looks = True

    def __init__(self, wechat: WeChat, cover: str, author: str | None, wait: Callable[[float], None]) -> None:
        self._wechat = wechat
        self._cover = cover
        self._author = author
        self._wait = wait
        self._task: str | None = None

    def remember(self, under_way: str) -> None:
        """Take the id of a publication that was submitted before, so that its outcome can be asked for."""
        self._task = under_way

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Bring a statement out, from wherever it stands.

        :raises TransportError: refused; or uncertain: submitted, and without an outcome yet
        """
        there = self._published(notice)
        if there is not None:
            return there
        draft = self._draft(notice)
        if draft is not None and _is_marked(draft[1]):
            self._refuse_to_submit_again(notice)
        media_id = str(draft[0]["media_id"]) if draft is not None else self._add(notice)
        try:
            self._mark(media_id, notice, submitted=True)
        except TransportError as failed:
            # Nothing was submitted, and the draft must not say so.
            self._unmark(media_id, notice)
            raise TransportError(failed.message, permanent=failed.permanent, pause=failed.pause) from None
        return self._outcome(self._submit(media_id, notice), media_id, notice)

    def find(self, notice: Notice) -> Posted | None:
        """Tell whether exactly this revision is published. A draft that was never submitted is not.

        :raises TransportError: it is queued, or was submitted and has no outcome that we can see
        """
        there = self._published(notice)
        if there is not None:
            return there
        if self._task is not None:
            return self._of_task(self._task)
        draft = self._draft(notice)
        if draft is not None and _is_marked(draft[1]):
            raise TransportError(_NO_OUTCOME, uncertain=True)
        return None

    def _published(self, notice: Notice) -> Posted | None:
        footer = _footer(notice)
        for entry, article in self._wechat.articles("freepublish/batchget"):
            if not article.get("is_deleted") and footer in rendering.plain_text(str(article.get("content") or "")):
                return Posted(url=str(article.get("url") or "") or None, reference=str(entry.get("article_id")))
        return None

    def _draft(self, notice: Notice) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        footer = _footer(notice)
        for entry, article in self._wechat.articles("draft/batchget"):
            if footer in rendering.plain_text(str(article.get("content") or "")):
                return entry, article
        return None

    def _refuse_to_submit_again(self, notice: Notice) -> None:
        """Return only where the earlier submission surely came to nothing; whoever sends again wants it tried anew."""
        if self._task is None:
            raise TransportError(_NO_OUTCOME, uncertain=True)
        status = self._wechat.call("freepublish/get", {"publish_id": self._task}).get("publish_status")
        if status not in NOT_OUT:
            raise _untold(status, self._task)

    def _add(self, notice: Notice) -> str:
        answer = self._wechat.call("draft/add", {"articles": [self._article(notice, submitted=False)]})
        return str(answer["media_id"])

    def _mark(self, media_id: str, notice: Notice, *, submitted: bool) -> None:
        article = self._article(notice, submitted=submitted)
        self._wechat.call("draft/update", {"media_id": media_id, "index": 0, "articles": article})

    def _submit(self, media_id: str, notice: Notice) -> str:
        try:
            answer = self._wechat.call("freepublish/submit", {"media_id": media_id})
        except TransportError as refused:
            if refused.permanent or refused.pause is not None:
                self._unmark(media_id, notice)
                raise
            # "Busy" may be said of what is done all the same.
            raise TransportError(refused.message, uncertain=True) from None
        return str(answer.get("publish_id"))

    def _unmark(self, media_id: str, notice: Notice) -> None:
        """Let the draft be submitted again, once somebody has mended what was refused."""
        try:
            self._mark(media_id, notice, submitted=False)
        except TransportError:
            return  # a person is told of the refusal anyway

    def _outcome(self, task: str, media_id: str, notice: Notice) -> Posted:
        self._task = task
        for turn in range(ASKED):
            if turn:
                self._wait(BETWEEN)
            try:
                answer = self._wechat.call("freepublish/get", {"publish_id": task})
            except TransportError as unread:
                raise TransportError(unread.message, uncertain=True, under_way=task) from None
            status = answer.get("publish_status")
            if status == OUT:
                return _posted(answer)
            if status in NOT_OUT:
                self._unmark(media_id, notice)
                raise TransportError(f"WeChat did not publish it: {_FAILED[status]}. {_SEE}", permanent=True)
            if status != QUEUED:
                break
        raise _untold(status, task)

    def _of_task(self, task: str) -> Posted:
        answer = self._wechat.call("freepublish/get", {"publish_id": task})
        if answer.get("publish_status") == OUT:
            return _posted(answer)
        raise _untold(answer.get("publish_status"), task)

    def _article(self, notice: Notice, *, submitted: bool) -> dict[str, Any]:
        title = f"{_before(notice)}{' '.join(notice.title.split())}"
        link = address(notice.base_url, notice.incident_no)
        return {
            "article_type": "news",
            "title": chat.clip(title, LONGEST_TITLE),
            "author": chat.clip(self._author or notice.office_name, LONGEST_AUTHOR),
            "digest": chat.clip(" ".join(chat.paragraphs(notice.body_html)), LONGEST_ABSTRACT),
            "content": _content(notice, title, link),
            "content_source_url": f"{link}{SUBMITTED if submitted else ''}",
            "thumb_media_id": self._cover,
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }


_SEE = "See the account's draft box and its notices, then send again."
_NO_OUTCOME = (
    "It was submitted to WeChat before, and no outcome can be seen. Look into the account: if it is published, say so;"
    " if it is not, delete its draft, then send again."
)


def _untold(status: object, task: str) -> TransportError:
    """Return what is to be said of a publication that is not out."""
    if status == QUEUED:
        said = "WeChat has queued it and not published it yet."
    else:
        said = f"It was submitted to WeChat, but {_FAILED.get(status, f'its state is {status}')}. {_SEE}"
    return TransportError(said, uncertain=True, under_way=task)


def _posted(answer: Mapping[str, Any]) -> Posted:
    items = (answer.get("article_detail") or {}).get("item") or [{}]
    return Posted(url=items[0].get("article_url"), reference=str(answer.get("article_id")))


def _is_marked(article: Mapping[str, Any]) -> bool:
    return str(article.get("content_source_url") or "").endswith(SUBMITTED)


def _before(notice: Notice) -> str:
    drill = (speech.said("【演练】", notice.locale)) if notice.drill else ""
    kinds = {
        "correction": speech.said("【更正】", notice.locale),
        "withdrawal": speech.said("【撤回】", notice.locale),
        "holding": speech.said("【阶段性说明】", notice.locale),
    }
    return f"{drill}{kinds.get(notice.kind, '')}"


def _footer(notice: Notice) -> str:
    """Return the line by which an article is known again; readers see it."""
    if notice.locale == "en":
        return f"No. {notice.incident_no} revision {notice.revision} SHA-256 {notice.sha256}"
    return f"编号 {notice.incident_no} 第 {notice.revision} 稿 SHA-256 {notice.sha256}"


def _content(notice: Notice, title: str, link: str) -> str:
    """Return the article: what it corrects, the words as signed, the stable address, and the line to know it by."""
    back = {
        "correction": speech.said("本文更正此前就同一事项发布的说明，以本文为准。", notice.locale),
        "withdrawal": speech.said("此前就同一事项发布的说明现予撤回，不再有效。", notice.locale),
    }
    above = f"<p><strong>{escape(title)}</strong></p>" if len(title) > LONGEST_TITLE else ""
    if notice.kind in back:
        above += f"<p><strong>{back[notice.kind]}</strong></p>"
    stays = speech.said("全文及后续说明：%(link)s", notice.locale, link=link)
    below = f"<p>{escape(stays)}</p><p>{_footer(notice)}</p>"
    body = rendering.clean(notice.body_html)
    room = LONGEST_TEXT - 1 - _size(above) - _size(below)
    return above + (body if _size(body) <= room else _shortened(notice, link, room)) + below


def _size(text: str) -> int:
    """Return how many characters a text has by the strictest count, in which an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _shortened(notice: Notice, link: str, room: int) -> str:
    end = f"<p>… {speech.said('全文见', notice.locale)} {escape(link)}</p>"
    room -= _size(end)
    kept = ""
    for words in chat.paragraphs(notice.body_html):
        whole = f"<p>{escape(words)}</p>"
        if _size(kept) + _size(whole) > room:
            # Escaping makes six characters of one at worst.
            part = chat.clip(words, max(0, (room - _size(kept) - 7) // 6))
            kept += f"<p>{escape(part)}</p>" if part.strip("…") else ""
            break
        kept += whole
    return kept + end


def outlet(channel: Channel, access: Access | None, settings: Settings) -> OfficialAccount:
    """Return the account of a Connection: AppID as login, AppSecret as password, `thumb_media_id` (the cover) in extra.

    Further extra: `author`, up to 16 characters, where the office's name is too long.

    :raises TransportError: permanent; the Connection lacks something
    """
    wechat = WeChat(Web(settings.hosts), access)
    cover = access.extra.get("thumb_media_id") if access is not None else None
    if not cover:
        raise TransportError(
            f"{channel.id}: WeChat asks for a cover. Upload one as permanent material and put its id into the"
            " Connection's extra as `thumb_media_id`.",
            permanent=True,
        )
    author = access.extra.get("author") if access is not None else None
    return OfficialAccount(wechat, str(cover), str(author) if author else None, time.sleep)
