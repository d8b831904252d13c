"""Diagnostics and self-test of ``briefing doctor``."""

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
from briefing.models import gpu_driver_present, gpus, mps_possible
from briefing.models.ct2 import cores
from briefing.reading import article_from_text

PACKAGES = ("ctranslate2", "tokenizers", "torch", "transformers", "trafilatura", "fastapi")
OWN_MODELS = frozenset({"torch", "transformers"})
"""Packages that only custom models need; the bundled model runs without them."""
SAMPLE = (
    "Harbour town votes to keep its ferry\n\n"
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island, which has run "
    "since 1931. The council had planned to close the route in May to save 400,000 dollars a "
    "year. Turnout was 61 percent, the highest in two decades. Mayor Ines Calder said the result "
    "would be respected. The route lost half of its passengers after a bridge opened in 2009."
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnostic; ``ok`` is None for plain information."""

    name: str
    value: str
    ok: bool | None = None


def examine(briefer: Briefer) -> Iterator[Diagnosis]:
    """Yield versions, devices, the model, and the result of briefing a built-in sample."""
    yield Diagnosis("briefing", __version__)
    yield Diagnosis("python", f"{platform.python_version()} on {platform.platform()}")
    yield Diagnosis("cores", str(cores()))
    yield Diagnosis("GPU", _gpu())
    for name in PACKAGES:
        yield _package(name)
    yield from _self_test(briefer)


def _gpu() -> str:
    if gpu_driver_present():
        names = ", ".join(f"{g.name} ({g.gigabytes:.0f} GB, {g.dtype})" for g in gpus())
        return names or "NVIDIA driver found, but the installed torch cannot use it"
    return "Apple silicon" if mps_possible() else "none found; using the CPU"


def _package(name: str) -> Diagnosis:
    try:
        installed = version(name)
    except PackageNotFoundError:
        if name in OWN_MODELS:
            return Diagnosis(name, "not installed; only custom models need it")
        return Diagnosis(name, "missing; run 'pip install briefing-local' again", ok=False)
    return Diagnosis(name, installed, ok=find_spec(name) is not None)


def _self_test(briefer: Briefer) -> Iterator[Diagnosis]:
    start = time.perf_counter()
    try:
        brief = briefer.brief(article_from_text(SAMPLE))
    except BriefingError as error:
        yield Diagnosis("self-test", str(error), ok=False)
        return
    model = brief.model
    yield Diagnosis("model", f"{model.name} {model.revision}, {model.backend} {model.dtype}")
    yield Diagnosis("device", f"{model.device} ({model.reason})")
    good = brief.headline is not None and all(line.support > 0 for line in brief.lines)
    seconds = time.perf_counter() - start
    headline = brief.headline.text if brief.headline else "no headline"
    yield Diagnosis("self-test", f"{headline!r} in {seconds:.2f} s, including model loading", good)
    if "torch" in sys.modules and model.backend == "ctranslate2":
        yield Diagnosis("torch", "imported although the CPU back end does not need it", ok=False)
