"""ZIP archives: what is read, and what a hostile one is refused for."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ingest import archives
from ingest.loaders import Record, Rejection, load
from tests import ingest_samples as samples
from tests.ingest_samples import STORY

TEXT = f"River crossed\n\n{STORY}\n"


def found_in(path: Path, content: bytes) -> list[Record | Rejection]:
    path.write_bytes(content)
    return list(load(path))


def reason(path: Path, content: bytes) -> str:
    (rejection,) = found_in(path, content)
    assert isinstance(rejection, Rejection)
    assert (rejection.source, rejection.file) == (str(path), str(path))
    return rejection.reason


def with_member(member: zipfile.ZipInfo, content: bytes = TEXT.encode()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("good.txt", TEXT)
        packed.writestr(member, content)
    return out.getvalue()


def test_the_members_are_read_like_the_files_of_a_folder(tmp_path: Path) -> None:
    members = {
        "b.txt": TEXT,
        "a/z.md": f"# River\n\n{STORY}",
        "README.md": "no",
        ".hidden/x.txt": "no",
        "__MACOSX/._b.txt": "no",
        "picture.png": "no",
        "rows.jsonl": '{"id": 7, "text": "The river was crossed."}\n{broken',
        "sitemap.xml": "<urlset/>",
    }
    path = tmp_path / "a.zip"
    found = found_in(path, samples.archive(members))
    assert [item.source for item in found] == [
        f"{path}#{place}" for place in ("a/z.md", "b.txt", "rows.jsonl#7", "rows.jsonl#line 2")
    ]
    assert {item.file for item in found} == {str(path)}
    assert [isinstance(item, Record) for item in found] == [True, True, True, False]


def test_documents_in_an_archive_are_documents(tmp_path: Path) -> None:
    members = {name: content for name, content in samples.one_of_each().items() if name != "a.zip"}
    found = found_in(tmp_path / "a.zip", samples.archive(members))
    assert all(isinstance(item, Record) for item in found)
    named = {item.source.partition("#")[2].partition("#")[0] for item in found}
    assert named - {""} == members.keys() - {"a.rss", "a.atom", "a.xml"}  # whose entries go by their links


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("/etc/evil.txt", "absolute"),
        ("C:\\evil.txt", "absolute"),
        ("\\\\host\\evil.txt", "absolute"),
        ("../evil.txt", '".."'),
        ("a/../../evil.txt", '".."'),
        ("a\\..\\..\\evil.txt", '".."'),
        ("inner.zip", "archive in an archive"),
        ("inner.tar.gz", "archive in an archive"),
    ],
)
def test_a_member_that_leads_out_or_holds_more_is_refused_and_the_others_are_read(
    tmp_path: Path, name: str, word: str
) -> None:
    (tmp_path / "inside").mkdir()
    found = found_in(tmp_path / "inside" / "a.zip", with_member(zipfile.ZipInfo(name)))
    told = [item.reason for item in found if isinstance(item, Rejection)]
    assert len(told) == 1
    assert word in told[0]
    assert sum(isinstance(item, Record) for item in found) == 1
    assert {path.name for path in tmp_path.rglob("*")} == {"inside", "a.zip"}


def test_links_and_special_files_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = found_in(tmp_path / "a.zip", with_member(link, b"/etc/passwd"))
    assert ["a link" in item.reason for item in found if isinstance(item, Rejection)] == [True]


def test_names_are_shown_without_what_a_terminal_would_obey(tmp_path: Path) -> None:
    found = found_in(tmp_path / "a.zip", with_member(zipfile.ZipInfo("\x1b[2Jred\n.txt")))
    assert all(item.source.isprintable() for item in found)


def test_encrypted_members_and_rare_methods_are_refused(tmp_path: Path) -> None:
    content = bytearray(samples.archive({"a.txt": TEXT}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (found,) = found_in(tmp_path / "a.zip", bytes(content))
    assert isinstance(found, Rejection)
    assert "password" in found.reason
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("a.txt", TEXT)
    (found,) = found_in(tmp_path / "b.zip", out.getvalue())
    assert isinstance(found, Rejection)
    assert "rare method" in found.reason


def test_a_damaged_member_costs_itself(tmp_path: Path) -> None:
    content = bytearray(samples.archive({"a.txt": TEXT * 20, "b.txt": TEXT}))
    content[45:60] = b"\xff" * 15
    found = found_in(tmp_path / "a.zip", bytes(content))
    assert [type(item) for item in found] == [Rejection, Record]


def test_bombs_are_refused_before_anything_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    assert "zip bomb" in reason(path, samples.archive({"a.txt": TEXT, "b.txt": b"0" * 3_000_000}))
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    assert "more than 3" in reason(path, samples.archive({f"{number}.txt": TEXT for number in range(4)}))
    monkeypatch.setattr(archives, "MOST_BYTES", 2**20)
    assert "unpacks to more than 1 MB" in reason(path, samples.archive({f"{n}.txt": "ab" * 300_000 for n in range(2)}))


def test_a_member_never_unpacks_to_more_than_it_declares(tmp_path: Path) -> None:
    content = bytearray(samples.archive({"a.txt": b"word " * 100_000}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", content, content.index(mark) + offset, 1000)
    (found,) = found_in(tmp_path / "a.zip", bytes(content))
    assert isinstance(found, Rejection)
    assert "broken in the archive" in found.reason


@pytest.mark.parametrize("content", [b"", b"words", samples.archive({"a.txt": TEXT})[:60]])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "ZIP archive" in reason(tmp_path / "a.zip", content)


def test_a_directory_that_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_DIRECTORY", 40)
    assert "members" in reason(tmp_path / "a.zip", samples.archive({"a.txt": TEXT}))
