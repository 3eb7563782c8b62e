"""What can go wrong, in the office's terms. Every message names the thing, the value and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


class YingdaError(Exception):
    """Base of every error that Yingda itself raises."""


class SettingsError(YingdaError):
    """The environment or the YAML files say something that cannot be.

    :param problems: one sentence, or all of them; each names the variable or `file:line`, the value and the remedy
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[SettingsError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class Fault(ValueError):
    """Rules broken at certain places inside a model; raised while it is validated, reported as a SettingsError.

    :param faults: pairs of the place, as keys and list positions from the model down, and the sentence
    """

    def __init__(self, faults: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(f"{'.'.join(map(str, place))}: {said}" for place, said in self.faults))


class CalendarError(YingdaError):
    """A date lies in a year whose holidays and make-up working days nobody has told us."""


class UnknownOfficer(YingdaError):
    """No officer of the roster has this id."""


class UnknownUnit(YingdaError):
    """No unit of the roster has this id."""


class UnknownRobot(YingdaError):
    """No robot of channels.yaml has this id."""

    def __init__(self, robot_id: str, known: Iterable[str] = ()) -> None:
        self.robot_id = robot_id
        there = ", ".join(known) or "none at all"
        super().__init__(f"channels.yaml has no robot {robot_id!r}. It has: {there}. Add it under `robots`.")

    def __reduce__(self) -> tuple[type[UnknownRobot], tuple[str]]:
        return type(self), (self.robot_id,)


class IncidentNotFound(YingdaError):
    """No incident has this number, or the run belongs to none."""


class ConfRefused(YingdaError):
    """What a run or a lead was started with cannot be accepted.

    :param field: the name of the field at fault
    :param message: what is wrong with it and what is allowed
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")

    def __reduce__(self) -> tuple[type[ConfRefused], tuple[str, str]]:
        return type(self), (self.field, self.message)


class LinkForged(YingdaError):
    """A link that we did not make, or made for something else. Whoever asks learns nothing more."""


class LinkExpired(YingdaError):
    """A link whose time is over; the request can be asked for again."""


class RequestEnded(YingdaError):
    """The request was withdrawn, so that no answer is wanted any more."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class AnsweredAlready(YingdaError):
    """Somebody else (or the same officer, differently) answered first.

    :param officer_id: who
    :param at: when, UTC
    """

    def __init__(self, officer_id: str, action: str, at: datetime) -> None:
        self.officer_id = officer_id
        self.action = action
        self.at = at
        super().__init__(f"{officer_id} answered first ({action}, {at.isoformat()})")


class TextChanged(YingdaError):
    """The text judged is not the text that is asked about now."""


class NotYours(YingdaError):
    """This person may not decide this: not asked, or the author, or a signer of another stage."""


class FieldsRefused(YingdaError):
    """A form was filled in wrongly; nothing was stored.

    :param fields: message by field
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{field}: {message}" for field, message in fields.items()))


class CodeRefused(FieldsRefused):
    """The code that should confirm an answer is wrong. Nothing was stored but the try, which the caller commits."""


class TooManyCodes(YingdaError):
    """So many codes were sent for one request that no other is sent for a while.

    :param again_at: from when on one is, UTC
    """

    def __init__(self, again_at: datetime) -> None:
        self.again_at = again_at
        super().__init__(f"no other code before {again_at.isoformat()}")


class CodeNotSent(YingdaError):
    """A code was made and did not go out, so it is void; the message says why."""


class NotNow(YingdaError):
    """What was asked of an incident cannot be done where it stands."""


class LeadNotFound(YingdaError):
    """No reported lead has this id."""


class LeadSettled(YingdaError):
    """Somebody else opened, joined or dismissed the lead first.

    :param settled_by: an officer id or "account:<name>"
    :param state: what became of it, a value of `life.LeadState`
    :param at: when, UTC
    :param incident_no: the incident it belongs to now; None where it was dismissed
    """

    def __init__(self, settled_by: str, state: str, at: datetime, incident_no: str | None) -> None:
        self.settled_by = settled_by
        self.state = state
        self.at = at
        self.incident_no = incident_no
        super().__init__(f"{settled_by} settled it first ({state}, {at.isoformat()})")


class HazardNotFound(YingdaError):
    """No hazard has this number."""


class HazardChanged(YingdaError):
    """Somebody changed the hazard after the page that was answered, or the row that was previewed, was read.

    :param by: an officer id or "account:<name>"
    :param at: when, UTC
    """

    def __init__(self, hazard_id: int, by: str, at: datetime) -> None:
        self.hazard_id = hazard_id
        self.by = by
        self.at = at
        super().__init__(f"{by} changed hazard {hazard_id} first ({at.isoformat()})")


class TableRefused(YingdaError):
    """A file that was to be imported cannot be read as a table of hazards; nothing was stored.

    :param why: a key of the words that say what is wrong (domain/hazard_table.py)
    :param detail: what the words name: a column, a sheet, a line
    """

    def __init__(self, why: str, **detail: object) -> None:
        self.why = why
        self.detail = detail
        super().__init__(f"{why}: {detail}")


class EvidenceRefused(YingdaError):
    """A file that was brought as evidence cannot be kept.

    :param why: `empty`, `large`, `kind`, `damaged`, `locked`, `pixels` or `many`
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
