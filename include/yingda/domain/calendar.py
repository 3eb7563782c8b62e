"""The Chinese working calendar: weekends, public holidays and the weekend days worked in exchange for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from .errors import CalendarError, Fault
from .working_hours import Window, in_order, length_of_day

SHANGHAI = ZoneInfo("Asia/Shanghai")

NOTICE_MONTH = 11
"""The month in which the State Council publishes the arrangement of the year to come."""

_SATURDAY = 5


def shanghai_date(moment: datetime) -> date:
    """Return the date that an aware moment has in Shanghai."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone. Pass an aware datetime, such as datetime.now(UTC).")
    return moment.astimezone(SHANGHAI).date()


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a date. Write 2026-05-01.") from None
    return value


Day = Annotated[date, BeforeValidator(_day)]


def _weekend(value: date) -> date:
    if value.weekday() < _SATURDAY:
        raise ValueError(f"{value} is no Saturday or Sunday, so it is worked anyway. List weekend days only.")
    return value


class Holiday(BaseModel):
    """A public holiday with the days off around it, first and last day included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    first: Day
    last: Day

    @model_validator(mode="after")
    def _in_order(self) -> Holiday:
        if self.last < self.first:
            raise ValueError(f"{self.name} ends on {self.last}, before it begins on {self.first}. Swap the two dates.")
        if (self.last - self.first).days > 31:
            raise ValueError(f"{self.name} from {self.first} to {self.last} is longer than a month. Check the years.")
        return self

    def days(self) -> frozenset[date]:
        """Return every day off."""
        return frozenset(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


class YearArrangement(BaseModel):
    """What the State Council arranged for one year. Days may reach into the neighbouring years."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holidays: tuple[Holiday, ...]
    working: tuple[Annotated[Day, AfterValidator(_weekend)], ...] = ()

    @model_validator(mode="after")
    def _either_off_or_worked(self) -> YearArrangement:
        for day in self.working:
            for holiday in self.holidays:
                if holiday.first <= day <= holiday.last:
                    raise ValueError(f"{day} is listed as worked and as part of {holiday.name}. Keep it in one place.")
        return self


class Arrangements(BaseModel):
    """All years that calendar.yaml knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    years: dict[int, YearArrangement]

    @model_validator(mode="after")
    def _each_in_its_year(self) -> Arrangements:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for year, arrangement in self.years.items():
            for position, holiday in enumerate(arrangement.holidays):
                if year not in (holiday.first.year, holiday.last.year):
                    said = f"{holiday.name} ({holiday.first} to {holiday.last}) is not in {year}. Correct the dates."
                    faults.append((("years", str(year), "holidays", position), said))
            for position, day in enumerate(arrangement.working):
                # The days worked for a New Year's holiday may lie before it.
                if day.year not in (year - 1, year):
                    faults.append((("years", str(year), "working", position), f"{day} is not in {year}. Correct it."))
        if faults:
            raise Fault(faults)
        return self


class WorkingCalendar:
    """Which days are worked, and when on them working time passes.

    :param years: the arrangement of each known year
    :param hours: the windows of a working day, in order, one at least (policy key `working_hours`)
    :param published: asked once for a year that `years` lacks; returns its arrangement or None
    :raises ValueError: no window, or windows out of order
    """

    def __init__(
        self,
        years: Mapping[int, YearArrangement],
        hours: Sequence[Window],
        published: Callable[[int], YearArrangement | None] | None = None,
    ) -> None:
        if not hours:
            raise ValueError("A working day without working hours would never end. Give one window at least.")
        self.hours: tuple[Window, ...] = in_order(hours)
        self._years: dict[int, YearArrangement] = dict(years)
        self._published = published
        self._off: set[date] = set()
        self._worked: set[date] = set()
        for arrangement in self._years.values():
            self._learn(arrangement)

    @property
    def years(self) -> tuple[int, ...]:
        """The years known so far, ascending."""
        return tuple(sorted(self._years))

    def knows(self, year: int) -> bool:
        """Tell whether the arrangement of `year` is known."""
        if year in self._years:
            return True
        arrangement = self._published(year) if self._published else None
        if arrangement is None:
            return False
        self._learn(arrangement)
        self._years[year] = arrangement
        return True

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day`, a date in Shanghai, is worked.

        :raises CalendarError: the year of `day` has no arrangement
        """
        if not self.knows(day.year):
            raise CalendarError(
                f"The working calendar has no data for {day.year} (asked for {day}). Add the State Council's notice"
                f" for {day.year} to calendar.yaml under `years:`; the file that YINGDA_CALENDAR names is the one read."
            )
        if day in self._worked:
            return True
        return day.weekday() < _SATURDAY and day not in self._off

    def probably_worked(self, day: date) -> bool:
        """Tell whether `day` is worked; by the weekday where its year is unknown, since a mail must not wait for it."""
        return self.is_working_day(day) if self.knows(day.year) else day.weekday() < _SATURDAY

    def working_day_before(self, day: date) -> date:
        """Return the last working day before `day`; in a year without arrangement the day of the week decides."""
        day -= timedelta(days=1)
        while not self.probably_worked(day):
            day -= timedelta(days=1)
        return day

    def missing_years(self, today: date) -> tuple[int, ...]:
        """Return the years that should be known on `today`, a date in Shanghai, and are not; ascending.

        The arrangement of the year to come counts as missing from the first day of `NOTICE_MONTH` on.
        """
        wanted = (today.year, today.year + 1) if today.month >= NOTICE_MONTH else (today.year,)
        return tuple(year for year in wanted if not self.knows(year))

    def add_working_days(self, moment: datetime, days: int) -> datetime:
        """Return the earliest UTC moment at which `days` working days have been used up since `moment`.

        A working day is as much time as its working hours hold, and passes only within them: Monday 10:00 and one
        working day is Tuesday 10:00. Outside working hours the count waits for the next window. What is used up as
        a window closes ends then, not when the next one opens: Friday 20:00 and one working day is Monday at closing.

        :raises CalendarError: the count reaches a year without arrangement
        """
        if days < 0:
            raise ValueError(f"{days} working days cannot be added. Pass zero or more.")
        day = shanghai_date(moment)
        left = days * length_of_day(self.hours)
        if not left:
            return moment.astimezone(UTC)
        while True:
            if self.is_working_day(day):
                midnight = datetime.combine(day, time(), SHANGHAI)
                for window in self.hours:
                    # Shanghai has kept one offset from UTC since 1991, so wall-clock time adds up.
                    begins, closes = max(midnight + window.opens, moment), midnight + window.closes
                    if closes - begins >= left:
                        return (begins + left).astimezone(UTC)
                    left -= max(closes - begins, timedelta())
            day += timedelta(days=1)

    def _learn(self, arrangement: YearArrangement) -> None:
        for holiday in arrangement.holidays:
            self._off |= holiday.days()
        self._worked |= set(arrangement.working)


def published_arrangement(year: int) -> YearArrangement | None:
    """Return the arrangement of `year` that the package `holidays` ships, None where it only knows the statute.

    The package computes statutory holidays for any year, but days moved and days worked in exchange only for
    years whose notice it has transcribed; the others must not pass for knowledge.
    """
    from holidays.countries.china import China, ChinaStaticHolidays

    if year not in ChinaStaticHolidays.special_public_holidays:
        return None
    known = China(years=year, expand=False, language="zh_CN")
    return YearArrangement(
        holidays=tuple(Holiday(name=name, first=day, last=day) for day, name in sorted(known.items())),
        # The package lists some days of other years in every year.
        working=tuple(sorted(day for day in known.weekend_workdays if day.year in (year - 1, year))),
    )
