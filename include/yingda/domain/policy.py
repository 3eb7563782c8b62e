"""The office's rules: what is owed by when, who hears of it, who signs, who speaks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from .clocks import BY_POLICY, ClockKind, Span
from .errors import Fault
from .ladder import Rung
from .life import LetterKind
from .quality.rule import QualityRule
from .roles import Role
from .severity import Severity
from .work_group import GroupEvent
from .working_hours import WorkingHours

# Duty officers write the statements, and whoever wrote a text never signs it.
DRAFTER = Role.DUTY_OFFICER


def _span(value: Any) -> Span:
    return value if isinstance(value, Span) else Span.parse(value)


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return datetime.strptime(value, "%H:%M").replace(tzinfo=UTC).time()
        except ValueError:
            raise ValueError(f'{value!r} is not a time of day. Write "08:00".') from None
    return value


SpanText = Annotated[Span, PlainValidator(_span)]


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class ClockRule(_Rules):
    """How long one kind of clock runs, by severity; None where it is not owed."""

    general: SpanText | None
    major: SpanText | None
    critical: SpanText | None
    urgent: SpanText | None = None

    def span_for(self, severity: Severity, urgent: bool) -> Span | None:
        """Return how long the clock runs; None means that nothing is owed.

        `urgent` counts only where the severity by itself owes nothing.
        """
        own: Span | None = getattr(self, severity.value)
        return self.urgent if own is None and urgent else own

    def longest(self) -> Span | None:
        """Return the longest span of all severities, None where none is owed; working days count as 24 hours."""
        spans = [span for span in (self.general, self.major, self.critical, self.urgent) if span]
        return max(spans, key=_days, default=None)


def _days(span: Span) -> float:
    return float(span.working_days) if span.elapsed is None else span.elapsed.total_seconds() / 86_400  # type: ignore[arg-type]


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or any(c.isspace() for c in value):
        raise ValueError(f"{value!r} is no address to ping. Write one such as https://watch.example.org/ping/abc.")
    return value


class RegisterRule(_Rules):
    """When the hazard register is compiled, and who is told each morning that it was.

    :param at: a time of day in Shanghai
    :param ping: an address of a watch outside that raises the alarm when nothing calls it; None: none
    """

    at: Annotated[time, BeforeValidator(_time_of_day)]
    ping: Annotated[str, AfterValidator(_https)] | None = None


class LinkRule(_Rules):
    """How long a personal link works after it was sent."""

    valid_for: SpanText


def _day_and_night(pauses: tuple[Span, ...]) -> tuple[Span, ...]:
    faults: list[tuple[tuple[str | int, ...], str]] = [
        ((position,), f"'{pause}' cannot be a pause. Write 20s, 30m, 2h or 5d.")
        for position, pause in enumerate(pauses)
        if pause.elapsed is None
    ]
    if faults:
        raise Fault(faults)
    return pauses


# The pauses before the second, third, … attempt; the last one repeats. Never working days.
Pauses = Annotated[tuple[SpanText, ...], Field(min_length=1), AfterValidator(_day_and_night)]


def _one_day_and_night(span: Span) -> Span:
    if span.elapsed is None:
        raise ValueError(f"'{span}' runs on working days only. Write 20s, 30m, 2h or 5d.")
    return span


ElapsedText = Annotated[SpanText, AfterValidator(_one_day_and_night)]


class MailRule(_Rules):
    """How often a message is tried, and the pauses between."""

    attempts: Annotated[int, Field(ge=1, le=50)]
    pauses: Pauses

    def pause_after(self, attempts: int) -> timedelta | None:
        """Return how long to wait after so many attempts, None if that was the last."""
        return None if attempts >= self.attempts else self.pauses[min(attempts, len(self.pauses)) - 1].elapsed


class WorkGroupRule(_Rules):
    """Which robots of channels.yaml tell the officers' work group, and of what; no robots: nobody is told.

    Only numbers, severities and links leave, and never titles, names or texts.
    """

    robots: tuple[str, ...]
    events: tuple[GroupEvent, ...]


class PublicationRule(_Rules):
    """The pauses between attempts to publish or to see a page, and after how many the duty officer is told.

    :param unknown_after: how long after a sending it is left open at most whether it arrived
    :param look_again: how long after a page was seen live it is looked at again, each once
    """

    tell_after: Annotated[int, Field(ge=1, le=50)]
    pauses: Pauses
    unknown_after: ElapsedText
    look_again: Pauses


class FeedbackRule(_Rules):
    """After how many "not solved" the duty officer is asked whether to reopen, how often at most, and until when."""

    ask_after: Annotated[int, Field(ge=1, le=1000)]
    at_most_every: SpanText
    answer_within: SpanText


class HandBackRule(_Rules):
    """After how many hand-backs the duty officer rules, and the unit ruled upon cannot hand back any more."""

    ruling_after: Annotated[int, Field(ge=1, le=50)]


class EmergencyPlanRule(_Rules):
    """In which incidents the group leader decides on the emergency plan, and who is told once it is started."""

    severities: tuple[Severity, ...]
    tell: Annotated[tuple[Role, ...], Field(min_length=1)]


class Entry(_Rules):
    """One entry of a list that the office keeps; `id` is what the records hold, so it never changes."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_en: Annotated[str, Field(min_length=1, max_length=200)]

    def label(self, locale: str) -> str:
        """Return its name in `locale`."""
        return self.name_en if locale == "en" else self.name


def _each_once(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    faults: list[tuple[tuple[str | int, ...], str]] = [
        ((position, "id"), f"'{entry.id}' stands twice. Give each entry its own id.")
        for position, entry in enumerate(entries)
        if entry.id in {earlier.id for earlier in entries[:position]}
    ]
    if faults:
        raise Fault(faults)
    return entries


class Site(Entry):
    """A place on the web that is looked at every working day."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=2000)]


Entries = Annotated[tuple[Entry, ...], AfterValidator(_each_once)]
Sites = Annotated[tuple[Site, ...], AfterValidator(_each_once)]


class LetterRule(_Rules):
    """On which grounds a letter may be written, and who sends it and records that it was sent."""

    grounds: Annotated[Entries, Field(min_length=1)]
    sent_by: Role


def _elapsed(span: Span) -> Span:
    if span.elapsed is None:
        raise ValueError(f"'{span}' counts working time; this runs day and night. Write 20s, 30m, 2h or 5d.")
    return span


# Day and night, never working days.
Elapsed = Annotated[SpanText, AfterValidator(_elapsed)]


class SecondFactorRule(_Rules):
    """At which severities a signature needs a code that was sent to the signer's second channel.

    :param valid_for: how long a code holds
    :param tries: wrong answers after which a code holds no more
    :param codes_an_hour: codes for one officer and one request within an hour
    :param without_channel: whether somebody whom the roster gives no second channel may sign by their link alone
    """

    severities: tuple[Severity, ...]
    digits: Annotated[int, Field(ge=4, le=10)]
    valid_for: Elapsed
    tries: Annotated[int, Field(ge=1, le=20)]
    codes_an_hour: Annotated[int, Field(ge=1, le=60)]
    without_channel: Literal["allow", "refuse"]


class LeadReminder(_Rules):
    """Who hears, and how long after the report, of a lead that nobody took up."""

    after: Elapsed
    tell: Annotated[tuple[Role, ...], Field(min_length=1)]


def _one_after_the_other(reminders: tuple[LeadReminder, ...]) -> tuple[LeadReminder, ...]:
    faults: list[tuple[tuple[str | int, ...], str]] = [
        ((position, "after"), f"'{one.after}' is not later than the one before it. Write them in order of time.")
        for position, one in enumerate(reminders)
        if position and one.after.elapsed <= reminders[position - 1].after.elapsed  # type: ignore[operator]
    ]
    if faults:
        raise Fault(faults)
    return reminders


class LeadRule(_Rules):
    """The reminders of reported leads that wait, by severity; urgent ones are reminded of as major ones."""

    remind: dict[Severity, Annotated[tuple[LeadReminder, ...], AfterValidator(_one_after_the_other)]]


class Policy(_Rules):
    """All rules together, as policy.yaml states them. Every default stands in that file and nowhere else."""

    clocks: dict[ClockKind, ClockRule]
    working_hours: WorkingHours
    ladders: dict[ClockKind, tuple[Rung, ...]]
    signing: dict[Severity, Annotated[tuple[Role, ...], Field(min_length=1)]]
    spokesperson: dict[Severity, Annotated[tuple[Role, ...], Field(min_length=1)]]
    interviewee: dict[Severity, Annotated[tuple[Role, ...], Field(min_length=1)]]
    register_rule: RegisterRule = Field(alias="register")
    links: LinkRule
    second_factor: SecondFactorRule
    leads: LeadRule
    mail: MailRule
    work_group: WorkGroupRule
    publication: PublicationRule
    hand_back: HandBackRule
    feedback: FeedbackRule
    emergency_plan: EmergencyPlanRule
    letters: dict[LetterKind, LetterRule]
    official_accounts: Entries
    watched_sites: Sites
    quality: QualityRule

    @property
    def register_at(self) -> time:
        """The time of day in Shanghai at which the hazard register is compiled."""
        return self.register_rule.at

    @model_validator(mode="after")
    def _whole_and_sound(self) -> Policy:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for name, table, keys in (
            ("clocks", self.clocks, BY_POLICY),
            ("ladders", self.ladders, ClockKind),
            ("signing", self.signing, Severity),
            ("spokesperson", self.spokesperson, Severity),
            ("interviewee", self.interviewee, Severity),
            ("letters", self.letters, LetterKind),
        ):
            faults += [((name,), f"{key.value} is missing. Add it.") for key in keys if key not in table]
        faults += [
            (("leads", "remind"), f"{key.value} is missing. Add it.")
            for key in Severity
            if key not in self.leads.remind
        ]
        for severity, chain in self.signing.items():
            for position, role in enumerate(chain):
                if role in chain[:position]:
                    said = f"'{role}' signs twice; one person's word counts once. Name each role once."
                    faults.append((("signing", severity.value, position), said))
                if role == DRAFTER:
                    said = f"'{role}' writes the statements and cannot sign them. Name another role."
                    faults.append((("signing", severity.value, position), said))
        for kind, rungs in self.ladders.items():
            for position, rung in enumerate(rungs):
                if rung.key in {earlier.key for earlier in rungs[:position]}:
                    said = f"'{rung.key}' stands twice on this ladder. Put everybody told then into one `tell`."
                    faults.append((("ladders", kind.value, position, "at"), said))
                if not rung.tell:
                    faults.append((("ladders", kind.value, position, "tell"), "nobody is told. Name at least one."))
        faults += [
            (("clocks", kind.value), "runs until a date that somebody names, so no length can be set. Take it out.")
            for kind in self.clocks
            if kind not in BY_POLICY
        ]
        if faults:
            raise Fault(faults)
        return self

    @model_validator(mode="after")
    def _climb_in_order(self) -> Policy:
        # Shares and durations mix, so their order hangs on the length of the clock: the longest one decides here,
        # and `ladder.climb` orders them for a clock that really runs.
        for kind, rungs in self.ladders.items():
            longest = self.clocks[kind].longest() if kind in self.clocks else None
            days = _days(longest) if longest else 1.0
            self.ladders[kind] = tuple(
                sorted(rungs, key=lambda r: _days(r.at) if isinstance(r.at, Span) else float(r.at) * days)
            )
        return self
