import itertools

from hypothesis import given
from hypothesis import strategies as st

from yingda.domain.differing import Change, Part, difference

CHINESE = st.text(alphabet="经核实垃圾车因故障停运三天，。；12.5%\nab ", max_size=60)


def test_one_changed_character_is_shown_inside_its_clause():
    assert difference("经核实，停运三天。感谢监督。", "经核实，停运两天。感谢监督。") == (
        Part(Change.KEPT, "经核实，停运"),
        Part(Change.REMOVED, "三"),
        Part(Change.ADDED, "两"),
        Part(Change.KEPT, "天。感谢监督。"),
    )


def test_a_number_changes_as_a_whole():
    parts = difference("合格率 12.5% 。", "合格率 13.5% 。")
    assert Part(Change.REMOVED, "12.5%") in parts
    assert Part(Change.ADDED, "13.5%") in parts


def test_a_clause_written_anew_is_not_cut_to_pieces():
    parts = difference("已处置完毕，谢谢。", "车辆将于明日修复，谢谢。")
    assert parts[:2] == (Part(Change.REMOVED, "已处置完毕，"), Part(Change.ADDED, "车辆将于明日修复，"))


def test_a_new_sentence_is_only_added():
    assert difference("甲。", "甲。乙。") == (Part(Change.KEPT, "甲。"), Part(Change.ADDED, "乙。"))


@given(CHINESE, CHINESE)
def test_both_texts_can_be_read_back_from_the_difference(before, after):
    parts = difference(before, after)
    assert "".join(p.text for p in parts if p.change is not Change.ADDED) == before
    assert "".join(p.text for p in parts if p.change is not Change.REMOVED) == after
    assert all(one.change is not two.change for one, two in itertools.pairwise(parts))


@given(CHINESE)
def test_equal_texts_differ_in_nothing(text):
    assert all(part.change is Change.KEPT for part in difference(text, text))
