"""Personal data of residents is found, and what looks like it is not."""

from __future__ import annotations

import collections
import time

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


# --- each kind by itself


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("身份证号360426199101010071。", "identity_number"),
        ("身份证号３６０４２６１９９１０１０１００７１。", "identity_number"),
        ("（360426 19910101 0071）", "identity_number"),
        ("证件号330106510203123", "identity_number"),
        # The check digit is wrong, but it is said to be one.
        ("身份证360426199101010072", "identity_number"),
        ("卡号6222021001116245702", "bank_card"),
        ("退至6222 0210 0111 6245 702", "bank_card"),
        ("电话13800138000", "mobile"),
        ("电话138**0013**8000", "mobile"),
        ("电话138\u200b0013\u200b8000", "mobile"),
        ("电话1 3 8 0 0 1 3 8 0 0 0", "mobile"),
        ("[拨打](tel:13800138000)", "mobile"),
        ("邮箱13800138000@163.com", "mobile"),
        ("其家中电话0571-88123456", "landline"),
        ("拨打 8812 3456", "landline"),
        ("浙A12345", "plate"),
        ("浙A·D12345", "plate"),
        ("浙a12345", "plate"),
        ("粤BD12345的车主", "plate"),
        ("粤B12345D", "plate"),
        ("阳光花园3幢2单元501室", "home_address"),
        ("阳光花园3-2-501", "home_address"),
        ("柳溪村3组12号", "home_address"),
        ("家住人民路12号", "home_address"),
        ("家住阳光花园3幢2单元", "home_address"),
    ],
)
def test_what_tells_of_a_resident_is_found_as_what_it_is(body: str, kind: str) -> None:
    assert kinds(body) == [kind]


@pytest.mark.parametrize(
    "body",
    [
        "国办发〔2016〕61号",
        "YQCZBG-2026-001",
        "360426199101010072",  # the check digit is wrong, and nobody says what it is
        "6222021001116245703",  # as long as a card and begins like one, but without its check digit
        "139999510203123",  # there is no such area
        "12345热线、96345、400-800-1234、95598",
        "办公室电话0571-5550-0100，也可拨5550-0113、+86 571 5550 0121",
        "订单号JD13800138000",
        "用电13800138000千瓦时",
        "统一社会信用代码91330106MA27XY1234",
        "来电号码138****8000、证件号330106********0071",
        "https://example.org/t/13800138000",
        "浙A1234警、浙A级、苏S122省道",
        "人民路12号社区服务中心",
        "人民路12号行政服务中心3楼302室",
        "阳光花园3幢2单元电梯",
        "阳光花园3号楼36户已通水",
        "柳溪村3组12号路灯",
        "人民路12号",
        "2026-11-23 14:03、20261123、2026.11.23",
        "邮政编码310000，水表读数00451234",
    ],
)
def test_what_only_looks_like_it_is_left_alone(body: str) -> None:
    assert found(body) == []


def test_the_office_s_own_mobile_is_no_resident_s_however_it_is_written() -> None:
    assert kinds("值班手机13805550101、138-0555-0101、+86 138 0555 0101") == []
    assert kinds("值班手机13805550102") == ["mobile"]


def test_a_resident_whom_the_report_names_is_found_wherever_the_statement_names_them() -> None:
    report = "经查，村民李小红、王伟和邻居反映属实。"
    assert found("李小红所述属实。", report) == [("resident_name", "李小红")]
    assert found("已向**李小红**、王伟致歉。", report) == [("resident_name", "李小红"), ("resident_name", "王伟")]
    assert found("已向反映人致歉。", report) == []
    assert found("见下。", report, title="关于王伟一事的说明") == [("resident_name", "王伟")]


def test_a_resident_whom_only_the_statement_names_is_found_too() -> None:
    assert found("投诉人李小红表示满意。") == [("resident_name", "李小红")]


def test_a_masked_name_is_told_apart_from_a_whole_one() -> None:
    assert found("居民张某某称路灯不亮。") == [("resident_masked", "张某某")]
    assert found("张某到场。", "当事人张某受伤。") == [("resident_masked", "张某")]


def test_an_officer_of_the_roster_is_no_resident_even_where_a_report_calls_them_one() -> None:
    assert found("罗春生介绍了情况。", "当事人罗春生在场。") == []


def test_words_that_begin_like_a_name_are_no_names() -> None:
    for harmless in corpus.HARMLESS:
        assert found(harmless, harmless) == []


def test_each_place_is_found_once_and_by_one_kind() -> None:
    assert found("身份证360426199101010071，手机13800138000，13800138000") == [
        ("identity_number", "360426199101010071"),
        ("mobile", "13800138000"),
        ("mobile", "13800138000"),
    ]


def test_a_promise_and_the_title_are_looked_at_as_well_as_the_body() -> None:
    from yingda.domain.quality.material import Promise

    draft = Draft(StatementKind.FINAL, "致13800138000", "无", (Promise("回访13900139000", "柳溪村", None),))
    assert [(check.value, one.field) for check, one in personal.found(draft, Material())] == [
        ("mobile", "title"),
        ("mobile", "commitments.0.text"),
    ]


def test_a_long_statement_is_examined_in_less_than_fifty_milliseconds() -> None:
    from tests.domain.quality.judging import examined

    report = corpus.statement(4_000, SEED + 1)

    def once() -> float:
        body = corpus.statement(4_000, SEED)
        # Of this process alone: other tests run at the same time.
        began = time.process_time()
        examined(body, reports=(report,), phones=corpus.OFFICE_PHONES, summary="居民问何时修好？")
        return time.process_time() - began

    once()  # loads what is loaded once a process
    assert min(once() for _ in range(5)) < 0.05


@pytest.mark.parametrize("again", ["高度重视", "11月", "居民李小红、", "一", "138 ", "小区1幢", "路1号", "1,"])
def test_the_longest_text_there_may_be_is_examined_whatever_it_repeats(again: str) -> None:
    from tests.domain.quality.judging import examined

    body = (again * 20_000)[:20_000]
    began = time.process_time()
    examined(body, reports=(body,), summary=body[:4_000])
    assert time.process_time() - began < 3


def test_what_is_heavy_is_not_loaded_with_the_rules() -> None:
    import subprocess
    import sys

    loaded = (
        "import sys, yingda.domain.policy, yingda.domain.quality.examining;"
        "print({'phonenumbers', 'stdnum'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"
