"""Particulars: what one request is about, as pairs of label and text, for the page of its link and its mail.

What every request shows (the case, the texts, the comments) is put together in briefing; this is the rest: which
commitment, which letter, which enquiry, what the next statement must be. One module a subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from yingda.domain.life import RequestKind
from yingda.services.particulars import outside, promises, readers, statements
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Incident, Request

Source = Callable[[Session, Request, Incident, Settings], list[Particular]]

SOURCES: Mapping[RequestKind, Source] = {
    RequestKind.DRAFT_STATEMENT: statements.next_statement,
    RequestKind.SIGN_STATEMENT: statements.next_statement,
    RequestKind.COMMITMENT: promises.commitment,
    RequestKind.EXTENSION: promises.commitment,
    RequestKind.DECIDE_LETTER: outside.letter_to_decide,
    RequestKind.SEND_LETTER: outside.letter_to_send,
    RequestKind.ENQUIRY: outside.enquiry,
    RequestKind.FEEDBACK: readers.feedback,
}


def of(session: Session, request: Request, incident: Incident, house: Settings) -> tuple[Particular, ...]:
    """Return the particulars of a request; empty texts are left out."""
    source = SOURCES.get(request.kind)
    found = source(session, request, incident, house) if source is not None else []
    return tuple(one for one in found if one.text)


__all__ = ["SOURCES", "Particular", "Source", "of"]
