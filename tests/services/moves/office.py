"""The office: time passes, people are away or leave, the rules change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from . import laws
from .picture import moment
from .story import Story, between, either, move, one_of, pick

SPANS = (1, 59, 61, 600, 1_800, 3_600, 7_201, 18_000, 86_400, 172_800, 700_000, 2_700_000)
"""How long nothing happens, in seconds: from a moment to longer than links live."""

POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {"signing": {"general": ["office_director", "superior"], "critical": ["superior", "group_leader"]}},
    {"signing": {"general": ["branch_leader"], "major": ["office_deputy", "group_leader", "superior"]}},
    {"clocks": {"brief_reply": {"general": "10m", "major": None}, "press_conference": {"general": "12h"}}},
    {"clocks": {"verification": {"general": "20s", "major": "9h"}, "review": {"general": "1h", "major": None}}},
    {"ladders": {"verification": [{"at": "1s", "tell": ["asked"]}, {"at": "300%", "tell": ["group_deputy"]}]}},
    {"links": {"valid_for": "2h"}, "publication": {"tell_after": 1}, "hand_back": {"ruling_after": 1}},
    {"emergency_plan": {"severities": ["general", "critical"]}, "hand_back": {"ruling_after": 4}},
)


class Office(Story):
    """Everything around the incidents that changes."""

    @move(seconds=either(*SPANS), attended=either(False, True))
    def time_passes(self, seconds: int, attended: bool) -> None:
        """With somebody looking after what is due then, or with nobody: everything is down."""
        self.world.pass_time(seconds=seconds)
        self._then(attended)

    @move(which=pick, off=either(-1, 0, 0, 1), attended=either(False, True))
    def it_is_nearly_or_just_or_past_due(self, which: int, off: int, attended: bool) -> None:
        coming = sorted(set(self._moments()))
        if coming:
            self.world.now = max(self.world.now, one_of(coming, which) + timedelta(seconds=off))
            self._then(attended)

    def _then(self, attended: bool) -> None:
        for incident in self.world.picture.incidents if attended else ():
            self.attend(incident["number"])
        self.at_rest(everything=True)

    def _moments(self) -> list[datetime]:
        """Every moment ahead at which something changes by itself."""
        world = self.world
        written = [
            *(row["due_at"] for row in world.picture.all("clock")),
            *(row["expires_at"] for row in world.picture.all("request") if row["state"] == "open"),
            *(row["next_at"] for row in world.picture.all("publication") if row["next_at"]),
            *(row["next_at"] for row in world.picture.all("outbox_message") if row["state"] == "pending"),
            *(row["due_at"] for row in world.picture.all("commitment")),
        ]
        rungs = [
            moment(clock["started_at"]) + (moment(clock["due_at"]) - moment(clock["started_at"])) * share
            for clock in world.picture.all("clock")
            for share in (0.5, 0.6, 0.75, 0.9, 1.5, 2)
        ]
        return [at for at in [*map(moment, written), *rungs] if at > world.now]

    @move(who=pick, deputy=pick, days=between(0, 40))
    def somebody_is_away(self, who: int, deputy: int, days: int) -> None:
        today = self.world.now.astimezone(laws.SHANGHAI).date()

        def change(plain: dict[str, Any]) -> None:
            officer = one_of(plain["officers"], who)
            end = today + timedelta(days=days)
            stands_in = one_of(plain["officers"], deputy)["id"]
            officer["absences"] = [{"start": str(today), "end": str(end), "deputy": stands_in}]

        officers = self.world.house.roster.officers
        words = f"{one_of(officers, who).id} away {days} days, deputy {one_of(officers, deputy).id}"
        self._tell(words, self.world.change_roster(change))
        self.at_rest(everything=True)

    @move(who=pick, heir=pick)
    def somebody_leaves_for_good(self, who: int, heir: int) -> None:
        names: list[str] = []

        def change(plain: dict[str, Any]) -> None:
            gone = plain["officers"].pop(who % len(plain["officers"]))
            next_one = one_of(plain["officers"], heir)
            names.extend((gone["id"], next_one["id"]))
            next_one["roles"] = sorted({*next_one["roles"], *gone["roles"]})
            next_one["unit"] = next_one["unit"] or gone["unit"]
            for unit in plain["units"]:
                if unit["branch_leader"] == gone["id"]:
                    unit["branch_leader"] = next_one["id"]

        done = self.world.change_roster(change)
        self._tell(" leaves for good, heir ".join(names), done)
        self.at_rest(everything=True)

    @move()
    def everything_is_as_it_was(self) -> None:
        self.world.house = self.world.first_house
        self._tell("roster and policy are what they were", True)
        self.at_rest(everything=True)

    @move(which=between(0, len(POLICIES) - 1))
    def the_rules_change(self, which: int) -> None:
        self.world.change_policy(POLICIES[which])
        self._tell(f"policy: {POLICIES[which]}", True)
        self.at_rest(everything=True)

    def _tell(self, words: str, done: bool) -> None:
        self.world.story.append(
            f"{self.world.now.isoformat(timespec='seconds')} {words}{'' if done else ' → cannot be'}"
        )
