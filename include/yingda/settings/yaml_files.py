"""Reads the office's YAML files so that whatever is wrong in them is reported with file, line and remedy."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from yingda.domain.errors import Fault, SettingsError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ["map", "seq", "str", "int", "float", "bool", "null", "timestamp"]
)

Place = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class YamlFile:
    """One parsed file.

    :param shown: the path as messages show it
    :param root: the parsed text, None for an empty file
    :param value: mappings, lists, text and None; nothing else is guessed, so that `08:00`, `no` and `0571` stay text
    """

    shown: str
    root: Node | None
    value: Any

    def find(self, place: Place) -> tuple[int, int, bool]:
        """Look for a place.

        Return how many steps of it this file has, the line (from 1) of the last of them, and whether this file decides
        about the rest: it has the whole place, or something there that replaces what lies below.
        """
        node, line, decides = self.root, 1, False
        for depth, step in enumerate(place):
            found = None
            if isinstance(node, MappingNode):
                found = next(
                    ((k, v) for k, v in node.value if isinstance(k, ScalarNode) and k.value == str(step)), None
                )
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = (node.value[step], node.value[step])
            decides = decides or not isinstance(node, MappingNode)
            if found is None:
                return depth, line, decides
            line, node = found[0].start_mark.line + 1, found[1]
        return len(place), line, True


def read(path: Path, shown: str) -> YamlFile:
    """Parse a file.

    :raises SettingsError: it cannot be read, is no YAML, holds a key twice or asks for objects; all of it at once
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{shown}: cannot be read ({error.strerror}). Correct the path or the permissions."
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{shown}:{line}: is not UTF-8. Save the file in the encoding UTF-8.") from None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # A file that ends too early is reported as wrong behind its last line.
        where = f"{shown}:{min(mark.line + 1, len(text.splitlines()))}" if mark else shown
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise SettingsError(
            f"{where}: is not YAML ({said}). Check indentation (spaces, no tabs), colons and quotes."
        ) from None
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise SettingsError(f"{shown}: is not YAML ({said}). Remove what is not plain text.") from None
    problems: list[str] = []
    value = _value(root, shown, problems, ()) if root is not None else None
    if problems:
        raise SettingsError(problems)
    return YamlFile(shown, root, value)


def _value(node: Node, shown: str, problems: list[str], above: tuple[int, ...]) -> Any:
    where = f"{shown}:{node.start_mark.line + 1}"
    if node.tag not in _TAGS:
        problems.append(f"{where}: the tag {node.tag!r} means nothing here. Remove it.")
        return None
    if id(node) in above:
        problems.append(f"{where}: an alias (*) contains itself. Write the values out.")
        return None
    above = (*above, id(node))
    if isinstance(node, SequenceNode):
        return [_value(item, shown, problems, above) for item in node.value]
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                problems.append(f"{shown}:{line}: a key must be a word. Write key: value.")
                continue
            if key.value in found:
                problems.append(
                    f"{shown}:{line}: the key {key.value!r} stands twice, first in line {lines[key.value]}. Delete one."
                )
                continue
            lines[key.value] = line
            found[key.value] = _value(item, shown, problems, above)
        return found
    quoted = bool(getattr(node, "style", None))
    return None if not quoted and node.value in _NULLS else node.value


def lay_over(base: Any, above: Any) -> Any:
    """Return `base` with `above` laid over it: mappings key by key, everything else replaced."""
    if isinstance(base, dict) and isinstance(above, dict):
        return {**base, **{key: lay_over(base[key], value) if key in base else value for key, value in above.items()}}
    return above


def where(files: Sequence[YamlFile], place: Place) -> str:
    """Return `file:line` of a place, in the file that its value comes from, or that comes nearest to having it.

    :param files: lowest first
    """
    nearest, shown = -1, ""
    for file in reversed(files):
        depth, line, decides = file.find(place)
        if depth > nearest:
            nearest, shown = depth, f"{file.shown}:{line}"
        if decides:
            break
    return shown


def validate(model: type[ModelT], files: Sequence[YamlFile]) -> ModelT:
    """Return the model that the files, laid over one another, describe.

    :param files: lowest first
    :raises SettingsError: every fault, each with file, line, place, value and remedy
    """
    value: Any = None
    for position, file in enumerate(files):
        value = lay_over(value, file.value) if position else file.value
    if not isinstance(value, dict):
        raise SettingsError(
            f"{files[-1].shown}:1: should hold `key: value` lines. Start from the file of include/config."
        )
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        strange = {_place(details) for details in errors if details["loc"][-1:] == ("[key]",)}
        found = [
            one
            for details in errors
            # What stands under a key that should not be there is of no interest.
            if _place(details) in strange or not any(_place(details)[: len(key)] == key for key in strange)
            for one in _explain(model, details)
        ]
    raise SettingsError([f"{where(files, place)}: {_dotted(place)}{said}" for place, said in found])


def _dotted(place: Place) -> str:
    return ".".join(str(step) for step in place) + ": " if place else ""


def _place(details: Any) -> Place:
    return tuple(step for step in details["loc"] if step != "[key]")


def _explain(model: type[BaseModel], details: Any) -> Iterable[tuple[Place, str]]:
    """Turn one error of pydantic into places and sentences for people."""
    place = _place(details)
    given, context, kind = details["input"], details.get("ctx", {}), details["type"]
    reason = context.get("error")
    if isinstance(reason, Fault):
        return [((*place, *inner), said) for inner, said in reason.faults]
    if kind == "value_error":
        return [(place, str(reason))]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return [(place, f"there is no such key. {_suggest(str(place[-1]), _keys(model, place[:-1]))}")]
    if kind == "enum" and details["loc"][-1] == "[key]":
        return [(place, f"there is no such key. {_suggest(str(given), _keys(model, place[:-1]))}")]
    if kind == "enum" or kind == "literal_error":
        allowed = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return [(place, f"{given!r} is not allowed. {_suggest(str(given), allowed)}")]
    if kind == "too_short" and given:
        return []  # its entries are at fault and reported one by one
    if kind in ("missing", "missing_argument"):
        return [(place, "is missing. Add it.")]
    sentence = _SENTENCES.get(kind, "{given!r} is refused: {reason}. Correct it.")
    return [(place, sentence.format(**{**context, "given": _Shown(given), "reason": details["msg"]}))]


class _Shown:
    """A value as messages show it: long ones shortened."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        whole = repr(self._value)
        return whole if len(whole) <= 80 else f"{whole[:77]}…"


_MAPPING = "{given!r} is not a mapping. Write key: value, below it and indented."
_LIST = "{given!r} is not a list. Write it as [one, another]."
_SENTENCES = {
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "too_short": "is empty. Name at least {min_length}.",
    "string_type": "{given!r} is not text. Write one line of text.",
    "string_too_short": "{given!r} is too short. Write at least {min_length} characters.",
    "bool_parsing": "{given!r} is neither true nor false. Write true or false.",
    "bool_type": "{given!r} is neither true nor false. Write true or false.",
    "int_parsing": "{given!r} is not a whole number. Write digits only.",
    "int_type": "{given!r} is not a whole number. Write digits only.",
    "greater_than_equal": "{given!r} is too small. Write {ge} or more.",
    "less_than_equal": "{given!r} is too large. Write {le} or less.",
    "date_type": "{given!r} is not a date. Write 2026-05-01.",
    "time_type": '{given!r} is not a time of day. Write "08:00".',
}


def _suggest(given: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(given, allowed, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Allowed: {', '.join(allowed)}."


def _keys(model: Any, place: Place) -> list[str]:
    """Return the keys that the mapping at `place` inside a model may have."""
    kind = model
    for step in place:
        kind = _inside(kind, step)
    kind = _bare(kind)
    if get_origin(kind) is dict:
        key = get_args(kind)[0]
        return [one.value for one in key] if isinstance(key, type) and issubclass(key, Enum) else []
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []


def _inside(kind: Any, step: str | int) -> Any:
    kind = _bare(kind)
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if (field.alias or name) == step:
                return field.annotation
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return get_type_hints(kind).get(str(step))
    return None


def _bare(kind: Any) -> Any:
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
            kind = next(one for one in get_args(kind) if one is not type(None))
        else:
            return kind
