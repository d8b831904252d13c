"""The one protocol behind which every model stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from briefing.brief import ModelInfo


@dataclass(frozen=True, slots=True)
class Decoding:
    """How lines are searched for. Deterministic: beam search, no sampling.

    ``max_tokens`` bounds a line, ``max_input`` the prompt (tokens, end token included).
    ``length_penalty`` is the exponent of the length that a hypothesis's log-probability is
    divided by (Wu et al. 2016, without their constant). The search ends after ``patience`` times
    ``beam`` finished hypotheses (Kasai et al. 2022, "A call for clarity in beam search"); with more
    than 1 the transformers back end goes on until no better one is possible. ``language`` (ISO
    639-1) is what a model of several languages is told to write; others take no notice of it.
    """

    beam: int = 4
    n_best: int = 4
    max_tokens: int = 48
    min_tokens: int = 1
    max_input: int = 256
    length_penalty: float = 1.0
    patience: float = 1.0
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One line as the model wrote it, and its length-normalised log-probability."""

    text: str
    score: float


NBest = tuple[Hypothesis, ...]
"""The lines written for one prompt, best first."""


class Backend(Protocol):
    """A loaded sequence-to-sequence model."""

    @property
    def info(self) -> ModelInfo:
        """What runs, where and why there."""
        ...

    @property
    def calls(self) -> int:
        """Calls of ``generate``, each in a thread of its own, that it gains by having at once."""
        ...

    @property
    def articles(self) -> int:
        """Articles whose lines it gains by having at once."""
        ...

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """The n-best lines of each prompt, best first, in the order of all batches' prompts.

        Prompts of one batch belong together (one section of one article): a back end may let
        them share what it decodes them with, but never lets a batch depend on another.

        Raises:
            DeviceError: the device ran out of memory even at the smallest batch.
        """
        ...
