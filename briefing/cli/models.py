"""`briefing models`, `briefing prompts` and `briefing doctor`: what can be used here.

Models are listed, fetched and converted, prompt families checked; the doctor looks at the
environment and briefs a sample.
"""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.options import (
    EndpointUrl,
    Model,
    WhichBackend,
    WhichDevice,
    WhichVerifier,
    progress_bar,
)

if TYPE_CHECKING:
    from briefing import Brief
    from briefing.briefer import Briefer
    from briefing.writing import PromptSource
    from briefing.writing.prompt_file import Prompts

models_app = typer.Typer(
    help="List, fetch and convert models.", no_args_is_help=True, rich_markup_mode=None
)


_Folder = Annotated[
    Path | None,
    typer.Option("--prompts", help="Folder of custom prompt families."),
]


@models_app.command("list")
def models_list() -> None:
    """List the bundled model and those in the local Hugging Face cache."""
    from briefing.models.folder import cached_models, find_model

    for name in ["bundled", *cached_models()]:
        folder = find_model(name)
        form = "ctranslate2" if folder.has_converted else "transformers"
        print(f"{name}\t{form}\t{folder.path}")


@models_app.command("info")
def models_info(
    name: Annotated[str, typer.Argument(help="bundled, a folder or a cached name.")] = "bundled",
    prompts: _Folder = None,
) -> None:
    """Show a model's architecture, location and prompt family."""
    import json

    from briefing.models.folder import describe_folder, find_model
    from briefing.writing import choose_source

    folder = find_model(name)
    folder.check()
    shown = describe_folder(folder)
    chosen = choose_source(folder.name, str(shown["type"] or ""), _folder(prompts))
    shown["prompts"] = chosen.source.name
    print(json.dumps(shown, indent=2, ensure_ascii=False))


@models_app.command("pull")
def models_pull(
    name: Annotated[str, typer.Argument(help="OWNER/MODEL on the Hugging Face Hub.")],
    revision: Annotated[
        str | None, typer.Option(help="A branch, tag or commit; default: the main branch.")
    ] = None,
) -> None:
    """Download a model. An interrupted download resumes when the command is run again."""
    from briefing.models.hub import pull

    try:
        with progress_bar("Fetching", of_bytes=True) as progress:
            pulled = pull(name, revision, progress)
    except KeyboardInterrupt:
        print("briefing: interrupted; run the command again to resume", file=sys.stderr)
        raise typer.Exit(130) from None
    model = f"{name}@{revision}" if revision else name
    size = f"{pulled.bytes / 1e6:.1f} MB fetched" if pulled.bytes else "already downloaded"
    print(f"{pulled.path}: {size}")
    print(
        f"use it with --model {model}; faster on the CPU: "
        f"briefing models convert {model} -o FOLDER, then --model FOLDER",
        file=sys.stderr,
    )


@models_app.command("convert")
def models_convert(
    name: Annotated[str, typer.Argument(help="A model folder or a cached Hugging Face name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Output folder.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing folder.")] = False,
) -> None:
    """Convert a model to int8 for the CPU back end and compare it with the original."""
    from briefing.models.convert import convert

    converted = convert(name, output, force)
    print(f"{converted.path}: compared with transformers:")
    print(f"float32: {converted.float32}\nint8: {converted.int8}")


prompts_app = typer.Typer(
    help="List, show and check prompt families.", no_args_is_help=True, rich_markup_mode=None
)
_SENTENCES = (
    "The council of Port Alder voted on Tuesday to keep the ferry.",
    "It had proposed the closure in October.",
)
_WORDS = 12


@prompts_app.command("list")
def list_prompts(prompts: _Folder = None) -> None:
    """List the prompt families: name, file, models, description. Exit code 1 on an invalid file."""
    from briefing.writing import prompt_sources
    from briefing.writing.prompt_file import Prompts, read_family

    invalid = 0
    for source in prompt_sources(_folder(prompts)):
        family = read_family(source.file)
        where = f"{_where(source)}{' (instead of the shipped one)' if source.hides else ''}"
        if isinstance(family, Prompts):
            print(source.name, where, ", ".join(family.models), family.description, sep="\t")
        else:
            invalid += 1
            print(source.name, where, "", "invalid; run 'briefing prompts check'", sep="\t")
    if invalid:
        raise typer.Exit(1)


@prompts_app.command("show")
def show_prompt(
    name: Annotated[str, typer.Argument(help="A family, or a model's name or folder.")],
    prompts: _Folder = None,
) -> None:
    """Show a prompt family, or that of a model, with an example of each section."""
    from briefing.writing import choose_source, prompt_sources
    from briefing.writing.prompt_file import load_family

    folder = _folder(prompts)
    named = next((source for source in prompt_sources(folder) if source.name == name), None)
    if named:
        print(f"family: {named.name}, {_where(named)}")
        _describe(load_family(named.file))
        return
    model, architecture = _on_this_machine(name)
    chosen = choose_source(model, architecture or "", folder)
    source = chosen.source
    if architecture is None and not chosen.pattern.strip("*"):
        print(
            f"briefing: {name} is neither a prompt family nor a local model, so its architecture "
            f"is unknown; fetch it first with 'briefing models pull {name}'",
            file=sys.stderr,
        )
    print(f"family: {source.name}, {_where(source)}, since '{chosen.pattern}' fits {name}")
    _describe(chosen.prompts)


@prompts_app.command("check")
def check_prompts(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|FOLDER]...", exists=True, help="Default: all prompt families."
        ),
    ] = None,
    prompts: _Folder = None,
) -> None:
    """Validate prompt files; print the file, line and remedy of each error. Exit code 1 on any."""
    from briefing.writing.prompt_file import PromptFault, Prompts, claimed_twice, read_family

    parsed: list[tuple[Traversable, Prompts]] = []
    faults: list[PromptFault] = []
    for file in _files(paths, prompts):
        family = read_family(file)
        if isinstance(family, Prompts):
            parsed.append((file, family))
        else:
            faults += family
    faults += claimed_twice(parsed)
    for fault in faults:
        print(fault)
    invalid = {fault.source for fault in faults}
    valid = sum(str(file) not in invalid for file, _ in parsed)
    print(f"{valid} prompt files valid, {len(invalid)} invalid", file=sys.stderr)
    if faults:
        raise typer.Exit(1)


def _files(paths: list[Path] | None, prompts: Path | None) -> Iterator[Traversable]:
    from briefing.errors import PromptError
    from briefing.writing import prompt_sources

    if not paths:
        yield from (source.file for source in prompt_sources(_folder(prompts)))
    for path in paths or ():
        if path.is_dir():
            files = sorted(path.glob("*.toml"))
            if not files:
                raise PromptError(f"{path} has no prompt files (*.toml); choose another folder")
            yield from files
        else:
            yield path


def _folder(prompts: Path | None) -> Path | None:
    from briefing.config import load_settings

    return load_settings(prompts=prompts).prompts_folder


def _on_this_machine(model: str) -> tuple[str, str | None]:
    """Return the model's name, without parent folders, and its architecture (None if not local)."""
    from briefing.errors import ModelError
    from briefing.models import identify

    try:
        identity = identify(model)
        return identity.name, identity.architecture
    except ModelError:
        return model, None


def _where(source: "PromptSource") -> str:
    return str(source.file) if source.own else "shipped"


def _describe(family: "Prompts") -> None:
    reads = {"plan": "the planned sentences of each line", "article": "the article, as far as fits"}
    print(f"description: {family.description}")
    print(f"models: {', '.join(family.models)}")
    print(f"reads: {reads[family.reads]}, at most {family.max_input} tokens")
    print(f"languages: {', '.join(family.languages)}")
    for section, prompt in family.sections.items():
        settings = prompt.decoding
        print(f"\n[{section.value}]")
        print(
            f"beams {settings.beam}, candidates {settings.n_best}, tokens {settings.min_tokens} to "
            f"{settings.max_tokens}, length penalty {settings.length_penalty:g}, patience "
            f"{settings.patience:g}, repetition penalty {settings.repetition_penalty:g}, "
            f"no-repeat n-gram size {settings.no_repeat_ngram or 'none'}"
        )
        for template, example in zip(
            prompt.templates, family.fill(section, _SENTENCES, _WORDS), strict=True
        ):
            print(f"template: {template!r}\nexample:  {example!r}")


PACKAGES = ("ctranslate2", "tokenizers", "torch", "transformers", "trafilatura", "fastapi")
OWN_MODELS = frozenset({"torch", "transformers"})
"""Packages that only custom models need; the bundled model runs without them."""
SAMPLE = (
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island, which has run "
    "since 1931. The council had planned to close the route in May to save 400,000 dollars a "
    "year. Turnout was 61 percent, the highest in two decades. Mayor Ines Calder said the result "
    "would be respected. The route lost half of its passengers after a bridge opened in 2009."
)
"""Without a title: a plain one would be the headline, whatever the model writes."""
_REFUSED = re.compile(r"(\d+) of the \1 lines that the model wrote did not pass")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnostic; ``ok`` is None for plain information."""

    name: str
    value: str
    ok: bool | None = None


def examine(briefer: "Briefer") -> Iterator[Diagnosis]:
    """Yield versions, devices, the model, and the result of briefing a built-in sample."""
    import platform

    from briefing import __version__
    from briefing.models.backend import cores

    yield Diagnosis("briefing", __version__)
    yield Diagnosis("python", f"{platform.python_version()} on {platform.platform()}")
    yield Diagnosis("cores", str(cores()))
    yield Diagnosis("GPU", _gpu())
    for name in PACKAGES:
        yield _package(name)
    yield from _self_test(briefer)


def _gpu() -> str:
    from briefing.models import gpu_driver_present, gpus, mps_possible

    if gpu_driver_present():
        names = ", ".join(f"{g.name} ({g.gigabytes:.0f} GB, {g.dtype})" for g in gpus())
        return names or "NVIDIA driver found, but the installed torch cannot use it"
    return "Apple silicon" if mps_possible() else "none found; using the CPU"


def _package(name: str) -> Diagnosis:
    from importlib import metadata
    from importlib.util import find_spec

    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        if name in OWN_MODELS:
            return Diagnosis(name, "not installed; only custom models need it")
        return Diagnosis(name, "missing; run 'pip install briefing-local' again", ok=False)
    return Diagnosis(name, installed, ok=find_spec(name) is not None)


def _self_test(briefer: "Briefer") -> Iterator[Diagnosis]:
    from briefing.errors import BriefingError
    from briefing.reading import article_from_text

    start = time.perf_counter()
    try:
        brief = briefer.brief(article_from_text(SAMPLE, title=""))
    except BriefingError as error:
        yield Diagnosis("self-test", str(error), ok=False)
        return
    model = brief.model
    yield Diagnosis("model", f"{model.name} {model.revision}, {model.backend} {model.dtype}")
    yield Diagnosis("device", f"{model.device} ({model.reason})")
    if briefer.trouble:
        yield Diagnosis("self-test", briefer.trouble, ok=False)
        return
    if failure := _failure(brief):
        yield Diagnosis("self-test", failure, ok=False)
        return
    good = brief.headline is not None and all(line.support > 0 for line in brief.lines)
    seconds = time.perf_counter() - start
    headline = brief.headline.text if brief.headline else "no headline"
    yield Diagnosis("self-test", f"{headline!r} in {seconds:.2f} s, including model loading", good)
    bundled = briefer.verifier == "bundled"  # another verifier runs on torch
    if "torch" in sys.modules and model.backend == "ctranslate2" and bundled:
        yield Diagnosis("torch", "imported although the CPU back end does not need it", ok=False)


def _failure(brief: "Brief") -> str:
    """Why the model is of no use: it wrote nothing, or nothing that passed; empty if it did."""
    remedy = (
        "its weights may be untrained or damaged, or its prompts not those that it was trained on: "
        "see 'briefing models info' and docs/models.md"
    )
    for warning in brief.warnings:
        if refused := _REFUSED.match(warning):
            return (
                f"none of the {refused[1]} lines that the model wrote passed the checks; {remedy}"
            )
        if warning.startswith("The model wrote no lines"):
            return f"the model wrote no lines; {remedy}"
    return ""


def doctor_command(
    model: Model = None,
    endpoint: EndpointUrl = None,
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
    backend: WhichBackend = None,
) -> None:
    """Show versions, devices and the model, and run a self-test. Exit code 3 on a failure."""
    from briefing.briefer import Briefer
    from briefing.config import load_settings

    settings = load_settings(
        model=model, device=device, backend=backend, endpoint=endpoint, verifier=verifier
    )
    bad = 0
    for finding in examine(Briefer.of(settings)):
        mark = {True: "ok ", False: "BAD", None: "   "}[finding.ok]
        print(f"{mark} {finding.name}: {finding.value}")
        bad += finding.ok is False
    if bad:
        raise typer.Exit(3)
