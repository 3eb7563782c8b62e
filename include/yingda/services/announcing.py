"""Announcing: what a claimed publication says, as every channel is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yingda.domain import roles
from yingda.domain.channels import Kind
from yingda.domain.roles import Role
from yingda.services import presenting
from yingda.services.publishing import Sending
from yingda.settings import Settings

if TYPE_CHECKING:
    from yingda.transports.bulletin import Notice


def notice_of(sending: Sending, settings: Settings) -> Notice:
    """Return the notice that goes to a channel; its `base_url` is the bulletin's, whose addresses stay for good.

    :raises YingdaError: a signer or unit is not in the office's files any more
    """
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
        base_url=bulletin_url(sending.channel, settings),
        locale=settings.locale,
        feedback_url=None if sending.drill else f"{settings.public_url}/desk/feedback/{sending.incident_no}",
    )


def bulletin_url(channel_id: str, settings: Settings) -> str:
    """Return where the bulletin stands: that channel if it is one, else the first; by default the one we serve."""
    bulletins = [one for one in settings.channels.channels if one.kind is Kind.BULLETIN]
    bulletins.sort(key=lambda one: one.id != channel_id)
    return (bulletins[0].base_url if bulletins else None) or f"{settings.public_url}/bulletin"
