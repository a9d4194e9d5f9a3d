"""The zip archive of a bundle: written the same for the same files, looked through before use."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pingshan_geo.catalogue.store import COMMIT, UNDO
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.words import Text, text

#: Where the catalogue's own files lie in a bundle.
FOLDER = "catalogue/"
#: Folders of a catalogue that are no part of it, and would change how it is read.
NOT_READ = (f"{FOLDER}{COMMIT}/", f"{FOLDER}{UNDO}/", f"{FOLDER}quarantine/")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, (stat.S_IFREG | 0o644) << 16
_MOST_MEMBERS, _MOST_BYTES, _LONGEST_NAME = 10_000, 4 << 30, 1_000
# Deflate makes a table of text a hundredth at best; small members may do what they like.
_MOST_RATIO, _SMALL = 200, 10_000_000
_ENCRYPTED, _PACKED = 0x1, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile answers to bytes that are no archive, or no longer one.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, OSError
)  # fmt: skip
_DRIVE = re.compile(r"[A-Za-z]:")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive that is the same for the same files, whenever it is made.

    Examples
    --------
    >>> zipped({"a": b"1", "b": b"2"}) == zipped({"b": b"2", "a": b"1"})
    True
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _FIRST_DAY)
            member.create_system, member.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(member, files[name], zipfile.ZIP_DEFLATED, 6)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of a bundle that was looked through; each is read when it is asked for."""

    file: str
    members: Mapping[str, zipfile.ZipInfo]
    archive: zipfile.ZipFile

    def read(self, name: str) -> bytes | None:
        """Return a member's bytes; None where it is damaged (its checksum does not fit)."""
        try:
            return self.archive.read(self.members[name])
        except _DAMAGE:
            return None


@contextmanager
def opened(path: str | Path) -> Iterator[Archive]:
    """Open a bundle after a look at the names and sizes of all members.

    Raises
    ------
    InputError
        If it is no zip archive; if a name leads out of it, stands twice, is a link or encrypted;
        if it would unpack to more than 10 000 members or 4 GiB, or a member to more than 10 MB
        and 200 times its size.
    """
    place = Path(path)
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            raise unreadable(str(path), Text("it is no ordinary file", "不是普通文件"))
        archive = zipfile.ZipFile(place)
    except FileNotFoundError:
        raise unreadable(str(path), Text("there is no such file", "没有这个文件")) from None
    except _DAMAGE as error:
        raise unreadable(place.name, str(error)) from None
    with archive:
        members = archive.infolist()
        faults = [reason for member in members if (reason := _fault(member))]
        names = [member.filename for member in members]
        if len(members) > _MOST_MEMBERS:
            faults.append(Text(f"{len(members)} members", f"含 {len(members)} 个成员"))
        if len(set(names)) < len(names):
            faults.append(Text("a name stands twice", "有重名成员"))
        if sum(member.file_size for member in members) > _MOST_BYTES:
            faults.append(Text("it would unpack to more than 4 GiB", "解压后超过 4 GiB"))
        if faults:
            details = {"reason": faults[0]}
            raise InputError([Finding("bundle-refused", file=place.name, details=details)])
        files = {member.filename: member for member in members if not member.is_dir()}
        yield Archive(place.name, files, archive)


def _fault(member: zipfile.ZipInfo) -> Text | None:
    name = member.filename
    parts = name.removesuffix("/").split("/")
    # An empty part in the middle would make what follows it a way from the root.
    if not {"", ".", ".."}.isdisjoint(parts) or "\\" in name or any(map(_DRIVE.match, parts)):
        return Text(f"the name {name} leads out of it", f"成员名 {name} 指向压缩包之外")
    if member.orig_filename != name or not name or len(name) > _LONGEST_NAME:
        return Text("a name that no file can have", "有不能作文件名的成员名")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Text(f"{name} is a link", f"{name} 是链接")
    if member.flag_bits & _ENCRYPTED:
        return Text(f"{name} is encrypted", f"{name} 已加密")
    if member.compress_type not in _PACKED:
        return Text(f"{name} is packed in an unusual way", f"{name} 的压缩方式不常用")
    ratio = member.file_size // max(member.compress_size, 1)
    if member.file_size > _SMALL and ratio > _MOST_RATIO:
        return Text(
            f"{name} would unpack to {ratio} times its size", f"{name} 解压后为原大小的 {ratio} 倍"
        )
    return None


def unpacked(
    archive: Archive, folder: Path, found: list[Finding], names: Iterable[str] | None = None
) -> Path:
    """Unpack the catalogue of a bundle into a folder, and return where it lies.

    Parameters
    ----------
    archive : Archive
        From `opened`.
    folder : Path
        Empty; the catalogue becomes a folder in it.
    found : list of Finding
        Added to for every member that is not there afterwards: a damaged one, one whose name no
        file can have here or that stands where another needs a folder, one in a folder that is no
        part of a catalogue (a decided import, an undo, the quarantine).
    names : iterable of str, optional
        Unpack only these of the catalogue's members.
    """
    place = folder / FOLDER
    chosen = archive.members if names is None else names
    for name in sorted(each for each in chosen if each.startswith(FOLDER)):
        if name.startswith(NOT_READ):
            found.append(extra(name))
            continue
        data = archive.read(name)
        if data is None:
            found.append(damaged(name))
            continue
        target = place / name.removeprefix(FOLDER)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(data)
        except (OSError, ValueError) as error:  # the last: a name that the system cannot encode
            reason = getattr(error, "strerror", None) or str(error)
            found.append(Finding("file-unreadable", file=name, details={"reason": reason}))
    return place


def missing(name: str) -> Finding:
    """Return the finding about a file that a bundle lacks."""
    return Finding("bundle-file-missing", file=name)


def extra(name: str) -> Finding:
    """Return the finding about a file that does not belong to a bundle."""
    return Finding("bundle-file-extra", file=name)


def changed(name: str, field: str | None = None, at: str | None = None) -> Finding:
    """Return the finding about a file whose bytes were changed; ``at`` is the first, if known."""
    return Finding("bundle-byte-changed", file=name, field=field, details={"at": place_text(at)})


def damaged(name: str) -> Finding:
    """Return the finding about a member whose bytes do not have its checksum."""
    return Finding("bundle-byte-changed", file=name, details={"at": text("bundle_damaged")})


def place_text(at: str | None) -> Text:
    """Return where a file differs first: the position of a byte, or that it is not known.

    Examples
    --------
    >>> place_text("7").en, place_text(None).en
    ('first at byte 7', 'where is not known')
    """
    return text("bundle_no_place") if at is None else text("bundle_at_byte").filled(at=at)
