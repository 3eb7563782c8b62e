"""When working time passes, and how working days are counted with it (key `working_hours`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from yingda.domain.calendar import NOTICE_MONTH, SHANGHAI, WorkingCalendar, YearArrangement
from yingda.domain.policy import Policy
from yingda.domain.working_hours import length_of_day
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, RULE, WHAT, Pair, both, in_parts

ABOUT_WORKING_DAYS = f"""\
- 以工作日计的时限，只在工作日的工作时间里走，其余时间不走；一个工作日就是合计的那么长。
  A limit in working days runs only within the working hours of working days; one working day is as long as they are
  together.
- 工作日以 calendar.yaml 里国务院办公厅每年的通知为准：节假日不算，调休上班的周六、周日算。
  Which days are worked is what the yearly notices in calendar.yaml say: holidays are not, Saturdays and Sundays worked
  in exchange are.
- 在工作时间以外起算的，从下一段工作时间开始走。在一段工作时间结束时正好走完的，那一刻就是时限，不推到下一段开始。
  What starts outside working hours begins to run with the next ones. What is used up just as they end is due at that
  moment and not when the next ones begin.
- 还没有某一年的通知，涉及那一年的工作日就不计算，并说明缺哪一年。每年 {NOTICE_MONTH} 月 1 日起还缺下一年的，提前提醒。
  Working days in a year whose notice is missing are not counted at all, and the year is named. From the first day of
  month {NOTICE_MONTH} on the year to come is asked for.
"""

_WEEKDAYS = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)
# Any weeks without holidays do: a Monday and a Friday.
_EXAMPLES = (datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI), datetime(2026, 11, 27, 20, 0, tzinfo=SHANGHAI))


def parts(policy: Policy) -> Iterator[str]:
    """Yield the section."""
    yield "## 工作时间 Working hours `working_hours`\n"
    windows = [str(window) for window in policy.working_hours]
    length = length_of_day(policy.working_hours)
    yield table(
        (WHAT, RULE, KEY),
        [
            (
                both("工作时间", "Working hours"),
                both(
                    f"每个工作日 {'、'.join(windows)}，合计 {in_parts(length, 'zh_CN')}",
                    f"{', '.join(windows)} on every working day, {in_parts(length, 'en')} together",
                ),
                "`working_hours`",
            )
        ],
    )
    chinese, english = _example(policy)
    yield f"{ABOUT_WORKING_DAYS}- {chinese}\n  {english}\n"


def _example(policy: Policy) -> Pair:
    calendar = WorkingCalendar({2026: YearArrangement(holidays=())}, policy.working_hours)
    monday, friday = _EXAMPLES
    due = [calendar.add_working_days(start, 1) for start in _EXAMPLES]
    (from_monday, on_monday), (to_first, by_first) = _moment(monday), _moment(due[0])
    (from_friday, on_friday), (to_second, by_second) = _moment(friday), _moment(due[1])
    next_week = "下" if due[1].astimezone(SHANGHAI).isocalendar().week > friday.isocalendar().week else ""
    return (
        f"例（其间没有节假日）：{from_monday}起算的 1 个工作日，到{to_first}为止；"
        f"{from_friday}起算的，到{next_week}{to_second}为止。",
        f"For example, no holiday between: one working day from {on_monday} ends on {by_first},"
        f" from {on_friday} on {by_second}.",
    )


def _moment(moment: datetime) -> Pair:
    local = moment.astimezone(SHANGHAI)
    chinese, english = _WEEKDAYS[local.weekday()]
    return f"{chinese} {local:%H:%M} ", f"{english} {local:%H:%M}"
