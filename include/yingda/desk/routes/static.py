"""Style and scripts: open to anybody, the same for all, kept by the browser until they change."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from yingda.desk.static_files import FILES, FOLDER, version

router = APIRouter()


@router.get("/static/{name}")
def static(name: str, v: str = "") -> Response:
    """Return a file; for good where the address names its content."""
    if name not in FILES:
        raise HTTPException(404, "not_found")
    kept = "public, max-age=31536000, immutable" if v == version(name) else "public, max-age=300"
    return FileResponse(FOLDER / name, media_type=FILES[name], headers={"Cache-Control": kept})
