#!/usr/bin/env python3
"""核对证据包，不需要网络。 Verify an evidence pack; no network is needed. Python 3.8 or newer, nothing else.

    python3 verify.py [FOLDER]

FOLDER is the unpacked pack, by default where this file lies. Exit code 0: it holds; 1: it does not.
"""

import hashlib
import json
import sys
from pathlib import Path, PurePosixPath

FORMAT = "yingda-evidence-pack/1"
MANIFEST = "manifest.json"
CHECKSUM = "manifest.sha256"
GENESIS = "0" * 64
PIECE = 1 << 20
# Left behind by file managers that merely showed the folder.
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")


class Findings:
    """What does not hold, and what was looked at."""

    def __init__(self):
        self.problems = []
        self.counts = []

    def wrong(self, chinese, english):
        self.problems.append((chinese, english))

    def seen(self, count, chinese, english):
        self.counts.append((count, chinese, english))


def verify(folder):
    """Look at everything and return the findings; a pack that cannot even be read is one more finding."""
    found = Findings()
    manifest = check_manifest(folder, found)
    if manifest is None:
        return found
    checks = (check_documents, check_signatures, check_events, check_agreement, check_publications)
    for check in (*checks, check_letters, check_evidence):
        try:
            check(Pack(folder), found)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as problem:
            said = "%s: %s" % (type(problem).__name__, problem)
            found.wrong(
                "无法核对（%s）：%s" % (check.__name__, said), "cannot be checked (%s): %s" % (check.__name__, said)
            )
    return found


class Pack:
    """The files of a pack, read when asked for."""

    def __init__(self, folder):
        self.folder = folder

    def bytes_of(self, name):
        return inside(self.folder, name).read_bytes()

    def json(self, name):
        return json.loads(self.bytes_of(name).decode("utf-8"))

    def events(self):
        with inside(self.folder, "events.jsonl").open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                yield json.loads(line)


def inside(folder, name):
    """Return where a file of the pack lies; a name that leads out of it is refused."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError("%r leads out of the pack" % name)
    return folder.joinpath(*path.parts)


def sha256_of(path):
    found = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            found.update(piece)
    return found.hexdigest()


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def check_manifest(folder, found):
    """Every file is there, is what the manifest says, and no other is."""
    try:
        content = (folder / MANIFEST).read_bytes()
        line = (folder / CHECKSUM).read_bytes()
    except OSError as problem:
        found.wrong("缺少清单：%s" % problem, "the manifest is missing: %s" % problem)
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    if line != ("%s  %s\n" % (sha256, MANIFEST)).encode():
        found.wrong("清单与其校验值不符", "the manifest is not the one that %s names" % CHECKSUM)
    try:
        manifest = json.loads(content.decode("utf-8"))
        files = dict(manifest["files"])
        if manifest["format"] != FORMAT:
            found.wrong("格式不是 %s" % FORMAT, "the format is not %s" % FORMAT)
        for name, said in sorted(files.items()):
            check_file(folder, name, said, found)
        there = sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        found.wrong("清单无法读取：%s" % problem, "the manifest cannot be read: %s" % problem)
        return None
    for name in there:
        litter = PurePosixPath(name).name in LITTER
        if name not in files and name not in (MANIFEST, CHECKSUM) and not litter:
            found.wrong("多出清单上没有的文件：%s" % name, "a file that the manifest does not name: %s" % name)
    found.seen(len(files), "个文件与清单一致", "files are those of the manifest")
    return manifest


def check_file(folder, name, said, found):
    path = inside(folder, name)
    if path.is_symlink() or not path.is_file():
        found.wrong("缺少文件：%s" % name, "a file is missing: %s" % name)
    elif path.stat().st_size != said["size"] or sha256_of(path) != said["sha256"]:
        found.wrong("文件被改动：%s" % name, "a file was changed: %s" % name)


def check_documents(pack, found):
    """Each text is the one whose SHA-256 stands in the record; its revisions are numbered without a gap."""
    numbers = {}
    texts = pack.json("documents.json")
    for text in texts:
        content = pack.bytes_of(text["path"])
        what = "%s %s" % (text["path"], text["sha256"][:12])
        if hashlib.sha256(content).hexdigest() != text["sha256"] or canonical(json.loads(content)) != content:
            found.wrong("文本与其校验值不符：%s" % what, "a text is not that of its SHA-256: %s" % what)
        numbers.setdefault((text["document"], text["document_number"]), []).append(text["number"])
    for (kind, number), given in sorted(numbers.items()):
        if given != list(range(1, len(given) + 1)):
            what = "%s-%s %s" % (kind, number, given)
            found.wrong("文本的稿次有缺：%s" % what, "revisions are missing or out of order: %s" % what)
    found.seen(len(texts), "稿文本与其校验值一致", "texts are those of their SHA-256")


def check_signatures(pack, found):
    """Each signature stands under a text that is here, never its signer's own, and nobody signed one text twice."""
    authors = {
        (text["document"], text["document_number"], text["number"], text["sha256"]): text["author"]["id"]
        for text in pack.json("documents.json")
    }
    given = set()
    signatures = pack.json("signatures.json")
    for one in signatures:
        text = (one["document"], one["document_number"], one["revision"], one["sha256"])
        signer = one["signer"]["id"]
        what = "%s %s %s" % (signer, one["role"], one["sha256"][:12])
        if text not in authors:
            found.wrong("签署的文本不在包内：%s" % what, "signed a text that is not here: %s" % what)
        elif authors[text] != one["author"]["id"]:
            found.wrong("签署所记的作者不符：%s" % what, "the author is not that of the text: %s" % what)
        if signer in (one["author"]["id"], authors.get(text)):
            found.wrong("作者签了自己的文本：%s" % what, "an author signed their own text: %s" % what)
        for twice in ((text, "signer", signer), (text, "role", one["role"])):
            if twice in given:
                found.wrong("同一文本重复签署：%s" % what, "one text signed twice: %s" % what)
            given.add(twice)
    found.seen(
        len(signatures), "个签署指向包内文本且不是作者本人", "signatures are under texts that are here, by others"
    )


def event_hash(event):
    """Return the hash of an event, made as the office's system makes it."""
    return hashlib.sha256(
        canonical(
            [
                event["previous_hash"],
                event["id"],
                event["incident_id"],
                event["seq"],
                event["at"],
                event["kind"],
                event["actor"],
                event["data"],
            ]
        )
    ).hexdigest()


def check_events(pack, found):
    """Each event is what its hash says, none is missing, and neighbours in the chain are linked."""
    chain = pack.json("chain.json")
    head = chain["head"]
    before, count, stretches = None, 0, []
    for event in pack.events():
        count += 1
        what = "%s (%s)" % (event["seq"], event["kind"])
        if event_hash(event) != event["hash"]:
            found.wrong("事件记录与其校验值不符：%s" % what, "an event does not match its hash: %s" % what)
        if event["seq"] != count or event["incident_id"] != chain["incident_id"]:
            found.wrong("事件编号有缺或不属本事件：%s" % what, "events are missing or foreign before: %s" % what)
        if before is not None and event["id"] <= before["id"]:
            found.wrong("事件在链上的先后不符：%s" % what, "an event stands before its predecessor: %s" % what)
        if event["id"] == 1 and event["previous_hash"] != GENESIS:
            found.wrong("链的起点不符：%s" % what, "the chain does not begin as it must: %s" % what)
        if before is not None and event["id"] == before["id"] + 1:
            if event["previous_hash"] != before["hash"]:
                found.wrong("相邻记录没有相接：%s" % what, "an event is not linked to the one before it: %s" % what)
            stretches[-1].update(last_id=event["id"], hash=event["hash"])
        else:
            ends = {"first_id": event["id"], "last_id": event["id"]}
            stretches.append(dict(ends, previous_hash=event["previous_hash"], hash=event["hash"]))
        before = event
    if count != chain["events"] or count != pack.json("incident.json")["events"]:
        found.wrong(
            "应有 %s 条事件记录，实有 %d 条" % (chain["events"], count),
            "%s events are due, %d are here" % (chain["events"], count),
        )
    if stretches != chain["stretches"]:
        found.wrong("链上的各段与记录不符", "the stretches of the chain are not those of the events")
    if before is not None and (
        before["id"] > head["event_id"] or (before["id"] == head["event_id"] and before["hash"] != head["hash"])
    ):
        found.wrong("链的末端与记录不符", "the head of the chain does not agree with the last event")
    if json.loads((pack.folder / MANIFEST).read_bytes().decode("utf-8"))["chain_head"] != head:
        found.wrong("清单所记的链的末端不符", "the manifest names another head of the chain")
    found.seen(count, "条事件记录与其校验值一致，编号不缺", "events match their hashes, none is missing")


def check_agreement(pack, found):
    """Texts and signatures are those that the events tell of, no more and no less."""
    written, signed = [], []
    for event in pack.events():
        data = event["data"]
        if event["kind"] == "revision_written":
            written.append((data["document"], data["number"], data["sha256"], event["actor"]))
        elif event["kind"] == "signed":
            signed.append((event["actor"], data["role"], data["sha256"]))
    texts = [
        (one["document"], one["number"], one["sha256"], one["author"]["id"]) for one in pack.json("documents.json")
    ]
    signatures = [(one["signer"]["id"], one["role"], one["sha256"]) for one in pack.json("signatures.json")]
    if sorted(written) != sorted(texts):
        found.wrong("文本与事件记录不符", "the texts are not those that the events tell of")
    if sorted(signed) != sorted(signatures):
        found.wrong("签署与事件记录不符", "the signatures are not those that the events tell of")


def check_publications(pack, found):
    """What was published is a signed statement that is here."""
    signed = {one["sha256"] for one in pack.json("signatures.json") if one["document"] == "statement"}
    publications = [one for one in pack.json("publications.json") if one["state"] == "confirmed"]
    for one in publications:
        if one["sha256"] not in signed:
            what = "%s %s" % (one["channel"], one["sha256"][:12])
            found.wrong("发布的文本没有签署：%s" % what, "published without a signature: %s" % what)
    texts = {one["sha256"] for one in pack.json("documents.json")}
    for one in pack.json("official_replies.json"):
        if one["rests_on_sha256"] not in texts:
            found.wrong(
                "官方答复所依据的文本不在包内：%s" % one["url"],
                "a reply rests on a text that is not here: %s" % one["url"],
            )
    found.seen(len(publications), "次发布的文本有签署", "publications are of signed texts")


def check_letters(pack, found):
    """Letters are numbered without a gap, and their words are those that were approved."""
    letters = pack.json("letters.json")
    if [one["number"] for one in letters] != list(range(1, len(letters) + 1)):
        found.wrong("函件编号有缺", "letters are missing or out of order")
    for one in letters:
        if one["sha256"] is None:
            continue
        if one["path"] is None:
            found.wrong(
                "函件原文不在包内：%s" % one["full_number"],
                "the words of a letter are missing: %s" % one["full_number"],
            )
        elif hashlib.sha256(pack.bytes_of(one["path"])).hexdigest() != one["sha256"]:
            found.wrong(
                "函件与批准的不符：%s" % one["full_number"], "a letter is not the one approved: %s" % one["full_number"]
            )


def check_evidence(pack, found):
    """Files are those whose SHA-256 was recorded; those that a signed report names are here."""
    files = pack.json("evidence.json")
    there = set()
    for one in files:
        if one["path"] is None:
            if one["taken_back_at"] is None:
                found.wrong(
                    "佐证文件不在包内：%s" % one["name"], "a file brought as evidence is missing: %s" % one["name"]
                )
        elif sha256_of(inside(pack.folder, one["path"])) != one["sha256"]:
            found.wrong("佐证文件与记录不符：%s" % one["name"], "a file is not the one recorded: %s" % one["name"])
        else:
            there.add(one["sha256"])
    known = {one["sha256"] for one in files}
    for event in pack.events():
        if event["kind"] == "evidence_attached":
            for sha256 in event["data"]["files"]:
                if sha256 not in known:
                    found.wrong(
                        "记录中的佐证文件没有列出：%s" % sha256[:12], "a recorded file is not listed: %s" % sha256[:12]
                    )
    signed = {one["sha256"] for one in pack.json("signatures.json")}
    for text in pack.json("documents.json"):
        if text["sha256"] in signed:
            for one in pack.json(text["path"]).get("attachments", ()):
                if one["sha256"] not in there:
                    found.wrong(
                        "经签署的报告所列文件不在包内：%s" % one["name"],
                        "a file of a signed report is missing: %s" % one["name"],
                    )
    found.seen(len(there), "个佐证文件与记录一致", "files brought as evidence are those recorded")


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 1
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    print("证据包 Evidence pack: %s" % folder.resolve().name)
    found = verify(folder)
    for count, chinese, english in found.counts:
        print("  %5d  %s  %s" % (count, chinese, english))
    for chinese, english in found.problems:
        print("  !  %s  %s" % (chinese, english))
    if found.problems:
        print("结论：不通过（%d 处）。 Verdict: FAILED (%d)." % (len(found.problems), len(found.problems)))
        return 1
    print("整包是否由办公室制作，请按 README.txt 向办公室核实。 Whether the office made it: see README.txt.")
    print("结论：通过。 Verdict: OK.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
