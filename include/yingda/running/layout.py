"""Where the embedded system keeps what it writes."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
"""The checkout: holds dags/, plugins/ and include/."""


@dataclass(frozen=True)
class Layout:
    """The paths below one home (`var/` unless YINGDA_HOME says otherwise); two homes share nothing."""

    home: Path

    @classmethod
    def of(cls, environment: dict[str, str]) -> Layout:
        """Return the layout that `environment` asks for; a relative YINGDA_HOME counts from the current folder."""
        return cls(Path(environment.get("YINGDA_HOME") or PROJECT / "var").expanduser().absolute())

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.home / "airflow"

    @property
    def postgres(self) -> Path:
        """The data folder of the embedded cluster."""
        return self.home / "postgres"

    @property
    def mail(self) -> Path:
        """What the mail catcher took, one .eml each."""
        return self.home / "mail"

    @property
    def bulletin(self) -> Path:
        """The public site."""
        return self.home / "bulletin"

    @property
    def logs(self) -> Path:
        """What the processes print."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """What only a running system needs: ports, lock, socket, the environment of its processes."""
        return self.home / "run"

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, one file each."""
        return self.home / "secrets"

    @property
    def accounts(self) -> Path:
        """Who may log in to Airflow."""
        return self.home / "accounts.json"

    def prepare(self) -> None:
        """Make the folders; those that hold secrets are closed to everybody else.

        :raises StartError: a folder cannot be made
        """
        from yingda.running.errors import StartError

        try:
            for folder in (self.home, self.airflow, self.mail, self.bulletin, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            for folder in (self.run, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)
        except OSError as reason:
            raise StartError(
                f"YINGDA_HOME={self.home} 不可写（{reason.strerror}：{reason.filename}）。"
                "请将 YINGDA_HOME 设为可写的文件夹。"
                f" YINGDA_HOME={self.home} cannot be written ({reason}). Set YINGDA_HOME to a folder you may write to."
            ) from reason


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` with `text` in one step: readers see the old text or the new, and only its owner reads it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Any:
    """Return what `path` holds, None where there is no such file.

    :raises ValueError: the file is not JSON
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
