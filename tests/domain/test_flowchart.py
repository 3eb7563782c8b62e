"""The layout of the flow chart: steps one below the other, ways back beside them, nothing over anything else."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from yingda.domain.flowchart import BOX_WIDTH, BOX_X, WIDTH, Arrow, Drawing, Step, Way, draw, wrapped

STEPS = [Step(name, (f"第{name}步", f"Step {name}"), (("谁：值班员", "Who: duty officer"),)) for name in "abcdef"]
EDGES = [(one.id, two.id) for one, two in pairwise(STEPS)]
WAYS = [
    Way("b", "a", ("退单", "Back")),
    Way("c", "a", ("退单", "Back")),
    Way("d", "c", ("退回", "Returned")),
    Way("f", "b", ("重来", "Again"), "right"),
    Way("f", "d", ("重来", "Again"), "right"),
]


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return draw(STEPS, EDGES, WAYS)


def ways_of(drawing: Drawing) -> list[Arrow]:
    return [one for one in drawing.arrows if len(one.points) == 4]


def test_steps_stand_in_their_order_and_apart(drawing: Drawing) -> None:
    assert [box.step.id for box in drawing.boxes] == list("abcdef")
    assert [box.place for box in drawing.boxes] == [1, 2, 3, 4, 5, 6]
    assert all(one.y + one.height < two.y for one, two in pairwise(drawing.boxes))
    assert drawing.boxes[-1].y + drawing.boxes[-1].height < drawing.height


def test_each_edge_leads_from_one_step_to_the_next(drawing: Drawing) -> None:
    down = [one for one in drawing.arrows if len(one.points) == 2]
    assert [(one.points[0][1], one.points[1][1]) for one in down] == [
        (above.y + above.height, below.y) for above, below in pairwise(drawing.boxes)
    ]


def test_ways_back_begin_and_end_at_their_steps_on_their_side(drawing: Drawing) -> None:
    boxes = {box.step.id: box for box in drawing.boxes}
    for way, arrow in zip(WAYS, ways_of(drawing), strict=True):
        edge = BOX_X if way.side == "left" else BOX_X + BOX_WIDTH
        assert arrow.points[0][0] == arrow.points[-1][0] == edge
        for step, (_, y) in ((way.start, arrow.points[0]), (way.end, arrow.points[-1])):
            assert boxes[step].y < y < boxes[step].y + boxes[step].height
        assert (arrow.points[1][0] < BOX_X) == (way.side == "left")


def test_no_two_ways_share_a_stretch_or_a_point(drawing: Drawing) -> None:
    for one, two in combinations(ways_of(drawing), 2):
        assert not set(one.points) & set(two.points)
        (x, up), (_, down) = one.points[1], one.points[2]
        (other_x, other_up), (_, other_down) = two.points[1], two.points[2]
        if x == other_x:
            assert max(up, down) < min(other_up, other_down) or max(other_up, other_down) < min(up, down)


def test_everything_lies_within_the_drawing(drawing: Drawing) -> None:
    for arrow in drawing.arrows:
        assert all(0 < x < WIDTH and 0 < y < drawing.height for x, y in arrow.points)
        assert all(38 <= line.x <= WIDTH - 38 for line in (*arrow.chinese, *arrow.english))
    for box in drawing.boxes:
        assert all(box.y < line.y < box.y + box.height for line in (*box.chinese, *box.english))


def test_an_edge_that_skips_a_step_is_a_way_beside(drawing: Drawing) -> None:
    more = draw(STEPS, [*EDGES, ("a", "c")], WAYS)
    assert len(ways_of(more)) == len(ways_of(drawing)) + 1


def test_a_way_to_a_step_that_is_not_there_is_left_out() -> None:
    assert ways_of(draw(STEPS[:2], EDGES[:1], WAYS)) == ways_of(draw(STEPS[:2], EDGES[:1], WAYS[:1]))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("一二三四五六", ["一二三", "四五六"]),
        ("one two", ["one", "two"]),
        ("一二三，四", ["一二", "三，四"]),
        ("", []),
        ("unbreakable", ["unbreakable"]),
    ],
)
def test_lines_break_where_they_may(text: str, lines: list[str]) -> None:
    assert wrapped(text, 45, 14) == lines
