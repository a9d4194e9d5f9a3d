"""The command line: words in, exit status out; computes nothing.

Data goes to stdout, all else to stderr. Exit status: 0 done, 1 a gate was not met, 2 wrong usage,
3 input that cannot be used, 4 a fault of the program.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pingshan_geo import __version__
from pingshan_geo.errors import InputError, PingshanGeoError

if TYPE_CHECKING:
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.catalogue import Catalogue

TRACEBACK = "PINGSHAN_GEO_TRACEBACK"
GATE_NOT_MET, BUG, STOPPED = 1, 4, 130


@dataclass(frozen=True)
class Session:
    """The options that stand before the command."""

    catalogue: str | None
    lang: str

    def load(self) -> Catalogue:
        """Return the chosen catalogue; its warnings are told by `check` and the reports."""
        from pingshan_geo.catalogue import load_catalogue

        return load_catalogue(self.catalogue)

    def assess(self, as_of: str | None = None) -> Assessment:
        """Return the assessment of the chosen catalogue."""
        from pingshan_geo.assessment import assess

        return assess(self.load(), as_of)


class Sections(click.Group):
    """A group whose help lists its commands in sections, and loads a command when it is run."""

    sections: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Use", ("build", "report", "map", "export", "why")),
        ("Trust", ("check",)),
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
        from pingshan_geo.cli import trust, use

        commands = {
            "build": use.build,
            "report": use.report,
            "map": use.map_,
            "export": use.export,
            "why": use.why,
            "check": trust.check,
        }
        return commands.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections."""
        for title, names in self.sections:
            with formatter.section(title):
                known = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(n, each.get_short_help_str(70)) for n, each in known if each])


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--catalogue", metavar="DIR",
    help="Folder of a catalogue; without it the Pingshan catalogue of the package.",
)  # fmt: skip
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True,
    help="Language of tables, headings and messages.",
)  # fmt: skip
@click.version_option(__version__, "--version", prog_name="pingshan-geo")
@click.pass_context
def cli(ctx: click.Context, catalogue: str | None, lang: str) -> None:
    """Parcels, zones, land auctions and targets of a district: areas, floor area ratios and
    completion rates, each with its bounds and the place where it was printed.

    Exit status: 0 done, 1 a gate was not met, 2 wrong usage, 3 input that cannot be used,
    4 a fault of the program.
    """  # noqa: D205 -- the help shows this text as one paragraph
    ctx.obj = Session(catalogue, lang)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Words after the program's name; those of the process without.
    """
    words = sys.argv[1:] if arguments is None else arguments
    lang = "zh" if "zh" in _option(words, "--lang") else "en"
    try:
        status = cli.main(words, prog_name="pingshan-geo", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("stopped" if lang == "en" else "已中止")
        return STOPPED
    except BrokenPipeError:
        # The reader has gone: nothing is left to say, and the interpreter must not try to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except InputError as error:
        for finding in error.findings:
            _say(finding.line(lang))
        return error.exit_status
    except PingshanGeoError as error:
        _say(str(error))
        return error.exit_status
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        name = type(error).__name__
        _say(f"a fault of pingshan-geo: {name}: {error} (set {TRACEBACK}=1 for the traceback)")
        return BUG
    return status if isinstance(status, int) else 0


def _option(words: list[str], name: str) -> list[str]:
    """Return the values of an option, as far as they can be told before parsing."""
    after = [words[at + 1] for at, word in enumerate(words[:-1]) if word == name]
    return after + [word.split("=", 1)[1] for word in words if word.startswith(f"{name}=")]


def _say(message: str) -> None:
    from pingshan_geo.findings import printable

    click.echo("\n".join(printable(line) for line in message.splitlines()), err=True)
