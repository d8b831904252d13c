"""The inference back-end protocol, its decoding parameters and its n-best results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from briefing.briefs import ModelInfo


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decoding parameters. Deterministic: beam search, no sampling.

    ``max_tokens`` bounds a line, ``max_input`` the prompt (tokens, end token included).
    ``length_penalty`` is the exponent of the length that a hypothesis's log-probability is
    divided by (Wu et al. 2016, without their constant). The search stops after ``patience`` times
    ``beam`` finished hypotheses (Kasai et al. 2022, "A call for clarity in beam search"); above 1,
    the transformers back end continues until no better hypothesis is possible. ``language`` (ISO
    639-1) is the output language of multilingual models; others ignore it.
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
    """One generated line and its length-normalised log-probability."""

    text: str
    score: float


NBest = tuple[Hypothesis, ...]
"""The hypotheses for one prompt, best first."""


class Backend(Protocol):
    """A loaded sequence-to-sequence model."""

    @property
    def info(self) -> ModelInfo:
        """The model, its device and why that device was chosen."""
        ...

    @property
    def calls(self) -> int:
        """The number of concurrent ``generate`` calls, one a thread, for the best throughput."""
        ...

    @property
    def articles(self) -> int:
        """The number of articles to decode together for the best throughput."""
        ...

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """Return the n-best lines of each prompt, in the order of the flattened batches.

        The prompts of one batch belong together (one section of one article): a back end may
        share decoding state among them, but the results of a batch never depend on another.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
        """
        ...
