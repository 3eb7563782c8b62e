"""The layout of 附件1 网络舆情处置工作流程图: steps in a column, ways back as arrows beside them. Pure geometry.

Lengths are in pixels of the drawing, its origin at the top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Pair = tuple[str, str]
"""The same in Chinese and in English."""

WIDTH = 1000
TOP = 84
BOX_X = 260
BOX_WIDTH = 480
PADDING = 14
NAME_HEIGHT = 28
LINE_HEIGHT = 20
GAP = 34
LANE = 78
SIZES = (14, 13)
"""Of the letters, Chinese and English."""


@dataclass(frozen=True)
class Structure:
    """What a dag is: its tasks in order, each with id and name, and which leads to which."""

    steps: tuple[tuple[str, str], ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Step:
    """One step: `details` says who and what limit, a line in both languages each."""

    id: str
    name: Pair
    details: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Way:
    """A way from one step to another that is not the next."""

    start: str
    end: str
    words: Pair
    side: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Line:
    """Words at a place; `y` is where they stand on."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Box:
    """A step as drawn."""

    step: Step
    place: int
    x: float
    y: float
    width: float
    height: float
    chinese: tuple[Line, ...]
    english: tuple[Line, ...]


@dataclass(frozen=True)
class Arrow:
    """A line through its points, with a tip at its end and words beside it."""

    points: tuple[tuple[float, float], ...]
    chinese: tuple[Line, ...] = ()
    english: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Everything in its place."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def draw(steps: Sequence[Step], edges: Sequence[tuple[str, str]], ways: Sequence[Way]) -> Drawing:
    """Return the drawing of these steps, in this order; ways from or to steps that are not there are left out."""
    boxes: dict[str, Box] = {}
    top: float = TOP
    for place, step in enumerate(steps, start=1):
        boxes[step.id] = _box(step, place, top)
        top += boxes[step.id].height + GAP
    order = {step.id: place for place, step in enumerate(steps)}
    arrows = [_down(boxes[one], boxes[two]) for one, two in edges if order[two] == order[one] + 1]
    beside = [Way(one, two, ("", ""), "right") for one, two in edges if order[two] != order[one] + 1]
    beside += [way for way in ways if way.start in order and way.end in order]
    for side in ("left", "right"):
        arrows += _beside([way for way in beside if way.side == side], boxes, order)
    return Drawing(WIDTH, top - GAP + 24, tuple(boxes.values()), tuple(arrows))


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines of a width, by what letters of that size are wide on the average; never within a word."""
    lines, line = [], ""
    for word in _words(text):
        if line and _width(line + word.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines


_STAYS = "，。；：、）"
"""What never begins a line."""


def _words(text: str) -> list[str]:
    """Take a text apart where a line may end: after a blank, and around each Chinese character."""
    words: list[str] = []
    apart = True
    for letter in text:
        if letter in _STAYS and words:
            words[-1] += letter
        elif apart or _is_wide(letter):
            words.append(letter)
        else:
            words[-1] += letter
        apart = letter == " " or _is_wide(letter)
    return words


def _is_wide(letter: str) -> bool:
    return ord(letter) > 0x2E7F


def _width(text: str, size: float) -> float:
    return sum(size if _is_wide(letter) else size * 0.55 for letter in text)


def _box(step: Step, place: int, top: float) -> Box:
    inner = BOX_WIDTH - 2 * PADDING
    chinese, english = (
        [line for pair in step.details for line in wrapped(pair[which], inner, SIZES[which])] for which in (0, 1)
    )
    below = top + PADDING + NAME_HEIGHT
    first = tuple(Line(BOX_X + PADDING, below + LINE_HEIGHT * n, text) for n, text in enumerate(chinese, start=1))
    second = tuple(
        Line(BOX_X + PADDING, below + LINE_HEIGHT * (len(chinese) + n), text) for n, text in enumerate(english, start=1)
    )
    height = PADDING * 2 + NAME_HEIGHT + LINE_HEIGHT * (len(chinese) + len(english))
    return Box(step, place, BOX_X, top, BOX_WIDTH, height, first, second)


def _down(above: Box, below: Box) -> Arrow:
    middle = BOX_X + BOX_WIDTH / 2
    return Arrow(((middle, above.y + above.height), (middle, below.y)))


def _beside(ways: Sequence[Way], boxes: dict[str, Box], order: dict[str, int]) -> list[Arrow]:
    """Draw ways on one side, the shorter ones closer to the column; those that would meet have lanes of their own."""
    lanes: list[list[tuple[int, int]]] = []
    lane_of: dict[Way, int] = {}
    for way in sorted(ways, key=lambda way: abs(order[way.start] - order[way.end])):
        low, high = sorted((order[way.start], order[way.end]))
        lane = next(
            (n for n, taken in enumerate(lanes) if all(high < one or two < low for one, two in taken)), len(lanes)
        )
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((low, high))
        lane_of[way] = lane
    arrows = []
    for way in ways:
        edge = BOX_X if way.side == "left" else BOX_X + BOX_WIDTH
        away = 40 + LANE * lane_of[way]
        x = edge - away if way.side == "left" else edge + away
        start, end = _port(way, way.start, ways, boxes, order), _port(way, way.end, ways, boxes, order)
        arrows.append(_labelled(way, ((edge, start), (x, start), (x, end), (edge, end))))
    return arrows


def _port(way: Way, at: str, ways: Sequence[Way], boxes: dict[str, Box], order: dict[str, int]) -> float:
    """Return the height at which a way leaves or enters a step, apart from the others on that side."""
    there = [one for one in ways if at in (one.start, one.end)]

    def other(one: Way) -> tuple[int, str, str]:
        return order[one.end if one.start == at else one.start], one.start, one.end

    # Ways from above leave above those from below, and of two from below the longer one lies further out.
    place = order[at]
    there.sort(key=lambda one: (other(one)[0] > place, -abs(other(one)[0] - place), other(one)))
    above = [one for one in there if other(one)[0] < place]
    ordered = [*reversed(above), *[one for one in there if other(one)[0] >= place]]
    box = boxes[at]
    return box.y + box.height * (ordered.index(way) + 1) / (len(ordered) + 1)


def _labelled(way: Way, points: tuple[tuple[float, float], ...]) -> Arrow:
    (x, start), (_, end) = points[1], points[2]
    chinese, english = (wrapped(words, LANE - 4, size) for words, size in zip(way.words, SIZES, strict=True))
    top = (start + end) / 2 - LINE_HEIGHT * (len(chinese) + len(english)) / 2
    first = tuple(Line(x, top + LINE_HEIGHT * n - 5, text) for n, text in enumerate(chinese, start=1))
    second = tuple(Line(x, top + LINE_HEIGHT * (len(chinese) + n) - 5, text) for n, text in enumerate(english, start=1))
    return Arrow(points, first, second)
