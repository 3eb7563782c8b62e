"""How root runs PostgreSQL, which refuses to be run by root: as another user, without changing any folder of ours.

Nothing here makes a user or opens a folder to others. Where that user cannot reach the server's files (a checkout under
a folder of mode 700, say), the server keeps the one capability that lets it read past folder modes, and no other.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from yingda.running.errors import StartError

USER = "nobody"
"""Whom PostgreSQL runs as when root starts it."""

PLAIN: tuple[str, ...] = ("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all")
REACHING: tuple[str, ...] = (
    # Without it access(2), by which initdb looks for its programs, takes no notice of the capabilities.
    "--securebits=+no_setuid_fixup",
    "--inh-caps=-all,+dac_override,+dac_read_search",
    "--ambient-caps=-all,+dac_override,+dac_read_search",
    "--bounding-set=-all,+dac_override,+dac_read_search",
)


@dataclass(frozen=True)
class Identity:
    """Who runs the server: the user and group numbers, and the command that becomes them (empty: nothing to do)."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Give `path` to this user, where that is not who we are."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def identity(data: Path, binaries: Path) -> Identity:
    """Return who shall run the server in `binaries` on the folder `data`, which may not exist yet.

    Anybody but root: oneself. Root: the owner of the data, or `nobody` for new data.

    :raises StartError: the data belong to somebody else, or root has no way to run the server as another user
    """
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise StartError(
                f"{data} 属于用户 {_name(data.stat().st_uid)}，当前用户不能使用。"
                "请以该用户启动，或将 YINGDA_HOME 设为别的文件夹。"
                f" {data} belongs to the user {_name(data.stat().st_uid)}. Start as that user, or set YINGDA_HOME to "
                "another folder."
            )
        return Identity(os.geteuid(), os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        uid, gid = data.stat().st_uid, data.stat().st_gid
    else:
        try:
            entry = pwd.getpwnam(USER)
        except KeyError:
            raise _no_way(f"没有用户 {USER} / there is no user {USER}") from None
        uid, gid = entry.pw_uid, entry.pw_gid
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise _no_way("缺少 util-linux 的 setpriv 命令 / the command setpriv of util-linux is missing")
    become = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs")
    for capabilities in (PLAIN, REACHING):
        prefix = (*become, *capabilities)
        if _reaches(prefix, data.parent, binaries):
            return Identity(uid, gid, prefix)
    raise _no_way(f"用户 {_name(uid)} 无法访问 / the user {_name(uid)} cannot reach {data.parent} {binaries}")


def _reaches(prefix: tuple[str, ...], folder: Path, binaries: Path) -> bool:
    trial = subprocess.run(
        [*prefix, "/bin/sh", "-c", 'cd "$1" && exec "$2/initdb" --show -D .', "sh", str(folder), str(binaries)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
    )
    return trial.returncode == 0


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _no_way(why: str) -> StartError:
    return StartError(
        f"PostgreSQL 不能以 root 运行，也无法改用其他用户：{why}。请以普通用户启动，"
        "或用 YINGDA_DATABASE_URL 与 AIRFLOW__DATABASE__SQL_ALCHEMY_CONN 指定自己的 PostgreSQL。"
        " PostgreSQL cannot run as root, nor as another user here. "
        "Start as an ordinary user, or name a PostgreSQL of your own in those two variables."
    )
