"""Ask the model for lines: all sections of all articles at hand in one batch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from briefing.brief import Section
from briefing.models import Backend, Decoding, Hypothesis
from briefing.write.prompts import Prompts


@dataclass(frozen=True, slots=True)
class Job:
    """One line to write: for ``section``, from ``sources``, of about ``words`` words."""

    section: Section
    sources: tuple[str, ...]
    words: int


class Writer:
    """A back end and the prompts of its family."""

    def __init__(self, backend: Backend, prompts: Prompts) -> None:
        self.backend = backend
        self.prompts = prompts

    def write(self, jobs: Sequence[Job]) -> list[tuple[Hypothesis, ...]]:
        """The n-best lines of each job, in order; one call of the model for each way of decoding.

        Raises:
            DeviceError: the device ran out of memory even at the smallest batch.
        """
        groups: dict[Decoding, list[int]] = defaultdict(list)
        for index, job in enumerate(jobs):
            groups[self.prompts.sections[job.section].decoding].append(index)
        found: dict[int, tuple[Hypothesis, ...]] = {}
        for decoding, indices in groups.items():
            prompts = [(index, prompt) for index in indices for prompt in self._fill(jobs[index])]
            lines = self.backend.generate([prompt for _, prompt in prompts], decoding)
            for (index, _), hypotheses in zip(prompts, lines, strict=True):
                found[index] = (*found.get(index, ()), *hypotheses)
        return [_distinct(found[index]) for index in range(len(jobs))]

    def _fill(self, job: Job) -> list[str]:
        return self.prompts.fill(job.section, job.sources, job.words)


def _distinct(hypotheses: tuple[Hypothesis, ...]) -> tuple[Hypothesis, ...]:
    kept: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
        text = " ".join(hypothesis.text.split())
        if text and text not in kept:
            kept[text] = Hypothesis(text, hypothesis.score)
    return tuple(kept.values())
