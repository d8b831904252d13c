"""Generate candidate lines for requests, batched over sections and articles."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, groupby

from briefing.models import Backend, Decoding, Hypothesis, NBest
from briefing.sections import Section
from briefing.writing.prompts import Prompts


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

    def write(self, requests: Sequence[LineRequest]) -> list[NBest]:
        """Return the n-best lines of each request, in order, with one call per set of parameters.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
        """
        groups: dict[Decoding, list[list[int]]] = defaultdict(list)
        for _, run in groupby(range(len(requests)), key=lambda i: requests[i].batch):
            indices = list(run)
            first = requests[indices[0]]
            groups[self.prompts.decoding(first.section, first.language)].append(indices)
        results: dict[int, NBest] = {}
        for index, lines in chain.from_iterable(self._calls(requests, groups)):
            results[index] = (*results.get(index, ()), *lines)
        return [_distinct(results[index]) for index in range(len(requests))]

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


def _distinct(hypotheses: NBest) -> NBest:
    kept: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
        text = " ".join(hypothesis.text.split())
        if text and text not in kept:
            kept[text] = Hypothesis(text, hypothesis.score)
    return tuple(kept.values())
