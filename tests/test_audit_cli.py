"""The commands that tell whether figures hold: check --claims, --source, --bundle, why, diff."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pingshan_geo.cli import main

ROOT = Path(__file__).parents[1]
RATE = "completion_rate/industrial-land-2017"


@pytest.fixture
def other(tmp_path):
    """A copy of the Pingshan catalogue with one land area changed by 1 000 m²."""
    folder = shutil.copytree(ROOT / "geodata", tmp_path / "other")
    facts = (folder / "facts.csv").read_text("utf-8")
    changed = facts.replace("site_area,106000,", "site_area,107000,", 1)
    assert changed != facts
    (folder / "facts.csv").write_text(changed, "utf-8")
    return folder


def test_claims_are_told_with_the_contradicted_first_and_can_be_a_gate(capsys):
    assert main(["check", "--claims"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("contradicted  More than 4.5 times")
    assert "51.6 km² ÷ 11.52 km² = 4.4792" in said.out
    assert said.err == "1 contradicted, 0 rounded, 15 cannot be checked, 8 consistent\n"
    assert main(["check", "--claims", "--fail-on", "claim-contradicted"]) == 1
    assert main(["check", "--claims", "--fail-on", "claim-rounded"]) == 0


def test_claims_as_json_are_figures_and_findings_like_all_others(capsys):
    assert main(["check", "--claims", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure for figure in told["figures"]}
    assert figures["claim_computed/land-completion-2017"]["verdict"] == "consistent"
    assert figures["claim_computed/enterprises-added-2017"]["value"] is None
    assert {finding["code"] for finding in told["findings"]} == {
        "claim-contradicted", "claim-cannot-be-checked",
    }  # fmt: skip


def test_a_document_that_says_otherwise_is_status_1_and_names_fact_and_place(capsys, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("前海高新区规划范围51.8平方公里，是现南山高新区面积的4.5倍多。\n", "utf-8")
    assert main(["check", "--source", f"ipingshan-high-tech-2017={page}"]) == 1
    said = capsys.readouterr().out
    assert "source-missing" in said
    assert "51.8平方公里" in said


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--source", "laplace-2017-article"], "ID=FILE"),
        (["--source", "laplace-2017=a.txt"], "file-missing"),
        (["--claims", "--bundle", "a.zip"], "one"),
        (["--bundle", "a.zip", "--expect-tiling"], "own catalogue"),
        (["--bundle", "a.zip", "--allocate", "area"], "own catalogue"),
        (["--bundle", "a.zip", "--allocate", "dominant"], "own catalogue"),
        (["--bundle", "a.zip", "--survey-tolerance", "1%"], "own catalogue"),
        (["--source", "laplace-2017-article=a.txt", "--expect-tiling"], "leave --expect-tiling"),
        (["--source", "laplace-2017-article=a.txt", "--allocate", "area"], "leave --allocate"),
        (["--source", "laplace-2017-article=a.txt", "--survey-tolerance", ""], "--survey-toler"),
        (["--source", ""], "ID=FILE"),
        (["--bundle", ""], "ordinary file"),
        (["--survey-tolerance", ""], "no survey tolerance"),
    ],
)
def test_wrong_words_say_what_to_write(words, part, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", *words]) in {2, 3}
    assert part in capsys.readouterr().err


def test_an_unknown_source_is_named_with_the_nearest(capsys, tmp_path):
    (tmp_path / "a.txt").write_text("One.", "utf-8")
    assert main(["check", "--source", f"laplace-2017={tmp_path / 'a.txt'}"]) == 2
    assert "laplace-2017-article" in capsys.readouterr().err


def test_sensitivity_is_lines_json_or_a_drawing(capsys, tmp_path):
    assert main(["why", RATE, "--sensitivity"]) == 0
    said = capsys.readouterr().out
    assert "target at 9.45 ha: 241.1 %" in said
    assert "41.7 %" in said
    assert main(["why", RATE, "--sensitivity", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["threshold"] == 1
    assert main(["why", RATE, "--sensitivity", "--format", "svg", "-o", f"{tmp_path}/a.svg"]) == 0
    assert (tmp_path / "a.svg").read_text("utf-8").startswith("<svg ")


def test_a_drawing_without_anything_to_move_is_wrong_usage(capsys):
    assert main(["why", RATE, "--format", "svg"]) == 2
    assert "--sensitivity" in capsys.readouterr().err
    unknown = "completion_rate/innovation-space"
    assert main(["why", unknown, "--sensitivity", "--format", "svg"]) == 2
    assert "nothing to draw" in capsys.readouterr().err


def test_diff_tells_what_a_changed_fact_does_and_is_a_gate(capsys, other):
    geodata = str(ROOT / "geodata")
    assert main(["diff", geodata, str(other), "--format", "md"]) == 0
    said = capsys.readouterr().out
    assert "| −0.0431 | because fact s022 was changed (value: 106000 → 107000) |" in said
    assert main(["diff", geodata, str(other), "--fail-over", "far/G13113-8014=0.01"]) == 1
    assert main(["diff", geodata, str(other), "--fail-over", "far/G13113-8014=0.1"]) == 0
    assert main(["diff", geodata, geodata]) == 0
    assert "Nothing differs." in capsys.readouterr().out


def test_a_bundle_is_made_again_and_a_changed_digit_is_status_1(capsys, tmp_path):
    archive = tmp_path / "town.zip"
    words = ["build", "-o", str(tmp_path / "maps"), "--page-days", "none", "--bundle", str(archive)]
    assert main(words) == 0
    assert main(["check", "--bundle", str(archive)]) == 0
    said = capsys.readouterr()
    assert "figures computed again" in said.err
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = "pingshan-report.json"
    members[name] = members[name].replace(b"2.397894736842105", b"2.497894736842105", 1)
    with zipfile.ZipFile(archive, "w") as new:
        for each, content in members.items():
            new.writestr(each, content)
    assert main(["check", "--bundle", str(archive)]) == 1
    said = capsys.readouterr().out
    assert f"{name}  bundle-byte-changed" in said
    assert "bundle-figure-differs" in said
