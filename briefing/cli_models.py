"""`briefing models`: what can be used, what it is, and a form of it for the CPU."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli_progress import bar

app = typer.Typer(help="Models that can be used.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def models_list() -> None:
    """The bundled model and those in the local Hugging Face cache."""
    from briefing.models.folder import cached_models, find_model

    for name in ["bundled", *cached_models()]:
        folder = find_model(name)
        form = "ctranslate2" if folder.has_converted else "transformers"
        print(f"{name}\t{form}\t{folder.path}")


@app.command("info")
def models_info(
    name: Annotated[str, typer.Argument(help="bundled, folder or name.")] = "bundled",
) -> None:
    """What a model is, where it is, and what it is asked."""
    import json

    from briefing.models.convert import describe
    from briefing.models.folder import find_model

    folder = find_model(name)
    folder.check()
    print(json.dumps(describe(folder), indent=2, ensure_ascii=False))


@app.command("pull")
def models_pull(
    name: Annotated[str, typer.Argument(help="OWNER/MODEL at the Hugging Face hub.")],
    revision: Annotated[
        str | None, typer.Option(help="A branch, tag or commit; default: the main branch.")
    ] = None,
) -> None:
    """Fetch a model, with progress on a terminal. Broken off? Run it again, it goes on."""
    from briefing.models.pull import pull

    try:
        with bar("Fetching", of_bytes=True) as progress:
            made = pull(name, revision, progress)
    except KeyboardInterrupt:
        print("briefing: interrupted; run it again to go on where it was", file=sys.stderr)
        raise typer.Exit(130) from None
    called = f"{name}@{revision}" if revision else name
    came = f"{made.bytes / 1e6:.1f} MB fetched" if made.bytes else "all of it was there already"
    print(f"{made.path}: {came}")
    print(
        f"use it with --model {called}; faster on the CPU: "
        f"briefing models convert {called} -o FOLDER, then --model FOLDER",
        file=sys.stderr,
    )


@app.command("convert")
def models_convert(
    name: Annotated[str, typer.Argument(help="A model folder or a cached Hugging Face name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Convert a model for the CPU back end (int8) and compare it with the original."""
    from briefing.models.convert import convert

    made = convert(name, output, force)
    print(f"{made.path}: compared with transformers:")
    print(f"float32: {made.float32}\nint8: {made.int8}")
