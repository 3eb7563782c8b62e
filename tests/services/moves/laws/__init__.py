"""The laws: what must hold after every move, told from the rows alone and by no code of the services.

`check` is given how things stood before a move and how they stand after it; `check_rest` how they stand once they were
attended to. Both raise `Broken`, which names the law and the rows that break it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from tests.services.moves.picture import Picture

from yingda.settings import Settings

from . import asking, once, outside, record, rest, signing, timing
from .frame import JUDGING, SHANGHAI, STAGES, Broken, Record, Step
from .rest import ASKED_AT, Rest

__all__ = ["ASKED_AT", "JUDGING", "SHANGHAI", "STAGES", "Broken", "Record", "check", "check_rest"]

LAWS: tuple[Callable[[Step], Iterable[tuple[Any, ...]]], ...] = (
    # The record first: later laws read severities from it.
    record.the_chain_holds,
    record.events_tell_stage_and_severity,
    signing.nothing_goes_out_unsigned,
    signing.a_signature_is_an_approval_by_somebody_asked,
    once.there_is_one_of_each,
    once.every_answer_is_a_decision_of_somebody_asked,
    once.what_was_decided_stays,
    timing.clocks_only_go_forward,
    timing.what_came_late_was_missed,
    timing.clocks_run_from_where_policy_says,
    timing.a_regrade_measures_anew_from_the_start,
    timing.what_goes_on_as_one_is_owed_by_the_earliest,
    timing.rungs_are_raised_in_order,
    record.whatever_changed_is_told,
    record.books_balance,
    signing.what_was_published_stays,
    asking.nobody_is_asked_about_what_is_over,
    asking.nobody_judges_their_own_text_or_twice,
    asking.those_are_asked_who_hold_the_role,
    asking.whoever_is_asked_gets_a_mail,
    outside.drills_stay_drills,
    outside.letters_rest_on_a_refuted_claim,
    outside.the_last_word_is_no_interim_one,
    outside.what_was_promised_is_owed,
    outside.what_was_decided_is_said_next,
)
AT_REST: tuple[Callable[[Rest], Iterable[tuple[Any, ...]]], ...] = (
    rest.every_rung_that_is_due_was_raised,
    rest.every_open_incident_waits_for_somebody,
    rest.whatever_is_owed_is_asked_for,
    rest.whoever_waits_outside_is_not_forgotten,
    rest.the_public_hears_of_what_lapsed,
)


def check(then: Picture, now: Picture, house: Settings, at: datetime, remembered: Record) -> None:
    """Check a move.

    :raises Broken: says which law
    """
    events = [row for row in now.all("event") if row["id"] > remembered.event_id]
    step = Step(then, now, house, at, remembered, events)
    for law in LAWS:
        for facts in law(step):
            raise Broken(law.__name__.replace("_", " "), *facts)


def check_rest(now: Picture, house: Settings, at: datetime, attended: Collection[int]) -> None:
    """Check how incidents stand once they were attended to, in a transaction that is still open.

    :param attended: their keys
    :raises Broken: says which law
    """
    for law in AT_REST:
        for facts in law(Rest(now, house, at, frozenset(attended))):
            raise Broken(law.__name__.replace("_", " "), *facts)
