"""A PostgreSQL server with PostGIS for the tests: of the system's packages, on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

# Nothing is kept, so nothing needs to reach the disk.
SETTINGS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off "
    "-c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c jit=off"
)


def _missing() -> str | None:
    if not _programs():
        return "no PostgreSQL server is installed (package postgresql)"
    share = subprocess.run(
        [_programs()[-1] / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
    ).stdout.strip()
    folders = [Path(share)] if share else list(Path("/usr/share/postgresql").glob("*"))
    if not any((folder / "extension" / "postgis.control").is_file() for folder in folders):
        return "PostGIS is not installed (package postgresql-…-postgis-3)"
    return None


def _programs() -> list[Path]:
    """Return the folders that hold the server's programs, the newest version last."""
    folders = {path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    if found := shutil.which("initdb"):
        folders.add(Path(found).resolve().parent)
    return sorted(folders, key=lambda each: [int(n) for n in each.parts if n.isdigit()])


_NUMBERS = count()


@pytest.fixture
def postgis_url(postgis_server: str) -> str:
    """Return the address of an empty database with PostGIS, made for one test."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(f"{postgis_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE gis")
    return f"{postgis_server}/{name}"


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[str]:
    """Give the address of a server on loopback; the password in it is of no use."""
    if reason := _missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    programs = _programs()[-1]
    folder = Path(tempfile.mkdtemp(prefix="postgis-"))
    user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "nobody")
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(name: str, *words: str) -> None:
        subprocess.run(
            [*user, programs / name, *words],
            check=True, cwd=folder, env={"PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
        )  # fmt: skip

    data = ["-D", str(folder / "data")]
    try:
        run("initdb", *data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        run(
            "pg_ctl", *data, "-w", "-l", str(folder / "log"), "-o", f"{SETTINGS} -p {port}", "start"
        )
        server = f"postgresql://tester:s3cret@127.0.0.1:{port}"
        run("psql", f"{server}/postgres", "-qc", "CREATE DATABASE gis")
        run("psql", f"{server}/gis", "-qc", "CREATE EXTENSION postgis")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", *data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
