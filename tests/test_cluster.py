"""Parts done by other processes and on Dask: the same bytes, whatever happens to them."""

import gc
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Timer

import pytest
from tests.faulty import faulty, take_over

from pingshan_geo import assess, cli, cluster, load_catalogue
from pingshan_geo.cluster import on_dask
from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.export import export_table, write, write_partitioned
from pingshan_geo.report import pieces, select
from pingshan_geo.work import in_processes

ROOT = Path(__file__).parents[1]
distributed = pytest.importorskip("distributed", reason="needs the extra dask")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits are those of POSIX")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The demo town with its parcels in seven files, and nothing corrected."""
    folder = tmp_path_factory.mktemp("town") / "parts"
    write_partitioned(ROOT / "examples" / "demo-town", folder, 60)
    corrections = folder / "corrections.csv"  # with them parcels are read at once
    corrections.write_text(corrections.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """The folder that says what goes wrong; see `tests.faulty`."""
    folder = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTS", str(folder))
        patch.setenv("PYTHONPATH", str(ROOT))
        yield folder


@pytest.fixture
def wrong(faults):
    """Say what goes wrong."""

    def said(what):
        (faults / "begun").unlink(missing_ok=True)
        (faults / "what").write_text(what)

    yield said
    (faults / "what").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def workers(faults):
    """A cluster with up to three workers, by how many it has."""
    import dask

    # A part is given up when two workers have died of it.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1,
                         "temporary-directory": str(faults)}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None,
                                 silence_logs=100) as own,
        distributed.Client(own, set_as_default=False) as client,
    ):  # fmt: skip

        def scaled(count):
            own.scale(count)
            deadline = time.monotonic() + 30
            while len(client.nthreads()) != count and time.monotonic() < deadline:
                time.sleep(0.1)
            assert len(client.nthreads()) == count
            return own.scheduler_address

        yield scaled


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for parts of tables, which is empty in the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    gc.collect()
    # The server of processes has its socket in a folder pymp-… until this process ends.
    assert not [each for each in folder.iterdir() if not each.name.startswith("pymp-")]


def made(catalogue, folder):
    """Return a report, an export and the findings of a catalogue."""
    assessment = assess(catalogue)
    write(export_table(assessment, "parcels"), folder / "parcels.geojson")
    report = b"".join(pieces(select(assessment), "csv"))
    return report, (folder / "parcels.geojson").read_bytes(), assessment.findings


@pytest.fixture(scope="module")
def expected(town, tmp_path_factory):
    return made(load_catalogue(town), tmp_path_factory.mktemp("expected"))


@contextmanager
def runner(who, workers):
    """Give a runner: in processes, on workers of its own, or on so many of a cluster."""
    if who == "processes":
        yield in_processes
        return
    with on_dask(who if who == "local" else workers(who)) as run:
        yield run


@pytest.mark.parametrize("who", ["processes", "local", 1, 2, 3])
def test_whoever_does_the_parts_gives_the_bytes_of_one_process(
    who, workers, town, expected, tmp_path, scratch
):
    with runner(who, workers) as run:
        catalogue = load_catalogue(town, run, bulk_rows=1)
        assert len(catalogue.lots.parts) >= 6
        assert made(catalogue, tmp_path) == expected
        assert list(scratch.iterdir())
        del catalogue


@pytest.mark.parametrize("who", ["processes", 2])
@pytest.mark.usefixtures("scratch")
def test_a_worker_killed_midway_changes_nothing(
    who, workers, town, expected, tmp_path, wrong, faults
):
    wrong("once")
    with runner(who, workers) as run:
        assert made(load_catalogue(town, faulty(run), bulk_rows=1), tmp_path) == expected
    assert not (faults / "what").exists()  # somebody was killed


@pytest.fixture
def in_vain(town, tmp_path, capfd, monkeypatch):
    """Run a command that must fail; return what it says: one line, and nothing is written."""
    monkeypatch.setattr(cli.Session, "parts", cli.Session.parts)  # which comes back in the end
    take_over()

    def run(*words, status=3):
        out = tmp_path / "out"
        out.mkdir()
        (out / "old.csv").write_text("old")
        words = ["--catalogue", str(town), *words, "report", "-o", str(out / "old.csv")]
        assert cli.main(words) == status
        said = capfd.readouterr()
        assert not said.out
        assert "Traceback" not in said.err
        assert len(said.err.splitlines()) == 1
        assert [each.read_text() for each in out.iterdir()] == ["old"]
        return said.err

    return run


@pytest.mark.usefixtures("scratch")
def test_parts_that_kill_every_process_are_an_error(in_vain, wrong):
    wrong("always")
    assert "memory ran out" in in_vain()


@pytest.mark.usefixtures("scratch")
def test_parts_that_kill_every_worker_are_an_error(in_vain, wrong, workers):
    address = workers(2)
    wrong("always")
    assert "lost every worker" in in_vain("--scheduler", address)


@pytest.mark.usefixtures("scratch")
def test_a_cluster_without_workers_is_an_error_before_and_amid_parts(workers, monkeypatch):
    monkeypatch.setattr(cluster, "_WITHOUT_S", 0)
    monkeypatch.setattr(cluster, "_LOOK_S", 0.2)
    with on_dask(workers(1)) as run:
        Timer(1, workers, [0]).start()
        with pytest.raises(OutputError, match="no workers any more"):
            list(run(time.sleep, [60]))
    with pytest.raises(UsageError, match="it has no workers"), on_dask(workers(0)):
        pass


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize(
    "spoil", [lambda data: data[:9000], lambda data: data[:4] + b"\xff" * 2000 + data[2004:]]
)
@pytest.mark.parametrize("who", ["processes", 2])
def test_a_partition_that_cannot_be_read_is_named(town, tmp_path, spoil, who, workers):
    shutil.copytree(town, tmp_path / "spoilt")
    file = tmp_path / "spoilt" / "parcels" / "part-00003.parquet"
    file.write_bytes(spoil(file.read_bytes()))
    with runner(who, workers) as run, pytest.raises(InputError) as caught:
        load_catalogue(tmp_path / "spoilt", run, bulk_rows=1)
    assert {(each.file, each.code) for each in caught.value.findings} == {
        ("parcels/part-00003.parquet", "file-unreadable")
    }


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("who", ["processes", 2])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: os.truncate(path, 5000)])
def test_a_part_that_is_spoilt_while_it_is_needed_is_named(town, who, workers, spoil):
    with runner(who, workers) as run:
        catalogue = load_catalogue(town, run, bulk_rows=1)
        spoil(catalogue.lots.parts[2].rows)
        with pytest.raises(OutputError, match=r"lots-000002\.arrow: a part .* cannot be read"):
            assess(catalogue)


def command(town, scratch, target, *words, **options):
    """Begin the command line with faulty parts in a session of its own."""
    words = ["--catalogue", str(town), *words, "export", "parcels", "-o", str(target)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faulty", *words], cwd=ROOT, start_new_session=True,
        env=os.environ | {"TMPDIR": str(scratch)}, stdout=subprocess.PIPE, text=True,
        **{"stderr": subprocess.PIPE} | options,
    )  # fmt: skip


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("words", [(), ("--scheduler", "local")])
def test_no_room_for_parts_is_an_error_and_leaves_nothing(town, tmp_path, scratch, words):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    out = tmp_path / "out"
    out.mkdir()
    process = command(town, scratch, out / "lots.geojson", *words, preexec_fn=small)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 3, said
    assert re.fullmatch(rf"{scratch}/\S+: File too large: .* make room, .* TMPDIR\n", said)
    assert not list(out.iterdir())


@pytest.mark.parametrize("words", [(), ("--scheduler", "local")])
@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_ctrl_c_ends_at_once_and_leaves_nothing(
    town, tmp_path, scratch, words, kill, wrong, faults
):
    psutil = pytest.importorskip("psutil")
    wrong("slow")
    out = tmp_path / "out"
    out.mkdir()
    process = command(town, scratch, out / "lots.geojson", *words)
    deadline = time.monotonic() + 60
    while not (faults / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=20)[
        1
    ]  # a part takes a minute; see docs/scale.md for how long
    assert (process.returncode, said.strip()) == (130, "stopped")
    alive = psutil.wait_procs(children, 1)[1]  # where nobody asks for their end they are zombies
    assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    assert not list(out.iterdir())


def test_progress_is_shown_on_a_terminal_only(town, tmp_path, scratch, faults):
    assert faults
    ours, theirs = pty.openpty()
    process = command(town, scratch, tmp_path / "lots.geojson", stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while more := os.read(ours, 4096):
            said += more
    except OSError:  # nobody holds the other end any more
        os.close(ours)
    assert process.wait(60) == 0
    assert re.search(rb"\d/\d+ .*\d\.\d/s", said), said
    assert re.search(rb"\d:\d\d:\d\d", said), said
    process = command(town, scratch, tmp_path / "lots.geojson")
    assert not re.search(r"\d/s|\d:\d\d:\d\d", process.communicate(timeout=60)[1])


def test_no_scheduler_at_an_address_is_an_error(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_S", 0.5)
    for address in ("tcp://127.0.0.1:9", "nowhere", "no://where", ""):
        with pytest.raises(UsageError, match="no scheduler answers"), on_dask(address):
            pass


def test_a_worker_that_does_not_see_the_files_is_an_error(monkeypatch, workers):
    address = workers(2)
    monkeypatch.setattr(cluster, "scratch", lambda: nullcontext("/no/such/folder"))
    said = r"does not see /no/such/folder: .* TMPDIR"
    with pytest.raises(UsageError, match=said), on_dask(address):
        pass


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'pingshan-geo\[dask\]'"), on_dask("local"):
        pass
