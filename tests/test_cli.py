import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pingshan_geo.cli import main

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "pingshan_geo"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")


def run(*words, env=None, **more):
    return subprocess.run(
        [*COMMAND, *map(str, words)], check=False, capture_output=True, encoding="utf-8",
        env={**os.environ, **(env or {})}, **more,
    )  # fmt: skip


@pytest.fixture
def broken(tmp_path):
    """A catalogue with three errors in three files."""
    folder = tmp_path / "town"
    shutil.copytree(ROOT / "geodata", folder)
    facts = (folder / "facts.csv").read_text(encoding="utf-8")
    (folder / "facts.csv").write_text(facts.replace(",106000,", ',"1,060,00",', 1), "utf-8")
    auctions = (folder / "auctions.csv").read_text(encoding="utf-8")
    (folder / "auctions.csv").write_text(auctions.replace("2020-12-30", "2020/12/30", 1), "utf-8")
    zones = (folder / "zones.geojson").read_text(encoding="utf-8")
    (folder / "zones.geojson").write_text(zones.replace('"published"', '"publised"', 1), "utf-8")
    return folder


def test_help_needs_no_heavy_library():
    code = (
        "import sys; from pingshan_geo.cli import main; main(['--help']);"
        "assert not {'pandas', 'geopandas', 'folium', 'rich', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"Trust:" in done.stdout
    assert b"..." not in done.stdout.split(b"Use:")[1], "a line of the help is cut"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build in this process: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("built") / "maps"
    said, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(errors):
        assert main(["build", "-o", str(folder)]) == 0
    assert errors.getvalue() == ""
    return folder, said.getvalue()


def test_build_writes_the_page_the_reports_and_the_exports_and_prints_the_headline(built):
    folder, said = built
    assert "completion rate about 239.8 % [238.5–241.1 %]" in said
    assert "4.611 [4.589–4.634]" in said
    names = {path.name for path in folder.iterdir()}
    assert {"pingshan.html", "pingshan-report.json", "pingshan-parcels.geojson"} <= names
    for name in names:
        assert f"{folder / name}  " in said


def test_two_builds_are_equal_byte_for_byte(built, tmp_path):
    folder, _ = built
    done = run("build", "-o", tmp_path, env={"PYTHONHASHSEED": "7"})
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == {path.name for path in tmp_path.iterdir()}
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


@POSIX
def test_what_cannot_be_written_is_refused_before_any_work_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pingshan_geo.assessment.assess", lambda *_, **__: 1 / 0)
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("link.html", "link.gdb", "link.zip"):
        (tmp_path / name).symlink_to("elsewhere")
    for words in (
        ["build", "-o", "link"], ["build", "--bundle", "link.zip"],
        ["build", "-o", "out", "--bundle", "out/sub/x.zip"], ["map", "-o", "link.html"],
        ["report", "-o", "link.html", "--format", "html"], ["export", "parcels", "-o", "link.gdb"],
        ["export", "parcels", "-o", "nowhere/a.gdb"], ["why", "far/G13113-8014", "-o", "link"],
        ["export", "parcels", "-o", "postgresql://u@h/d?table=a.shp", "--encoding", "gbk"],
    ):  # fmt: skip
        assert main(words) == 2, words
    with monkeypatch.context() as patch:
        patch.setattr(sys.stdout, "isatty", lambda: True)
        for form in ("xlsx", "parquet"):  # no text, and nowhere to go but to a terminal
            assert main(["report", "--format", form]) == 2
    assert "fault" not in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["report", "far", "--measure", "far", "--format", "json"], 0),
        (["report", "areas", "--measure", "far"], 2),
        (["report", "targets", "--subject", "G13113-8014"], 2),
        (["report", "targets", "--subject", "industrial-land-2017", "--fail-under", "2"], 0),
        (["report", "targets", "--subject", "industrial-land-2017", "--fail-under", "2.4"], 1),
        (["report", "targets", "--subject", "industrial-land-2017", "--fail-under", "3"], 1),
        (["report", "targets", "--subject", "innovation-space", "--fail-under", "0.1"], 1),
        (["report", "far", "--subject", "G13113-8014", "--fail-under", "0"], 2),
        (["report", "everything"], 2),
        (["report", "--format", "pdf"], 2),
        (["report", "--measure", "fra"], 2),
        (["report", "--where", "sise > 1"], 2),
        (["report", "--where", "site_area_m2 >"], 2),
        (["report", "--as-of", "2017-02-30"], 2),
        (["why", "far/G13113-8041"], 2),
        (["check", "--fail-on", "facts-conflict"], 1),
        (["check", "--fail-on", "duplicate-id,error"], 0),
        (["check", "--fail-on", "dupicate-id"], 2),
        (["--catalogue", "no-such-folder", "check"], 3),
        (["--catalogue", "no-such-folder", "report"], 3),
        (["--catalogue", "https://example.org/x", "report"], 3),
        (["--catalogue", "/vsizip/x.zip", "report"], 3),
        (["frobnicate"], 2),
    ],
)
def test_exit_status_tells_a_gate_a_wrong_word_and_bad_input_apart(words, status, capsys):
    assert main(words) == status
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    if status == 2:
        assert said.err


@pytest.mark.parametrize("words", [["report"], ["export", "targets", "-o", "-"]])
def test_a_filter_that_selects_nothing_says_so_and_is_no_fault(words, capsys):
    assert main([*words, "--where", "zone_id = 'nowhere'"]) == 0
    assert capsys.readouterr().err.startswith("No row matches")


@pytest.mark.parametrize(
    ("option", "said"),
    [("--lang", " 应写在命令之前"), ("--catalogue", " stands before the command")],
)
def test_an_option_of_the_program_after_the_command_is_told_where_it_stands(option, said, capsys):
    assert main(["why", "far/G13113-8014", option, "zh"]) == 2
    assert f"{option}{said}" in capsys.readouterr().err
    assert main(["why", "far/G13113-8014", "--langs", "zh"]) == 2
    assert "stands before" not in capsys.readouterr().err


def test_a_mistyped_figure_gets_the_nearest(capsys):
    assert main(["why", "far/G13113-8O14"]) == 2
    assert "far/G13113-8014" in capsys.readouterr().err


def test_why_goes_down_to_source_locator_and_printed_figure(capsys):
    assert main(["why", "completion_rate/industrial-land-2017"]) == 0
    said = capsys.readouterr().out
    assert "about 22.78 ha ÷ 9.5 ha = about 239.8 %" in said
    assert "2.397894736842105" in said
    assert "22.78 hectares" in said
    assert "laplace-2017-article), P25 S2" in said
    assert main(["why", "completion_rate/industrial-land-2017", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figure"]["id"] == "completion_rate/industrial-land-2017"
    assert {s["source_id"] for s in told["sources"]} == {"laplace-2017-article"}


def test_all_problems_are_told_a_line_each_and_nothing_is_written(broken, tmp_path):
    for words in (
        ["report"],
        ["build", "-o", tmp_path / "out"],
        ["map", "-o", tmp_path / "m.html"],
    ):
        done = run("--catalogue", broken, *words)
        assert (done.returncode, done.stdout) == (3, "")
        lines = done.stderr.splitlines()
        assert len(lines) == 3
        assert any(x.startswith("auctions.csv:11 date: date-mangled: ") for x in lines), lines
        assert any("facts.csv:" in x and "not-a-number" in x and "1,060,00" in x for x in lines)
        assert any("zones.geojson:" in x and "unknown-code" in x and "publised" in x for x in lines)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "m.html").exists()


def test_check_lists_the_errors_of_a_catalogue_that_nothing_else_will_read(broken, capsys):
    assert main(["--catalogue", str(broken), "check", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [f["code"] for f in found] == ["date-mangled", "not-a-number", "unknown-code"]
    for named, status in (("error", 1), ("not-a-number", 1), ("duplicate-id,warning", 0)):
        assert main(["--catalogue", str(broken), "check", "--fail-on", named]) == status, named


def test_chinese_has_the_same_digits(capsys):
    digits = []
    for lang in ("en", "zh"):
        assert main(["--lang", lang, "report", "targets", "--format", "csv"]) == 0
        csv = capsys.readouterr().out
        assert main(["--lang", lang, "report", "far"]) == 0
        table = capsys.readouterr().out
        digits.append((csv, re.findall(r"\d+\.\d{2,}", table)))
    assert digits[0] == digits[1]
    assert main(["--lang", "zh", "why", "far/no-such-lot"]) == 2
    assert main(["--lang", "zh", "report", "far"]) == 0
    assert "容积率" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["why", "far/G13113-8O14"], 2, "最接近：far/G13113-8014"),
        (["report", "--measure", "fra"], 2, "没有量 'fra'"),
        (["report", "areas", "--measure", "far", "--subject", "G13113-8014"], 2, "far 属于 far 组"),
        (["report", "--where", "sise > 1"], 2, "没有列 'sise'"),
        (["report", "--where", "site_area_m2 > 'x'"], 2, "数字与文字"),
        (["report", "--where", "site_area_m2 >"], 2, "第 14 个字符"),
        (["report", "--by", "land_uses"], 2, "最接近：land_use"),
        (["report", "far", "--fail-under", "1"], 2, "没有完成率"),
        (["check", "--fail-on", "dupicate-id"], 2, "最接近：duplicate-id"),
        (["report", "--format", "csv", "-o", "no/r.csv"], 2, "文件夹 no 不存在"),
        pytest.param(["map", "-o", "link.html"], 2, "link.html 是链接", marks=POSIX),
        (["map", "-o", "page.txt"], 2, "后缀须为 .html"),
        (["export", "parcels", "-o", "parcels.tab"], 2, ".geojson、.gpkg"),
        (["export", "zones", "-o", "z.geojson", "--crs", "EPSG:4547"], 2, "不能存 EPSG:4547"),
        (["--catalogue", "no-such-folder", "report"], 3, "没有这个文件夹"),
        (["--catalogue", ".", "report"], 3, "其中没有 datapackage.json"),
        (["--catalogue", "bad", "report"], 3, "缺少 crs"),
    ],
)
def test_in_chinese_every_message_is_chinese(words, status, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if "link.html" in words:
        (tmp_path / "link.html").symlink_to("elsewhere")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "datapackage.json").write_text('{"name": "x y", "as_of": "soon"}', "utf-8")
    assert main(["--lang", "zh", *words]) == status
    told = capsys.readouterr().err
    assert said in told
    assert not re.search(r"[A-Za-z]{2,},? [a-z]{2,}", told), told


def test_a_closed_pipe_ends_quietly():
    if os.name == "nt":
        pytest.skip("needs a POSIX pipe")
    line = " ".join(f"'{word}'" for word in [*COMMAND, "report", "all", "--format", "json"])
    done = subprocess.run(
        ["bash", "-c", f"{line} | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}"],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_no_colour_and_no_progress_where_nobody_looks():
    done = run("report", "far", env={"FORCE_COLOR": "", "NO_COLOR": "1"})
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_a_fault_of_the_program_is_one_line_and_says_how_to_see_more(monkeypatch, capsys):
    monkeypatch.setattr("pingshan_geo.assessment.assess", lambda *_, **__: 1 / 0)
    assert main(["--lang", "zh", "report"]) == 4
    assert capsys.readouterr().err.startswith("pingshan-geo 程序故障：ZeroDivisionError")
    assert main(["report"]) == 4
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "PINGSHAN_GEO_TRACEBACK" in said
    monkeypatch.setenv("PINGSHAN_GEO_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["report"])


def test_an_export_to_stdout_is_geojson(capfdbinary):
    assert main(["export", "zones", "-o", "-", "--where", "zone_id = 'pingshan-district'"]) == 0
    collection = json.loads(capfdbinary.readouterr().out)
    assert [f["properties"]["zone_id"] for f in collection["features"]] == ["pingshan-district"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["map", "-o", "page.txt"], ".html"),
        (["export", "parcels", "-o", "parcels.tab"], ".geojson"),
        (["report", "-o", "no/such/folder/r.json", "--format", "json"], "folder"),
        (["export", "parcels", "-o", "p.geojson", "--crs", "EPSG:4547"], "EPSG:4547"),
    ],
)
def test_a_wrong_target_is_refused_by_name(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_words_of_a_shell_are_completed():
    done = run(env={"_PINGSHAN_GEO_COMPLETE": "bash_complete", "COMP_WORDS": "pingshan-geo re",
                    "COMP_CWORD": "1"})  # fmt: skip
    assert "report" in done.stdout


@POSIX
@pytest.mark.parametrize(
    ("words", "to", "status", "said"),
    [
        (["report", "--format", "json"], ">/dev/full", 3, "stdout: cannot be written"),
        (["why", "far/G13113-8014"], ">/dev/full", 3, "stdout: cannot be written"),
        (["report", "targets"], ">&-", 0, ""),
        (["report", "targets"], "2>&-", 0, ""),
        (["export", "parcels", "-o", "lots.gpkg"], "<&- >&- 2>&-", 0, ""),
        (["report", "--measure", "fra"], "2>/dev/full", 2, ""),
    ],
)
def test_a_stream_that_takes_nothing_is_no_fault_of_the_program(words, to, status, said, tmp_path):
    if "full" in to and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    line = " ".join(f"'{word}'" for word in [*COMMAND, *words])
    done = subprocess.run(
        ["bash", "-c", f"{line} {to}"], check=False, capture_output=True, encoding="utf-8",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == (["lots.gpkg"] if "-o" in words else [])
    assert "Traceback" not in done.stderr


def test_chinese_is_written_whatever_the_locale_can_say():
    narrow = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    plain, ascii_ = (run("--lang", "zh", "check", env=env) for env in ({}, narrow))
    assert (ascii_.returncode, ascii_.stdout) == (0, plain.stdout)


@pytest.fixture
def steering(small):
    """A catalogue whose names steer a terminal, and are too long for a workbook's cell."""
    for zone in small.rows["zones"]:
        zone["name_en"] = "\x1b[31m\u202e\x07" + zone["zone_id"]
    small.put("facts", 0, printed="\x1b]0;x\x072 km²")
    return small


def test_text_from_data_does_not_steer_the_terminal(steering, tmp_path, capsys):
    place = ["--catalogue", str(steering.path)]
    for words in (["build", "-o", str(tmp_path / "b")], ["why", "recorded_area/town"]):
        assert main([*place, *words]) == 0
        said = capsys.readouterr()
        assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)


def test_a_build_writes_all_or_nothing(small, tmp_path, capsys):
    place = ["--catalogue", str(small.path), "build", "-o", str(tmp_path / "b")]
    small.put("projects", 0, name_en="x" * 40_000)
    assert main(place) == 3
    assert "40,000 characters" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    small.put("projects", 0, name_en="x")
    (tmp_path / "b" / "town-report.csv").mkdir(parents=True)
    assert main(place) == 2
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["town-report.csv"]


def test_a_gate_without_a_rate_writes_no_report(tmp_path, capsys):
    words = ["report", "far", "--fail-under", "1", "--format", "csv", "-o", str(tmp_path / "r.csv")]
    assert main(words) == 2
    assert "no completion rate" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "days"),
    [
        (
            ("--page-days", "2018,2017-06,2017-06-30"),
            ["2017-06-30", "2018-12-31", "2024-12-31"],
        ),
        (("--page-days", "none"), None),
        (("--as-of", "2018-06-30"), ["2016-12-31", "2017-12-31", "2018-06-30"]),
    ],
)
def test_the_page_has_the_days_that_were_asked_for(tmp_path, words, days):
    path = tmp_path / "p.html"
    assert main(["map", *words, "-o", str(path)]) == 0
    found = re.search(r'id="pingshan-geo-days">{"days":(\[[^]]*\])', path.read_text("utf-8"))
    assert (json.loads(found[1])[-3:] if found else None) == days


@pytest.mark.parametrize("wrong", ["2024-12-31", "soon", "2018,,2019", "2030"])
def test_a_day_of_the_page_that_is_none_before_its_own_is_refused(wrong, capsys):
    assert main(["map", "--page-days", wrong, "-o", "-"]) == 2
    assert "--page-days" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--basemap-gcj02-shift"], "goes with --basemap URL"),
        (["--basemap", "tianditu", "--basemap-gcj02-shift"], "goes with --basemap URL"),
        (["--basemap", ""], "a base map is an address"),
        (["--context", "metres.geojson"], "is not longitude and latitude"),
        (["--context", "empty.geojson"], "there is no shape in it"),
    ],
)
def test_what_stands_around_a_page_is_checked(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    ring = [[500000, 2500000], [501000, 2500000], [501000, 2501000], [500000, 2500000]]
    for name, shape in (("metres", {"type": "Polygon", "coordinates": [ring]}), ("empty", None)):
        feature = {"type": "Feature", "properties": {}, "geometry": shape}
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        (tmp_path / f"{name}.geojson").write_text(text, encoding="utf-8")
    assert main(["map", "-o", "p.html", "--page-days", "none", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    assert not (tmp_path / "p.html").exists()
