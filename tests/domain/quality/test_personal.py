"""Personal data of residents is found, and what looks like it is not."""

from __future__ import annotations

import collections

import pytest
from tests.domain.quality import corpus

from yingda.domain.documents import StatementKind
from yingda.domain.quality import personal
from yingda.domain.quality.material import Draft, Material

SENTENCES = 6_000
SEED = 20261125
RECALL, PRECISION = 0.95, 0.9


def found(body: str, report: str = "", title: str = "") -> list[tuple[str, str]]:
    """What is found in a body, kind and words."""
    material = Material(
        reports=(report,) if report else (), phones=corpus.OFFICE_PHONES, officers=frozenset(corpus.OFFICERS)
    )
    draft = Draft(StatementKind.FINAL, title, body)
    return [(check.value, one.quote) for check, one in personal.found(draft, material)]


def kinds(body: str, report: str = "") -> list[str]:
    return [kind for kind, _ in found(body, report)]


def test_recall_and_precision_hold_for_every_kind_on_a_corpus_that_knows_nothing_of_the_detectors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hits: collections.Counter[str] = collections.Counter()
    missed: dict[str, list[str]] = collections.defaultdict(list)
    wrong: dict[str, list[str]] = collections.defaultdict(list)
    for sentence in corpus.make(SENTENCES, SEED):
        said = found(sentence.text, sentence.report)
        for kind, words in sentence.planted:
            match = next((one for one in said if one[0] == kind and _same(words, one[1])), None)
            if match is None:
                missed[kind].append(f"{words} in {sentence.text!r} beside {sentence.report!r}, found {said}")
            else:
                hits[kind] += 1
                # Twice in one sentence (a name, say) is found twice, and is no mistake.
                said = [one for one in said if one[0] != kind or not _same(words, one[1])]
        for kind, quote in said:
            wrong[kind].append(f"{quote} in {sentence.text!r} beside {sentence.report!r}")

    lines = ["", f"{'kind':16} planted  recall  precision   ({SENTENCES} sentences, seed {SEED})"]
    figures = {}
    for kind in (*corpus.KINDS, "all"):
        these = corpus.KINDS if kind == "all" else (kind,)
        hit, miss, extra = (
            sum(hits[k] for k in these),
            sum(len(missed[k]) for k in these),
            sum(len(wrong[k]) for k in (wrong if kind == "all" else these)),
        )
        figures[kind] = hit / (hit + miss), hit / max(hit + extra, 1)
        lines.append(f"{kind:16} {hit + miss:7}  {figures[kind][0]:.4f}  {figures[kind][1]:.4f}")
    with capsys.disabled():
        print("\n".join(lines))
    examples = [
        f"{what} {kind}: {one}"
        for what, by in (("missed", missed), ("wrong", wrong))
        for kind in by
        for one in by[kind][:4]
    ]
    assert min(recall for recall, _ in figures.values()) >= RECALL, "\n".join(examples)
    assert min(precision for _, precision in figures.values()) >= PRECISION, "\n".join(examples)
    assert min(hits.values()) > 100, "too few are planted to tell"


def _same(planted: str, quote: str) -> bool:
    """Tell whether what was found is what was planted: more than half of it, and hardly anything else."""
    planted, quote = planted.strip("*"), quote.strip("*")
    if planted in quote:
        return len(quote) <= len(planted) + 8
    return quote in planted and len(quote) * 2 > len(planted)
