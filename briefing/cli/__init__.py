"""Command-line interface. Commands import heavy modules only when they run."""

import errno
import gc
import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from briefing import __version__
from briefing.cli.brief import batch_command, brief_command, check_command, read_command
from briefing.cli.digest import digest_app as digest_app
from briefing.cli.models import doctor_command, prompts_app
from briefing.cli.models import models_app as models_app
from briefing.cli.service import keys_app, serve_command
from briefing.errors import FRONT_END, BriefingError


class _Commands(TyperGroup):
    """The commands; what is wrong with an option is said in words alone."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            from briefing.config import own_words

            error.message = own_words(error.message)
            raise


app = typer.Typer(
    name="briefing",
    cls=_Commands,
    help="Checked briefs of news articles by a local model: headline, key points, context.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(digest_app, name="digest")
app.add_typer(models_app, name="models")
app.add_typer(prompts_app, name="prompts")
app.add_typer(keys_app, name="keys")
app.command("brief")(brief_command)
app.command("read")(read_command)
app.command("batch")(batch_command)
app.command("check")(check_command)
app.command("serve")(serve_command)
app.command("doctor")(doctor_command)

GARBAGE = (20_000, 20, 50)
"""Garbage collector thresholds: planning and checking allocate many small objects and few cycles,
and took 10% longer with Python's defaults."""


_DEVICE_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG})


def main() -> None:
    """Run the command line and exit with code 0, 1, 2, 3 or 130."""
    FRONT_END.set("command line")
    if sys.stdin is None:  # a closed standard input is an empty one
        sys.stdin = open(os.devnull)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    gc.set_threshold(*GARBAGE)
    # The planner's matrices are small: a second BLAS thread does not speed it up, but spins on a
    # core that the model needs (a fifth of the time of a brief). The environment takes precedence.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BriefingError as error:
        _stop(str(error), error.exit_code)
    except BrokenPipeError:  # the reader of standard output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DEVICE_FAULTS:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (nor can it be at exit)
            _stop(f"cannot write the output: {error.strerror}", 2)
        _stop(f"internal error: {type(error).__name__}: {error}; please report it", 3)


def _stop(message: str, code: int) -> NoReturn:
    print(f"briefing: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version and exit.")
    ] = False,
) -> None:
    """Checked briefs of news articles by a local model: headline, key points, context."""
    if version:
        print(__version__)
        raise typer.Exit
