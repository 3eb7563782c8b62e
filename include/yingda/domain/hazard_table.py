"""A table of hazards in the columns of 附件3, read row by row: each is a hazard, or refused with the reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from yingda.domain import days_written, speech
from yingda.domain.days_written import EXCEL_EPOCH, NotADay
from yingda.domain.hazard_form import CONTENT, MEASURES
from yingda.domain.roster import Roster
from yingda.domain.speech import N_

COLUMNS: Mapping[str, str] = {
    "unit": "科室",
    "content": "舆情隐患内容",
    "offline_measures": "线下处置措施",
    "online_measures": "线上管控措施及引导口径",
    "due": "解决时限",
}
"""The columns of 附件3 网络舆情隐患排查表, by field, in their order."""

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "unit": ("单位", "责任单位", "科室村庄", "科室(村庄)", "unit"),
    "content": ("隐患内容", "content"),
    "offline_measures": ("offline_measures", "offline measures"),
    "online_measures": ("线上管控措施和引导口径", "online_measures", "online measures"),
    "due": ("时限", "due"),
}
HEADER_WITHIN = 20
"""The header is looked for in so many rows from the top; above it stand titles."""
MOST_ROWS = 50_000
QUOTED = 40
"""So many characters of a wrong value are quoted."""


@dataclass(frozen=True)
class Unreadable:
    """A cell whose value cannot be told.

    :param why: `formula` or `error`
    """

    why: str
    text: str


Cell = str | int | float | bool | date | datetime | Unreadable | object | None


@dataclass(frozen=True)
class Raw:
    """A row of a file, as it stands there; `number` is what a spreadsheet shows beside it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Header:
    """Where which column is.

    :param ignored: names of columns that no hazard has
    """

    number: int
    places: Mapping[str, int]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A hazard as a row of the file tells it, with what is wrong with it by field.

    Where something is wrong, the texts are what stood there, cut short, so that the row can be told again.
    """

    number: int
    unit: str
    content: str
    offline_measures: str = ""
    online_measures: str = ""
    due: date | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


class NoHeader(ValueError):
    """No row has the names of all columns.

    :param missing: those that the likeliest row lacks, all where none has any
    :param twice: a column that stands there twice
    """

    def __init__(self, missing: Sequence[str], twice: str | None = None) -> None:
        self.missing = tuple(missing)
        self.twice = twice
        super().__init__(f"missing: {', '.join(missing)}; twice: {twice}")


def find_header(rows: Iterable[Raw]) -> Header:
    """Return where the columns are, by the first row that names them all.

    :param rows: the first rows of the table, `HEADER_WITHIN` at most are looked at
    :raises NoHeader: none does, or one names a column twice
    """
    best: tuple[str, ...] = tuple(COLUMNS)
    for position, row in enumerate(rows):
        if position >= HEADER_WITHIN:
            break
        places: dict[str, int] = {}
        ignored = []
        twice = None
        for place, cell in enumerate(row.cells):
            name = _NAMES.get(_bare(cell))
            if name is None:
                ignored += [str(cell).strip()] if isinstance(cell, str) and cell.strip() else []
            elif name in places:
                twice = COLUMNS[name]
            else:
                places[name] = place
        missing = tuple(name for name in COLUMNS if name not in places)
        if not missing and twice:
            raise NoHeader((), twice)
        if not missing:
            return Header(row.number, places, tuple(_cut(name) for name in ignored))
        if len(missing) < len(best):
            best = missing
    raise NoHeader([COLUMNS[name] for name in best])


def read(
    rows: Iterable[Raw], header: Header, roster: Roster, today: date, locale: str, *, epoch: date = EXCEL_EPOCH
) -> Iterator[Row]:
    """Yield each row below the header that is not blank; a header repeated on a later page is passed over.

    :param today: in Shanghai
    :param epoch: day 0 of serial numbers in this workbook
    """
    units = _units(roster)
    known = "、".join(unit.name for unit in roster.units)
    for row in rows:
        if row.number <= header.number:
            continue
        cells = {name: row.cells[at] if at < len(row.cells) else None for name, at in header.places.items()}
        if all(_is_blank(cell) for cell in cells.values()) or all(
            _NAMES.get(_bare(cell)) == name for name, cell in cells.items()
        ):
            continue
        yield _row(row.number, cells, units, known, today, locale, epoch)


def _row(
    number: int,
    cells: Mapping[str, Cell],
    units: Mapping[str, str | None],
    known: str,
    today: date,
    locale: str,
    epoch: date,
) -> Row:
    english = locale == "en"
    errors: dict[str, str] = {}
    texts = {name: _text(cell) for name, cell in cells.items()}
    for name, cell in cells.items():
        if isinstance(cell, Unreadable):
            errors[name] = _unreadable(cell, english)
    for name, longest in (("content", CONTENT), ("offline_measures", MEASURES), ("online_measures", MEASURES)):
        wrong = _wrong_text(texts[name], longest, english)
        if wrong and name not in errors:
            errors[name] = wrong
    if not texts["content"]:
        errors.setdefault("content", speech.said("必填", locale))
    unit = units.get(_bare(texts["unit"]))
    if not texts["unit"]:
        errors.setdefault("unit", speech.said("必填", locale))
    elif unit is None and "unit" not in errors:
        errors["unit"] = speech.said(
            "“%(unit)s”不是名册中的一个单位，请填：%(known)s", locale, unit=_cut(texts["unit"]), known=known
        )
    due = None
    if "due" not in errors:
        try:
            due = days_written.read(cells["due"], today, epoch=epoch)
        except NotADay as wrong:
            errors["due"] = f"“{_cut(_text(cells['due']))}” " + days_written.said(wrong.why, locale)
    if errors:
        cut = {name: _cut(texts[name]) for name in ("content", "offline_measures", "online_measures")}
        return Row(number, unit or _cut(texts["unit"]), **cut, due=due, errors=errors)
    assert unit is not None  # noqa: S101 - said above otherwise
    return Row(number, unit, texts["content"], texts["offline_measures"], texts["online_measures"], due)


def _units(roster: Roster) -> dict[str, str | None]:
    """Return units by id and by both names; a name that two have is nobody's."""
    found: dict[str, str | None] = {}
    for unit in roster.units:
        for name in {_bare(unit.name), _bare(unit.name_en)}:
            found[name] = unit.id if found.get(name, unit.id) == unit.id else None
    # An id is one unit's whatever others are called.
    return found | {_bare(unit.id): unit.id for unit in roster.units}


def _unreadable(cell: Unreadable, english: bool) -> str:
    value = f"“{_cut(cell.text)}”"
    if cell.why == "formula":
        return (
            f"{value} is a formula; formulas are not calculated. Copy the cell and paste it as a value"
            if english
            else f"{value}是公式，公式不作计算；请复制该单元格，再“选择性粘贴”为数值"
        )
    return f"{value} is an error of the spreadsheet; correct it" if english else f"{value}是表格的错误值，请改正"


def _wrong_text(text: str, longest: int, english: bool) -> str | None:
    if len(text) > longest:
        length = len(text)
        return (
            f"has {length} characters, at most {longest} are taken; shorten it"
            if english
            else f"有 {length} 字，最多 {longest} 字，请缩短"
        )
    if any(ord(sign) < 32 and sign not in "\n\t" for sign in text) or any(
        0xD800 <= ord(sign) < 0xE000 for sign in text
    ):
        return "contains control characters; remove them" if english else "含有不可见的控制字符，请删除"
    return None


def _text(cell: Cell) -> str:
    """Return a cell as text, its lines ending alike; what is text stays as it was typed, `=1+1` too."""
    if cell is None:
        return ""
    if isinstance(cell, Unreadable):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes") if cell.time() != cell.min.time() else f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_\n", "\n").strip()


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _bare(cell: Cell) -> str:
    """Return a name without what people add to it by accident: blanks, line breaks, width and case."""
    return re.sub(r"[\s*:]+", "", unicodedata.normalize("NFKC", str(cell)).casefold()) if isinstance(cell, str) else ""


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= QUOTED else text[:QUOTED] + "…"


_NAMES: Mapping[str, str] = {_bare(name): key for key in COLUMNS for name in (COLUMNS[key], *_OTHER_NAMES[key])}


_REFUSALS: Mapping[str, str] = {
    "empty": N_("文件是空的"),
    "large": N_("文件过大，最多 {most} MB。请分成几个文件导入"),
    "unpacked": N_("文件解压后过大，最多 {most} MB。请另存为只含这张表的文件"),
    "rows": N_("超过 {most} 行。请分成几个文件导入"),
    "kind": N_("不是 .xlsx 或 .csv 表格。请另存为“Excel 工作簿（.xlsx）”后再导入"),
    "old": N_("是旧版 .xls 或有密码的文件。请去掉密码，另存为“Excel 工作簿（.xlsx）”后再导入"),
    "macros": N_("含有宏。宏从不运行，含宏的文件也不收；请另存为不含宏的“Excel 工作簿（.xlsx）”"),
    "links": N_("引用了别的文件（外部链接）。请把引用的内容粘贴为数值，断开链接后再导入"),
    "damaged": N_("文件已损坏，读不出来。请用 Excel 或 WPS 打开后另存为新文件再导入"),
    "encoding": N_("认不出文字编码（看起来是 {guess}）。请另存为 UTF-8 编码的 CSV，或 .xlsx"),
    "quotes": N_("第 {line} 行附近引号不成对，读不下去。请改正，或用表格软件另存为 .xlsx"),
    "columns": N_("没有找到表头：前 {within} 行里缺 {missing}。表头须有附件3的五列：{all}。可下载空白模板"),
    "twice": N_("表头里“{column}”出现了两次，请只留一列"),
    "sheets": N_("有几张工作表都有表头：{names}。请每个文件只留一张"),
    "no_rows": N_("表头下面没有内容"),
    "merges": N_("合并单元格过多，请取消合并后再导入"),
    "wide": N_("列数过多，最多 {most} 列"),
}
"""Why a file is not taken, with the remedy."""


def refusal(why: str, detail: Mapping[str, object], locale: str) -> str:
    """Return in words why a file is not taken, and what to do."""
    return speech.said(_REFUSALS[why], locale).format(**detail)
