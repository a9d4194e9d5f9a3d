"""Bundles: written the same for the same input, and held against themselves."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
from tests.conftest import Small

from pingshan_geo.assessment import assess
from pingshan_geo.audit import archive as archives
from pingshan_geo.audit import bundle as bundles
from pingshan_geo.audit.archive import opened, zipped
from pingshan_geo.audit.bundle import Options, bundle_bytes, catalogue_files, catalogue_of
from pingshan_geo.audit.bundle_check import checked_bundle
from pingshan_geo.catalogue import load_catalogue
from pingshan_geo.cli import main
from pingshan_geo.cli.products import COUNT, remade
from pingshan_geo.errors import InputError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import bundle_lies as lies

REPORT, PAGE, FACTS = "town-report.json", "town.html", "catalogue/facts.csv"


class Scene:
    """A true bundle of a small catalogue, and its check; the same files are made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.small = Small(folder / "town")
        assessment = assess(load_catalogue(self.small.path))
        self.options = Options(as_of="2020-12-31")
        self.made = remade(assessment, self.options)
        self.sha256 = assessment.catalogue.sha256
        files = catalogue_files(self.small.path)
        self.bundle = bundle_bytes(assessment, self.options, self.made, files)

    @property
    def files(self):
        return lies.files_of(self.bundle)

    def again(self, assessment, options):
        if (assessment.catalogue.sha256, options) == (self.sha256, self.options):
            return self.made
        return remade(assessment, options)

    def check(self, files):
        place = self.folder / "changed.zip"
        place.write_bytes(files if isinstance(files, bytes) else lies.zipped(files))
        check = checked_bundle(place, self.again)
        for lang in ("en", "zh"):
            assert check.line(lang)
            assert all(f.line(lang) for f in check.findings)
        return check

    def told(self, files):
        return {(f.file, f.code) for f in self.check(files).findings}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("bundle"))


def fitted(files, *names):
    for name in names:
        lies._fit(files, name, fitted=True)
    return files


def with_software(files, **versions):
    manifest = lies._manifest(files)
    manifest["software"] |= versions
    lies._put(files, manifest)
    return files


def with_figure(files, field, change):
    report = json.loads(files[REPORT])
    figure = next(f for f in report["figures"] if f["id"] == "far/lot-1")
    figure[field] = change(figure[field])
    files[REPORT] = (json.dumps(report, ensure_ascii=False, indent=1) + "\n").encode()
    return fitted(files, REPORT)


def test_a_true_bundle_has_no_finding_and_says_what_was_checked(scene):
    check = scene.check(scene.bundle)
    assert (check.findings, check.mismatch) == ((), False)
    assert (check.files, check.remade) == (len(scene.files), COUNT)
    assert check.figures == len(json.loads(scene.files[REPORT])["figures"])
    assert f"{check.figures} figures" in check.line()


def test_a_build_writes_the_same_bundle_wherever_and_whenever(small, tmp_path, monkeypatch, capsys):
    words = ["--catalogue", str(small.path), "build", "--page-days", "none"]
    assert main([*words, "-o", str(tmp_path / "one"), "--bundle", str(tmp_path / "one.zip")]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert main([*words, "-o", "two", "--as-of", "2020", "--bundle", "two/b.zip"]) == 0
    one, two = (tmp_path / "one.zip").read_bytes(), Path("two/b.zip").read_bytes()
    assert one == two
    files = lies.files_of(one)
    beside = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    inside = {f"catalogue/{n}": d for n, d in catalogue_files(small.path).items()}
    assert files == {**beside, **inside, "manifest.json": files["manifest.json"]}
    assert "one.zip  " in capsys.readouterr().out
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.namelist() == sorted(files)
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {m.external_attr >> 16 for m in archive.infolist()} == {0o100644}


def test_every_option_of_a_build_is_used_again(small, tmp_path):
    words = [
        "--catalogue", str(small.path), "--lang", "zh", "build", "-o", str(tmp_path / "b"),
        "--as-of", "2020-06", "--allocate", "area", "--expect-tiling", "--survey-tolerance", "0.5%",
        "--map-approval-no", "GS 1", "--page-days", "2020-01,2019", "--bundle",
        str(tmp_path / "b.zip"),
    ]  # fmt: skip
    assert main(words) == 0
    check = checked_bundle(tmp_path / "b.zip", remade)
    assert check.findings == ()
    options = json.loads(lies.files_of((tmp_path / "b.zip").read_bytes())["manifest.json"])
    assert options["options"] == {
        "as_of": "2020-06-30", "lang": "zh", "allocate": "area", "expect_tiling": True,
        "survey_tolerance": "0.5%", "map_approval_no": "GS 1",
        "page_days": ["2019-12-31", "2020-01-31"], "outside": [],
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("kind", lies.KINDS)
def test_a_planted_lie_is_told_where_it_is(scene, kind, is_fitted, seed):
    changed, planted = lies.plant(scene.bundle, ((kind, is_fitted),), seed)
    check = scene.check(changed)
    assert all(lies.is_told(lie, check) for lie in planted), check.findings
    assert lies.false_alarms(planted, check) == []
    harmless = kind in lies.HARMLESS and (is_fitted or kind == "re-ordered")
    assert check.mismatch != harmless


def test_a_changed_figure_is_told_with_both_values(scene):
    check = scene.check(with_figure(scene.files, "value", lambda value: value + 1))
    (found,) = [f for f in check.findings if f.code == "bundle-figure-differs"]
    # 80 000 m² of floor on 4.0 ha
    assert (found.subject, found.field, found.value) == ("far/lot-1", "value", "3.0")
    assert "2.0 computed" in found.message()
    for field, other in (("unit", "m2"), ("status", "recorded"), ("low", None), ("evidence", [])):
        told = scene.told(with_figure(scene.files, field, lambda _, other=other: other))
        assert (REPORT, "bundle-figure-differs") in told, field


def test_an_unknown_figure_that_became_0_is_told(scene):
    report = json.loads(scene.files[REPORT])
    figure = next(f for f in report["figures"] if f["value"] is None)
    figure["value"] = 0
    files = fitted({**scene.files, REPORT: json.dumps(report).encode()}, REPORT)
    found = [f for f in scene.check(files).findings if f.code == "bundle-figure-differs"]
    assert [(f.subject, f.value) for f in found] == [(figure["id"], "0")]


def test_a_figure_left_out_and_one_put_in_are_told(scene):
    report = json.loads(scene.files[REPORT])
    gone = report["figures"].pop(0)["id"]
    report["figures"].append({"id": "far/nowhere", "value": 9})
    files = fitted({**scene.files, REPORT: json.dumps(report).encode()}, REPORT)
    found = {(f.code, f.subject) for f in scene.check(files).findings if f.subject}
    assert found == {("bundle-figure-missing", gone), ("bundle-figure-extra", "far/nowhere")}


def test_a_changed_byte_is_told_with_its_place(scene):
    files = scene.files
    at = files[PAGE].index(b"town")
    files[PAGE] = files[PAGE][:at] + b"T" + files[PAGE][at + 1 :]
    (found,) = scene.check(files).findings
    assert (found.file, found.code) == (PAGE, "bundle-byte-changed")
    assert f"byte {at}" in found.message()
    (found,) = scene.check(fitted(files, PAGE)).findings
    assert (found.file, found.code) == (PAGE, "bundle-file-not-remade")
    assert f"byte {at}" in found.message()


def test_a_hash_changed_in_the_manifest_is_told_there_and_not_at_the_file(scene):
    for name in (PAGE, FACTS):
        manifest = lies._manifest(scene.files)
        manifest["files"][name]["sha256"] = "0" * 64
        for is_fitted in (False, True):
            files = scene.files
            lies._put(files, manifest, fitted=is_fitted)
            assert scene.told(files) == {("manifest.json", "bundle-byte-changed")}


def test_another_version_is_told_and_is_no_mismatch(scene):
    files = with_software(scene.files, pingshan_geo="0.0.9")
    check = scene.check(files)
    (found,) = check.findings
    assert (found.code, found.severity, found.value) == ("bundle-software", "info", "0.0.9")
    assert (check.mismatch, check.remade, check.is_same_software) == (False, 0, False)
    assert check.figures > 0


@pytest.mark.parametrize(
    ("factor", "is_told"),
    [(1 + 1e-12, False), (1 + 1e-6, True), (10**400, True)],
    ids=["twelfth", "sixth", "endless"],
)
def test_figures_of_another_version_are_compared_to_nine_digits(scene, factor, is_told):
    files = with_figure(scene.files, "high", lambda value: type(factor)(value) * factor)
    assert (REPORT, "bundle-figure-differs") in scene.told(files)  # the same version: exactly
    found = [
        f for f in scene.check(with_software(files, geos="3.9")).findings if f.subject != "geos"
    ]
    assert [f.code for f in found] == ["bundle-figure-differs"] * is_told
    assert all("version may be why" in f.message() for f in found)


def test_a_lie_in_the_catalogue_moves_figures_and_files_even_if_every_hash_fits(scene):
    files = scene.files
    files[FACTS] = files[FACTS].replace(b"80000", b"90000").replace(b"80 000", b"90 000")
    fitted(files, FACTS)
    lies._of_catalogue(files)
    told = scene.told(files)
    assert ("catalogue/", "bundle-catalogue-differs") in told
    assert (REPORT, "bundle-figure-differs") in told
    assert (PAGE, "bundle-file-not-remade") in told
    assert not any(file.startswith("catalogue/") and code != "bundle-catalogue-differs"
                   for file, code in told)  # fmt: skip


def test_a_catalogue_that_cannot_be_read_is_told_and_nothing_is_confirmed(scene):
    files = scene.files
    files[FACTS] = files[FACTS].replace(b"80000", b"8O000")
    check = scene.check(fitted(files, FACTS))
    told = {(f.file, f.code) for f in check.findings}
    assert told == {(FACTS, "not-a-number"), ("catalogue/", "bundle-not-computed")}
    assert (check.mismatch, check.figures) == (True, 0)


def test_a_catalogue_read_from_elsewhere_in_the_bundle_is_not(scene):
    """A decided transaction would be read in place of the files that are shown."""
    files = scene.files
    files["catalogue/.commit/new/facts.csv"] = files[FACTS].replace(b"80000", b"90000")
    name = "catalogue/.commit/new/facts.csv"
    for each in (files, fitted(files, name)):
        assert scene.told(each) == {(name, "bundle-file-extra")}


def test_rows_in_quarantine_stay_out_and_are_told_in_the_report_all_the_same(small, tmp_path):
    (small.path / "quarantine").mkdir()
    small.write("quarantine/parcels.csv", "a,b\n1,secret\n2,secret\n")
    place = tmp_path / "q.zip"
    words = ["build", "-o", str(tmp_path / "b"), "--page-days", "none", "--bundle", str(place)]
    assert main(["--catalogue", str(small.path), *words]) == 0
    assert checked_bundle(place, remade).findings == ()
    files = lies.files_of(place.read_bytes())
    assert not any("quarantine" in name for name in files)
    assert not any(b"secret" in content for content in files.values())
    assert b"rows-quarantined" in files[REPORT]


def test_a_key_is_not_in_the_manifest_and_a_page_with_a_base_map_is_not_made_again(
    small, tmp_path, monkeypatch
):
    monkeypatch.setenv("MY_KEY", "0123456789abcdef")
    place = tmp_path / "k.zip"
    words = ["build", "-o", str(tmp_path / "b"), "--basemap", "tianditu", "--basemap-key-env"]
    words = ["--catalogue", str(small.path), *words, "MY_KEY", "--page-days", "none"]
    assert main([*words, "--bundle", str(place)]) == 0
    manifest = lies.files_of(place.read_bytes())["manifest.json"]
    assert b"0123456789abcdef" not in manifest
    assert json.loads(manifest)["options"]["outside"] == ["basemap", "basemap_key_env"]
    check = checked_bundle(place, remade)
    (found,) = check.findings
    assert (found.code, found.file) == ("bundle-page-skipped", PAGE)
    assert (check.mismatch, check.remade) == (False, COUNT - 1)


def test_a_byte_flipped_in_the_archive_is_told_at_its_member(scene):
    with zipfile.ZipFile(io.BytesIO(scene.bundle)) as archive:
        members = {name: archive.getinfo(name).header_offset for name in (PAGE, FACTS)}
    for name, offset in members.items():
        data = bytearray(scene.bundle)
        data[offset + 30 + len(name) + 20] ^= 0x10
        told = scene.told(bytes(data))
        assert (name, "bundle-byte-changed") in told


def test_without_a_manifest_nothing_can_be_checked(scene):
    files = scene.files
    del files["manifest.json"]
    assert scene.told(files) == {("manifest.json", "bundle-file-missing")}
    with pytest.raises(InputError, match="no bundle"):
        scene.check({"readme.txt": b"1"})


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("options"),
        lambda m: m["options"].update(as_of="2020-13-45"),
        lambda m: m["options"].update(as_of=5),
        lambda m: m["options"].update(page_days=["soon"]),
        lambda m: m["options"].update(page_days=["2019"] * 5_000),
        lambda m: m["options"].update(lang="fr"),
        lambda m: m["options"].update(allocate="none"),
        lambda m: m["options"].update(survey_tolerance="much"),
        lambda m: m["options"].update(other=1),
        lambda m: m["files"].update({PAGE: 7}),
        lambda m: m.update(files=[]),
        lambda m: m.update(schema_version="9.0"),
        lambda m: m.update(software={"numpy": 2}),
        lambda m: m.update(catalogue=None),
    ],
)  # fmt: skip
def test_a_manifest_that_makes_no_sense_is_a_finding(scene, change):
    files, manifest = scene.files, lies._manifest(scene.files)
    change(manifest)
    lies._put(files, manifest)
    assert ("manifest.json", "bundle-manifest-invalid") in scene.told(files)


@pytest.mark.parametrize("content", [b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"a":NaN}'])
def test_a_manifest_or_report_that_is_no_json_is_a_finding(scene, content):
    assert scene.check({**scene.files, "manifest.json": content}).mismatch
    assert scene.check(fitted({**scene.files, REPORT: content}, REPORT)).mismatch


def archive_of(tmp_path, *members, flag=0):
    place = tmp_path / "bad.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    if flag:
        data = bytearray(place.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= flag
        place.write_bytes(data)
    return place


def link(name):
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, 0o120777 << 16
    return member


@pytest.mark.parametrize(
    "names",
    [["/a"], ["../a"], ["catalogue/../../a"], ["catalogue//tmp/a"], ["catalogue/C:/a"], ["C:a"],
     ["a\\b"], ["./a"], ["x" * 2_000], ["a", "a"], [link("a")]],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_lead_out_links_and_doubles_are_refused(names, tmp_path):
    place = archive_of(tmp_path, *((name, "1") for name in names))
    with pytest.raises(InputError) as caught, opened(place):
        pass
    assert [f.code for f in caught.value.findings] == ["bundle-refused"]


def test_encrypted_members_bombs_and_crowds_are_refused(tmp_path, monkeypatch):
    bomb = archive_of(tmp_path, ("a", b"0" * 20_000_000))
    with pytest.raises(InputError, match="times its size"), opened(bomb):
        pass
    with pytest.raises(InputError, match="encrypted"), opened(
        archive_of(tmp_path, ("a", "1"), flag=1)
    ):  # fmt: skip
        pass
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 2)
    with pytest.raises(InputError, match="3 members"), opened(
        archive_of(tmp_path, *((str(n), "1") for n in range(3)))
    ):  # fmt: skip
        pass


CLASH = ["catalogue/x", "catalogue/x/y"]


@pytest.mark.parametrize(
    ("names", "told", "code"),
    [
        (CLASH, "catalogue/x/y", "file-unreadable"),
        (CLASH[::-1], "catalogue/x/y", "file-unreadable"),
        (["catalogue/" + "n" * 300], "catalogue/" + "n" * 300, "file-unreadable"),
        (["catalogue/.commit/new/facts.csv"], None, "bundle-file-extra"),
        (["catalogue/.undo/1/facts.csv"], None, "bundle-file-extra"),
        (["catalogue/quarantine/facts.csv"], None, "bundle-file-extra"),
    ],
)
def test_a_member_that_cannot_be_unpacked_is_told_by_diff_and_by_check(
    scene, capsys, names, told, code
):
    files = {**scene.files, **dict.fromkeys(names, b"1")}
    place = scene.folder / "members.zip"
    place.write_bytes(lies.zipped(files))
    with pytest.raises(InputError) as caught:
        catalogue_of(place)
    assert [(f.file, f.code) for f in caught.value.findings] == [(told or names[0], code)]
    assert main(["diff", str(place), str(scene.small.path)]) == 3
    assert code in capsys.readouterr().err
    found = scene.check(fitted(files, *names)).findings
    assert [f.code for f in found if f.file == (told or names[0])].count(code) == 1


def test_a_damaged_member_of_the_catalogue_is_told_by_diff_and_once_by_check(scene, capsys):
    with zipfile.ZipFile(io.BytesIO(scene.bundle)) as archive:
        offset = archive.getinfo(FACTS).header_offset
    data = bytearray(scene.bundle)
    data[offset + 30 + len(FACTS) + 20] ^= 0x10
    place = scene.folder / "damaged.zip"
    place.write_bytes(data)
    assert main(["diff", str(place), str(scene.small.path)]) == 3
    assert f"{FACTS}: bundle-byte-changed" in capsys.readouterr().err
    found = [f for f in scene.check(bytes(data)).findings if f.code == "bundle-byte-changed"]
    assert [f.file for f in found] == [FACTS]


def test_a_bundle_without_a_catalogue_cannot_be_compared(scene):
    without = {name: data for name, data in scene.files.items() if "catalogue/" not in name}
    bare = {**without, "catalogue/facts.csv": b"1"}
    for files, code in ((without, "bundle-none"), (bare, "bundle-file-missing")):
        place = scene.folder / "without.zip"
        place.write_bytes(lies.zipped(files))
        with pytest.raises(InputError) as caught:
            catalogue_of(place)
        assert [f.code for f in caught.value.findings] == [code]


def test_the_catalogue_of_a_bundle_is_the_one_it_was_made_of(scene):
    place = scene.folder / "true.zip"
    place.write_bytes(scene.bundle)
    assert catalogue_of(place).sha256 == scene.sha256


def test_what_is_no_archive_cannot_be_used(tmp_path, scene):
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "cut.zip").write_bytes(scene.bundle[: len(scene.bundle) // 2])
    for name in ("text.zip", "cut.zip", "none.zip", "", "x" * 5_000, "a\0b"):
        with pytest.raises(InputError) as caught:
            checked_bundle(f"{tmp_path}/{name}")
        assert caught.value.findings[0].code == "file-unreadable"


def test_files_in_any_order_make_one_archive():
    files = {"b": b"2", "a": b"1", "c/d": b""}
    assert zipped(files) == zipped(dict(sorted(files.items())))


def test_the_names_of_a_bundle_are_those_of_a_build(scene):
    assert set(bundles.product_names("town")) == scene.made.keys()
    assert len(scene.made) == COUNT


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        (["b.tar"], 2, "name it .zip"),
        (["b"], 2, "name it .zip"),
        ([""], 2, "name it .zip"),
        (["folder.zip"], 2, "is a folder"),
        (["nowhere/b.zip"], 2, "does not exist"),
        (["b.zip", "--public"], 2, "withholds"),
    ],
)
def test_a_bundle_that_cannot_be_written_is_refused_and_nothing_is_left(
    small, tmp_path, monkeypatch, capsys, target, status, said
):
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    Path("folder.zip").mkdir()
    words = ["build", "-o", "out", "--page-days", "none", "--bundle", *target]
    assert main(["--catalogue", str(small.path), *words]) == status
    assert said in capsys.readouterr().err
    assert not any(path.is_file() for path in place.rglob("*"))
    assert main(["--lang", "zh", "--catalogue", str(small.path), *words]) == status


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that nobody may write into")
def test_a_bundle_where_nothing_may_be_written_is_told(small, tmp_path, capsys):
    words = ["build", "-o", str(tmp_path / "b"), "--page-days", "none", "--bundle", "/proc/b.zip"]
    assert main(["--catalogue", str(small.path), *words]) == 3
    assert "/proc/b.zip: cannot be written" in capsys.readouterr().err


def test_a_catalogue_changed_meanwhile_makes_no_bundle(small, tmp_path, monkeypatch, capsys):
    from pingshan_geo.cli import products

    whole = products.make

    def changing(*arguments):
        small.put("parcels", 0, name_en="another name")
        return whole(*arguments)

    monkeypatch.setattr(products, "make", changing)
    words = ["build", "-o", str(tmp_path / "b"), "--bundle", str(tmp_path / "b.zip")]
    assert main(["--catalogue", str(small.path), *words]) == 3
    assert "was changed while" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "b.zip").exists()


def test_the_help_of_build_names_the_bundle(capsys):
    assert main(["build", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--bundle FILE.zip" in said
    assert "check --bundle" in said


def test_of_very_many_lots_reports_for_people_say_where_single_ones_are(
    small, tmp_path, monkeypatch, capsys
):
    import json

    import pyarrow.parquet as pq

    from pingshan_geo.cli import products

    for module in (products, bundles):
        monkeypatch.setattr(module, "MOST_LOTS", 1)
    words = ["--catalogue", str(small.path), "build", "-o", str(tmp_path / "b"), "--no-page"]
    assert main(words) == 0
    out = capsys.readouterr().out
    made = {path.name for path in (tmp_path / "b").iterdir()}
    assert made == {*bundles.product_names("town")} - {"town.html"} | {"town-report.parquet"}
    assert all(name in out for name in made)
    told = json.loads((tmp_path / "b" / "town-report.json").read_text("utf-8"))
    lots = set(small.load().parcels.index)
    assert lots
    assert not lots & {figure["subject"] for figure in told["figures"]}
    apart = [finding for finding in told["findings"] if finding["code"] == "lots-apart"]
    assert [(f["value"], "town-report.parquet" in f["fix"]) for f in apart] == [
        (f"{len(lots):,}", True)
    ]
    table = pq.read_table(tmp_path / "b" / "town-report.parquet").to_pylist()
    assert lots <= {row["id"] for row in table if row["kind"] == "parcels"}
    assert main([*words[:-1], "--bundle", str(tmp_path / "b.zip")]) == 2
    assert "is too many" in capsys.readouterr().err
    assert main([*words, "--page-days", "2020"]) == 2
    assert "--page-days is for the page" in capsys.readouterr().err
