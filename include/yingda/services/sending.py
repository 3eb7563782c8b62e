"""Sending: what is claimed goes to its channel, and what became of it is noted; then the live page is looked at.

No transaction is open while the outside world is spoken to.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import roles
from yingda.domain.channels import Channel
from yingda.domain.errors import YingdaError
from yingda.domain.roles import Role
from yingda.services import presenting, publishing
from yingda.services.case import take
from yingda.services.publishing import Sending
from yingda.settings import Settings
from yingda.transports import page
from yingda.transports.bulletin_pages import on_top
from yingda.transports.errors import TransportError

if TYPE_CHECKING:
    from yingda.transports.bulletin import Notice

Transaction = Callable[[], AbstractContextManager[Session]]


def publish_due(transaction: Transaction, number: str, settings: Settings, clock: Callable[[], datetime]) -> int:
    """Send what is due of one incident; return how many channels have it now.

    What a crash left half done is sent again once its lease is over. That is harmless for the one kind of channel there
    is: the bulletin holds a revision once, however often it is written.
    """
    with transaction() as session:
        sendings = publishing.claim_due(take(session, number, settings, clock()))
    published = 0
    for sending in sendings:
        problem: TransportError | None = None
        try:
            url = _send(sending, settings)
        except TransportError as failed:
            problem = failed
        except (YingdaError, KeyError) as changed:
            # A signer, unit or channel that is not in the office's files any more: a person must put it back.
            problem = TransportError(f"{sending.channel}: {changed}")
        with transaction() as session:
            case = take(session, number, settings, clock())
            if problem is None:
                publishing.confirm(case, sending, url)
                published += 1
            elif problem.uncertain:
                publishing.doubt(case, sending, problem.message)
            else:
                publishing.put_off(case, sending, problem.message, permanent=problem.permanent)
    return published


def look_due(transaction: Transaction, number: str, settings: Settings, clock: Callable[[], datetime]) -> int:
    """Look at the pages that are due and note whether they show the text; return how many do."""
    with transaction() as session:
        pages = publishing.to_look_at(take(session, number, settings, clock()))
    seen = 0
    for publication_id, url, content in pages:
        problem = _what_is_wrong(url, content, settings)
        with transaction() as session:
            case = take(session, number, settings, clock())
            if problem is None:
                publishing.seen_live(case, publication_id)
                seen += 1
            else:
                publishing.not_seen(case, publication_id, problem)
    return seen


def _what_is_wrong(url: str, content: dict[str, object], settings: Settings) -> str | None:
    try:
        shown = page.fetch(url)
    except TransportError as unread:
        return unread.message
    expected = presenting.whole_html(content, settings)
    top = on_top(shown)
    if top is None:
        there = rendering.same_text(expected, shown)
    else:
        # Earlier texts stay on the page, and may hold all the words of the one that strikes some of them out.
        there = rendering.plain_text(top[1]) == rendering.plain_text(expected)
    if there:
        return None
    return f"{url} does not show the text that was published."


def _send(sending: Sending, settings: Settings) -> str:
    from yingda.transports.bulletin import Bulletin

    channel = settings.channels.channel(sending.channel)
    notice = _notice(sending, channel, settings)
    bulletin = Bulletin(settings.bulletin)
    # The bulletin may be written again at any time: same number, same revision, same bytes.
    return bulletin.publish(notice).url


def _notice(sending: Sending, channel: Channel, settings: Settings) -> Notice:
    from yingda.transports.bulletin import Notice, Signed

    english = settings.locale == "en"

    def name(of: object) -> str:
        return str(getattr(of, "name_en" if english else "name"))

    return Notice(
        incident_no=sending.incident_no,
        kind=sending.content["kind"],  # type: ignore[arg-type]
        title=str(sending.content["title"]),
        body_html=presenting.public_html(sending.content, settings),
        sha256=sending.sha256,
        revision=sending.revision,
        topic=sending.topic or "",
        office_name=name(settings.roster.office),
        unit_name=name(settings.roster.unit(sending.unit_id)) if sending.unit_id else "",
        unit_id=sending.unit_id or "",
        signed=tuple(
            Signed(
                role_label=roles.label(Role(signer.role), settings.locale),
                name=name(settings.roster.officer(signer.officer_id)),
                at=signer.at,
            )
            for signer in sending.signers
        ),
        published_at=sending.at,
        drill=sending.drill,
        base_url=channel.base_url or f"{settings.public_url}/bulletin",
        locale=settings.locale,
        feedback_url=None if sending.drill else f"{settings.public_url}/desk/feedback/{sending.incident_no}",
    )
