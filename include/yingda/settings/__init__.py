"""One frozen object from the environment and the office's four YAML files.

Every variable may also be given as NAME_FILE, the path of a file that holds the value (for secrets). An empty variable
counts as absent. Whatever is wrong is reported at once, all of it, as a SettingsError.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from yingda.domain.calendar import SHANGHAI, Arrangements, WorkingCalendar, published_arrangement
from yingda.domain.channels import Channels
from yingda.domain.errors import SettingsError
from yingda.domain.hosts import Host
from yingda.domain.policy import Policy
from yingda.domain.roster import Roster
from yingda.settings import checking, variables
from yingda.settings.variables import LOCALES as LOCALES
from yingda.settings.variables import SHORTEST_LINK_KEY as SHORTEST_LINK_KEY
from yingda.settings.variables import VARIABLES as VARIABLES
from yingda.settings.yaml_files import YamlFile

PROJECT = Path(__file__).resolve().parents[3]
CONFIG = PROJECT / "include" / "config"


@dataclass(frozen=True)
class Settings:
    """Everything that the office or the machine decides.

    :param home: folder under which everything written at run time lies
    :param database_url: SQLAlchemy URL of the domain database with its driver; None for the embedded one
    :param public_url: base of the links sent out, without a slash at its end
    :param link_key: secret that signs the links; None where none is set, and then no link can be made
    :param locale: `zh_CN` or `en`: the office's language, in which everything is stored, mailed and published
    :param chosen: the language of whoever is looking or acting now, None where they chose none
    :param written: the files each setting (`policy`, `roster`, …) was read from, the lowest first
    """

    home: Path
    database_url: str | None = field(repr=False)
    public_url: str
    link_key: str | None = field(repr=False)
    locale: str
    policy: Policy = field(repr=False)
    roster: Roster = field(repr=False)
    channels: Channels = field(repr=False)
    calendar: WorkingCalendar = field(repr=False, compare=False)
    written: Mapping[str, tuple[YamlFile, ...]] = field(repr=False, compare=False)
    chosen: str | None = None

    @property
    def speaks(self) -> str:
        """The language of whoever is looking or acting now; only ever for what they see and are told."""
        return self.chosen or self.locale

    def spoken(self, locale: str) -> Settings:
        """Return the same settings for somebody who reads `locale` (`zh_CN` or `en`)."""
        return self if locale == self.speaks else replace(self, chosen=locale)

    def for_the_record(self) -> Settings:
        """Return the same settings speaking the office's language, whoever is looking."""
        return self.spoken(self.locale)

    @property
    def bulletin(self) -> Path:
        """The public site."""
        return self.home / "bulletin"

    @property
    def register(self) -> Path:
        """The registers, a folder a day."""
        return self.home / "register"

    @property
    def reports(self) -> Path:
        """The report forms, a document an incident."""
        return self.home / "reports"

    @property
    def evidence(self) -> Path:
        """Photos and PDFs that officers brought, under random names."""
        return self.home / "evidence"

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts that may be reached: those that channels.yaml names, and those under which readers find us."""
        ours = [self.public_url, *(channel.base_url for channel in self.channels.channels if channel.base_url)]
        return (*self.channels.hosts, *(Host(name=urlsplit(url).hostname or "", private=True) for url in ours))

    @property
    def mail(self) -> Path:
        """What the mail catcher took."""
        return self.home / "mail"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (the process's own by default) and the files that it names.

    :raises SettingsError: all problems at once, each with the variable or `file:line`, the value and the remedy
    """
    given = variables.Variables(os.environ if environ is None else environ, CONFIG)
    home = given.read("YINGDA_HOME", variables.home) or PROJECT / "var"
    database_url = given.read("YINGDA_DATABASE_URL", variables.database_url)
    public_url = given.read("YINGDA_PUBLIC_URL", variables.public_url) or "http://127.0.0.1:8080"
    link_key = given.read("YINGDA_LINK_KEY", variables.link_key)
    locale = given.read("YINGDA_LOCALE", variables.locale) or LOCALES[0]

    policy_files = given.files("YINGDA_POLICY", "policy.yaml", laid_over=True)
    policy = given.validated(Policy, policy_files)
    roster_files = given.files("YINGDA_ROSTER", "roster.yaml")
    roster = given.validated(Roster, roster_files)
    channels_files = given.files("YINGDA_CHANNELS", "channels.yaml")
    channels = given.validated(Channels, channels_files)
    calendar_files = given.files("YINGDA_CALENDAR", "calendar.yaml")
    arrangements = given.validated(Arrangements, calendar_files)
    if policy and roster and policy_files:
        given.problems += checking.unsignable(policy, roster, policy_files)
    if policy and channels and policy_files:
        given.problems += checking.unreachable(policy, channels, policy_files)
        given.problems += checking.unknown_robots(policy, channels, policy_files)

    if given.problems or not (policy and roster and channels and arrangements):
        raise SettingsError(given.problems)
    return Settings(
        home=home,
        database_url=database_url,
        public_url=public_url,
        link_key=link_key,
        locale=locale,
        policy=policy,
        roster=roster,
        channels=channels,
        calendar=WorkingCalendar(arrangements.years, policy.working_hours, published_arrangement),
        written={
            "policy": tuple(policy_files),
            "roster": tuple(roster_files),
            "channels": tuple(channels_files),
            "calendar": tuple(calendar_files),
        },
    )


LOOK_AGAIN = 1.0
"""Seconds after which the files are looked at again for changes."""

log = logging.getLogger(__name__)

_lock = threading.Lock()
_current: Settings | None = None
_read_from: tuple[object, ...] = ()
_looked_at = 0.0


def current() -> Settings:
    """Return the settings of this process; the office's files are read again once one of them was changed.

    A change that cannot stand is logged, and what held before goes on to hold, so that a slip in a file stops nobody.

    :raises SettingsError: see `load`, where nothing held before; the next call tries again
    """
    global _current, _read_from, _looked_at
    with _lock:
        if _current is not None and time.monotonic() - _looked_at < LOOK_AGAIN:
            return _current
        found = _stamps()
        _looked_at = time.monotonic()
        if _current is None:
            _current = load()
        elif found != _read_from:
            try:
                _current = load()
            except SettingsError as slip:
                log.error("The changed settings cannot stand, so the earlier ones hold:\n%s", slip)
        _read_from = found
        return _current


def _stamps() -> tuple[object, ...]:
    """Return what tells whether one of the office's files was changed."""
    stamps: list[object] = []
    for name in ("policy", "roster", "channels", "calendar"):
        for path in {
            CONFIG / f"{name}.yaml",
            Path(os.environ.get(f"YINGDA_{name.upper()}") or CONFIG / f"{name}.yaml"),
        }:
            try:
                status = path.stat()
            except OSError:
                stamps.append((str(path), None))
            else:
                stamps.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(sorted(stamps, key=str))


def forget() -> None:
    """Let the next `current` read everything anew."""
    global _current
    with _lock:
        _current = None


def check(environ: Mapping[str, str] | None = None, *, today: date | None = None) -> list[str]:
    """Return every problem, or, where there is none, every warning; warnings begin with `warning: `.

    :param today: a date in Shanghai; the present one by default
    """
    environ = os.environ if environ is None else environ
    today = today or datetime.now(SHANGHAI).date()
    try:
        settings = load(environ)
    except SettingsError as error:
        return list(error.problems)
    return [f"warning: {one}" for one in checking.warnings(settings, environ, today)]
