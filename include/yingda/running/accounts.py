"""Who may log in to Airflow: var/accounts.json, generated once and the office's to edit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from yingda.running import secrets
from yingda.running.errors import StartError
from yingda.running.layout import read_json, write_private

ROLES = ("viewer", "user", "op", "admin")
"""What Airflow's SimpleAuthManager knows, least first."""

FIRST = {"ops": "admin", "duty": "user", "viewer": "viewer"}
"""The accounts of a new system, by name, with their role."""


@dataclass(frozen=True)
class Account:
    """One login; the password is in clear, as SimpleAuthManager needs it."""

    name: str
    password: str
    role: str


def load(path: Path) -> list[Account]:
    """Return the accounts of `path`, made on first use; hand edits count.

    :raises StartError: the file is not what it should be
    """
    if not path.exists():
        made = {name: {"password": secrets.password(), "role": role} for name, role in FIRST.items()}
        write_private(path, json.dumps(made, indent=2) + "\n")
    path.chmod(0o600)
    try:
        held = read_json(path)
    except ValueError as reason:
        raise _refused(path, f"不是 JSON（{reason}） / is not JSON") from reason
    if not isinstance(held, dict) or not held:
        raise _refused(path, "没有账号 / holds no account")
    return [_account(path, name, entry) for name, entry in held.items()]


def write_passwords(path: Path, accounts: list[Account]) -> None:
    """Write the file that SimpleAuthManager reads passwords from (option `simple_auth_manager_passwords_file`)."""
    write_private(path, json.dumps({account.name: account.password for account in accounts}) + "\n")


def as_option(accounts: list[Account]) -> str:
    """Return the accounts the way the Airflow option `simple_auth_manager_users` wants them."""
    return ",".join(f"{account.name}:{account.role}" for account in accounts)


def _account(path: Path, name: str, entry: object) -> Account:
    if not re.fullmatch(r"[\w.@-]+", name):
        raise _refused(
            path, f"账号名 {name!r} 只能含字母、数字和 . @ - _ / account name {name!r}: letters, digits, . @ - _"
        )
    if not isinstance(entry, dict) or not isinstance(entry.get("password"), str) or not entry["password"]:
        raise _refused(path, f"账号 {name!r} 缺少 password / account {name!r} has no password")
    role = entry.get("role")
    if role not in ROLES:
        raise _refused(path, f"账号 {name!r} 的 role={role!r} 无效，可用 / is not one of: {', '.join(ROLES)}")
    return Account(name, entry["password"], role)


def _refused(path: Path, why: str) -> StartError:
    return StartError(
        f"{path}：{why}。请改正，或删除该文件以重新生成账号。"
        " Correct the file, or delete it to have the accounts made anew."
    )
