"""Writes files so that a reader, or a crash, only ever meets a whole one."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4


def write(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """
    Put `content` at `path` in one step and safely on disk; the folder must exist.

    :param mode: permissions of the file, whatever the process' umask says
    :return: False if the same bytes stood there already and nothing was done
    :raises OSError: the disk is full or the folder may not be written to; the old file is untouched then
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    return write_by(path, lambda file: file.write(content), mode=mode)


def write_by(path: Path, fill: Callable[[BinaryIO], Any], *, mode: int = 0o644) -> bool:
    """
    Put at `path`, in one step and safely on disk, what `fill` writes; for what is too large to be held.

    :return: False if the same bytes stood there already and nothing was done
    :raises OSError: as `write`
    """
    draft = path.with_name(f".{path.name}.{uuid4().hex}.draft")
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), mode)
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if path.is_file() and filecmp.cmp(draft, path, shallow=False):
            draft.unlink()
            return False
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return True


@contextmanager
def new(path: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """
    Open a file to be written piece by piece, which stands at `path` once the block has ended well; never half of it.

    :raises FileExistsError: something stands there already; it is left alone
    :raises OSError: the disk is full or the folder may not be written to; nothing is left behind then
    """
    if path.exists():
        raise FileExistsError(f"{path} exists.")
    draft = path.with_name(f".{path.name}.{uuid4().hex}.draft")
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, does not take the place of what somebody else put there meanwhile.
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:
            # Memory sticks have no links.
            draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(path: Path, *, mode: int = 0o755) -> None:
    """Make a folder and its missing parents, safely on disk, with `mode` for those that are made."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring the folder's list of names to disk; a rename is not safe before that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
