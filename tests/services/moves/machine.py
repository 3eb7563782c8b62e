"""The machine: every kind of move, by anybody, right or wrong, in any order; the laws are checked after each."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from yingda.domain import forms
from yingda.domain.life import RequestKind

from . import laws
from .answers import Answers
from .desk import Desk
from .office import Office
from .story import Throw, between, few, move, one_of, pick
from .tasks import Tasks

USUAL: Mapping[str, int] = {
    "somebody_asked_answers": 16,
    "somebody_answers_wrongly": 4,
    "anybody_answers_anything": 4,
    "an_answer_comes_again": 2,
    "all_goes_well_for_a_while": 5,
    "a_lead_triggers_a_run": 2,
    "somebody_reports_a_lead": 1,
    "somebody_settles_a_lead": 2,
    "somebody_logged_in_acts": 8,
    "one_is_regraded": 2,
    "two_are_merged": 2,
    "a_merge_is_undone": 1,
    "what_if_they_were_merged_and_parted": 2,
    "a_task_looks": 2,
    "follow_up_runs": 2,
    "a_run_begins": 1,
    "the_publisher_claims": 4,
    "a_channel_says_something": 4,
    "somebody_looks_at_the_page": 4,
    "the_courier_goes": 2,
    "the_register_is_compiled": 1,
    "everybody_reads": 2,
    "time_passes": 4,
    "it_is_nearly_or_just_or_past_due": 6,
    "somebody_is_away": 2,
    "somebody_leaves_for_good": 1,
    "everything_is_as_it_was": 1,
    "the_rules_change": 2,
}
"""Every move and how often it is made, relative to the others."""

MOODS: Mapping[str, Mapping[str, int]] = {
    "a usual day": {},
    "back and forth": {"somebody_asked_answers": 80, "all_goes_well_for_a_while": 0},
    "everybody does what they should not": {"somebody_answers_wrongly": 25, "anybody_answers_anything": 25},
    "nothing gets out": {"the_publisher_claims": 30, "a_channel_says_something": 30, "somebody_looks_at_the_page": 20},
    "one and the same": {
        "a_lead_triggers_a_run": 12,
        "two_are_merged": 20,
        "a_merge_is_undone": 15,
        "what_if_they_were_merged_and_parted": 15,
        "all_goes_well_for_a_while": 1,
    },
    "second thoughts": {"somebody_logged_in_acts": 40, "one_is_regraded": 15, "all_goes_well_for_a_while": 15},
    "time is short": {"time_passes": 15, "it_is_nearly_or_just_or_past_due": 40},
    "people come and go": {"somebody_is_away": 20, "somebody_leaves_for_good": 10, "the_rules_change": 10},
}
"""What a story is full of."""


BEGINNING: Mapping[str, Throw] = {"severity": few, "unit": few, "variety": pick, "steps": between(0, 14)}


class AnyMoves(Answers, Desk, Tasks, Office):
    """Everybody at once. So that stories get somewhere, some of it goes as it should for a while.

    Hypothesis draws one thing a story, its dice. Left to draw each argument, it makes most stories near copies of the
    one before, by repeating parts; and shortening them is done better where a move is known (retelling).
    """

    @initialize(dice=st.randoms(use_true_random=True))
    def it_begins(self, dice: Random) -> None:
        self.dice = dice
        weights = {**USUAL, **MOODS[dice.choice(sorted(MOODS))]}
        self.moves = [name for name, weight in weights.items() for _ in range(weight)]
        self.play("there_is_an_incident", {name: throw(dice) for name, throw in BEGINNING.items()})

    @rule()
    def something_happens(self) -> None:
        name = self.dice.choice(self.moves)
        throws: Mapping[str, Throw] = getattr(self, name).given
        self.play(name, {argument: throw(self.dice) for argument, throw in throws.items()})

    def there_is_an_incident(self, severity: int, unit: int, variety: int, steps: int) -> None:
        self.open(severity, unit, 0, variety % 16, urgent=bool(variety % 2), drill=False)
        self._carry_on(0, steps, variety)

    @move(incident=pick, steps=between(1, 8), variety=pick)
    def all_goes_well_for_a_while(self, incident: int, steps: int, variety: int) -> None:
        self._carry_on(incident, steps, variety)

    def _carry_on(self, which: int, steps: int, variety: int) -> None:
        """Let everybody do what is usual, a minute apart."""
        world = self.world
        for step in range(steps):
            incidents = [row for row in world.picture.incidents if world.picture.is_open(row)]
            if not incidents:
                return
            incident = one_of(incidents, which)
            world.pass_time(seconds=61)
            if incident["stage"] == "publication":
                self.claim(incident["number"], crash=False)
                while world.sendings:
                    self.settle(0, 0 if variety % 3 else variety % 5)
                continue
            if incident["stage"] == "live_check":
                self.look_at(incident["number"], True)
                continue
            waiting = [row for row in self.answerable() if row["incident_id"] == incident["id"]]
            wanted = laws.ASKED_AT.get(incident["stage"])
            waiting.sort(key=lambda row: (row["kind"] != wanted, row["id"]))
            if waiting:
                usual = forms.actions(RequestKind(waiting[0]["kind"]))[0]
                self.answer(waiting[0], self.able(waiting[0]), variety, usual, variety + step)
            else:
                self.attend(incident["number"])
