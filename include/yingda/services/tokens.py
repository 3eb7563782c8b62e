"""Tokens: what signs a few facts so that they can be handed out and believed when they come back."""

from __future__ import annotations

import hashlib

from yingda.domain.errors import SettingsError
from yingda.settings import Settings


def signer(settings: Settings, purpose: str):  # type: ignore[no-untyped-def]
    """Return what signs tokens of one purpose; those of another are none to it.

    :raises SettingsError: there is no key
    """
    from itsdangerous import URLSafeSerializer

    if settings.link_key is None:
        raise SettingsError(
            "YINGDA_LINK_KEY is not set, so no personal link can be made. Set it or YINGDA_LINK_KEY_FILE."
        )
    return URLSafeSerializer(
        settings.link_key,
        salt=purpose,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
