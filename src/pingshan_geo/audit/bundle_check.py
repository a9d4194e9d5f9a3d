"""A bundle held against itself: every figure computed again from the catalogue inside it.

No number in a bundle is trusted: hashes may have been made to fit. Where the software is the same,
all files are made again and compared byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pingshan_geo.assessment import Assessment, assess
from pingshan_geo.audit import bundle
from pingshan_geo.audit.archive import (
    FOLDER,
    NOT_READ,
    Archive,
    changed,
    damaged,
    extra,
    missing,
    opened,
    place_text,
    unpacked,
)
from pingshan_geo.audit.bundle_figures import differences, figures_of
from pingshan_geo.audit.manifest import MANIFEST, Manifest, Options, parsed_manifest, software
from pingshan_geo.catalogue import read_catalogue
from pingshan_geo.catalogue.folder import DESCRIPTOR
from pingshan_geo.catalogue.tolerance import parsed_tolerance
from pingshan_geo.errors import InputError, PingshanGeoError, UsageError
from pingshan_geo.findings import Finding, errors_in, in_order
from pingshan_geo.words import Text, text
from pingshan_geo.work import scratch

#: Makes the files of a build again: an assessment and the options of the build → bytes by name.
Remake = Callable[[Assessment, Options], Mapping[str, bytes]]
_MOST_FIGURES = 100


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """What was found in a bundle.

    Attributes
    ----------
    file : str
        Its name.
    findings : tuple of Finding
        What does not fit is an error; another software version is an information.
    files, figures, remade : int
        How many files were held against their hashes, figures computed again, files made again.
    is_same_software : bool
        Whether what made the bundle is what checks it; else no file is made again.

    Examples
    --------
    >>> BundleCheck("a.zip", (Finding("bundle-file-missing", file="a.html"),)).mismatch
    True
    """

    file: str
    findings: tuple[Finding, ...]
    files: int = 0
    figures: int = 0
    remade: int = 0
    is_same_software: bool = False

    @property
    def mismatch(self) -> bool:
        """Whether anything in the bundle does not fit: exit status 1."""
        return bool(errors_in(self.findings))

    def line(self, lang: str = "en") -> str:
        """Return in one line what was checked."""
        same = text("bundle_same_software" if self.is_same_software else "bundle_other_software")
        counts = {name: str(getattr(self, name)) for name in ("files", "figures", "remade")}
        return text("bundle_checked").filled(file=self.file, software=same, **counts).get(lang)


def checked_bundle(
    path: str | Path,
    remake: Remake | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> BundleCheck:
    """Return what does not fit in a bundle.

    Parameters
    ----------
    path : str or Path
        The zip archive.
    remake : callable, optional
        Makes the files of a build again. Those that it does not return are not compared byte for
        byte, and the result says so; without it none is.
    step : callable, optional
        Told what is done next.

    Returns
    -------
    BundleCheck
        Figures are compared exactly where the software is the same, else to 1e-9 of their size;
        an unknown value equals only another unknown one.

    Raises
    ------
    InputError
        If the file is no zip archive, is refused (see `archive.opened`) or is no bundle.
    """
    with opened(path) as archive:
        if MANIFEST not in archive.members:
            if FOLDER + DESCRIPTOR not in archive.members:
                raise InputError([Finding("bundle-none", file=archive.file)])
            return BundleCheck(archive.file, (missing(MANIFEST),))
        found: list[Finding] = []
        step(MANIFEST)
        data = archive.read(MANIFEST)
        if data is None:
            return BundleCheck(archive.file, (damaged(MANIFEST),))
        manifest = parsed_manifest(data, found)
        if manifest is None:
            return BundleCheck(archive.file, tuple(found))
        if not (is_whole := manifest.to_bytes() == data):
            found.append(changed(MANIFEST))
        with scratch() as folder:
            check = _Check(archive, manifest, Path(folder), found, is_whole=is_whole)
            return check.result(remake, step)


class _Check:
    """One check under way: the parts of it share the archive, its manifest and what was found."""

    def __init__(
        self, archive: Archive, manifest: Manifest, folder: Path, found: list[Finding], *,
        is_whole: bool,
    ) -> None:  # fmt: skip
        self.archive, self.manifest, self.found = archive, manifest, found
        self.place, self.folder = folder, folder / FOLDER
        self.software = software()
        self.is_same = dict(manifest.software) == self.software
        # A manifest that was changed is not believed where it says another version.
        self.is_strict = self.is_same or not is_whole
        self.missing = manifest.files.keys() - archive.members.keys()
        #: Files whose bytes do not have the hash that the manifest gives.
        self.unlike = set[str]()
        self.damaged = set[str]()

    def result(self, remake: Remake | None, step: Callable[[str], None]) -> BundleCheck:
        self._hold_against_hashes(step)
        self.found += self._other_software()
        assessment = self._assessed(step)
        figures, remade = 0, dict[str, bytes]()
        self._compare_names(assessment)
        if assessment is None:
            self.found += (changed(name) for name in self.unlike)
            self.found.append(Finding("bundle-not-computed", file=FOLDER))
        else:
            figures = self._compare_figures(assessment, step)
            if remake is not None and self.is_strict:
                step("files")
                remade = self._remade(assessment, remake)
            self._compare_files(assessment, remade)
        return BundleCheck(
            self.archive.file, in_order(self.found), len(self.archive.members), figures,
            len(remade), self.is_same,
        )  # fmt: skip

    def _hold_against_hashes(self, step: Callable[[str], None]) -> None:
        """Look for each file of the manifest; unpack the catalogue's."""
        named = self.manifest.files
        for name in self.missing:
            self.found.append(missing(name))
        for name in self.archive.members.keys() - named.keys() - {MANIFEST}:
            self.found.append(extra(name))
        for name in sorted(named.keys() & self.archive.members.keys()):
            step(name)
            data = self.archive.read(name)
            if data is None:
                self.damaged.add(name)
                continue
            if (len(data), hashlib.sha256(data).hexdigest()) != named[name]:
                self.unlike.add(name)
        self.found += (damaged(name) for name in self.damaged if not name.startswith(FOLDER))
        inside = named.keys() & self.archive.members.keys()
        self.folder = unpacked(self.archive, self.place, self.found, inside)

    def _other_software(self) -> Iterator[Finding]:
        """Yield an information for each version that is not the one of the bundle."""
        given = self.manifest.software
        for name in dict.fromkeys([*self.software, *given]):
            here, there = self.software.get(name, "—"), given.get(name, "—")
            if here != there:
                yield Finding(
                    "bundle-software", subject=name, file=MANIFEST, value=there,
                    details={"here": here},
                )  # fmt: skip

    def _assessed(self, step: Callable[[str], None]) -> Assessment | None:
        """Return the assessment of the catalogue inside, by the options of the build."""
        step("assess")
        if not (self.folder / DESCRIPTOR).is_file():
            if FOLDER + DESCRIPTOR not in self.archive.members:
                self.found.append(missing(FOLDER + DESCRIPTOR))
            return None
        catalogue, errors = read_catalogue(self.folder)
        if catalogue is None:
            for each in errors_in(errors):
                name = FOLDER + (each.file or "")
                is_missing = each.code == "file-missing"
                self.found.append(missing(name) if is_missing else replace(each, file=name))
            return None
        quarantined = [
            Finding("rows-quarantined", file=file, value=rows)
            for file, rows in self.manifest.quarantined.items()
        ]
        catalogue = replace(catalogue, findings=in_order([*catalogue.findings, *quarantined]))
        options = self.manifest.options
        tolerance = options.survey_tolerance
        try:
            return assess(
                catalogue, options.as_of, allocate=cast("Any", options.allocate),
                expect_tiling=options.expect_tiling,
                survey_tolerance=parsed_tolerance(tolerance) if tolerance else None,
            )  # fmt: skip
        except UsageError as error:
            self._not_usable(error)
            return None

    def _remade(self, assessment: Assessment, remake: Remake) -> dict[str, bytes]:
        try:
            return dict(remake(assessment, self.manifest.options))
        except PingshanGeoError as error:  # a day that is none, a text too long for a workbook
            self._not_usable(error)
            return {}

    def _not_usable(self, error: PingshanGeoError) -> None:
        details = {"reason": Text(error.message("en"), error.message("zh"))}
        self.found.append(Finding("bundle-manifest-invalid", file=MANIFEST, details=details))

    def _compare_figures(self, assessment: Assessment, step: Callable[[str], None]) -> int:
        """Compare every figure with the report inside; return how many were computed."""
        step("figures")
        file = bundle.report_name(assessment.catalogue.id)
        computed = {figure.id: figure.to_dict() for figure in assessment.figures()}
        if file not in self.archive.members or file in self.damaged:
            return len(computed)
        data = self.archive.read(file) or b""
        printed = figures_of(data, file, self.found)
        if printed is not None:
            reason = Text("", "") if self.is_same else text("bundle_version_why")
            told = list(differences(computed, printed, file, reason, exactly=self.is_same))
            self.found += told[:_MOST_FIGURES]
            if len(told) > _MOST_FIGURES:
                rest = str(len(told) - _MOST_FIGURES)
                self.found.append(Finding("bundle-figures-more", file=file, value=rest))
        return len(computed)

    def _compare_names(self, assessment: Assessment | None) -> None:
        """Tell files that a bundle of this catalogue lacks or does not have, whatever is listed."""
        listed = self.manifest.files.keys()
        name = assessment.catalogue.id if assessment else self.manifest.catalogue.get("id", "")
        due = {*bundle.product_names(name)} if self.is_strict else {bundle.report_name(name)}
        self.found += (missing(each) for each in due - listed - self.archive.members.keys())
        # Another version may make other files; their names too begin with that of the catalogue.
        own = (
            due if self.is_strict else {n for n in listed if n.startswith((f"{name}.", f"{name}-"))}
        )
        inside = {FOLDER + each for each in bundle.catalogue_files(self.folder)}
        if FOLDER + DESCRIPTOR not in inside:  # then nothing tells what belongs to the catalogue
            inside = {each for each in listed if each.startswith(FOLDER)}
        self.found += (
            extra(each)
            for each in listed - own - inside
            if each not in self.missing and not each.startswith(NOT_READ)  # already told
        )

    def _compare_files(self, assessment: Assessment, remade: Mapping[str, bytes]) -> None:
        """Tell what differs from what the catalogue inside makes, and where the lie may be."""
        catalogue = assessment.catalogue
        products = {name for name in self.manifest.files if not name.startswith(FOLDER)}
        page = bundle.page_name(catalogue.id)
        if remade and page not in remade:
            value = ", ".join(self.manifest.options.outside) or "—"
            self.found.append(Finding("bundle-page-skipped", file=page, value=value))
        known = self.manifest.files.keys() & self.archive.members.keys()
        is_right = self._is_catalogue_right(catalogue.sha256, products & known)
        if not is_right or self.manifest.catalogue.get("sha256") != catalogue.sha256:
            place = MANIFEST if is_right else FOLDER
            value = self.manifest.catalogue.get("sha256", "—")
            details = {"computed": catalogue.sha256}
            code = "bundle-catalogue-differs"
            self.found.append(Finding(code, file=place, value=value, details=details))
        covered = bundle.hashed_files(self.folder) if is_right else set()
        for name in sorted(known - self.damaged):
            self._compare_file(name, remade.get(name), covered, is_right=is_right)

    def _is_catalogue_right(self, digest: str, products: set[str]) -> bool:
        """Return whether any of the products was made from the catalogue inside.

        Several of them name its hash. A liar has to change one of them, or all if the lie is in
        the catalogue; none names it where all were made from another one.
        """
        return any(digest.encode() in (self.archive.read(name) or b"") for name in products)

    def _compare_file(
        self, name: str, remade: bytes | None, covered: set[str], *, is_right: bool
    ) -> None:
        """Tell a file that is not as the manifest says, or not as it is made again."""
        if remade is None:
            # Where the catalogue as a whole has its hash, the manifest was changed.
            if name in self.unlike:
                self.found.append(changed(MANIFEST, name) if name in covered else changed(name))
            return
        data = self.archive.read(name) or b""
        if data == remade:
            if name in self.unlike:
                self.found.append(changed(MANIFEST, name))
            return
        at = str(_first_difference(data, remade)) if is_right else None
        if name in self.unlike:
            self.found.append(changed(name, at=at))
        else:
            self.found.append(
                Finding("bundle-file-not-remade", file=name, details={"at": place_text(at)})
            )


def _first_difference(one: bytes, other: bytes) -> int:
    """Return the position of the first byte that differs, counted from 0."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
