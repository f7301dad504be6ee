"""What lies in a ZIP archive, member by member. The archive is believed in nothing that it says about paths or sizes.

A member is written to one file of our own naming and read there; where the archive would put it does not matter.
"""

from __future__ import annotations

import re
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.decoding import Undecodable

__all__ = ["Refused", "Unpacked", "unpack"]

MOST_MEMBERS = 10_000
MOST_BYTES = 2**30
_LARGEST_RATIO = 200  # text packs to a tenth, tables of zeros to a hundredth, bombs to a thousandth
_SMALL = 2**20  # bytes: a member that unpacks to less harms nobody whatever its ratio
_DIRECTORY = 4 * 2**20  # bytes: the list of members is read into memory at once
_END = b"PK\x05\x06"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NESTED = {".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A member, and the file that holds it until the next one is asked for."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read, and why."""

    name: str
    reason: str


def unpack(archive: Path, folder: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[Unpacked | Refused]:
    """The members that are `wanted` by their names, sorted, each written into `folder` in turn.

    Raises:
        Undecodable: the archive is broken, or made to fill the memory or the disk.
    """
    _refuse_long_directory(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _refuse_bomb(members)
            for member in sorted(members, key=lambda member: member.filename):
                name = _printable(member.filename)
                reason = _objection(member)
                if reason:
                    yield Refused(name, reason)
                elif not member.is_dir() and wanted(PurePosixPath(name)):
                    yield _unpacked(opened, member, name, folder)
    except zipfile.BadZipFile as error:
        raise Undecodable(f"a broken ZIP archive ({error}); pack it again") from None


def _unpacked(opened: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, folder: Path) -> Unpacked | Refused:
    place = folder / f"member{PurePosixPath(name).suffix.lower()}"
    try:
        with opened.open(member) as packed, place.open("wb") as unpacked:  # yields no more than the size it declares
            shutil.copyfileobj(packed, unpacked, 2**20)
    except Exception as error:  # the decompressor's own errors are of any kind, and cost one member, not the others
        return Refused(name, f"broken in the archive ({type(error).__name__}: {error}); pack it again")
    return Unpacked(name, place)


def _refuse_long_directory(archive: Path) -> None:
    """By the archive's last record, before the list that it announces is read."""
    with archive.open("rb") as raw:
        size = raw.seek(0, 2)
        raw.seek(max(0, size - 2**16 - 22))
        tail = raw.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise Undecodable("not a ZIP archive, or cut short; pack it again")
    count, length = struct.unpack_from("<HL", tail, at + 10)
    if count > MOST_MEMBERS or length > _DIRECTORY:
        raise Undecodable(f"more than {MOST_MEMBERS} members; unpack it and ingest the folder")
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise Undecodable("in the format for huge archives (ZIP64); unpack it and ingest the folder")


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    mend = "unpack it and ingest the folder if you trust it"
    if len(members) > MOST_MEMBERS:
        raise Undecodable(f"{len(members)} members, more than {MOST_MEMBERS}; {mend}")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise Undecodable(f"unpacks to more than {MOST_BYTES // 2**20} MB; {mend}")
    for member in members:
        if member.file_size > _SMALL and member.file_size > _LARGEST_RATIO * max(1, member.compress_size):
            name = _printable(member.filename)
            raise Undecodable(
                f"{name} unpacks to more than {_LARGEST_RATIO} times its size, as a zip bomb does; {mend}"
            )


def _objection(member: zipfile.ZipInfo) -> str | None:
    """Why the member is not read, whatever is in it."""
    raw = member.orig_filename
    parts = re.split(r"[/\\]", raw)
    if raw.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", raw):
        return "an absolute path; pack it again with relative ones"
    if ".." in parts or "\0" in raw:
        return 'a path that leads out of the archive (".."); pack it again'
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or another special file; pack the file itself"
    if PurePosixPath(raw).suffix.lower() in _NESTED:
        return "an archive in an archive; unpack it first"
    if member.flag_bits & 1:
        return "encrypted; pack it without a password"
    if not member.is_dir() and member.compress_type not in _METHODS:
        return "packed by a rare method; pack it again with the usual one (deflate)"
    return None


def _printable(name: str) -> str:
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in name)
