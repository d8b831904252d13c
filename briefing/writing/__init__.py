"""Generate candidate lines: the writer asks a model for them, by the prompts of its family.

A family is found among the user's and the shipped ones, and one is chosen for a model. Requests are
batched over sections and articles.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, groupby
from pathlib import Path

from briefing.errors import PromptError
from briefing.models import Backend, ChatBackend, Decoding, Failed, Hypothesis, NBest
from briefing.sections import Section
from briefing.writing.prompt_file import Prompts, load_family

__all__ = ["LineRequest", "Prompts", "Writer", "choose_family"]


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A prompt file; ``own`` if it is the user's, ``hides`` if it overrides a shipped one."""

    file: Traversable
    own: bool = False
    hides: bool = False

    @property
    def name(self) -> str:
        """The family's name, which is the name of the file."""
        return self.file.name.removesuffix(".toml")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The prompt family of a model, and the pattern that matched."""

    prompts: Prompts
    source: PromptSource
    pattern: str


def prompt_sources(folder: Path | None = None) -> list[PromptSource]:
    """Return all prompt files in order of precedence: the user's, then the shipped ones.

    Raises:
        PromptError: the folder does not exist, or has no prompt files.
    """
    shipped = {entry.name: entry for entry in _shipped()}
    own: list[PromptSource] = []
    if folder is not None:
        if not folder.is_dir():
            raise PromptError(f"the prompts folder {folder} does not exist; check --prompts")
        paths = sorted(folder.glob("*.toml"))
        if not paths:
            raise PromptError(f"{folder} has no prompt files (*.toml); choose another folder")
        own = [PromptSource(path, own=True, hides=path.name in shipped) for path in paths]
    hidden = {source.file.name for source in own}
    return own + [PromptSource(shipped[name]) for name in sorted(shipped) if name not in hidden]


def _shipped() -> Iterator[Traversable]:
    return (entry for entry in files("briefing.prompts").iterdir() if entry.name.endswith(".toml"))


def choose_family(model: str, model_type: str, folder: Path | None = None) -> Prompts:
    """Return the prompts for a model; see `choose_source`."""
    return choose_source(model, model_type, folder).prompts


def choose_source(model: str, model_type: str, folder: Path | None = None) -> Chosen:
    """Return the family with the most specific matching pattern; in a tie, the user's.

    Args:
        model: the name of the model or of its folder.
        model_type: ``model_type`` of its config.json.
        folder: the user's prompt files.

    Raises:
        PromptError: a prompt file is invalid, or none matches.
    """
    best: Chosen | None = None
    most = 0
    for source in prompt_sources(folder):
        prompts = load_family(source.file)
        for pattern in prompts.models:
            if (fit := _fit(pattern, model, model_type)) > most:
                best, most = Chosen(prompts, source, pattern), fit
    if best is None:
        raise PromptError(
            f"no prompt family matches model '{model}'; add a file with models = ['*']"
        )
    return best


def _fit(pattern: str, model: str, model_type: str) -> int:
    """The specificity of a matching pattern, by its length without ``*``; 0 if it does not match.

    An architecture is more specific than ``*``, and less than any letter of a name.
    """
    if pattern.startswith("type:"):
        return 2 * (pattern == f"type:{model_type}")
    matches = fnmatchcase(model.lower(), pattern.lower())
    return 1 + 2 * len(pattern.replace("*", "")) if matches else 0


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A request for ``lines`` lines of about ``words`` words for ``section`` from ``sources``.

    ``language`` (ISO 639-1) is for multilingual models. ``article`` is any number shared by the
    requests of one article but not by those of adjacent articles.
    """

    section: Section
    sources: tuple[str, ...]
    words: int
    article: int = field(default=0, compare=False)
    language: str = ""
    lines: int = 1

    @property
    def batch(self) -> tuple[int, Section]:
        """The batch key: adjacent requests of one section of one article are decoded together."""
        return self.article, self.section


class Writer:
    """A back end and the prompts of its family."""

    def __init__(self, backend: Backend, prompts: Prompts) -> None:
        self.backend = backend
        self.prompts = prompts

    @property
    def trouble(self) -> str:
        """How many requests failed so far, of how many, and why the last one; empty for none."""
        return self.backend.requests.told if isinstance(self.backend, ChatBackend) else ""

    @contextmanager
    def run(self) -> Iterator["Writer"]:
        """Yield the writer of one run; requests to a server that are open at its end are ended."""
        if not isinstance(self.backend, ChatBackend):
            yield self
            return
        backend = self.backend.opened()
        try:
            yield Writer(backend, self.prompts)
        finally:
            backend.close()

    def close(self) -> None:
        """End the open requests to a server; no more can be made."""
        if isinstance(self.backend, ChatBackend):
            self.backend.close()

    def write(self, requests: Sequence[LineRequest]) -> list[NBest]:
        """Return the n-best lines of each request, in order, with one call per set of parameters.

        The lines of a request that failed are `Failed`.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
            ModelError: all requests failed, and the back end has answered none before.
        """
        groups: dict[Decoding, list[list[int]]] = defaultdict(list)
        for _, run in groupby(range(len(requests)), key=lambda i: requests[i].batch):
            indices = list(run)
            first = requests[indices[0]]
            groups[self.prompts.decoding(first.section, first.language)].append(indices)
        results: dict[int, list[NBest]] = defaultdict(list)
        for index, lines in chain.from_iterable(self._calls(requests, groups)):
            results[index].append(lines)
        written = [_joined(results[index]) for index in range(len(requests))]
        _refuse_silence(written)
        return written

    def _calls(
        self, requests: Sequence[LineRequest], groups: dict[Decoding, list[list[int]]]
    ) -> list[list[tuple[int, NBest]]]:
        """The lines of each group, concurrently if the back end supports it."""

        def call(decoding: Decoding, runs: list[list[int]]) -> list[tuple[int, NBest]]:
            numbered = [[(i, p) for i in run for p in self._fill(requests[i])] for run in runs]
            batches = [[prompt for _, prompt in batch] for batch in numbered]
            lines = self.backend.generate(batches, decoding)
            return [(i, n) for (i, _), n in zip(chain(*numbered), lines, strict=True)]

        if len(groups) < 2 or self.backend.calls < 2:
            return [call(decoding, runs) for decoding, runs in groups.items()]
        with ThreadPoolExecutor(min(len(groups), self.backend.calls)) as pool:
            return list(pool.map(call, groups, groups.values()))

    def _fill(self, request: LineRequest) -> list[str]:
        return self.prompts.fill(request.section, request.sources, request.words, request.lines)


def _joined(parts: Sequence[NBest]) -> NBest:
    """The lines of a request's prompts; `Failed` if one of these failed."""
    lines = _distinct(chain.from_iterable(parts))
    failure = next((part for part in parts if isinstance(part, Failed)), None)
    return lines if failure is None else Failed(lines, failure.reason, failure.error)


def _refuse_silence(written: Sequence[NBest]) -> None:
    """Raise the error of the first request if all failed, and none was answered before."""
    errors = [lines.error for lines in written if isinstance(lines, Failed) and not lines]
    if errors and len(errors) == len(written) and errors[0] and all(errors):
        raise errors[0]


def _distinct(hypotheses: Iterable[Hypothesis]) -> NBest:
    kept: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
        text = " ".join(hypothesis.text.split())
        if text and text not in kept:
            kept[text] = Hypothesis(text, hypothesis.score)
    return tuple(kept.values())
