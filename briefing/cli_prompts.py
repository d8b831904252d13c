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
    """All families: name, where the file is, the models it is for, a description."""
    from briefing.write.families import sources
    from briefing.write.prompt_file import load_family

    for source in sources(_folder(prompts)):
        family = load_family(source.file)
        where = f"{_where(source)}{' (instead of the shipped one)' if source.hides else ''}"
        print(f"{source.name}\t{where}\t{', '.join(family.models)}\t{family.description}")


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
    chosen = choose(name, _model_type(name), folder)
    source = chosen.source
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
    from briefing.write.prompt_file import read_family
    from briefing.write.prompts import Prompts

    right = wrong = 0
    for file in _files(paths, prompts):
        found = read_family(file)
        if isinstance(found, Prompts):
            right += 1
            continue
        wrong += 1
        for fault in found:
            print(fault)
    print(f"{right} prompt files are right, {wrong} wrong", file=sys.stderr)
    if wrong:
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


def _model_type(model: str) -> str:
    """The model's architecture where the model is on this machine, else nothing."""
    from briefing.errors import ModelError
    from briefing.models.folder import find_model

    try:
        return str(find_model(model).config.get("model_type", ""))
    except ModelError:
        return ""


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
