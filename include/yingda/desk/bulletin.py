"""The public bulletin on the same server: plain files, for anybody, and no file but those of the bulletin."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from yingda.desk.headers import BULLETIN, Headers


class PublicFiles(StaticFiles):
    """Files below one folder; what begins with a dot, and whatever a symbolic link leads to, is not there."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return the file that `path` names, or none."""
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            return "", None
        assert self.directory is not None  # noqa: S101 - given in `build`; this tells the type checker
        root = os.path.realpath(self.directory)
        plain = os.path.normpath(os.path.join(root, path))  # noqa: PTH118 - Path has no normpath
        if os.path.realpath(plain) != plain:
            return "", None
        return super().lookup_path(path)


def build(folder: Path) -> Starlette:
    """Return the app that shows the bulletin in `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    return Starlette(
        routes=[Mount("/", app=PublicFiles(directory=folder, html=True))],
        middleware=[Middleware(Headers, headers=BULLETIN)],
    )
