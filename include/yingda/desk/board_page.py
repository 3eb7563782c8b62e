"""The board: what is being handled, what is due first, and what a machine gave up and a person must look after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import access, acting, asking_for, viewer, wellbeing
from yingda.desk.pages import clock_words, message, page, root_of, say
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import Stage
from yingda.domain.severity import Severity
from yingda.services import naming, viewing
from yingda.services.troubles import troubles
from yingda.services.viewing import Order

TOKEN_FOR = "troubles"  # noqa: S105 - what the form token of the board's buttons is about


@dataclass(frozen=True)
class Chosen:
    """What the address asks for, as it was typed."""

    stage: str = ""
    severity: str = ""
    unit: str = ""
    q: str = ""
    sort: str = ""
    limit: str = ""
    offset: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.stage or self.severity or self.unit or self.q)

    def address(self, offset: int | None = None) -> str:
        """Return the query of the page that begins at `offset`, by default of this one."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return "?" + urlencode(kept | ({} if offset is None else {"offset": str(offset)}))


@dataclass(frozen=True)
class Refused:
    """A button of the board that could not do its work: about which publication, what was typed, what is wrong."""

    publication_id: int
    typed: Mapping[str, str]
    said: str


def show(
    request: Request, user: BaseUser, chosen: Chosen, *, refused: Refused | None = None, status: int = 200
) -> Response:
    """Show the board under a filter; what was refused stands there as it was typed."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        sought = asking_for.sought(house, **asdict(chosen), board=True)
    except FieldsRefused as wrong:
        lines = [f"{name}: {said}" for name, said in wrong.fields.items()]
        back = (f"{root_of(request)}/", say("查看全部办理中的事件"))
        return message(request, say("筛选条件有误"), lines, status=422, link=back)
    with wiring.reading() as session:
        found, total = viewing.incidents(session, house, sought, now)
        in_trouble = troubles(session, house)
    after = sought.offset + sought.limit
    return page(
        request,
        "board",
        status=status,
        lines=found,
        troubles=in_trouble,
        unwell=wellbeing.all_failing(),
        looked_at=now,
        token=acting.form_token(user.get_name(), TOKEN_FOR, house) if access.can_act(user) else None,
        refused=refused,
        here=chosen.address(),
        total=total,
        sought=sought,
        chosen=chosen,
        units=naming.units(house),
        stages=list(Stage),
        severities=list(Severity),
        orders=list(Order),
        earlier=chosen.address(max(sought.offset - sought.limit, 0)) if sought.offset else None,
        later=chosen.address(after) if after < total else None,
        clock_words=lambda clock: clock_words(clock, now, house.speaks),
    )
