"""One frozen object from the environment and the office's four YAML files.

Every variable may also be given as NAME_FILE, the path of a file that holds the value (for secrets). An empty variable
counts as absent. Whatever is wrong is reported at once, all of it, as a SettingsError.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from yingda.domain.calendar import SHANGHAI, Arrangements, WorkingCalendar, published_arrangement
from yingda.domain.channels import Channels, web_address
from yingda.domain.errors import SettingsError
from yingda.domain.policy import DRAFTER, Policy
from yingda.domain.roles import Role
from yingda.domain.roster import Roster
from yingda.settings import yaml_files

PROJECT = Path(__file__).resolve().parents[3]
CONFIG = PROJECT / "include" / "config"
LOCALES = ("zh_CN", "en")
SHORTEST_LINK_KEY = 32
VARIABLES = (
    "YINGDA_HOME",
    "YINGDA_DATABASE_URL",
    "YINGDA_PUBLIC_URL",
    "YINGDA_LINK_KEY",
    "YINGDA_POLICY",
    "YINGDA_ROSTER",
    "YINGDA_CHANNELS",
    "YINGDA_CALENDAR",
    "YINGDA_LOCALE",
)

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """Everything that the office or the machine decides.

    :param home: folder under which everything written at run time lies
    :param database_url: SQLAlchemy URL of the domain database with its driver; None for the embedded one
    :param public_url: base of the links sent out, without a slash at its end
    :param link_key: secret that signs the links; None where none is set, and then no link can be made
    :param locale: `zh_CN` or `en`
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
    def mail(self) -> Path:
        """What the mail catcher took."""
        return self.home / "mail"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (the process's own by default) and the files that it names.

    :raises SettingsError: all problems at once, each with the variable or `file:line`, the value and the remedy
    """
    given = _Environment(os.environ if environ is None else environ)
    home = given.read("YINGDA_HOME", _home) or PROJECT / "var"
    database_url = given.read("YINGDA_DATABASE_URL", _database_url)
    public_url = given.read("YINGDA_PUBLIC_URL", _public_url) or "http://127.0.0.1:8080"
    link_key = given.read("YINGDA_LINK_KEY", _link_key)
    locale = given.read("YINGDA_LOCALE", _locale) or LOCALES[0]

    policy_files = given.files("YINGDA_POLICY", "policy.yaml", laid_over=True)
    policy = given.validated(Policy, policy_files)
    roster = given.validated(Roster, given.files("YINGDA_ROSTER", "roster.yaml"))
    channels = given.validated(Channels, given.files("YINGDA_CHANNELS", "channels.yaml"))
    arrangements = given.validated(Arrangements, given.files("YINGDA_CALENDAR", "calendar.yaml"))
    if policy and roster and policy_files:
        given.problems += _unsignable(policy, roster, policy_files)

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
        calendar=WorkingCalendar(arrangements.years, published_arrangement),
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
    said = list(settings.roster.warnings(today))
    names = [*VARIABLES, *(f"{name}_FILE" for name in VARIABLES)]
    for name in environ:
        near = get_close_matches(name, names, n=1, cutoff=0.85)
        if name.startswith("YINGDA_") and name not in names and near:
            said.append(f"{name} is no setting and is not read. Did you mean {near[0]}?")
    years = [today.year, today.year + 1] if today.month == 12 else [today.year]
    for year in years:
        if not settings.calendar.knows(year):
            said.append(
                f"calendar.yaml does not know {year}; working days in it cannot be counted. Add the notice for it."
            )
    if not any(channel.public for channel in settings.channels.channels):
        said.append("channels.yaml has no public channel; statements reach no resident. Set `public: true` on one.")
    if settings.link_key is None:
        said.append(
            "YINGDA_LINK_KEY is not set, so no officer can be sent a link."
            f" Set it, or YINGDA_LINK_KEY_FILE, to {SHORTEST_LINK_KEY} random characters or more."
        )
    return [f"warning: {one}" for one in said]


class _Environment:
    """Reads variables one by one and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._environ = environ

    def text(self, name: str) -> str | None:
        """Return the value of a variable or of the file that NAME_FILE names; None where neither says anything."""
        value, path = self._environ.get(name, "").strip(), self._environ.get(f"{name}_FILE", "").strip()
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set. Leave one of them out.")
            return None
        if not path:
            return value or None
        try:
            value = Path(path).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.problems.append(f"{name}_FILE={path!r} cannot be read: {why}. Name a file that holds the value.")
            return None
        if not value:
            self.problems.append(f"{name}_FILE={path!r} is empty. Write the value of {name} into it.")
        return value or None

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return the parsed value of a variable; None where it is absent or wrong."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return None

    def files(self, name: str, default: str, *, laid_over: bool = False) -> list[yaml_files.YamlFile]:
        """Return the files of one setting, lowest first; none where one of them could not be read."""
        value = self.text(name)
        wanted: list[tuple[Path, str]] = []
        if value is None or laid_over:
            wanted.append((CONFIG / default, f"include/config/{default}"))
        if value is not None:
            path = Path(value).expanduser()
            if not path.is_file():
                why = "is not a file" if path.exists() else "does not exist"
                self.problems.append(f"{name}={value!r} {why}. Name a YAML file, or leave {name} out for the default.")
                return []
            wanted.append((path, value))
        found: list[yaml_files.YamlFile] = []
        for path, shown in wanted:
            try:
                file = yaml_files.read(path, shown)
            except SettingsError as error:
                self.problems += error.problems
                return []
            # A file that is laid over another and holds only comments changes nothing.
            if file.root is not None or not found:
                found.append(file)
        return found

    def validated(
        self, model: type[yaml_files.ModelT], files: Sequence[yaml_files.YamlFile]
    ) -> yaml_files.ModelT | None:
        """Return the model that the files describe; None where they do not."""
        if not files:
            return None
        try:
            return yaml_files.validate(model, files)
        except SettingsError as error:
            self.problems += error.problems
            return None


def _home(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{value!r} is not a folder. Name a folder; it is made if need be.")
    return path


def _public_url(value: str) -> str:
    return web_address(value)


def _link_key(value: str) -> str:
    if len(value) < SHORTEST_LINK_KEY:
        raise ValueError(f"has {len(value)} characters. Use {SHORTEST_LINK_KEY} random ones or more.")
    return value


def _locale(value: str) -> str:
    if value not in LOCALES:
        raise ValueError(f"{value!r} is not a language we have. Set it to zh_CN or en, or leave it out for zh_CN.")
    return value


def _database_url(value: str) -> str:
    """Check the URL and name the driver in it: what a bare `postgresql://` means changes with SQLAlchemy.

    No part of it but the scheme is shown: a misplaced part may be the password.
    """
    form = "Write postgresql://user:password@host:5432/database, or leave it out for the embedded one."
    scheme, separator, rest = value.partition("://")
    if not separator:
        raise ValueError(f"the value is not an address. {form}")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg2"):
        raise ValueError(f"'{scheme}://…' is not a PostgreSQL address that we can use. {form}")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        named = bool(parts.path.strip("/")) and (parts.port or 1)
    except ValueError:
        named = False
    if not named:
        raise ValueError(f"the address has no database name or no proper port. {form}")
    return f"postgresql+psycopg2://{rest}"


def _unsignable(policy: Policy, roster: Roster, files: Sequence[yaml_files.YamlFile]) -> list[str]:
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


def _persons(roster: Roster, chain: Sequence[Role], taken: frozenset[str]) -> bool:
    """Tell whether each role of the chain can have a person of its own who is not `taken`."""
    if not chain:
        return True
    return any(
        _persons(roster, chain[1:], taken | {holder.id})
        for holder in roster.holders(chain[0])
        if holder.id not in taken
    )
