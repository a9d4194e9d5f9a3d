"""Streams of the program, whatever it was begun with."""

from __future__ import annotations

import io
import os
import sys


def set_up_streams() -> None:
    """Make stdout UTF-8, as all that is written is, whatever the locale; a closed one is dropped.

    Then no character of a report is one that cannot be written, and no file that is opened gets the
    number of a closed stream, into which others write.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the first number that is free
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 -- to the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Let the interpreter write what is left for a stdout that cannot take it to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
