"""The child process: one task, then the end. Its environment was set before GDAL is loaded."""

from __future__ import annotations

import json
import sys
from typing import Any

import pyarrow as pa
import pyogrio
import pyogrio.raw


def _write(task: dict[str, Any]) -> None:
    with pa.ipc.open_stream(sys.stdin.buffer) as stream:
        pyogrio.raw.write_arrow(stream, **task)


def _read(task: dict[str, Any], driver: str) -> None:
    # Only the named driver may look at the file: GDAL would choose another by content.
    others = set(pyogrio.list_drivers()) - {driver, "MEM"}
    if others:
        sys.exit(f"drivers that nobody switched off: {', '.join(sorted(others))}")
    about, table = pyogrio.raw.read_arrow(task["path"])
    kept = {key: about[key] for key in ("crs", "geometry_type", "geometry_name")}
    table = table.replace_schema_metadata({"pingshan_geo": json.dumps(kept)})
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)


def main() -> None:
    """Do the task that stands on the command line: ``write`` or ``read``, and its JSON."""
    verb, task = sys.argv[1], json.loads(sys.argv[2])
    try:
        if verb == "write":
            _write(task)
        else:
            _read(task, task["driver"])
    except Exception as error:  # whatever GDAL says is handed on in one line
        sys.exit(" ".join(str(error).split()) or type(error).__name__)


if __name__ == "__main__":
    main()
