"""Files of a personal link: taken in from its page or a program, and handed out again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from fastapi.responses import Response

from yingda import wiring
from yingda.desk import linked
from yingda.desk.pages import say
from yingda.desk.receiving import Upload
from yingda.domain.errors import EvidenceRefused, FieldsRefused
from yingda.services import attaching
from yingda.services.attaching import FileSeen
from yingda.settings import Settings
from yingda.transports.errors import TransportError
from yingda.transports.evidence_content import LARGEST, MOST_PAGES, MOST_PIXELS

log = logging.getLogger(__name__)


def take(token: str, uploads: Sequence[Upload], house: Settings, now: datetime) -> list[str]:
    """Keep files for the answer of a link; those that are in order are kept although others are refused.

    :return: the ids of those kept
    :raises FieldsRefused: `files`, with the name of each that was refused, why, and what is taken
    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    if not uploads:
        return []
    claims, brief = linked.see(token, house, now)
    if not attaching.takes_files(brief.kind):
        raise FieldsRefused({"files": say("这件事不收文件", "No files are taken here")})
    kept, wrong = [], []
    for upload in uploads:
        try:
            kept.append(
                attaching.attach(
                    wiring.transaction, claims.request_id, claims.officer_id, upload.name, upload.content, house, now
                )
            )
        except EvidenceRefused as refused:
            wrong.append(_said(upload.name, refused.why))
        except TransportError as problem:
            log.error("%s", problem)
            wrong.append(_said(upload.name, "disk"))
    if wrong:
        raise FieldsRefused({"files": say("；", "; ").join(wrong)})
    return kept


def remove(token: str, file_id: str, house: Settings, now: datetime) -> None:
    """Take a file back that this officer may take back.

    :raises LinkForged: there is none
    :raises LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    claims, _brief = linked.see(token, house, now)
    attaching.remove(wiring.transaction, claims.request_id, claims.officer_id, file_id, house, now)


def reply(files: Sequence[FileSeen], file_id: str, house: Settings) -> Response | None:
    """Return one of these files for a browser, which shows photos and keeps PDFs; None if there is no such file."""
    found = attaching.content(files, file_id, house)
    if found is None:
        return None
    file, content = found
    shown = "inline" if file.media_type.startswith("image/") else "attachment"
    return Response(
        content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(file.name, safe='')}",
            # Whatever a file may hold, it runs nothing and loads nothing; browsers centre a photo by a style of theirs.
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
        },
    )


def _said(name: str, why: str) -> str:
    what = {
        "empty": say("是空文件", "is empty"),
        "large": say(
            f"过大，每个文件最多 {LARGEST // 1_000_000} MB，PDF 最多 {MOST_PAGES} 页",
            f"is too large; {LARGEST // 1_000_000} MB a file, {MOST_PAGES} pages a PDF",
        ),
        "kind": say("不是照片（JPEG、PNG、WebP）或 PDF", "is neither a photo (JPEG, PNG, WebP) nor a PDF"),
        "damaged": say("已损坏，打不开，请重新导出", "is damaged and cannot be opened; please export it again"),
        "locked": say("有密码，请去掉密码后再上传", "needs a password; please take the password off first"),
        "pixels": say(
            f"像素过多，最多 {MOST_PIXELS // 1_000_000} 百万像素",
            f"has too many pixels; {MOST_PIXELS // 1_000_000} million at most",
        ),
        "many": say(f"没有收，最多 {attaching.MOST} 个文件", f"was not taken; {attaching.MOST} files at most"),
        "disk": say("没有存下，请过几分钟再上传", "could not be kept; please send it again in a few minutes"),
    }[why]
    return say(f"{name[:120]}：{what}", f"{name[:120]} {what}")
