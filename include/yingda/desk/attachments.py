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
        raise FieldsRefused({"files": say("这件事不收文件")})
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
        raise FieldsRefused({"files": say("；").join(wrong)})
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
        "empty": say("是空文件"),
        "large": say(
            "过大，每个文件最多 %(LARGEST)s MB，PDF 最多 %(MOST_PAGES)s 页",
            LARGEST=LARGEST // 1_000_000,
            MOST_PAGES=MOST_PAGES,
        ),
        "kind": say("不是照片（JPEG、PNG、WebP）或 PDF"),
        "damaged": say("已损坏，打不开，请重新导出"),
        "locked": say("有密码，请去掉密码后再上传"),
        "pixels": say(
            "像素过多，最多 %(MOST_PIXELS)s 百万像素",
            MOST_PIXELS=MOST_PIXELS // 1_000_000,
        ),
        "many": say("没有收，最多 %(MOST)s 个文件", MOST=attaching.MOST),
        "disk": say("没有存下，请过几分钟再上传"),
    }[why]
    return say("%(name)s：%(what)s", name=name[:120], what=what)
