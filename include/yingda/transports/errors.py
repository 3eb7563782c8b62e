"""What a transport raises when something did not go out."""

from __future__ import annotations


class TransportError(Exception):
    """
    One message or one publication did not go out, or nobody can say whether it did.

    :param message: what happened, to what, and the remedy; shown to the duty officer as it is
    :param permanent: trying again unchanged cannot help (address refused, text not acceptable)
    :param uncertain: the other side may have accepted it. A publication must never be sent again blindly then;
        a mail may be, because its Message-ID stays the same and mail clients fold the second copy
    :param pause: seconds that the other side asks to be left alone, None where it asks for none
    :param under_way: the other side's own name for what it has begun and not ended, to ask for its outcome later
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        pause: float | None = None,
        under_way: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.uncertain = uncertain
        self.pause = pause
        self.under_way = under_way
