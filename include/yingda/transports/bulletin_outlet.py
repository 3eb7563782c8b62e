"""The public bulletin as a channel: it holds a revision once however often it is written, so it may be tried again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from yingda.domain.channels import Channel
from yingda.transports.bulletin import Bulletin, Notice
from yingda.transports.bulletin_pages import address
from yingda.transports.outlet import Access, Posted

if TYPE_CHECKING:
    from yingda.settings import Settings


class BulletinOutlet:
    """A folder of pages; earlier statements stay on the page of their incident, marked."""

    looks = True
    repeats = True

    def __init__(self, bulletin: Bulletin) -> None:
        self._bulletin = bulletin

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Put the statement on top of its incident's page.

        :raises TransportError: see `Bulletin.publish`
        """
        return Posted(url=self._bulletin.publish(notice).url, reference=notice.incident_no)

    def find(self, notice: Notice) -> Posted | None:
        """Tell whether the page of the incident holds this revision, on top or among the earlier ones.

        What is not there whole is not there: writing it again changes nothing that stands.

        :raises TransportError: permanent; `incident_no` is no incident number
        """
        if self._bulletin.look(notice.incident_no) != notice.sha256:
            return None
        kept = json.loads((self._bulletin.folder / notice.incident_no / "notice.json").read_text(encoding="utf-8"))
        there = any((one["revision"], one["sha256"]) == (notice.revision, notice.sha256) for one in kept["notices"])
        return Posted(address(notice.base_url, notice.incident_no), notice.incident_no) if there else None


def outlet(channel: Channel, access: Access | None, settings: Settings) -> BulletinOutlet:
    """Return the bulletin in the settings' folder."""
    return BulletinOutlet(Bulletin(settings.bulletin))
