"""Zip archives: looked through before a byte is unpacked, then unpacked into a temporary folder."""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.formats.encoding import detect
from pingshan_geo.words import Text

# Tables of text shrink to a twentieth at best; small members may do what they like.
_SMALL = 10_000_000
_ENCRYPTED, _UTF8 = 0x1, 0x800  # bits of the flags of a member
_DRIVE = re.compile(r"[A-Za-z]:")


def check_zip(path: str | Path, ceilings: Ceilings) -> dict[str, zipfile.ZipInfo]:
    """Return the members of a zip archive by name, after a look at all of them.

    Names that are not marked as UTF-8 are read as UTF-8 or, as Chinese programs write them, GBK.

    Raises
    ------
    InputError
        If it is no zip archive; if a name leads out of the folder, stands twice, is a link or
        encrypted; if it has more members, or would unpack to more, than the ceilings allow, or a
        member to more than 10 MB and so many times its size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise unreadable(Path(path).name, str(error)) from None
    file = Path(path).name
    ceilings.hold("members", len(members), file)
    ceilings.hold("unpacked_mb", -(-sum(each.file_size for each in members) >> 20), file)
    names = _names(members)
    for member in members:
        ceilings.hold("name_characters", len(names[member.filename]), file)
        if member.file_size > _SMALL:
            ceilings.hold("ratio", member.file_size // max(member.compress_size, 1), file)
    faults = [reason for member in members if (reason := _fault(member, names[member.filename]))]
    folded = [name.casefold() for name in names.values()]
    if len(set(folded)) < len(members):
        faults.append(Text("a name stands twice", "有重名成员"))
    if faults:
        details = {"reason": faults[0]}
        raise InputError([Finding("archive-refused", file=file, details=details)])
    return {names[member.filename]: member for member in members if not member.is_dir()}


def unpack(path: Path, members: dict[str, zipfile.ZipInfo], to: Path) -> None:
    """Unpack members of a checked archive into the folder ``to``, under the names they have here.

    Raises
    ------
    InputError
        If the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name, member in members.items():
                place = to / name.replace("\\", "/")  # as Windows parts folders
                place.parent.mkdir(parents=True, exist_ok=True)
                # zipfile stops at the size that the member states, which was checked.
                with archive.open(member) as source, place.open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError,
        UnicodeDecodeError,
    ) as error:  # fmt: skip
        reason = Text(f"it is damaged {error}", f"压缩包损坏 {error}")
        raise unreadable(path.name, reason) from None


def _names(members: list[zipfile.ZipInfo]) -> dict[str, str]:
    """Return the name of each member as it was meant; zipfile reads the unmarked ones as CP437."""
    raw = {m.filename: m.orig_filename.encode("cp437", "replace") for m in members
           if not m.flag_bits & _UTF8}  # fmt: skip
    codec = detect(b"\n".join(raw.values())).name
    return {
        m.filename: raw[m.filename].decode(codec) if m.filename in raw else m.filename
        for m in members
    }


def _fault(member: zipfile.ZipInfo, name: str) -> Text | None:
    if not name:
        return Text("a member has no name", "有成员没有名称")
    if (
        name.startswith(("/", "\\"))
        or _DRIVE.match(name)
        or ".." in re.split(r"[/\\]", name)
        or "\x00" in name
    ):
        return Text(f"the name {name} leads out of it", f"成员名 {name} 指向压缩包之外")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Text(f"{name} is a link", f"{name} 是链接")
    if member.flag_bits & _ENCRYPTED:
        return Text(f"{name} is encrypted", f"{name} 已加密")
    return None


def data_sets(names: Collection[str], suffixes: set[str], tables: set[str]) -> dict[str, list[str]]:
    """Return the members that belong to each data set, by its name: a file or a ``.gdb`` folder.

    Parameters
    ----------
    names : collection of str
        Names of all members.
    suffixes : set of str
        Endings of the files that are data sets.
    tables : set of str
        Those of them that are only looked at where there are no others (a readme beside a layer).

    Examples
    --------
    >>> data_sets(["a/p.shp", "a/p.dbf", "a/readme.txt"], {".shp", ".txt"}, {".txt"})
    {'a/p.shp': ['a/p.shp', 'a/p.dbf']}
    """
    found: dict[str, list[str]] = {}
    for name in names:
        place = PurePosixPath(name.replace("\\", "/"))
        folders = [folder for folder in place.parents if folder.suffix.lower() == ".gdb"]
        if place.name.startswith(".") or "__MACOSX" in place.parts:
            continue
        if folders:
            found.setdefault(str(folders[-1]), []).append(name)
        elif place.suffix.lower() in suffixes:
            found[str(place)] = [name]
    main = {name for name in found if PurePosixPath(name).suffix.lower() not in tables}
    for name in main:
        stem = str(PurePosixPath(name).with_suffix(""))
        beside = (other for other in names if other.startswith(stem + ".") and other not in main)
        found[name] += beside
    return {name: members for name, members in found.items() if not main or name in main}
