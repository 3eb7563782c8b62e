"""
Writes 附件2 舆情处置情况报告单 as a Word document, from the office's template include/templates/report.docx.

The form is Chinese whatever language the office works in. The same report gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from yingda import rendering
from yingda.transports import files, word_files
from yingda.transports.errors import TransportError
from yingda.transports.word_files import About

TEMPLATE = rendering.TEMPLATES / "report.docx"
FOLDER_MODE = 0o750
FILE_MODE = 0o640


@dataclass(frozen=True)
class Report:
    """
    What the form says.

    :param number: the incident's, `YQCZBG-2026-001`
    :param title: the concern in a line
    :param branch_leader: who stands for it, or oversees the unit while nobody does yet
    :param approved: a branch leader signed exactly this text
    :param revision: which version of the text, 1 first
    :param sha256: of that text
    :param at: when it was written, aware
    """

    number: str
    day: date
    title: str
    unit: str
    branch_leader: str
    phone: str
    cause: str
    measures: str
    wording: str
    result: str
    approved: bool
    drill: bool
    office: str
    revision: int
    sha256: str
    at: datetime

    @property
    def identifier(self) -> str:
        """Which text the document is made from, and whether that was approved."""
        return identifier(self.sha256, approved=self.approved)


def identifier(sha256: str, *, approved: bool) -> str:
    """Return how a document names the text that it is made from."""
    return f"sha256:{sha256}" if approved else f"sha256:{sha256};unapproved"


def compose(report: Report) -> bytes:
    """
    Return the form, filled in.

    :raises TransportError: the template cannot be used
    """
    marks = [word for word, holds in (("演练", report.drill), ("未审批", not report.approved)) if holds]
    day = report.day
    document = word_files.fill(
        TEMPLATE,
        {
            "number": report.number,
            "date": f"{day.year}年{day.month}月{day.day}日",
            "title": report.title,
            "unit": report.unit,
            "branch_leader": report.branch_leader,
            "phone": report.phone,
            "cause": report.cause,
            "measures": report.measures,
            "wording": report.wording,
            "result": report.result,
            "mark": f"（{'，'.join(marks)}）" if marks else "",
            "footing": f"第 {report.revision} 稿 · SHA-256 {report.sha256[:12]}",
        },
        About(f"舆情处置情况报告单 {report.number}", report.office, report.identifier, report.at),
    )
    return word_files.as_bytes(document)


def write(folder: Path, report: Report) -> bool:
    """
    Put {number}.docx into `folder` as a whole; the folder is made if need be.

    :return: False if it stood there already, byte for byte
    :raises TransportError: the template cannot be used, or the folder cannot be written to; trying again is harmless
    """
    content = compose(report)
    try:
        files.make_folder(folder, mode=FOLDER_MODE)
        return files.write(path(folder, report.number), content, mode=FILE_MODE)
    except OSError as error:
        raise TransportError(
            f"The report form of {report.number} could not be written: {error}. See that {folder} has room and may be"
            " written to."
        ) from error


def is_whole(folder: Path, number: str, identifier: str) -> bool:
    """Tell whether the form of an incident is there and was made from this text."""
    return word_files.identifier_of(path(folder, number)) == identifier


def names(folder: Path) -> frozenset[str]:
    """Return the numbers of the incidents whose form is there, whatever it was made from."""
    if not folder.is_dir():
        return frozenset()
    return frozenset(one.stem for one in folder.iterdir() if one.suffix == ".docx")


def path(folder: Path, number: str) -> Path:
    """Return where the form of an incident stands."""
    return folder / f"{number}.docx"
