"""The command line: words in, exit status out; computes nothing.

Data goes to stdout, all else to stderr. Exit status: 0 done, 1 a gate was not met, 2 wrong usage,
3 input that cannot be used or output that cannot be written, 4 a fault of the program, 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click
from click.core import ParameterSource

from pingshan_geo import __version__
from pingshan_geo.cli.streams import drop_output, set_up_streams
from pingshan_geo.errors import OutputError, PingshanGeoError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pingshan_geo.assessment import Assessment
    from pingshan_geo.catalogue import Catalogue
    from pingshan_geo.work import Runner

TRACEBACK = "PINGSHAN_GEO_TRACEBACK"
GATE_NOT_MET, STOPPED = 1, 130
# A full disk, a broken device: what a redirected stdout may answer.
_STDOUT_FAILS = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF}


@dataclass(frozen=True)
class Session:
    """The options that stand before the command."""

    catalogue: str | None
    lang: str
    scheduler: str | None = None

    def load(self) -> Catalogue:
        """Return the chosen catalogue; its warnings are told by `check` and the reports."""
        from pingshan_geo.catalogue import load_catalogue

        return load_catalogue(self.catalogue, **self.parts())

    def parts(self) -> dict[str, Any]:
        """Return who does the parts of a large catalogue, and from how many parcels on."""
        from pingshan_geo.work import in_processes

        if self.scheduler is None:
            return {"run": shown(in_processes)}
        from pingshan_geo.cluster import on_dask

        run = click.get_current_context().with_resource(on_dask(self.scheduler))
        return {"run": shown(run), "bulk_rows": 1}

    def assess(self, as_of: str | None = None, **outlines: Any) -> Assessment:
        """Return the assessment of the chosen catalogue; see `assessed`."""
        return assessed(self.load(), as_of, **outlines)


def assessed(
    catalogue: Catalogue,
    as_of: str | None = None,
    allocate: Literal["dominant", "area"] = "dominant",
    *,
    expect_tiling: bool = False,
    survey_tolerance: str | None = None,
) -> Assessment:
    """Return the assessment of a catalogue by the words of `outline_options`."""
    from pingshan_geo.assessment import assess
    from pingshan_geo.catalogue.tolerance import parsed_tolerance

    tolerance = parsed_tolerance(survey_tolerance) if survey_tolerance is not None else None
    return assess(
        catalogue, as_of, allocate=allocate, expect_tiling=expect_tiling,
        survey_tolerance=tolerance,
    )  # fmt: skip


class OneOf(click.Choice[str]):
    """A choice among the names in a heavy module, which is imported when they are looked at.

    Parameters
    ----------
    module, name : str
        The package below `pingshan_geo`, and what it calls the list.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.list_name, self.case_sensitive = module, name, True

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names."""
        module = importlib.import_module(f"pingshan_geo.{self.module}")
        return tuple(getattr(module, self.list_name))


#: Module and name of each command.
_HOME = {
    "build": ("use", "build"), "report": ("use", "report"), "map": ("use", "map_"),
    "export": ("use", "export"), "why": ("use", "why"), "init": ("prepare", "init"),
    "import": ("importing", "import_"), "check": ("trust", "check"), "diff": ("compare", "diff"),
}  # fmt: skip


# Commands that do nothing part by part.
_ON_ONE_MACHINE = ("diff", "init", "import")


class Sections(click.Group):
    """A group whose help lists its commands in sections, and loads a command when it is run."""

    sections: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Use", ("build", "report", "map", "export", "why")),
        ("Prepare", ("init", "import")),
        ("Trust", ("check", "diff")),
    )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Return the names of all commands, in the order of the help."""
        return [name for _, names in self.sections for name in names]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 -- click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Return a command, importing its module."""
        if cmd_name not in _HOME:
            return None
        module, name = _HOME[cmd_name]
        home = importlib.import_module(f"pingshan_geo.cli.{module}")
        command: click.Command = getattr(home, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections."""
        for title, names in self.sections:
            with formatter.section(title):
                known = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(n, each.get_short_help_str(70)) for n, each in known if each])


table_or_json = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="Lines for people, or one JSON document.",
)  # fmt: skip


def outline_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how outlines are read."""
    options = (
        click.option(
            "--allocate", type=OneOf("assessment", "ALLOCATIONS"), default="dominant",
            show_default=True,
            help="Land that straddles zones counts whole in its dominant zone, or by area.",
        ),
        click.option(
            "--expect-tiling", is_flag=True,
            help="Parcels should cover the district: every gap is told, roads too.",
        ),
        click.option(
            "--survey-tolerance", metavar="TOLERANCE",
            help="How far measured areas may lie from recorded ones: 0.05m of each corner, 0.5%, "
            "or both with +; the catalogue's own without.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


ceiling_option = click.option(
    "--at-most", "at_most", multiple=True, metavar="NAME=N",
    help="Read a file that is larger than is read else; the message that refuses it says how.",
)  # fmt: skip


def given(names: Iterable[str]) -> list[str]:
    """Return which of the options of the running command somebody wrote, as they are written."""
    context = click.get_current_context()
    options = {each.name: each.opts[0] for each in context.command.params}
    unwritten = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    return [options[name] for name in names if context.get_parameter_source(name) not in unwritten]


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--catalogue",
    metavar="DIR",
    help="Folder of a catalogue; without it the Pingshan catalogue of the package.",
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True,
    help="Language of tables, headings and messages.",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS|local",
    help="Have parcels that are GeoParquet done part by part on a Dask cluster, or on workers of "
    "this machine; needs the extra dask.",
)  # fmt: skip
@click.version_option(__version__, "--version", prog_name="pingshan-geo")
@click.pass_context
def cli(ctx: click.Context, catalogue: str | None, lang: str, scheduler: str | None) -> None:
    """Parcels, zones, land auctions and targets of a district: areas, floor area ratios and
    completion rates, each with its bounds and the place where it was printed.

    Exit status: 0 done, 1 a gate was not met, 2 wrong usage, 3 input that cannot be used or output
    that cannot be written, 4 a fault of the program, 130 stopped by Ctrl-C.
    """  # noqa: D205 -- the help shows this text as one paragraph
    if scheduler is not None and ctx.invoked_subcommand in _ON_ONE_MACHINE:
        refuse_scheduler(str(ctx.invoked_subcommand))
    ctx.obj = Session(catalogue, lang, scheduler)


def refuse_scheduler(what: str) -> NoReturn:
    """Raise where something is never done on a cluster."""
    raise UsageError(
        f"{what} is done on this machine: leave --scheduler out",
        f"{what} 只在本机执行，请去掉 --scheduler",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Words after the program's name; those of the process without.
    """
    words = sys.argv[1:] if arguments is None else arguments
    lang = "zh" if "zh" in _option(words, "--lang") else "en"
    set_up_streams()
    try:
        status = cli.main(words, prog_name="pingshan-geo", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption):
            _tell_where_it_stands(error.option_name, lang)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("stopped" if lang == "en" else "已中止")
        return STOPPED
    except BrokenPipeError:
        # The reader has gone: nothing is left to say, and the interpreter must not try to.
        drop_output()
        return 0
    except PingshanGeoError as error:
        _say(error.message(lang))
        return error.exit_status
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _STDOUT_FAILS and not error.filename:
            drop_output()
            failure = OutputError(
                f"stdout: cannot be written: {error.strerror}",
                f"stdout：无法写入：{error.strerror}",
            )
            _say(failure.message(lang))
            return failure.exit_status
        if os.environ.get(TRACEBACK):
            raise
        said = f"{type(error).__name__}: {error}"
        fault = PingshanGeoError(
            f"a fault of pingshan-geo: {said} (set {TRACEBACK}=1 for the traceback)",
            f"pingshan-geo 程序故障：{said}（设 {TRACEBACK}=1 可看详情）",
        )
        _say(fault.message(lang))
        return fault.exit_status
    return status if isinstance(status, int) else 0


def echo(line: str, *, err: bool = False) -> None:
    """Write a line for people: text from data neither breaks it nor steers the terminal."""
    from pingshan_geo.findings import printable

    click.echo(printable(line), err=err)


def terminal(form: str, output: str | None) -> dict[str, Any]:
    """Return how wide a table may be and whether it may have colours, where it is looked at."""
    if form != "table" or output not in {None, "-"} or not sys.stdout.isatty():
        return {}
    return {"width": shutil.get_terminal_size().columns, "colour": "NO_COLOR" not in os.environ}


def refuse_target(output: str | None, form: str = "table") -> None:
    """Refuse what cannot be written to, before the work is done for it.

    Raises
    ------
    UsageError, OutputError
        As in `pingshan_geo.output.checked_target`, or if what is no text would go to a terminal.
    """
    from pingshan_geo.output import checked_target

    if output is not None and output != "-":
        checked_target(output)
    elif sys.stdout.isatty():
        from pingshan_geo.report import BINARY

        if form in BINARY:
            raise UsageError(
                f"{form} is not text: name a file with -o", f"{form} 不是文本，请用 -o 指定文件"
            )


def put(data: bytes | str | Iterable[bytes], output: str | None = None) -> None:
    """Write a report to a file, or to stdout if none is named.

    Raises
    ------
    UsageError, OutputError
        If the file cannot be written.
    """
    from pingshan_geo.output import write_whole

    content = data.encode(errors="backslashreplace") if isinstance(data, str) else data
    if output is not None and output != "-":
        write_whole(output, content)
        return
    for piece in (content,) if isinstance(content, bytes) else content:
        sys.stdout.buffer.write(piece)


@contextmanager
def steps(count: int) -> Iterator[Callable[[str], None]]:
    """Show progress on stderr, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=_console(), transient=True) as progress:
        task = progress.add_task("", total=count)
        yield lambda name: progress.update(task, advance=1, description=name)


@cache
def _console() -> Console:
    """Return the terminal: progress of parts stands below that of steps only if both have one."""
    from rich.console import Console

    return Console(stderr=True)


def shown(run: Runner) -> Runner:
    """Return a runner that shows on stderr, on a terminal only, how far its parts are."""
    return partial(_shown, run=run) if sys.stderr.isatty() else run


def _shown(work: Callable[[Any], Any], items: Iterable[Any], run: Runner) -> Iterator[Any]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    named = "[progress.percentage]{task.completed}/{task.fields[of]} {task.fields[rate]}"
    columns = (TextColumn(named), BarColumn(), TimeRemainingColumn())
    total = len(items) if isinstance(items, Sized) else None
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("", total=total, of="…" if total is None else total, rate="")
        start = time.monotonic()
        for count, made in enumerate(run(work, items), 1):
            progress.update(task, advance=1, rate=f"{count / (time.monotonic() - start):.1f}/s")
            yield made


def _tell_where_it_stands(option: str, lang: str) -> None:
    """Give a hint if an option of the program itself stands after the command."""
    if any(option in parameter.opts for parameter in cli.params):
        where = "stands before the command:" if lang == "en" else "应写在命令之前："
        _say(f"{option} {where} pingshan-geo {option} … COMMAND")


def _option(words: list[str], name: str) -> list[str]:
    """Return the values of an option, as far as they can be told before parsing."""
    after = [words[at + 1] for at, word in enumerate(words[:-1]) if word == name]
    return after + [word.split("=", 1)[1] for word in words if word.startswith(f"{name}=")]


def _say(message: str) -> None:
    from pingshan_geo.findings import printable

    with suppress(OSError):  # a stderr that takes nothing changes no exit status
        click.echo("\n".join(printable(line) for line in message.splitlines()), err=True)
