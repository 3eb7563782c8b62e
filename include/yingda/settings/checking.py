"""What shows only once everything is read: signatures that nobody could collect, and what deserves a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yingda.domain import state_council
from yingda.domain.channels import Channels
from yingda.domain.hosts import allowed
from yingda.domain.policy import DRAFTER, Policy
from yingda.domain.roles import Role
from yingda.domain.roster import Roster
from yingda.settings import yaml_files
from yingda.settings.variables import SHORTEST_LINK_KEY, VARIABLES

if TYPE_CHECKING:
    from yingda.settings import Settings


def warnings(settings: Settings, environ: Mapping[str, str], today: date) -> Iterator[str]:
    """Yield what can stand but should not be left so, each with its remedy.

    :param today: a date in Shanghai
    """
    yield from settings.roster.warnings(today)
    yield from _misspelt(environ)
    for year in settings.calendar.missing_years(today):
        yield f"calendar.yaml does not know {year}; working days in it cannot be counted. Add the notice for it."
    for excess in state_council.excesses(settings.policy):
        yield str(excess)
    if not any(channel.public for channel in settings.channels.channels):
        yield "channels.yaml has no public channel; statements reach no resident. Set `public: true` on one."
    yield from _unconfirmed(settings.policy, settings.roster)
    if not any(channel.drills for channel in settings.channels.channels):
        yield "channels.yaml has no channel for drills; a drill stops at publication. Set `drills: true` on one."
    if settings.link_key is None:
        yield (
            "YINGDA_LINK_KEY is not set, so no officer can be sent a link."
            f" Set it, or YINGDA_LINK_KEY_FILE, to {SHORTEST_LINK_KEY} random characters or more."
        )


def _unconfirmed(policy: Policy, roster: Roster) -> Iterator[str]:
    """Yield whom no code can be sent to, of those who sign where one is asked for, and of their deputies."""
    rule = policy.second_factor
    without: dict[str, list[str]] = {}
    for severity in rule.severities:
        for holder in (one for role in policy.signing[severity] for one in roster.holders(role)):
            deputies = (roster.officer(absence.deputy) for absence in holder.absences)
            for signer in (holder, *deputies):
                if signer.second_channel is None and severity.value not in without.setdefault(signer.id, []):
                    without[signer.id].append(severity.value)
    named = [f"{who} ({', '.join(severities)})" for who, severities in without.items() if severities]
    if named:
        then = "they sign by their link alone" if rule.without_channel == "allow" else "they cannot sign"
        yield (
            f"policy.yaml asks for a code at a signature, and the roster names no second_channel of {'; '.join(named)}:"
            f" {then}. Add `second_channel` to them, or take the severities out of second_factor.severities."
        )


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    names = [*VARIABLES, *(f"{name}_FILE" for name in VARIABLES)]
    for name in environ:
        near = get_close_matches(name, names, n=1, cutoff=0.85)
        if name.startswith("YINGDA_") and name not in names and near:
            yield f"{name} is no setting and is not read. Did you mean {near[0]}?"


def unsignable(policy: Policy, roster: Roster, files: Sequence[yaml_files.YamlFile]) -> list[str]:
    """Return for each severity why its statements could never collect their signatures."""
    problems = []
    drafters = roster.holders(DRAFTER)
    for severity, chain in policy.signing.items():
        said = f"{yaml_files.where(files, ('signing', severity.value))}: signing.{severity.value}: "
        vacant = [role for role in chain if not roster.holders(role)]
        if vacant:
            problems += [f"{said}nobody in the roster has the role {role}. Add it to an officer." for role in vacant]
        elif not any(_persons(roster, chain, frozenset({drafter.id})) for drafter in drafters):
            problems.append(
                f"{said}no statement could be signed by one person for each of {', '.join(chain)}, none of them its"
                " author. Give the roles to different officers, none of them the only duty officer."
            )
    return problems


def unreachable(policy: Policy, channels: Channels, files: Sequence[yaml_files.YamlFile]) -> list[str]:
    """Return why the address that is pinged each morning could not be reached."""
    ping = policy.register_rule.ping
    host = urlsplit(ping).hostname or "" if ping else ""
    if not ping or allowed(host, channels.hosts) is not None:
        return []
    return [
        f"{yaml_files.where(files, ('register', 'ping'))}: register.ping: {host} is not among the hosts that may be"
        " reached. Add it under `hosts` in channels.yaml, or set ping to null."
    ]


def unknown_robots(policy: Policy, channels: Channels, files: Sequence[yaml_files.YamlFile]) -> list[str]:
    """Return which robots the policy names that channels.yaml does not have."""
    known = [robot.id for robot in channels.robots]
    return [
        f"{yaml_files.where(files, ('work_group', 'robots', position))}: work_group.robots: channels.yaml has no robot"
        f" {robot!r}. It has: {', '.join(known) or 'none at all'}. Add it there under `robots`."
        for position, robot in enumerate(policy.work_group.robots)
        if robot not in known
    ]


def _persons(roster: Roster, chain: Sequence[Role], taken: frozenset[str]) -> bool:
    """Tell whether each role of the chain can have a person of its own who is not `taken`."""
    if not chain:
        return True
    return any(
        _persons(roster, chain[1:], taken | {holder.id})
        for holder in roster.holders(chain[0])
        if holder.id not in taken
    )
