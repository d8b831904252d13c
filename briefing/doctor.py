"""A look at what is installed and a self-test: what ``briefing doctor`` prints."""

import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from briefing import __version__
from briefing.briefer import Briefer
from briefing.errors import BriefingError
from briefing.models.ct2 import cores
from briefing.models.device import gpu_driver_present, gpus, mps_possible
from briefing.read import article_from_text

PACKAGES = ("ctranslate2", "tokenizers", "torch", "transformers", "trafilatura", "fastapi")
SAMPLE = (
    "Harbour town votes to keep its ferry\n\n"
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island, which has run "
    "since 1931. The council had planned to close the route in May to save 400,000 dollars a "
    "year. Turnout was 61 percent, the highest in two decades. Mayor Ines Calder said the result "
    "would be respected. The route lost half of its passengers after a bridge opened in 2009."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination: ``ok`` is None for plain information."""

    name: str
    value: str
    ok: bool | None = None


def examine(briefer: Briefer) -> Iterator[Finding]:
    """Versions, devices, the model, and a brief of a built-in sample."""
    yield Finding("briefing", __version__)
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("cores", str(cores()))
    yield Finding("GPU", _gpu())
    for name in PACKAGES:
        yield _package(name)
    yield from _self_test(briefer)


def _gpu() -> str:
    if gpu_driver_present():
        found = gpus()
        named = ", ".join(f"{g.name} ({g.gigabytes:.0f} GB, {g.dtype})" for g in found)
        return named or "NVIDIA driver found, but the installed torch cannot use it"
    return "Apple silicon" if mps_possible() else "none found, the CPU is used"


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, "missing; run 'pip install briefing' again", ok=False)
    return Finding(name, found, ok=find_spec(name) is not None)


def _self_test(briefer: Briefer) -> Iterator[Finding]:
    began = time.perf_counter()
    try:
        brief = briefer.brief(article_from_text(SAMPLE))
    except BriefingError as error:
        yield Finding("self-test", str(error), ok=False)
        return
    model = brief.model
    yield Finding("model", f"{model.name} {model.revision}, {model.backend} {model.dtype}")
    yield Finding("device", f"{model.device} ({model.reason})")
    good = brief.headline is not None and all(line.support > 0 for line in brief.lines)
    seconds = time.perf_counter() - began
    headline = brief.headline.text if brief.headline else "no headline"
    yield Finding("self-test", f"{headline!r} in {seconds:.2f} s, model loading included", good)
    if "torch" in sys.modules and model.backend == "ctranslate2":
        yield Finding("torch", "imported on the CPU path, which it should not be", ok=False)
