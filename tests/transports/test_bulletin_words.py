"""By which words a title is found, and under which letter."""

from __future__ import annotations

import pytest

from yingda.transports.bulletin_words import OTHERS, by_sound, initial, words_of


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("关于石桥污水外溢的情况说明", ["石桥", "桥污", "污水", "水外", "外溢"]),
        ("对南塘水库水质的说明", ["南塘", "塘水", "水库", "库水", "水质"]),
        ("K12 学校、5G 基站", ["k12", "学校", "5g", "基站"]),
        ("2026年11月 关于 有关 情况", []),
        ("桥", ["桥"]),
        ("石桥石桥", ["石桥", "桥石"]),
        ("The water of Liuxi", ["water", "liuxi"]),
        ("<b>&amp;", ["b", "amp"]),
        ("", []),
    ],
)
def test_a_title_is_found_by(title: str, words: list[str]) -> None:
    assert words_of(title) == words


@pytest.mark.parametrize(
    ("characters", "letter"),
    [
        ("安澳", "A"),
        ("巴不", "B"),
        ("擦错", "C"),
        ("搭堕", "D"),
        ("额而", "E"),
        ("发覆", "F"),
        ("噶过", "G"),
        ("哈祸", "H"),
        ("击骏", "J"),
        ("喀阔", "K"),
        ("垃落路柳", "L"),
        ("妈穆", "M"),
        ("拿诺南", "N"),
        ("哦沤", "O"),
        ("啪曝", "P"),
        ("期群", "Q"),
        ("然弱", "R"),
        ("撒所石水", "S"),
        ("塌唾停", "T"),
        ("挖误污", "W"),
        ("昔迅溪", "X"),
        ("压孕云", "Y"),
        ("匝座噪", "Z"),
        ("鑫囧\U00020000", OTHERS),
        ("k", "K"),
        ("5", "0"),
    ],
)
def test_a_character_stands_under_its_letter(characters: str, letter: str) -> None:
    assert {initial(character) for character in characters} == {letter}


def test_characters_stand_in_the_order_of_their_sound() -> None:
    assert "".join(sorted("污桥鑫k石5安", key=by_sound)) == "5k安桥石污鑫"
