"""The catalogues of words: collected from code and templates, checked for gaps, compiled for reading."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from yingda.domain.speech import CATALOGUES, DOMAIN

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

INCLUDE = Path(__file__).resolve().parents[2]
LANGUAGES = ("en",)
"""Languages with a catalogue; Chinese stands in the code."""

_WHERE = [("yingda/**.py", "python"), ("templates/**.j2", "jinja2.ext:babel_extract")]
_ELSEWHERE = ("yingda/running/", "yingda/transports/bulletin", "templates/bulletin/", "yingda/services/charting")
"""Where both languages stand side by side: what operators read, the public pages, the picture of the process."""
_TWO_AND_CONTEXT = {None: (1,), 2: (1, (2, "c"))}
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "said": None,
    "say": None,
    "not_now": None,
    "refuse": (2,),
    "_not_now": (2,),
    "_refused": (2,),
    "N_": _TWO_AND_CONTEXT,
    "NN_": (1, 1),
}


def update(include: Path = INCLUDE, catalogues: Path = CATALOGUES) -> list[str]:
    """Bring the catalogues up to what code and templates say, and compile them; return what is left to translate."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import write_po

    found, faults = _collected(include), []
    for language in LANGUAGES:
        path = _path(catalogues, language)
        kept = _read(path, language)
        kept.update(found, no_fuzzy_matching=True, update_creation_date=False)
        kept.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, kept, width=120, no_location=True, omit_header=False, sort_output=True)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, kept)
        faults += list(_gaps(kept, language))
    return faults


def check(include: Path = INCLUDE, catalogues: Path = CATALOGUES) -> list[str]:
    """Return what is wrong with the catalogues, a sentence each: words missing, left over, unlike, or not compiled."""
    from babel.messages.mofile import write_mo

    found, faults = _collected(include), []
    wanted = {_key(message) for message in found if message.id}
    for language in LANGUAGES:
        path = _path(catalogues, language)
        kept = _read(path, language)
        there = {_key(message) for message in kept if message.id}
        faults += [f"{language}: {_shown(key)} is not in the catalogue." for key in sorted(wanted - there)]
        faults += [f"{language}: {_shown(key)} is said nowhere any more." for key in sorted(there - wanted)]
        faults += list(_gaps(kept, language))
        compiled = io.BytesIO()
        write_mo(compiled, kept)
        binary = path.with_suffix(".mo")
        if not binary.exists() or binary.read_bytes() != compiled.getvalue():
            faults.append(f"{language}: {binary.name} is not what {path.name} says.")
    return faults


def _gaps(catalog: Catalog, language: str) -> Iterator[str]:
    for message in catalog:
        if not message.id:
            continue
        shown = _shown(_key(message))
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(said):
            yield f"{language}: {shown} has no translation."
            continue
        if message.fuzzy:
            yield f"{language}: {shown} is only guessed at (fuzzy)."
        for problem in message.check(catalog):
            yield f"{language}: {shown}: {problem}"


def _collected(include: Path) -> Catalog:
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    catalog = Catalog(locale=None, charset="utf-8")
    options = {
        "templates/**.j2": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false", "encoding": "utf-8"}
    }
    words = extract_from_dir(include, method_map=_WHERE, options_map=options, keywords=_KEYWORDS)  # type: ignore[arg-type]
    for file, _line, message, _comments, context in words:
        if not file.startswith(_ELSEWHERE):
            catalog.add(message, None, context=context)
    return catalog


def _read(path: Path, language: str) -> Catalog:
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if not path.exists():
        return Catalog(
            locale=language, project="Yingda", copyright_holder="the Yingda project", charset="utf-8", fuzzy=False
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def _path(catalogues: Path, language: str) -> Path:
    return catalogues / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _key(message: object) -> tuple[str, str]:
    context, words = getattr(message, "context", None), message.id  # type: ignore[attr-defined]
    return context or "", words if isinstance(words, str) else words[0]


def _shown(key: tuple[str, str]) -> str:
    context, words = key
    return f"“{words}”" + (f" ({context})" if context else "")
