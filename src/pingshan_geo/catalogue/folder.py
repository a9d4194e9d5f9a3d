"""The folder of a catalogue: its descriptor, its plain files, the cells of its tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.parquet import read_parquet
from pingshan_geo.catalogue.readers import (
    Cells,
    Report,
    file_report,
    read_csv,
    read_geojson,
    read_json,
)
from pingshan_geo.catalogue.schema import READER_VERSION, SCHEMA_VERSION, SPATIAL, TABLES
from pingshan_geo.catalogue.store import place_of, refused_name
from pingshan_geo.catalogue.tolerance import own_tolerance
from pingshan_geo.crs import GEOGRAPHIC
from pingshan_geo.errors import UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.words import Text

DESCRIPTOR = "datapackage.json"
# The name begins the names of the files that are written, so it can hold no way to other folders.
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_SCHEMA = re.compile(r"[1-9][0-9]{0,3}\.[0-9]{1,4}")
_RELEASE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}")


def refused_folder(path: str) -> str | Text | None:
    """Return why a path is no catalogue; None where it may be one."""
    if "://" in path or path.startswith(("/vsi", "\\\\")):
        return Text("addresses and virtual file systems are not read", "不读取网址与虚拟文件系统")
    folder = Path(path)
    try:
        if folder.is_symlink():
            return Text(
                "it is a link; name the folder that it points to",
                "是链接，请直接指定其所指的文件夹",
            )
        if not folder.exists():
            return Text("there is no such folder", "没有这个文件夹")
        if not folder.is_dir():
            return Text("it is not a folder", "不是文件夹")
        if not (folder / DESCRIPTOR).is_file():
            return Text(f"it holds no {DESCRIPTOR}", f"其中没有 {DESCRIPTOR}")
    except (OSError, ValueError) as error:
        return str(error)
    return None


def described(path: str, found: list[Finding]) -> tuple[bytes, dict[str, Any]] | None:
    """Return the descriptor of a catalogue, as bytes and checked, or None after a finding."""
    if reason := refused_folder(path):
        details = {"reason": reason}
        found.append(Finding("not-a-catalogue", file=path, value=path, details=details))
        return None
    data = bytes_of(Path(path), DESCRIPTOR, found)
    descriptor = None if data is None else descriptor_of(data, found)
    return None if data is None or descriptor is None else (data, descriptor)


def bytes_of(folder: Path, name: str, found: list[Finding]) -> bytes | None:
    """Return the bytes of a plain file inside the folder, or None after a finding."""
    path = _plain_file(folder, name, found)
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        found.append(Finding("file-unreadable", file=name, details={"reason": reason}))
        return None


def _plain_file(folder: Path, name: str, found: list[Finding]) -> Path | None:
    reason = refused_name(folder, name)
    if reason:
        found.append(Finding("file-refused", file=name, value=name, details={"reason": reason}))
        return None
    path = place_of(folder, name)
    if not path.is_file():
        found.append(Finding("file-missing", file=name, value=name))
        return None
    return path


def descriptor_of(data: bytes, found: list[Finding]) -> dict[str, Any] | None:
    """Return the checked content of ``datapackage.json``, or None after a finding."""
    report = file_report(DESCRIPTOR, found)
    value = read_json(data, report)
    if value is None or _is_newer(value, report):
        return None
    reasons: list[Text] = []
    if not isinstance(value, dict):
        value, reasons = {}, [Text("the outermost value is no object", "最外层不是对象")]
    reasons += _unknown_schema(value)
    for key in ("name", "as_of", "crs"):
        if not isinstance(value.get(key), str):
            reasons.append(Text(f"{key} is missing or no text", f"缺少 {key} 或其不是文字"))
    if isinstance(value.get("name"), str) and not _NAME.fullmatch(value["name"]):
        reasons.append(
            Text(
                "name is {name}, not up to 64 letters, digits, . _ and -",
                "name 为 {name}，须为至多 64 个字母、数字、. _ 和 -",
            ).filled(name=repr(value["name"]))
        )
    for key in ("title", "title_zh"):
        if not isinstance(value.get(key, ""), str):
            reasons.append(Text(f"{key} is no text", f"{key} 不是文字"))
    if isinstance(value.get("as_of"), str) and span(value["as_of"]) is None:
        reasons.append(
            Text(
                "as_of is {day}, not YYYY, YYYY-MM or YYYY-MM-DD",
                "as_of 为 {day}，须为 YYYY、YYYY-MM 或 YYYY-MM-DD",
            ).filled(day=value["as_of"])
        )
    headline = value.get("headline", [])
    if not isinstance(headline, list) or not all(isinstance(item, str) for item in headline):
        reasons.append(Text("headline is no list of figure ids", "headline 不是数据编号的列表"))
    try:
        own_tolerance(value)
    except UsageError as error:
        reasons.append(Text(error.message("en"), error.message("zh")))
    resources = value.get("resources")
    if not isinstance(resources, list) or not all(_is_resource(item) for item in resources):
        reasons.append(
            Text(
                "resources is no list of objects with name and path",
                "resources 不是含 name 与 path 的对象列表",
            )
        )
    else:
        counts = Counter(item["name"] for item in resources)
        reasons += (
            Text(f"the resource {name} stands twice", f"资源 {name} 重复")
            for name in counts
            if counts[name] > 1
        )
        reasons += _mistyped(counts)
    for reason in reasons:
        report("descriptor-invalid", reason=reason)
    if isinstance(value.get("crs"), str) and value["crs"] not in GEOGRAPHIC:
        report("crs-not-supported", field="crs", value=value["crs"])
    return None if found else value


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _unknown_schema(descriptor: dict[str, Any]) -> Iterator[Text]:
    schema = descriptor.get("schema_version", "1.0")  # one that states none is of the first
    if not isinstance(schema, str) or not _SCHEMA.fullmatch(schema):
        yield Text(
            "schema_version is {value}, not a version from 1.0 on",
            "schema_version 为 {value}，须为 1.0 起的版本",
        ).filled(value=repr(schema))


def _is_newer(descriptor: Any, report: Report) -> bool:
    """Report a schema of the future; what else its descriptor holds is not for us to judge."""
    stated = descriptor if isinstance(descriptor, dict) else {}
    schema, reader = stated.get("schema_version"), stated.get("reader_version")
    if not isinstance(schema, str) or not _SCHEMA.fullmatch(schema):
        return False
    if _numbers(schema) <= _numbers(SCHEMA_VERSION):
        return False
    own = metadata.version("pingshan-geo")
    named = reader if isinstance(reader, str) and _RELEASE.fullmatch(reader) else "0"
    if _numbers(named) > _numbers(READER_VERSION):
        needed = Text(f"pingshan-geo {named} or newer", f" pingshan-geo {named} 或更新的版本")
    else:
        needed = Text(f"a pingshan-geo newer than {own}", f"比 {own} 更新的 pingshan-geo")
    details = {"own": own, "newest": SCHEMA_VERSION, "needed": needed}
    report("schema-newer", field="schema_version", value=schema, details=details)
    return True


def _mistyped(names: Collection[str]) -> Iterator[Text]:
    """Yield a reason for each resource that seems to be meant for a table that has none."""
    missing = [table for table in TABLES if table not in names]
    for name in names:
        close = [] if name in TABLES else get_close_matches(name.lower(), missing, 1, 0.8)
        if close:
            yield Text(
                f"the resource {name} is no table; {close[0]} is one",
                f"资源 {name} 不是表；{close[0]} 才是",
            )


def _is_resource(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return False
    path = item.get("path")
    paths = path if isinstance(path, list) else [path]
    return bool(paths) and all(isinstance(part, str) for part in paths)


def parts_of(descriptor: dict[str, Any], name: str) -> list[str]:
    """Return the paths of a table's files, none where no resource is that table."""
    for item in descriptor["resources"]:
        if item["name"] == name:
            return item["path"] if isinstance(item["path"], list) else [item["path"]]
    return []


def read_parts(
    folder: Path, descriptor: dict[str, Any], name: str, found: list[Finding], digest: Any = None
) -> Iterator[tuple[str, Cells]]:
    """Yield path and cells of each file of a table; what cannot be read is a finding."""
    for part in parts_of(descriptor, name):
        data = bytes_of(folder, part, found)
        if data is None:
            continue
        if digest is not None:
            digest.update(part.encode() + b"\0" + data)
        spatial = name in SPATIAL
        report = file_report(part, found)
        if part.endswith(".parquet"):
            cells = read_parquet(data, report, descriptor["crs"], spatial=spatial)
        else:
            cells = (read_geojson if spatial else read_csv)(data, report)
        if cells is not None:
            yield part, cells
