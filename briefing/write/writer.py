"""Ask the model for lines: all sections of all articles at hand in one batch."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, groupby

from briefing.brief import Section
from briefing.models import Backend, Decoding, Hypothesis, NBest
from briefing.write.prompts import Prompts


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written for ``section`` from ``sources``: ``lines`` lines of about ``words``
    words each, in ``language`` (ISO 639-1), where the model knows several.

    ``article`` is any number that the jobs of one article share and its neighbours do not have.
    """

    section: Section
    sources: tuple[str, ...]
    words: int
    article: int = field(default=0, compare=False)
    language: str = ""
    lines: int = 1

    @property
    def batch(self) -> tuple[int, Section]:
        """Neighbours with the same one are decoded as one batch: a section of an article."""
        return self.article, self.section


class Writer:
    """A back end and the prompts of its family."""

    def __init__(self, backend: Backend, prompts: Prompts) -> None:
        self.backend = backend
        self.prompts = prompts

    def write(self, jobs: Sequence[Job]) -> list[NBest]:
        """The n-best lines of each job, in order; one call of the model for each way of decoding.

        Raises:
            DeviceError: the device ran out of memory even at the smallest batch.
        """
        groups: dict[Decoding, list[list[int]]] = defaultdict(list)
        for _, run in groupby(range(len(jobs)), key=lambda i: jobs[i].batch):
            indices = list(run)
            first = jobs[indices[0]]
            groups[self.prompts.decoding(first.section, first.language)].append(indices)
        found: dict[int, NBest] = {}
        for index, lines in chain.from_iterable(self._calls(jobs, groups)):
            found[index] = (*found.get(index, ()), *lines)
        return [_distinct(found[index]) for index in range(len(jobs))]

    def _calls(
        self, jobs: Sequence[Job], groups: dict[Decoding, list[list[int]]]
    ) -> list[list[tuple[int, NBest]]]:
        """What is written for each group, at once where the back end gains by it."""

        def call(decoding: Decoding, runs: list[list[int]]) -> list[tuple[int, NBest]]:
            asked = [[(i, prompt) for i in run for prompt in self._fill(jobs[i])] for run in runs]
            batches = [[prompt for _, prompt in batch] for batch in asked]
            lines = self.backend.generate(batches, decoding)
            return [(i, n) for (i, _), n in zip(chain(*asked), lines, strict=True)]

        if len(groups) < 2 or self.backend.calls < 2:
            return [call(decoding, runs) for decoding, runs in groups.items()]
        with ThreadPoolExecutor(min(len(groups), self.backend.calls)) as pool:
            return list(pool.map(call, groups, groups.values()))

    def _fill(self, job: Job) -> list[str]:
        return self.prompts.fill(job.section, job.sources, job.words, job.lines)


def _distinct(hypotheses: NBest) -> NBest:
    kept: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
        text = " ".join(hypothesis.text.split())
        if text and text not in kept:
            kept[text] = Hypothesis(text, hypothesis.score)
    return tuple(kept.values())
