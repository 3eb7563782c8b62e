from __future__ import annotations

import pickle

from yingda.domain.errors import ConfRefused, SettingsError


def test_refusals_cross_process_borders_whole():
    conf = pickle.loads(pickle.dumps(ConfRefused("title", "is missing")))  # noqa: S301
    assert (conf.field, conf.message, str(conf)) == ("title", "is missing", "title: is missing")
    wrong = pickle.loads(pickle.dumps(SettingsError(["one", "two"])))  # noqa: S301
    assert (wrong.problems, str(wrong)) == (("one", "two"), "one\ntwo")


def test_a_single_problem_is_a_list_of_one():
    assert SettingsError("one").problems == ("one",)
