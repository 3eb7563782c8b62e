"""Replying officially: replies that people gave under the office's accounts go on record, in the office's name.

Such a reply rests on a signed statement that was public when it was given. Nobody's name is kept.
"""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select

from yingda import rendering
from yingda.domain import speech
from yingda.domain.acts import RecordReply
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.lead import url_key, web_address
from yingda.services import published, speaking
from yingda.services.case import Case
from yingda.services.published import Published
from yingda.store.models import OfficialReply


def record(case: Case, given: RecordReply, actor: str) -> None:
    """Keep a reply that was given under an account of the office.

    :raises NotNow: nothing signed is public yet
    :raises FieldsRefused: an account that policy does not name, a moment to come or before the statement was public,
        or a link that is on record already
    """
    newest = published.newest(case.session, case.incident.id)
    if newest is None:
        number = case.incident.number
        raise NotNow(
            speech.said(
                "%(number)s 还没有已签发并公开的说明，不能以官方账号答复。请先发布说明。", case.speaks, number=number
            )
        )
    wrong = _wrong_account(case, given) | _wrong_url(case, given)
    rests_on = _public_then(case, newest, given)
    if rests_on is None:
        wrong |= _wrong_moment(case, given)
    if wrong or rests_on is None:
        raise FieldsRefused(wrong)
    case.session.add(
        OfficialReply(
            incident_id=case.incident.id,
            revision_id=rests_on.revision.id,
            account=given.account,
            url=given.url,
            text=given.text,
            replied_at=given.when.astimezone(UTC),
            actor=actor,
            at=case.now,
        )
    )
    case.session.flush()
    case.record("official_reply_recorded", actor, account=given.account, url=given.url, sha256=rests_on.revision.sha256)


def _public_then(case: Case, newest: Published, given: RecordReply) -> Published | None:
    """Return the newest statement that was public when the reply was given, None if none was or it is still to come."""
    if given.when > case.now:
        return None
    standing: Published | None = newest
    while standing is not None and standing.at >= given.when + speaking.AS_TYPED:
        standing = published.newest(case.session, case.incident.id, before=standing.revision)
    return standing


def _wrong_account(case: Case, given: RecordReply) -> dict[str, str]:
    known = [one.id for one in case.settings.policy.official_accounts]
    if given.account in known:
        return {}
    allowed = ", ".join(known)
    return {"account": speech.said("只能是：%(allowed)s", case.speaks, allowed=allowed)}


def _wrong_url(case: Case, given: RecordReply) -> dict[str, str]:
    try:
        key = url_key(web_address(given.url))
    except ValueError:
        said = speech.said("须为不带用户名的网址，如 https://www.example.org/reply/1", case.speaks)
        return {"url": said}
    rows = case.session.scalars(select(OfficialReply).where(OfficialReply.incident_id == case.incident.id))
    same = next((row for row in rows if url_key(row.url) == key), None)
    if same is None:
        return {}
    when = rendering.local(same.at)
    said = speech.said("%(url)s 已于 %(when)s 登记", case.speaks, url=same.url, when=when)
    return {"url": said}


def _wrong_moment(case: Case, given: RecordReply) -> dict[str, str]:
    if given.when > case.now:
        return {"when": speech.said("不能晚于现在", case.speaks)}
    said = speech.said("那时还没有已签发并公开的说明，答复须以公开的说明为依据", case.speaks)
    return {"when": said}
