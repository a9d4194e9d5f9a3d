"""Each way of writing without permission, under Ctrl-C, twice at once, and with odd names."""

import ctypes
import shutil
import signal
import sys

import pytest
from tests import kills

from pingshan_geo import export, gdal
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.output import write_whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and rights of Linux")
_VERSION_3 = 0x20080522
_MAY_WRITE_ANYWHERE = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def _as_anybody() -> None:
    """Take from this process, and those it begins, what lets root write where nobody may."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, rights = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, rights)
    for right in _MAY_WRITE_ANYWHERE:
        libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP
        for kind in range(3):
            rights[kind] &= ~(1 << right)
    if libc.capset(header, rights):
        raise OSError(ctypes.get_errno(), "capset")


@pytest.mark.parametrize("way", kills.QUICK)
def test_without_permission_all_stays_and_a_line_says_so(way, tmp_path):
    place = tmp_path / "out"
    place.mkdir()
    kills.WAYS[way](place, new=False)
    old = kills.state(place)
    every = [place, *(each for each in place.rglob("*") if each.is_dir())]

    def denied() -> None:
        _as_anybody()
        kills.WAYS[way](place, new=True)

    for each in every:
        each.chmod(0o500)
    try:
        status, said = kills.forked(denied)
    finally:
        for each in every:
            each.chmod(0o700)
    assert status == 3, said
    assert "Permission denied" in said
    assert "Traceback" not in said
    assert kills.state(place) == old
    assert not list(tmp_path.rglob(".*.part"))


# Builds are stopped in `test_folders`, and stand side by side in `test_long_life`.
@pytest.mark.parametrize("way", [way for way in kills.QUICK if way != "build"])
def test_ctrl_c_leaves_the_old_or_the_new_and_the_next_run_nothing_else(way, tmp_path):
    found = kills.killed(way, 2, 0, tmp_path, signal.SIGINT)
    assert found.total() == 2
    assert not [kind for kind in found if kind.startswith("wrong")]


@pytest.mark.parametrize("way", [way for way in kills.QUICK if way != "build"])
def test_of_two_writers_at_once_one_stands_there_whole(way, tmp_path):
    before, place = tmp_path / "before", tmp_path / "run" / "out"
    before.mkdir()
    kills.WAYS[way](before, new=False)
    old = kills.state(before)
    shutil.copytree(before, place)
    kills.WAYS[way](place, new=True)
    new = kills.state(place)
    for _ in range(3):
        shutil.rmtree(place)
        shutil.copytree(before, place)
        # An import is no import again: there both are the new one.
        both = [
            kills.started(lambda is_new=is_new: kills.WAYS[way](place, new=is_new))
            for is_new in (way == "import", True)
        ]
        ends = [kills.ended(*child) for child in both]
        assert any(status == 0 for status, _ in ends), ends
        for status, said in ends:
            assert status == 0 or "another process" in said, said
        write_whole(place / "other.txt", b"")
        (place / "other.txt").unlink()
        assert kills.state(place) in (old, new)
        assert not list(tmp_path.rglob(".*.part"))


ODD = [
    "-o", "a b", " a", "a'b", 'a"b', "a;b", "a&b", "a?b=c#d", "a%20b", "{a}", "$(touch x)", "a|b",
    "*", "a,b", "a:b", "北区（二期）", "a\nb", "a\\b", "\u202ea", "e\u0301", "~", "a.b.c", "CON",
    "GPKG:a",
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".shp.zip"])
def test_what_is_no_utf_8_is_no_name_of_a_file_but_a_folder_may_be_called_so(
    suffix,
    hard_town,
    tmp_path,
):
    with pytest.raises(UsageError, match="is no name for a file"):
        export.write(hard_town, tmp_path / f"a\udcff{suffix}")
    assert not list(tmp_path.iterdir())
    target = tmp_path / "a\udcff" / f"a{suffix}"
    target.parent.mkdir()
    export.write(hard_town, target)
    assert target.is_file()
    if suffix == ".gpkg":
        with pytest.raises(InputError, match="not UTF-8; rename it"):
            gdal.read(target, driver="GPKG")


@pytest.mark.parametrize(
    "suffix", [".geojson", ".gpkg", ".parquet", ".csv", ".xlsx", ".shp", ".gdb.zip", ".kml", ".fgb"]
)
def test_a_file_has_just_the_name_that_it_was_given(suffix, hard_town, tmp_path):
    layer = hard_town.having(hard_town.data.iloc[:2])
    for n, name in enumerate(ODD):
        folder = tmp_path / str(n)
        folder.mkdir()
        target = folder / f"{name}{suffix}"
        export.write(layer, target)
        beside = {each.name for each in folder.iterdir()}
        assert target.name in beside
        assert all(each.startswith(name) for each in beside)
        if suffix in {".gpkg", ".fgb"}:
            driver = {".gpkg": "GPKG", ".fgb": "FlatGeobuf"}[suffix]
            if {";", "\n"} & set(name):
                with pytest.raises(InputError, match="rename it"):
                    gdal.read(target, driver=driver)
            else:
                assert len(gdal.read(target, driver=driver)[0]) == 2
    assert {each.name for each in tmp_path.iterdir()} == set(map(str, range(len(ODD))))
