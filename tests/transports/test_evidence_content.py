"""Photos and PDFs brought as evidence: known by their content, kept without what does not show."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from yingda.domain.errors import EvidenceRefused
from yingda.transports import evidence_content, evidence_files
from yingda.transports.evidence_content import JPEG, PDF, PNG, WEBP, cleaned

SECRET = "31.2304N-121.4737E"


def photo(kind: str = "JPEG", *, size: tuple[int, int] = (60, 40), turned: bool = False) -> bytes:
    """A photo as a telephone takes it: place, camera and a remark stand beside the pixels."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x010F] = SECRET
    exif.get_ifd(0x8825)[0x1D] = SECRET
    if turned:
        exif[0x0112] = 6
    told: dict[str, object] = {"exif": exif}
    if kind == "JPEG":
        told |= {"comment": SECRET.encode(), "xmp": SECRET.encode()}
    if kind == "WEBP":
        told |= {"xmp": SECRET.encode(), "lossless": True}
    if kind == "PNG":
        text = PngInfo()
        text.add_text("Author", SECRET)
        told |= {"pnginfo": text}
    drawn = BytesIO()
    image.save(drawn, kind, **told)
    return drawn.getvalue()


def document(**root: object) -> bytes:
    """A PDF that opens something, carries a file and names its author."""
    made = pikepdf.new()
    made.add_blank_page()
    made.docinfo["/Author"] = SECRET
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{SECRET}')")
    made.Root.OpenAction = made.make_indirect(script)
    made.pages[0].obj.AA = pikepdf.Dictionary(O=script)
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=SECRET),
    )
    made.pages[0].obj.Annots = pikepdf.Array([link])
    made.attachments["list.txt"] = SECRET.encode()
    with made.open_metadata() as metadata:
        metadata["dc:creator"] = [SECRET]
    written = BytesIO()
    made.save(written, compress_streams=False)
    return written.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(EvidenceRefused) as refused:
        cleaned(content)
    return refused.value.why


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", JPEG), ("PNG", PNG), ("WEBP", WEBP)])
def test_of_a_photo_only_the_pixels_are_kept(kind: str, media_type: str) -> None:
    brought = photo(kind)
    assert SECRET.encode() in brought
    clean = cleaned(brought)
    assert clean.media_type == media_type
    assert SECRET.encode() not in clean.content
    with Image.open(BytesIO(clean.content)) as kept:
        assert dict(kept.getexif()) == {}
        assert kept.size == (60, 40)
        left, right = kept.convert("RGB").getpixel((5, 20)), kept.convert("RGB").getpixel((55, 20))
    assert left[2] > 200 > left[0], "the picture itself is gone"  # type: ignore[index]
    assert right[0] > 200 > right[2]  # type: ignore[index]


def test_a_photo_taken_upright_stays_upright() -> None:
    with Image.open(BytesIO(cleaned(photo(turned=True)).content)) as kept:
        assert kept.size == (40, 60)


def test_a_large_photo_is_made_smaller_and_an_immense_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Image.open(BytesIO(cleaned(photo(size=(5000, 1000))).content)) as kept:
        assert kept.size == (4096, 819)
    monkeypatch.setattr(evidence_content, "MOST_PIXELS", 1000)
    assert refusal(photo()) == "pixels"


def test_a_pdf_keeps_its_pages_and_loses_all_that_does_more_than_show() -> None:
    brought = document()
    assert SECRET.encode() in brought
    clean = cleaned(brought)
    assert clean.media_type == PDF
    with pikepdf.open(BytesIO(clean.content)) as kept:
        assert len(kept.pages) == 1
        assert "/OpenAction" not in kept.Root
        assert "/AA" not in kept.pages[0].obj
        assert not kept.attachments
        assert "/A" not in kept.pages[0].obj.Annots[0]
        written = BytesIO()
        kept.save(written, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for trace in (SECRET, "JavaScript", "Launch", "EmbeddedFile"):
        assert trace.encode() not in written.getvalue()


def test_what_a_file_is_its_content_says() -> None:
    assert cleaned(photo("PNG")).media_type == PNG
    for content in (b"GIF89a" + bytes(50), b"<svg onload=alert(1)></svg>", b"MZ" + bytes(200), "说明".encode() * 50):
        assert refusal(content) == "kind"


@pytest.mark.parametrize("brought", [photo(), photo("PNG"), document()])
def test_what_is_broken_off_is_refused_as_damaged(brought: bytes) -> None:
    assert refusal(brought[: len(brought) // 2][:400]) in {"damaged", "kind"}
    assert refusal(b"") == "empty"
    assert refusal(b"\xff\xd8\xff" + bytes(evidence_content.LARGEST)) == "large"


def test_a_pdf_with_a_password_is_refused_and_one_locked_against_changes_is_not() -> None:
    for user, why in (("secret", "locked"), ("", None)):
        made = pikepdf.new()
        made.add_blank_page()
        written = BytesIO()
        made.save(written, encryption=pikepdf.Encryption(owner="boss", user=user))
        if why:
            assert refusal(written.getvalue()) == why
        else:
            with pikepdf.open(BytesIO(cleaned(written.getvalue()).content)) as kept:
                assert not kept.is_encrypted


@pytest.mark.parametrize("brought", [photo(), photo("PNG"), photo("WEBP"), document()])
def test_the_same_bytes_in_give_the_same_bytes_out(brought: bytes) -> None:
    assert cleaned(brought) == cleaned(brought)


def test_files_lie_under_their_random_names_for_the_office_alone(tmp_path: Path) -> None:
    folder, name = tmp_path / "home" / "evidence", "q" * 22
    evidence_files.write(folder, name, b"bytes")
    assert (folder.stat().st_mode & 0o777, (folder / name).stat().st_mode & 0o777) == (0o700, 0o600)
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    assert evidence_files.read(folder, name, sha256) == b"bytes"
    (folder / name).write_bytes(b"others")
    assert evidence_files.read(folder, name, sha256) is None, "a file somebody changed is handed out"
    evidence_files.remove(folder, name)
    evidence_files.remove(folder, name)
    assert evidence_files.read(folder, name, sha256) is None
    for bad in ("../secret", "a/b", "", "x" * 40):
        with pytest.raises(ValueError, match="no name"):
            evidence_files.read(folder, bad, sha256)
