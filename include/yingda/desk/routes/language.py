"""The language of the desk: whoever looks chooses it, for their browser; nothing else changes by it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from yingda.desk import acting, receiving, viewer
from yingda.desk.pages import message, page, root_of, say
from yingda.desk.receiving import Sent
from yingda.settings import LOCALES

router = APIRouter()

Form = Annotated[Sent, Depends(receiving.plain)]


@router.get("/language")
def show(request: Request) -> Response:
    """Offer the languages; the page it was asked from is where the choice leads back to."""
    return page(request, "language", back=_inside(_came_from(request), root_of(request)))


@router.post("/language")
def choose(request: Request, form: Form) -> Response:
    """Keep the language chosen in a cookie, and go back to the page it was chosen on."""
    house, root = viewer.house(), root_of(request)
    chosen = form.fields.get("language")
    if chosen not in LOCALES or not acting.from_our_page(request, house):
        said = say("没有这种语言，可选中文或英文。")
        return message(request, said, status=422)
    on = RedirectResponse(_inside(form.fields.get("back", ""), root), status_code=303)
    on.set_cookie(
        viewer.COOKIE,
        chosen,
        max_age=viewer.KEPT_FOR,
        path=root or "/",
        samesite="lax",
        secure=house.public_url.startswith("https://"),
    )
    return on


def _came_from(request: Request) -> str:
    """Return path and query of the page that led here, as the browser says; never one that holds a link's token."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or "token=" in came_from.query:
        return ""
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _inside(back: str, root: str) -> str:
    """Return an address of the desk: the one given, or the board's where it is none (`//elsewhere` is elsewhere)."""
    sound = back.startswith(f"{root}/") and "//" not in back and "\\" not in back and back.isprintable()
    return back if sound and back != f"{root}/language" else f"{root}/"
