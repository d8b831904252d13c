"""`briefing prompts`: what models are asked, and whether files of your own are right."""

import sys
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from briefing.write.families import Source
    from briefing.write.prompts import Prompts

app = typer.Typer(help="What models are asked.", no_args_is_help=True, rich_markup_mode=None)
Folder = Annotated[
    Path | None,
    typer.Option("--prompts", help="Folder with prompt families of your own."),
]
_SENTENCES = (
    "The council of Port Alder voted on Tuesday to keep the ferry.",
    "It had proposed the closure in October.",
)
_WORDS = 12


@app.command("list")
def list_(prompts: Folder = None) -> None:
    """All families: name, where the file is, the models it is for, a description.

    Exit code 1 when a file is wrong; the others are listed all the same.
    """
    from briefing.write.families import sources
    from briefing.write.prompt_file import read_family
    from briefing.write.prompts import Prompts

    wrong = 0
    for source in sources(_folder(prompts)):
        family = read_family(source.file)
        where = f"{_where(source)}{' (instead of the shipped one)' if source.hides else ''}"
        if isinstance(family, Prompts):
            print(source.name, where, ", ".join(family.models), family.description, sep="\t")
        else:
            wrong += 1
            print(source.name, where, "", "wrong; see 'briefing prompts check'", sep="\t")
    if wrong:
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A family, or a model: its name or folder.")],
    prompts: Folder = None,
) -> None:
    """What a family, or the family that a model gets, asks; with an example of each section."""
    from briefing.write.families import choose, sources
    from briefing.write.prompt_file import load_family

    folder = _folder(prompts)
    named = next((source for source in sources(folder) if source.name == name), None)
    if named:
        print(f"family: {named.name}, {_where(named)}")
        _describe(load_family(named.file))
        return
    called, kind = _on_this_machine(name)
    chosen = choose(called, kind or "", folder)
    source = chosen.source
    if kind is None and not chosen.pattern.strip("*"):
        print(
            f"briefing: {name} is no family and no model on this machine, so its architecture is "
            f"not known; fetch it first with 'briefing models pull {name}'",
            file=sys.stderr,
        )
    print(f"family: {source.name}, {_where(source)}, since '{chosen.pattern}' fits {name}")
    _describe(chosen.prompts)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|FOLDER]...", exists=True, help="Default: all families in use."
        ),
    ] = None,
    prompts: Folder = None,
) -> None:
    """Look through prompt files: each fault with file, line and remedy; then exit code 1."""
    from briefing.write.prompt_file import Fault, claimed_twice, read_family
    from briefing.write.prompts import Prompts

    right: list[tuple[Traversable, Prompts]] = []
    faults: list[Fault] = []
    for file in _files(paths, prompts):
        found = read_family(file)
        if isinstance(found, Prompts):
            right.append((file, found))
        else:
            faults += found
    faults += claimed_twice(right)
    for fault in faults:
        print(fault)
    wrong = {fault.source for fault in faults}
    good = sum(str(file) not in wrong for file, _ in right)
    print(f"{good} prompt files are right, {len(wrong)} wrong", file=sys.stderr)
    if faults:
        raise typer.Exit(1)


def _files(paths: list[Path] | None, prompts: Path | None) -> Iterator[Traversable]:
    from briefing.errors import PromptError
    from briefing.write.families import sources

    if not paths:
        yield from (source.file for source in sources(_folder(prompts)))
    for path in paths or ():
        if path.is_dir():
            found = sorted(path.glob("*.toml"))
            if not found:
                raise PromptError(f"{path} holds no prompt files (*.toml); name another folder")
            yield from found
        else:
            yield path


def _folder(given: Path | None) -> Path | None:
    from briefing.config import load_settings

    return load_settings(prompts=given).prompts_folder


def _on_this_machine(model: str) -> tuple[str, str | None]:
    """The model's name, without the folders above it, and its architecture; None: not here."""
    from briefing.errors import ModelError
    from briefing.models import identify

    try:
        found = identify(model)
        return found.name, found.architecture
    except ModelError:
        return model, None


def _where(source: "Source") -> str:
    return str(source.file) if source.own else "shipped"


def _describe(family: "Prompts") -> None:
    reads = {"plan": "the planned sentences of each line", "article": "the article, as far as fits"}
    print(f"description: {family.description}")
    print(f"models: {', '.join(family.models)}")
    print(f"reads: {reads[family.reads]}, at most {family.max_input} tokens")
    print(f"languages: {', '.join(family.languages)}")
    for section, asked in family.sections.items():
        settings = asked.decoding
        print(f"\n[{section.value}]")
        print(
            f"beams {settings.beam}, candidates {settings.n_best}, tokens {settings.min_tokens} to "
            f"{settings.max_tokens}, length penalty {settings.length_penalty:g}, patience "
            f"{settings.patience:g}, repetition penalty {settings.repetition_penalty:g}, "
            f"n-grams that may not come twice: {settings.no_repeat_ngram or 'none'}"
        )
        for template, example in zip(
            asked.templates, family.fill(section, _SENTENCES, _WORDS), strict=True
        ):
            print(f"template: {template!r}\nexample:  {example!r}")
