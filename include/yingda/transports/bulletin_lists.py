"""
The lists of the bulletin: the newest, by topic, unit, month and number, by words, and all titles on one page.

Long lists are cut from their old end, so that a page, once full, keeps its incidents for good, and a new statement
changes only the page with the newest ones. In all lists but the newest an incident keeps the place of its first
statement.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from yingda import rendering
from yingda.transports.bulletin_catalogue import Row
from yingda.transports.bulletin_words import by_sound, initial

NEWEST = 20  # incidents on the first page
PAGE = 50  # incidents on a full page of a list; the page with the newest holds up to twice as many
OF_A_WORD = 100  # incidents listed for one word, the newest of them

_NUMBER = re.compile(r".*-(\d{4})-(\d{1,9})")

MONTH = ("按首次发布的月份", "By month of first publication")
TOPIC = ("按类别", "By topic")
UNIT = ("按责任单位", "By responsible unit")
NUMBER = ("按事件编号", "By number")
FOLDERS = ("month", "topic", "unit", "number", "find")


class Page(NamedTuple):
    """A page that should stand at `path`; `shown` changes with whatever `make` would write there."""

    path: str
    shown: str
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Group:
    """Incidents that belong together, oldest first; `name` is (Chinese, English)."""

    what: tuple[str, str]
    name: tuple[str, str]
    path: str
    rows: list[Row]

    @property
    def words(self) -> tuple[str, str]:
        """Its name in lists of groups."""
        return self.name

    @property
    def count(self) -> int:
        """How many incidents it has."""
        return len(self.rows)


class Lists:
    """
    All lists of a bulletin.

    :param rows: of all incidents that are listed, so without drills
    :param site: whose office, language and address the lists carry
    """

    def __init__(self, rows: Iterable[Row], site: Row) -> None:
        self.rows = sorted(rows, key=lambda row: (row.first, row.number))
        self.site = site

    def pages(self, there: Iterable[str]) -> Iterator[Page]:
        """
        Yield every page that should stand.

        :param there: paths of pages in `FOLDERS` that stand now; those of which nothing is left say so, so that no
            address that somebody keeps leads nowhere
        """
        yield self._page("index.html", "index", self._index(), self._known(self.newest) + self._counts())
        yield self._page(
            "all/index.html", "all", {"rows": self.rows[::-1], "lang": self._lang()}, self._known(self.rows)
        )
        made = set()
        for page in self._below():
            made.add(page.path)
            yield page
        for path in sorted(set(there) - made):
            yield self._left_empty(path)

    @cached_property
    def newest(self) -> list[Row]:
        """The incidents about which something was published last, newest first."""
        return sorted(self.rows, key=lambda row: (row.updated, row.number), reverse=True)[:NEWEST]

    @cached_property
    def topics(self) -> list[Group]:
        """By topic, in the order of their names."""
        rows = [row for row in self.rows if row.topic]
        return _grouped(TOPIC, rows, lambda row: f"topic/{row.topic_slug}", lambda row: row.topic_words)

    @cached_property
    def units(self) -> list[Group]:
        """By responsible unit, under its latest name."""
        rows = [row for row in self.rows if row.unit_name]
        return _grouped(UNIT, rows, lambda row: f"unit/{row.unit_slug}", lambda row: (row.unit_name, row.unit_name))

    @cached_property
    def months(self) -> list[Group]:
        """By month of the first statement in Shanghai, newest month first."""
        return _grouped(MONTH, self.rows, lambda row: f"month/{row.day[:7]}", lambda row: (row.day[:7], row.day[:7]))[
            ::-1
        ]

    @cached_property
    def blocks(self) -> list[Group]:
        """By the hundreds of their numbers, newest first."""
        groups = _grouped(
            NUMBER, self.rows, lambda row: f"number/{_block(row.number)[0]}", lambda row: _block(row.number)[1]
        )
        return groups[::-1]

    def _below(self) -> Iterator[Page]:
        for group in (*self.topics, *self.units, *self.months):
            yield from self._pages_of(group)
        for group in self.blocks:
            rows = sorted(group.rows, key=lambda row: (len(row.number), row.number))
            yield self._group_page(group, "index.html", rows, None, None, [])
        yield from self._words()

    def _index(self) -> dict[str, Any]:
        years: dict[str, list[Group]] = defaultdict(list)
        for group in self.months:
            years[group.name[0][:4]].append(group)
        return {
            "newest": self.newest,
            "count": len(self.rows),
            "topics": self.topics,
            "units": self.units,
            "years": list(years.items()),
            "blocks": self.blocks,
        }

    def _counts(self) -> str:
        return repr([(g.path, g.name, g.count) for g in (*self.topics, *self.units, *self.months, *self.blocks)])

    def _pages_of(self, group: Group) -> Iterator[Page]:
        """Cut a group into pages of PAGE from the old end; what is left is index.html, with the newest."""
        full = max(0, group.count // PAGE - 1)
        pages = []
        for place in range(1, full + 1):
            rows = group.rows[(place - 1) * PAGE : place * PAGE]
            newer = f"{place + 1}.html" if place < full else "index.html"
            older = f"{place - 1}.html" if place > 1 else None
            pages.append((f"{place}.html", rows[0].day, rows[-1].day))
            yield self._group_page(group, f"{place}.html", rows[::-1], newer, older, [])
        rows = group.rows[full * PAGE :]
        older = f"{full}.html" if full else None
        yield self._group_page(group, "index.html", rows[::-1], None, older, pages[::-1])

    def _group_page(
        self, group: Group, name: str, rows: list[Row], newer: str | None, older: str | None, pages: list[Any]
    ) -> Page:
        values = {"what": group.what, "name": group.name, "rows": rows, "newer": newer, "older": older, "pages": pages}
        shown = f"{group.name}{newer}{older}{pages}{self._known(rows)}"
        return self._page(f"{group.path}/{name}", "group", values, shown)

    def _words(self) -> Iterator[Page]:
        found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows:
            for word in row.words.split():
                found[word[0]][word].append(row)
        initials: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for character in sorted(found, key=by_sound):
            initials[initial(character)].append((character, _character_page(character)))
        values = {"initials": list(initials.items()), "topics": self.topics, "units": self.units}
        yield self._page("find/index.html", "find", values, "".join(sorted(found)) + self._counts())
        for character, words in found.items():
            terms = [(word, rows[: -OF_A_WORD - 1 : -1], len(rows)) for word, rows in sorted(words.items())]
            shown = "".join(f"{word}{count}{self._known(rows)}" for word, rows, count in terms)
            values = {"character": character, "terms": terms}
            yield self._page(f"find/{_character_page(character)}", "character", values, shown)

    def _left_empty(self, path: str) -> Page:
        folder, name = path.split("/", 1)
        if folder == "find":
            character = chr(int(name.split(".")[0], 16))
            return self._page(path, "character", {"character": character, "terms": []}, "")
        what = {"month": MONTH, "topic": TOPIC, "unit": UNIT, "number": NUMBER}[folder]
        newer = None if name.endswith("/index.html") else "index.html"
        values: dict[str, Any] = {"what": what, "name": what, "rows": [], "newer": newer, "older": None, "pages": []}
        return self._page(path, "group", values, "")

    def _page(self, path: str, template: str, values: dict[str, Any], shown: str) -> Page:
        def make() -> bytes:
            name = f"bulletin/{template}.html.j2"
            return rendering.render(name, self.site.locale, office_name=self.site.office_name, **values).encode()

        of_all = f"{self.site.locale}{self.site.office_name}{shown}"
        return Page(path, hashlib.sha256(of_all.encode("utf-8", "surrogatepass")).hexdigest()[:24], make)

    def _lang(self) -> str:
        return "en" if self.site.locale == "en" else "zh-CN"

    @staticmethod
    def _known(rows: Sequence[Row]) -> str:
        return "".join([row.fingerprint for row in rows])


def _grouped(
    what: tuple[str, str],
    rows: Iterable[Row],
    path: Callable[[Row], str],
    name: Callable[[Row], tuple[str, str]],
) -> list[Group]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[path(row)].append(row)
    return [Group(what, name(members[-1]), where, members) for where, members in sorted(found.items())]


def _block(number: str) -> tuple[str, tuple[str, str]]:
    """Return the folder and the name of the hundred to which a number belongs."""
    parts = _NUMBER.fullmatch(number)
    if parts is None:
        return "others", ("其他", "Other")
    hundred = int(parts[2]) // 100
    name = f"{parts[1]} · {max(hundred * 100, 1):03d}–{hundred * 100 + 99:03d}"
    return f"{parts[1]}-{hundred:02d}", (name, name)


def _character_page(character: str) -> str:
    return f"{ord(character):04x}.html"
