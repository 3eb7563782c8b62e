"""Confirming: a signature at the graver severities needs a code that went to the signer's second channel.

Whether one is needed is told by policy and severity at the moment of the answer. A code holds for one request, one
officer and one text, for a while and for a few tries, and only the newest does. It is kept nowhere: what is stored
tells whether a code is right, and only to whoever has the link key. Codes are checked and made under the incident's row
lock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import CodeRefused, FieldsRefused, SettingsError, UnknownOfficer
from yingda.domain.forms import CODE
from yingda.domain.life import RequestKind
from yingda.domain.second_channel import SecondChannel, SecondKind
from yingda.services import telling
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store.models import Incident, Request, SigningCode

CONFIRMED = "approve"
"""The one answer that a code confirms; sending a text back needs none."""

REPLACED, GUESSED, NOT_SENT = "replaced", "guessed", "not_sent"
"""Why a code is void: a newer one took its place, too many wrong tries, it surely did not go out."""

_PURPOSE = b"yingda.signing.code:"


class CodeState(StrEnum):
    """How the newest code of an officer stands."""

    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    EXPIRED = "expired"
    OVER = "over"


@dataclass(frozen=True)
class SecondFactor:
    """Whether the officer of a link needs a code to sign, and what became of the last one.

    :param channel: None where the roster names none; then `needed` means that they cannot sign
    :param sent_to: where codes go, masked
    :param state: of the newest code, None where none was sent
    :param problem: why it did not go out, or may not have
    """

    needed: bool
    channel: SecondKind | None
    sent_to: str | None
    state: CodeState | None = None
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    problem: str | None = None


def is_asked(kind: RequestKind, incident: Incident, settings: Settings) -> bool:
    """Tell whether answers of a kind are confirmed by a code at the incident's present severity."""
    return kind is RequestKind.SIGN_STATEMENT and incident.severity in settings.policy.second_factor.severities


def channel_of(officer_id: str, settings: Settings) -> SecondChannel | None:
    """Return where an officer's codes go, None where the roster says nowhere."""
    try:
        return settings.roster.officer(officer_id).second_channel
    except UnknownOfficer:
        return None


def check(case: Case, request: Request, action: str, officer_id: str, given: str) -> None:
    """Let an answer pass that needs no code or brings the right one, which is used up by it.

    :param given: what the officer typed; spaces and full-width digits are read as they are meant
    :raises CodeRefused: the code is wrong; the try was counted, and the caller commits that
    :raises FieldsRefused: there is no code, none that holds, or nowhere to send one to; nothing was counted
    """
    if action != CONFIRMED or not is_asked(request.kind, case.incident, case.settings):
        return
    rule = case.settings.policy.second_factor
    if channel_of(officer_id, case.settings) is None:
        if rule.without_channel == "allow":
            return
        raise _refused(
            case,
            "这一级别须用第二渠道的验证码签发，而名册里没有写您的第二渠道。请办公室在名册里补上 second_channel。",
        )
    code = _plain(given)
    if not code:
        raise _refused(
            case,
            "必填：这一级别须用第二渠道的验证码签发。请点“发送验证码”。",
        )
    live = _live(case.session, request, officer_id)
    if live is None:
        raise _refused(
            case,
            "没有可用的验证码（没有发过、未能发出或已作废）。请点“发送验证码”。",
        )
    if case.now > live.expires_at:
        raise _refused(case, "验证码已过期。请再发一次。")
    if not re.fullmatch(rf"[0-9]{{{rule.digits}}}", code):
        raise _refused(case, "验证码是 %(digits)s 位数字。请核对。", digits=rule.digits)
    if not hmac.compare_digest(proof(case.settings, live.salt, request, officer_id, code), live.proof):
        raise _counted(case, request, officer_id, live)
    live.used_at = case.now


def confirmed_by(session: Session, request: Request, officer_id: str) -> SecondKind | None:
    """Return the channel whose code confirmed an officer's answer, None where none was asked."""
    return session.scalars(
        select(SigningCode.channel).where(
            SigningCode.request_id == request.id,
            SigningCode.officer_id == officer_id,
            SigningCode.used_at.is_not(None),
        )
    ).one_or_none()


def standing(
    session: Session, request: Request, incident: Incident, officer_id: str, settings: Settings, now: datetime
) -> SecondFactor:
    """Return what an officer is shown of the code that they need, or that they need none. Only reads."""
    if not is_asked(request.kind, incident, settings):
        return SecondFactor(needed=False, channel=None, sent_to=None)
    channel = channel_of(officer_id, settings)
    if channel is None:
        refuses = settings.policy.second_factor.without_channel == "refuse"
        return SecondFactor(needed=refuses, channel=None, sent_to=None)
    newest = session.scalars(
        select(SigningCode)
        .where(SigningCode.request_id == request.id, SigningCode.officer_id == officer_id)
        .order_by(SigningCode.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.used_at is not None:
        return SecondFactor(needed=True, channel=channel.kind, sent_to=channel.masked)
    return SecondFactor(
        needed=True,
        channel=newest.channel,
        sent_to=newest.sent_to,
        state=_state(newest, now),
        sent_at=newest.sent_at or newest.made_at,
        expires_at=newest.expires_at,
        problem=newest.problem,
    )


def proof(settings: Settings, salt: str, request: Request, officer_id: str, code: str) -> str:
    """Return what tells later that a code is the one that was sent: for this request, this officer and this text.

    :raises SettingsError: there is no link key
    """
    if not settings.link_key:
        raise SettingsError("YINGDA_LINK_KEY is not set, so no code can be made. Set it or YINGDA_LINK_KEY_FILE.")
    about = "\n".join([salt, request.public_id, officer_id, request.revision_sha256 or "", code])
    return hmac.new(settings.link_key.encode(), _PURPOSE + about.encode(), hashlib.sha256).hexdigest()


def void(code: SigningCode, why: str, now: datetime) -> None:
    """Let a code hold no more."""
    code.voided_at, code.voided_why = now, why


def _state(code: SigningCode, now: datetime) -> CodeState:
    if code.voided_at is not None:
        return CodeState.NOT_SENT if code.voided_why == NOT_SENT else CodeState.OVER
    if now > code.expires_at:
        return CodeState.EXPIRED
    # Neither sent nor failed: whoever sent it died over it, or is at it just now.
    return CodeState.SENT if code.sent_at is not None else CodeState.UNKNOWN


def _live(session: Session, request: Request, officer_id: str) -> SigningCode | None:
    return session.scalars(
        select(SigningCode)
        .where(
            SigningCode.request_id == request.id,
            SigningCode.officer_id == officer_id,
            SigningCode.voided_at.is_(None),
            SigningCode.used_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _counted(case: Case, request: Request, officer_id: str, live: SigningCode) -> CodeRefused:
    """Count a wrong try; the last one voids the code, and the duty officers hear of it."""
    live.tries_left -= 1
    left = live.tries_left
    case.record("code_wrong", officer_id, request=request.public_id, tries_left=left)
    if left == 0:
        void(live, GUESSED, case.now)
        telling.notice(case, "codes_wrong", f"{request.public_id}:{officer_id}", officer=officer_id)
    case.session.flush()
    if left == 0:
        said = speech.said("验证码不对，这个验证码已不能再试。请再发一次。", case.speaks)
    else:
        said = speech.said("验证码不对，还可以试 %(left)s 次。以最近收到的为准。", case.speaks, left=left)
    return CodeRefused({CODE: said})


def _refused(case: Case, words: str, **values: object) -> FieldsRefused:
    return FieldsRefused({CODE: speech.said(words, case.speaks, **values)})


def _plain(given: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", given))
