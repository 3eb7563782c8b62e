"""The evidence pack: complete, checked by its own program anywhere, and any change of it is seen."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import random
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from yingda.domain import fields
from yingda.domain.acts import ProposeLetter, RecordReply
from yingda.domain.errors import IncidentNotFound
from yingda.services import attaching, keeping, lettering, linking, moving, packing, replying_officially
from yingda.store import audit
from yingda.store.models import Attachment, Event, Request
from yingda.transports import evidence_files, pack_files
from yingda.transports.errors import TransportError

CLAIM = "三盏路灯已坏一年"
DRAFTED = "draft-canary-还没想好"


def photo(color: str) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (30, 20), color).save(drawn, "JPEG")
    return drawn.getvalue()


@contextmanager
def reading(office: Any) -> Iterator[Session]:
    with office.transaction() as session:
        session.execute(sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield session


def make(office: Any, number: str, to: Any = None) -> tuple[bytes, packing.Packed]:
    written = to or BytesIO()
    made = packing.make(
        lambda: reading(office), office.transaction, number, office.house, office.now, "account:duty", written
    )
    return (b"" if to else written.getvalue()), made


def unpacked(content: bytes, where: Path) -> Path:
    with zipfile.ZipFile(BytesIO(content)) as file:
        file.extractall(where)
    [folder] = where.iterdir()
    return folder


def attach(office: Any, number: str, name: str, color: str) -> None:
    request = office.asked(number, "report")
    officer = request.addressees[0].officer_id
    attaching.attach(office.transaction, request.public_id, officer, name, photo(color), office.house, office.now)


@pytest.fixture
def number(office: Any, report: dict[str, Any], statement: dict[str, Any]) -> str:
    """An incident with everything: two rounds of a report with files, a letter, three signatures, a reply."""
    office.open(title="别的事")
    number: str = office.open(severity="critical", summary="居民反映路灯不亮。")
    office.answer(number, "brief_reply", "submit", reply="正在查看")
    attach(office, number, "现场.jpg", "red")
    office.answer(number, "report", "submit", **report, refuted=[CLAIM])
    office.answer(number, "approve_report", "return", comment="请补充")
    attach(office, number, "换灯后.jpg", "green")
    office.open(title="夹在中间的事")
    office.answer(number, "report", "submit", **{**report, "cause": "线路老化，已查明"}, refuted=[CLAIM])
    office.answer(number, "approve_report", "approve")
    given = {
        "kind": "correction_request", "recipient": "某某日报", "claim": CLAIM, "refutation": "次日已换线。",
        "evidence": ["维修单"], "ground": "false_fact",
    }  # fmt: skip
    with office.case(number) as case:
        lettering.propose(case, fields.check(ProposeLetter, given, "zh_CN"), "account:duty")
        moving.advance(case)
    office.answer(number, "decide_letter", "approve", comment="同意")
    office.answer(number, "draft_statement", "submit", **statement)
    for _ in range(3):
        office.answer(number, "sign_statement", "approve")
    office.publish(number)
    reply = {"account": "wechat", "url": "https://example.org/c/1", "text": "已修复。", "when": office.now.isoformat()}
    with office.case(number) as case:
        replying_officially.record(case, fields.check(RecordReply, reply, "zh_CN"), "account:duty")
    office.open(title="后来的事")
    return number


@pytest.fixture
def pack(office: Any, number: str, tmp_path: Path) -> Path:
    content, _ = make(office, number)
    return unpacked(content, tmp_path / "unpacked")


def run(folder: Path, program: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the verifier as its reader does: with nothing but Python, and from nowhere in particular."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program or folder / "verify.py"), *([str(folder)] if program else [])],
        cwd="/", capture_output=True, encoding="utf-8", timeout=60, env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def verify() -> Callable[[Path], list[str]]:
    """The shipped verifier in this process, for the many looks: what it finds wrong."""
    spec = importlib.util.spec_from_file_location("pack_verify", pack_files.VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda folder: [english for _, english in module.verify(folder).problems]


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sealed(folder: Path) -> None:
    """Make the manifest anew, as somebody would who changed something and knows how packs are made."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"] = {
        path.relative_to(folder).as_posix(): {
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files_of(folder)
        if path.name not in ("manifest.json", "manifest.sha256")
    }
    content = pack_files.as_json(manifest)
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n", "utf-8")


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def change(folder: Path, name: str, to: Callable[[Any], Any]) -> None:
    """Change a file of JSON, and the manifest with it."""
    value = read(folder, name)
    (folder / name).write_bytes(pack_files.as_json(to(value) or value))
    sealed(folder)


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def change_events(folder: Path, to: Callable[[list[dict[str, Any]]], None]) -> None:
    kept = events(folder)
    to(kept)
    (folder / "events.jsonl").write_bytes(b"".join(pack_files.as_line(one) for one in kept))
    sealed(folder)


def test_the_program_in_the_pack_says_that_it_holds(pack: Path, number: str) -> None:
    done = run(pack)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"证据包 Evidence pack: {number}"
    assert done.stdout.splitlines()[-1] == "结论：通过。 Verdict: OK."
    assert re.search(r"  3  稿文本与其校验值一致", done.stdout)
    assert re.search(r"  4  个签署指向包内文本且不是作者本人", done.stdout)
    assert re.search(r"  2  个佐证文件与记录一致", done.stdout)


def test_sha256sum_reads_the_manifest_s_line(pack: Path) -> None:
    line = (pack / "manifest.sha256").read_text()
    assert line == f"{hashlib.sha256((pack / 'manifest.json').read_bytes()).hexdigest()}  manifest.json\n"


def test_everything_on_record_is_in_it(pack: Path, office: Any, number: str) -> None:
    assert read(pack, "incident.json")["summary"] == "居民反映路灯不亮。"
    texts = read(pack, "documents.json")
    assert [(one["document"], one["number"]) for one in texts] == [("report", 1), ("report", 2), ("statement", 1)]
    assert "线路老化，已查明" in (pack / texts[1]["readable"]).read_text("utf-8")
    assert "舆情产生原因（事实真相）" in (pack / texts[1]["readable"]).read_text("utf-8")
    assert [(one["role"], one["signer"]["name"]) for one in read(pack, "signatures.json")] == [
        ("branch_leader", "韩越"), ("office_director", "沈若兰"), ("group_leader", "陆正华"), ("superior", "顾为民"),
    ]  # fmt: skip
    decided = {one["kind"]: one["decision"] for one in read(pack, "decisions.json")}
    assert decided["decide_letter"]["given"]["comment"] == "同意"
    assert [one["state"] for one in read(pack, "publications.json")] == ["confirmed"]
    assert [one["text"] for one in read(pack, "official_replies.json")] == ["已修复。"]
    [letter] = read(pack, "letters.json")
    assert "某某日报" in (pack / letter["path"]).read_text("utf-8")
    photos = read(pack, "evidence.json")
    assert [one["name"] for one in photos] == ["现场.jpg", "换灯后.jpg"]
    assert [hashlib.sha256((pack / one["path"]).read_bytes()).hexdigest() for one in photos] == [
        one["sha256"] for one in photos
    ]
    assert {"brief_reply", "verification", "public_word"} <= {one["kind"] for one in read(pack, "clocks.json")}
    mine = office.events(number)[:-1]
    assert [(one["seq"], one["hash"]) for one in events(pack)] == [(one.seq, one.hash) for one in mine]


def test_the_gaps_that_others_leave_in_the_chain_are_seen(pack: Path, office: Any) -> None:
    chain = read(pack, "chain.json")
    stretches = chain["stretches"]
    assert len(stretches) >= 2
    assert all(one["last_id"] + 1 < two["first_id"] for one, two in pairwise(stretches))
    ids = {one["id"] for one in events(pack)}
    assert ids == {place for one in stretches for place in range(one["first_id"], one["last_id"] + 1)}
    with office.transaction() as session:
        head = session.get(Event, chain["head"]["event_id"])
    assert head is not None
    assert head.hash == chain["head"]["hash"]
    assert chain["head"]["event_id"] > max(ids)


def test_events_of_other_incidents_are_not_in_it(pack: Path, office: Any, number: str) -> None:
    assert {one["incident_id"] for one in events(pack)} == {office.incident(number).id}
    whole = b"".join(path.read_bytes() for path in files_of(pack))
    for words in ("别的事", "夹在中间的事", "后来的事"):
        assert words.encode() not in whole


def test_that_it_was_made_is_an_event_that_names_its_manifest(office: Any, number: str) -> None:
    content, made = make(office, number)
    [event] = office.events(number, "evidence_pack_made")
    assert (event.actor, event.data) == ("account:duty", {"sha256": made.sha256, "files": made.files})
    with zipfile.ZipFile(BytesIO(content)) as file:
        manifest = file.read(f"{number}/manifest.json")
    assert hashlib.sha256(manifest).hexdigest() == made.sha256
    assert len(json.loads(manifest)["files"]) == made.files
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_the_next_pack_holds_that_event_and_is_whole_as_well(office: Any, number: str, tmp_path: Path) -> None:
    _, first = make(office, number)
    folder = unpacked(make(office, number)[0], tmp_path / "second")
    assert events(folder)[-1]["data"]["sha256"] == first.sha256
    assert run(folder).returncode == 0


def test_the_same_moment_gives_the_same_bytes(office: Any, number: str) -> None:
    written = [BytesIO(), BytesIO()]
    for to in written:
        packing.write(lambda: reading(office), number, office.house, office.now, to)
    assert written[0].getvalue() == written[1].getvalue()


def test_a_flipped_byte_anywhere_is_seen(pack: Path, verify: Callable[[Path], list[str]]) -> None:
    """Many places in each file, first and last among them; each bit pattern that differs is a change."""
    assert verify(pack) == []
    chance = random.Random(20261123)
    for path in files_of(pack):
        content = path.read_bytes()
        assert content, path
        places = {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(12))}
        for place in places:
            changed = bytearray(content)
            changed[place] ^= chance.randrange(1, 256)
            path.write_bytes(changed)
            assert verify(pack), f"{path.name}, byte {place} of {len(content)}"
        path.write_bytes(content)
    assert verify(pack) == []


def test_a_removed_or_added_or_shortened_file_is_seen(pack: Path, verify: Callable[[Path], list[str]]) -> None:
    for path in files_of(pack):
        content = path.read_bytes()
        path.unlink()
        assert verify(pack), path
        path.write_bytes(content[:-1])
        assert verify(pack), path
        path.write_bytes(content + b"\n")
        assert verify(pack), path
        path.write_bytes(content)
    (pack / "more.txt").write_text("more")
    assert verify(pack) == ["a file that the manifest does not name: more.txt"]
    (pack / "more.txt").unlink()
    (pack / "evidence" / ".DS_Store").write_bytes(b"what a file manager leaves")
    assert verify(pack) == []


def test_the_program_itself_says_no_and_where(pack: Path, tmp_path: Path) -> None:
    photo_at = pack / read(pack, "evidence.json")[0]["path"]
    photo_at.write_bytes(photo_at.read_bytes() + b"x")
    for done in (run(pack), run(pack, pack_files.VERIFIER)):
        assert done.returncode == 1
        assert f"a file was changed: evidence/{photo_at.name}" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("结论：不通过（")
    (pack / "manifest.json").unlink()
    assert run(pack).returncode == 1
    assert run(tmp_path / "nowhere", pack_files.VERIFIER).returncode == 1
    (pack / "manifest.json").write_text("[" * 100_000)
    done = run(pack)
    assert (done.returncode, done.stderr) == (1, "")


FORGERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "an event says something else": (
        lambda pack: change_events(pack, lambda kept: kept[3]["data"].update(reason="别的")),
        "does not match its hash",
    ),
    "an event was done by somebody else": (
        lambda pack: change_events(pack, lambda kept: kept[3].update(actor="xia_mengjie")),
        "does not match its hash",
    ),
    "an event has another moment": (
        lambda pack: change_events(pack, lambda kept: kept[3].update(at="2026-11-23T06:03:01+00:00")),
        "does not match its hash",
    ),
    "an event in the middle is gone": (lambda pack: change_events(pack, lambda kept: kept.pop(4) and None), "missing"),
    "the first event is gone": (lambda pack: change_events(pack, lambda kept: kept.pop(0) and None), "missing"),
    "the last event is gone": (lambda pack: change_events(pack, lambda kept: kept.pop() and None), "are due"),
    "two events changed places": (
        lambda pack: change_events(pack, lambda kept: kept.insert(4, kept.pop(5))),
        "missing or foreign",
    ),
    "all events are gone": (lambda pack: change_events(pack, lambda kept: kept.clear()), "0 are here"),
    "a text says something else": (
        lambda pack: (
            (pack / "documents/report-1/001.json").write_bytes(
                (pack / "documents/report-1/001.json").read_bytes().replace("线路老化".encode(), "无从查证".encode())
            ),
            sealed(pack),
        )[1],
        "a text is not that of its SHA-256",
    ),
    "a revision is gone": (
        lambda pack: change(pack, "documents.json", lambda texts: texts.pop(0) and None),
        "revisions are missing",
    ),
    "the last revision is gone": (
        lambda pack: change(pack, "documents.json", lambda texts: texts.pop(1) and None),
        "not those that the events tell of",
    ),
    "a signature is gone": (
        lambda pack: change(pack, "signatures.json", lambda given: given.pop() and None),
        "the signatures are not those",
    ),
    "a signature is the author's": (
        lambda pack: change(pack, "signatures.json", lambda given: given[0].update(signer=given[0]["author"])),
        "an author signed their own text",
    ),
    "a signature is under a text that is not here": (
        lambda pack: change(pack, "signatures.json", lambda given: given[0].update(sha256="0" * 64)),
        "signed a text that is not here",
    ),
    "a person signed twice": (
        lambda pack: change(pack, "signatures.json", lambda given: given[2].update(signer=given[1]["signer"])),
        "one text signed twice",
    ),
    "the publication is of another text": (
        lambda pack: change(pack, "publications.json", lambda rows: rows[0].update(sha256="0" * 64)),
        "published without a signature",
    ),
    "a reply rests on another text": (
        lambda pack: change(pack, "official_replies.json", lambda rows: rows[0].update(rests_on_sha256="0" * 64)),
        "a reply rests on a text that is not here",
    ),
    "a letter says something else": (
        lambda pack: (
            (pack / read(pack, "letters.json")[0]["path"]).write_text("别的", "utf-8"),
            sealed(pack),
        )[1],
        "a letter is not the one approved",
    ),
    "a photo is another": (
        lambda pack: (
            (pack / read(pack, "evidence.json")[0]["path"]).write_bytes(photo("blue")),
            sealed(pack),
        )[1],
        "a file is not the one recorded",
    ),
    "a photo is gone": (
        lambda pack: change(pack, "evidence.json", lambda rows: rows[0].update(path=None)),
        "a file of a signed report is missing",
    ),
    "a photo is not even listed": (
        lambda pack: change(pack, "evidence.json", lambda rows: rows.pop(0) and None),
        "a recorded file is not listed",
    ),
    "the head is another": (
        lambda pack: change(pack, "chain.json", lambda chain: chain["head"].update(hash="0" * 64)),
        "another head",
    ),
    "a gap was made to vanish": (
        lambda pack: change(pack, "chain.json", lambda chain: chain.update(stretches=chain["stretches"][:1])),
        "the stretches of the chain are not those",
    ),
    "a name leads out of the pack": (
        lambda pack: change(pack, "documents.json", lambda texts: texts[0].update(path="../../etc/hostname")),
        "leads out of the pack",
    ),
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_forgery_with_a_manifest_of_its_own_is_seen(
    pack: Path, verify: Callable[[Path], list[str]], forged: str
) -> None:
    forge, said = FORGERIES[forged]
    forge(pack)
    assert any(said in one for one in verify(pack)), verify(pack)


def test_each_event_forged_by_itself_is_seen(pack: Path, verify: Callable[[Path], list[str]]) -> None:
    kept = events(pack)
    for place in range(len(kept)):
        change_events(pack, lambda found, place=place: found[place]["data"].update(more=1))
        assert f"an event does not match its hash: {place + 1} ({kept[place]['kind']})" in verify(pack)
        change_events(pack, lambda found, place=place: found.__setitem__(place, kept[place]))
    assert verify(pack) == []


def test_a_rehashed_event_is_seen_by_its_neighbour(pack: Path, verify: Callable[[Path], list[str]]) -> None:
    def forge(found: list[dict[str, Any]]) -> None:
        place = next(n for n, one in enumerate(found) if n and found[n + 1]["id"] == one["id"] + 1)
        one = found[place]
        one["data"] = {**one["data"], "more": 1}
        content = [one[key] for key in ("previous_hash", "id", "incident_id", "seq", "at", "kind", "actor", "data")]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        one["hash"] = hashlib.sha256(text.encode()).hexdigest()

    change_events(pack, forge)
    said = verify(pack)
    assert not [one for one in said if "does not match its hash" in one]
    assert [one for one in said if "not linked to the one before it" in one]


def test_no_secret_and_no_address_is_in_it(office: Any, number: str, tmp_path: Path) -> None:
    [request, *_] = office.open_requests(number)
    officer = request.addressees[0].officer_id
    token = linking.token(office.house, request, officer)
    with office.transaction() as session:
        keeping.keep(session, office.claims(request), {"result": DRAFTED}, office.now)
        kept_as = [one.public_id for one in session.query(Attachment)]
    folder = unpacked(make(office, number)[0], tmp_path / "looked-through")
    whole = b"".join(path.read_bytes() for path in files_of(folder))
    canaries = {
        token, token.rpartition(".")[2], office.house.link_key, office.house.database_url, DRAFTED, *kept_as,
        str(office.house.home),
        *(one.email for one in office.house.roster.officers), *(one.phone for one in office.house.roster.officers),
        office.house.roster.office.email,
    }  # fmt: skip
    assert len(canaries) > 40
    assert [one for one in canaries if one and one.encode() in whole] == []
    assert not re.findall(rb"[\w.+-]+@[\w-]+\.\w+", whole)


def test_a_file_that_was_lost_is_said_to_be_missing(office: Any, number: str, tmp_path: Path) -> None:
    with office.transaction() as session:
        [first, second] = session.query(Attachment).order_by(Attachment.id)
    evidence_files.remove(office.house.evidence, first.public_id)
    (office.house.evidence / second.public_id).write_bytes(b"other bytes")
    done = run(unpacked(make(office, number)[0], tmp_path / "lost"))
    assert done.returncode == 1
    assert "a file brought as evidence is missing: 现场.jpg" in done.stdout
    assert "a file of a signed report is missing: 换灯后.jpg" in done.stdout


def test_a_file_that_was_taken_back_is_no_flaw(office: Any, report: dict[str, Any], tmp_path: Path) -> None:
    number = office.open()
    attach(office, number, "错的.jpg", "red")
    office.answer(number, "report", "submit", **report)
    office.answer(number, "approve_report", "return", comment="照片不对")
    request = office.asked(number, "report")
    with office.transaction() as session:
        [row] = session.query(Attachment)
    officer = request.addressees[0].officer_id
    attaching.remove(office.transaction, request.public_id, officer, row.public_id, office.house, office.now)
    folder = unpacked(make(office, number)[0], tmp_path / "taken-back")
    [said] = read(folder, "evidence.json")
    assert (said["path"], said["taken_back_at"]) == (None, "2026-11-23T06:03:00Z")
    assert run(folder).returncode == 0, run(folder).stdout


def test_an_incident_just_opened_has_a_pack_that_holds(office: Any, tmp_path: Path) -> None:
    folder = unpacked(make(office, office.open())[0], tmp_path / "new")
    assert run(folder).returncode == 0


@pytest.mark.parametrize("merged", [True, False])
def test_a_merged_incident_and_the_one_that_took_it_in_have_packs_that_hold(
    office: Any, tmp_path: Path, merged: bool
) -> None:
    from yingda.services import merging

    one, into = office.open(), office.open()
    with office.transaction() as session:
        merging.merge(session, one, into, "同一件事", "account:duty", office.house, office.now)
    folder = unpacked(make(office, one if merged else into)[0], tmp_path / "merged")
    assert run(folder).returncode == 0, run(folder).stdout


def test_a_number_that_is_none_makes_nothing_and_records_nothing(office: Any) -> None:
    with pytest.raises(IncidentNotFound):
        make(office, "YQCZBG-2026-999")


def test_a_full_disk_is_named_and_nothing_is_recorded(office: Any, number: str) -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(TransportError, match=r"could not be written: .*No space.* See that there is room"),
    ):
        make(office, number, full)
    assert office.events(number, "evidence_pack_made") == []


def test_a_large_file_needs_little_memory(office: Any, report: dict[str, Any], tmp_path: Path) -> None:
    number = office.open()
    attach(office, number, "大.jpg", "red")
    office.answer(number, "report", "submit", **report)
    large = random.Random(1).randbytes(40_000_000)
    sha256 = hashlib.sha256(large).hexdigest()
    with office.transaction() as session:
        [row] = session.query(Attachment)
        row.sha256, row.size = sha256, len(large)
        (office.house.evidence / row.public_id).write_bytes(large)
    del large
    target = tmp_path / "large.zip"
    tracemalloc.start()
    with target.open("wb") as file:
        make(office, number, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert target.stat().st_size > 40_000_000
    assert peak < 12_000_000, f"{peak / 1e6:.1f} MB"


def test_the_verifier_needs_nothing_but_an_old_python() -> None:
    source = pack_files.VERIFIER.read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported == {"hashlib", "json", "sys", "pathlib"}


def test_the_verifier_tells_how_it_is_used(pack: Path) -> None:
    done = subprocess.run([sys.executable, "-I", pack / "verify.py", "--help"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0
    assert "python3 verify.py [FOLDER]" in done.stdout


def test_every_request_of_the_incident_is_in_it(pack: Path, office: Any, number: str) -> None:
    asked = read(pack, "decisions.json")
    assert len(asked) == len(office.rows(Request, number))
    assert [one["asked"][0]["name"] for one in asked if one["kind"] == "approve_report"] == ["韩越", "韩越"]
