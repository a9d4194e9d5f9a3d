import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


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
