import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def built(kind, source, folder):
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", folder]
    subprocess.run([*command, source], check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """What is published, copied to another folder at another time."""
    copy = tmp_path_factory.mktemp("copied")
    for name in ("src", "geodata", "examples", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, copy_function=shutil.copyfile)
    for name in ("pyproject.toml", "LICENSE", "Makefile", ".gitignore"):
        shutil.copyfile(ROOT / name, copy / name)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*.lock")):
        shutil.copyfile(path, copy / path.name)
    return copy


def test_a_wheel_built_again_elsewhere_is_the_same_bytes(wheel, copied, tmp_path):
    again = built("wheel", copied, tmp_path)
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_a_source_archive_built_again_elsewhere_is_the_same_bytes(copied, tmp_path_factory):
    here, there = (
        built("sdist", source, tmp_path_factory.mktemp("sdist")) for source in (ROOT, copied)
    )
    assert here.name == there.name
    assert here.read_bytes() == there.read_bytes()


def test_the_wheel_holds_the_catalogue_as_it_stands_at_the_top(wheel):
    with zipfile.ZipFile(wheel) as packed:
        inside = {
            Path(name).name: packed.read(name)
            for name in packed.namelist()
            if name.startswith("pingshan_geo/geodata/")
        }
    files = {path.name: path.read_bytes() for path in (ROOT / "geodata").iterdir()
             if path.suffix in {".csv", ".json", ".geojson", ".md"}}  # fmt: skip
    assert inside == files


def test_an_empty_environment_reports_everything_in_an_empty_folder(wheel, tmp_path):
    home, work = tmp_path / "venv", tmp_path / "work"
    work.mkdir()
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [scripts / "python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(pip, check=True)
    # The dependencies are lent by this environment, whose own copy of the package is a link
    # that a plain path does not follow.
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))
    run = subprocess.run(
        [scripts / "pingshan-geo", "report", "all"],
        cwd=work, check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "4.611" in run.stdout
    assert list(work.iterdir()) == []
    where = [scripts / "python", "-c", "import pingshan_geo; print(pingshan_geo.__file__)"]
    found = subprocess.run(where, cwd=work, check=True, capture_output=True, encoding="utf-8")
    assert Path(found.stdout.strip()).is_relative_to(home)
