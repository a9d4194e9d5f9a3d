"""The command line with parts that go wrong, as the file ``what`` in the folder FAULTS says.

``once``: the process that has the fourth part is killed; ``always``: every one is that has a part;
``slow``: no part is ever done.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from pingshan_geo import cli
from pingshan_geo.work import Runner


def part(item: Any, work: Callable[[Any], Any]) -> Any:
    """Do a part, or not."""
    folder = Path(os.environ["FAULTS"])
    what, begun = folder / "what", folder / "begun"
    said = what.read_text() if what.exists() else ""
    with begun.open("a") as file:
        file.write(".")
    if said == "slow":
        time.sleep(60)
    if said == "once" and begun.stat().st_size > 3:
        with suppress(FileNotFoundError):
            what.unlink()  # only one process can
            os.kill(os.getpid(), signal.SIGKILL)
    if said == "always":
        os.kill(os.getpid(), signal.SIGKILL)
    return work(item)


def faulty(run: Runner) -> Runner:
    """Return a runner whose parts go wrong."""
    return partial(_run, run=run)


def _run(work: Callable[[Any], Any], items: Iterable[Any], run: Runner) -> Iterator[Any]:
    listed = list(items)
    return run(partial(part, work=work), listed)


def take_over() -> None:
    """Have the command line do all in parts, however few rows there are."""
    before = cli.Session.parts

    def parts(self: cli.Session) -> dict[str, Any]:
        return {"run": faulty(before(self)["run"]), "bulk_rows": 1}

    cli.Session.parts = parts  # type: ignore[method-assign]


if __name__ == "__main__":
    from tests import faulty as here  # which other processes can import

    # Shells have what they put into the background ignore Ctrl-C, and so what that begins.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    here.take_over()
    sys.exit(cli.main())
