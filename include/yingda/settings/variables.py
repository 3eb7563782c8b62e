"""Reads the environment variables, each of which may also be given as a file, and gathers what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from yingda.domain.channels import web_address
from yingda.domain.errors import SettingsError
from yingda.settings import yaml_files

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


class Variables:
    """Reads variables one by one and gathers what is wrong with them.

    :param config: the folder with the default files
    """

    def __init__(self, environ: Mapping[str, str], config: Path) -> None:
        self.problems: list[str] = []
        self._environ = environ
        self._config = config

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
            wanted.append((self._config / default, f"include/config/{default}"))
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


def home(value: str) -> Path:
    """Check that the path is a folder or can become one."""
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{value!r} is not a folder. Name a folder; it is made if need be.")
    return path


def public_url(value: str) -> str:
    """Check the base of the links sent out."""
    return web_address(value)


def link_key(value: str) -> str:
    """Check that the secret is long enough; it is never shown."""
    if len(value) < SHORTEST_LINK_KEY:
        raise ValueError(f"has {len(value)} characters. Use {SHORTEST_LINK_KEY} random ones or more.")
    return value


def locale(value: str) -> str:
    """Check that we have the language."""
    if value not in LOCALES:
        raise ValueError(f"{value!r} is not a language we have. Set it to zh_CN or en, or leave it out for zh_CN.")
    return value


def database_url(value: str) -> str:
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
