"""How many planted lies in bundles are told, and how many false alarms: `bundle_lies.py SEEDS`.

    python benchmarks/bundle_lies.py 9000-9099

plants one lie, and two, in the bundle of the Pingshan catalogue, and prints how many are told by
the right code at the right file. A lie is planted as it is, or fitted: sizes and hashes in the
manifest, its own too, are made to fit. A false alarm is a mismatch at a file that no lie touches
and that does not follow from one: another catalogue makes other files.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import sys
import tempfile
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pingshan_geo.assessment import Assessment, assess
from pingshan_geo.audit.bundle import Options, bundle_bytes, catalogue_files
from pingshan_geo.audit.bundle_check import BundleCheck, checked_bundle
from pingshan_geo.catalogue import load_catalogue, read_catalogue
from pingshan_geo.cli.products import remade

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = (
    "report digit", "catalogue digit", "page digit", "export digit", "manifest digit", "removed",
    "added", "renamed", "another version", "re-ordered",
)  # fmt: skip
#: What is no lie: nothing may be told but the version.
HARMLESS = ("another version", "re-ordered")
MANIFEST = "manifest.json"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Lie:
    """One lie: the codes that are right, any of them, at each of these files."""

    kind: str
    fitted: bool
    told: tuple[tuple[str, frozenset[str]], ...]

    @property
    def files(self) -> set[str]:
        """The files that it touches."""
        return {file for file, _ in self.told}


def files_of(bundle: bytes) -> Files:
    """Return the members of a bundle by name."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, rng: random.Random | None = None) -> bytes:
    """Return a zip archive of files; with a generator in any order, at any time, any level."""
    names = list(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if rng is not None:
            rng.shuffle(names)
        for name in names:
            year = 1980 if rng is None else rng.randrange(1981, 2040)
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), files[name])
    return buffer.getvalue()


def plant(bundle: bytes, kinds: tuple[tuple[str, bool], ...], seed: int) -> tuple[bytes, list[Lie]]:
    """Return a bundle with a lie of each kind, at different files, and what should be told.

    Parameters
    ----------
    bundle : bytes
        A true one.
    kinds : tuple of tuples
        Kind, one of `KINDS`, and whether the manifest is made to fit.
    seed : int
        Another seed plants at another place.
    """
    rng = random.Random(seed)  # noqa: S311 -- no secret
    files, lies, touched = files_of(bundle), list[Lie](), set[str]()
    # A lie that is fitted after one in the manifest would take that away.
    for kind, fitted in sorted(kinds, key=_is_late):
        lie = _planted(kind, files, touched, rng, fitted=fitted)
        touched |= lie.files
        lies.append(lie)
    shuffled = any(kind == "re-ordered" for kind, _ in kinds)
    return zipped(files, rng if shuffled else None), lies


def _is_late(kind: tuple[str, bool]) -> int:
    return 2 if kind[0] == "manifest digit" else int(kind == ("another version", False))


def _planted(
    kind: str, files: Files, touched: set[str], rng: random.Random, *, fitted: bool
) -> Lie:
    """Change the files and return the lie; the manifest is fitted for this lie only."""
    names = sorted(name for name in files if name not in {MANIFEST, *touched})
    if kind == "re-ordered":
        return Lie(kind, fitted, ())
    if kind in {"another version", "manifest digit"}:
        return _in_manifest(kind, files, rng, fitted=fitted)
    if kind == "added":
        name = rng.choice(["readme.txt", "catalogue/more.csv", "pingshan-zones.gpkg"])
        files[name] = rng.randbytes(60)
        _fit(files, name, fitted=fitted)
        return Lie(kind, fitted, ((name, frozenset({"bundle-file-extra"})),))
    if kind in {"removed", "renamed"}:
        name = rng.choice(names)
        content = files.pop(name)
        _fit(files, name, fitted=fitted)
        told = [(name, frozenset({"bundle-file-missing"}))]
        if kind == "renamed":
            other = f"{name}.old" if rng.random() < 0.5 else f"older-{name}"
            files[other] = content
            _fit(files, other, fitted=fitted)
            told.append((other, frozenset({"bundle-file-extra"})))
        return Lie(kind, fitted, tuple(told))
    name = rng.choice([each for each in names if _is_place(kind, each)])
    files[name] = _digit(files[name], rng)
    _fit(files, name, fitted=fitted)
    if not fitted:
        return Lie(kind, fitted, ((name, frozenset({"bundle-byte-changed"})),))
    if kind == "catalogue digit":
        return Lie(kind, fitted, (_of_catalogue(files),))
    codes = frozenset({"bundle-file-not-remade", "bundle-figure-differs"})
    return Lie(kind, fitted, ((name, codes),))


def _is_place(kind: str, name: str) -> bool:
    if name.startswith("catalogue/"):
        return kind == "catalogue digit"
    if name.endswith("-report.json"):
        return kind == "report digit"
    is_page = name.endswith(".html") and not name.endswith("-report.html")
    return kind == ("page digit" if is_page else "export digit")


def _digit(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one digit changed; of a file without digits, one byte."""
    places = [match.start() for match in re.finditer(rb"[0-9]", data)] or range(len(data))
    at = rng.choice(places)
    old = data[at : at + 1]
    new = rng.choice([digit for digit in b"0123456789" if bytes([digit]) != old])
    return data[:at] + bytes([new]) + data[at + 1 :]


def _of_catalogue(files: Files) -> tuple[str, frozenset[str]]:
    """Return where a fitted lie in the catalogue is told: as a whole, or by its own checks."""
    with tempfile.TemporaryDirectory() as folder:
        for each, content in files.items():
            if each.startswith("catalogue/"):
                place = Path(folder) / each
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        catalogue, found = read_catalogue(Path(folder) / "catalogue")
    if catalogue is None:  # by the row that does not fit, which may stand in another file
        errors = [f for f in found if f.severity == "error"]
        return f"catalogue/{errors[0].file}", frozenset(f.code for f in errors)
    manifest = _manifest(files)
    manifest["catalogue"]["sha256"] = catalogue.sha256
    _put(files, manifest)
    return "catalogue/", frozenset({"bundle-catalogue-differs"})


def _in_manifest(kind: str, files: Files, rng: random.Random, *, fitted: bool) -> Lie:
    changed = frozenset({"bundle-byte-changed", "bundle-manifest-invalid", "json-invalid"})
    if kind == "another version":
        manifest = _manifest(files)
        manifest["software"]["pingshan_geo"] = "0.0.9"
        _put(files, manifest, fitted=fitted)
        told = frozenset({"bundle-software"})
        return Lie(kind, fitted, ((MANIFEST, told if fitted else changed),))
    files[MANIFEST] = _digit(files[MANIFEST], rng)
    return Lie(kind, False, ((MANIFEST, changed),))


def _manifest(files: Files) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files[MANIFEST])
    return value


def _put(files: Files, manifest: dict[str, Any], *, fitted: bool = True) -> None:
    """Write a manifest back; fitted, its last member is again the digest of the others."""
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    digest = hashlib.sha256(_json(rest)).hexdigest() if fitted else manifest["sha256"]
    files[MANIFEST] = _json({**rest, "sha256": digest})


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _fit(files: Files, name: str, *, fitted: bool) -> None:
    """Make the manifest say what the file is now, or that there is none."""
    if not fitted or MANIFEST not in files:
        return
    try:
        manifest = _manifest(files)
    except ValueError:  # another lie broke it: whoever fits it has to leave it
        return
    manifest["files"].pop(name, None)
    if name in files:
        digest = hashlib.sha256(files[name]).hexdigest()
        manifest["files"][name] = {"size": len(files[name]), "sha256": digest}
    manifest["files"] = dict(sorted(manifest["files"].items()))
    _put(files, manifest)


@cache
def _true() -> tuple[bytes, dict[tuple[str, Options], dict[str, bytes]]]:
    """Return the bundle that lies are planted in, and what was made again, by catalogue."""
    assessment = assess(load_catalogue())
    options = Options(as_of=assessment.as_of.isoformat())
    made = remade(assessment, options)
    key = (assessment.catalogue.sha256, options)
    return bundle_bytes(assessment, options, made, catalogue_files()), {key: made}


def checked(bundle: bytes) -> BundleCheck:
    """Return the check of a bundle; the same catalogue and options are made again once only."""
    kept = _true()[1]

    def again(assessment: Assessment, options: Options) -> dict[str, bytes]:
        key = (assessment.catalogue.sha256, options)
        return kept[key] if key in kept else remade(assessment, options)

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bundle.zip"
        place.write_bytes(bundle)
        return checked_bundle(place, again)


def is_told(lie: Lie, check: BundleCheck) -> bool:
    """Return whether each place of a lie has a finding of a right code."""
    found = {(finding.file, finding.code) for finding in check.findings}
    return all(any((file, code) in found for code in codes) for file, codes in lie.told)


def false_alarms(lies: list[Lie], check: BundleCheck) -> list[str]:
    """Return the mismatches that no lie is the reason of."""
    touched = set[str]().union(*(lie.files for lie in lies))
    in_catalogue = any(file.startswith("catalogue/") for file in touched)
    # Other options, like another catalogue, make other files and figures.
    follows = ("bundle-file-not-remade", "bundle-figure") if in_catalogue or any(
        lie.kind == "manifest digit" for lie in lies
    ) else ()  # fmt: skip
    return [
        f"{f.file} {f.code}"
        for f in check.findings
        if f.severity == "error"
        and f.file not in touched
        and not f.code.startswith(follows)
        and not (in_catalogue and (f.file or "").startswith("catalogue/"))
    ]


def _cases(seed: int) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Yield every lie alone, then, of each pair of kinds, one of the four ways to fit."""
    yield from (((kind, fitted),) for kind, fitted in product(KINDS, (False, True)))
    for at, (one, other) in enumerate(combinations(KINDS, 2)):
        ways = (at + seed) % 4
        yield (one, bool(ways & 1)), (other, bool(ways & 2))


def judged(seed: int) -> list[tuple[str, str, list[bool], list[str]]]:
    """Return group and name of each case of a seed, which lies are told, and the false alarms."""
    results = []
    for kinds in _cases(seed):
        bundle, lies = plant(_true()[0], kinds, seed)
        check = checked(bundle)
        alarms = false_alarms(lies, check)
        if all(lie.kind in HARMLESS and (lie.fitted or not lie.told) for lie in lies):
            alarms += ["mismatch"] if check.mismatch else []
        group = _group(kinds, {finding.code for finding in check.findings})
        results.append((group, str(kinds), [is_told(lie, check) for lie in lies], alarms))
    return results


def _group(kinds: tuple[tuple[str, bool], ...], codes: set[str]) -> str:
    if len(kinds) == 1:
        return f"{kinds[0][0]}{', fitted' if kinds[0][1] else ''}"
    if codes & {"bundle-not-computed", "bundle-manifest-invalid", "json-invalid"}:
        return "two, one of which leaves no catalogue or no manifest that can be read"
    blind = ("another version", True) in kinds
    return "two, one of them another version, fitted" if blind else "two"


def main(words: list[str]) -> None:
    """Print the table for seeds given as numbers or as FIRST-LAST."""
    seeds: list[int] = []
    for word in words:
        first, _, last = word.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    planted, told, false = Counter[str](), Counter[str](), Counter[str]()
    with ProcessPoolExecutor() as pool:
        for seed, results in zip(seeds, pool.map(judged, seeds), strict=True):
            for group, kinds, right, alarms in results:
                planted[group] += len(right)
                told[group] += sum(right)
                false[group] += bool(alarms)
                if not all(right) or alarms:
                    sys.stdout.write(f"seed {seed}: {kinds}: {right}, {alarms}\n")
    sys.stdout.write("\n| lie | planted | told | bundles with a false alarm |\n|---|---|---|---|\n")
    for group, count in planted.items():
        share = f"{told[group] / count:.1%}"
        sys.stdout.write(f"| {group} | {count} | {share} | {false[group]} |\n")


if __name__ == "__main__":
    main(sys.argv[1:])
