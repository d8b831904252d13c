"""Would an editor sign this line? What readers said of thousands of lines, learned by an encoder.

The line is read by itself, as a reader of the brief will read it: whether it is a sentence, says
who and what without the article, and sounds like news, or like background. A small pretrained
encoder (MiniLM: Wang et al. 2020), taught first to tell sentences that open an article from later
ones, then by the readers' labels (scripts/train/quality/). Judging text without a reference is
called quality estimation in machine translation (Specia et al. 2009).
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from briefing.brief import Section
from briefing.errors import ModelError

_MOST = 80
"""Pieces of a line that are read, as in training."""
_BATCH = 12
"""Lines that are read together; more overflow a core's cache: 3.5 ms a line, not 2.3."""
_READERS = 3
"""Calls that are answered at once, each on a core of its own: a batch has three stages that ask."""
_KEPT = 8192
_HEADS = (Section.HEADLINE, Section.KEY_POINTS, Section.CONTEXT)


@dataclass(frozen=True, slots=True)
class Quality:
    """The log-odds that an editor would sign a line, by the section that it would stand in."""

    headline: float
    key_points: float
    context: float

    def odds(self, section: Section) -> float:
        """The log-odds in one section."""
        return (self.headline, self.key_points, self.context)[_HEADS.index(section)]


class QualityModel:
    """The model, with a memory: each line is read once. May be shared by threads."""

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder does not hold them.
        """
        import ctranslate2
        from tokenizers import Tokenizer

        try:
            self._encoder = ctranslate2.Encoder(
                str(folder / "ctranslate2"),
                compute_type="int8",
                inter_threads=_READERS,
                intra_threads=1,
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            with np.load(folder / "head.npz") as head:
                self._weight, self._bias = head["weight"], head["bias"]
        except Exception as error:  # the libraries raise what they like
            raise ModelError(f"the quality model in {folder} cannot be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST)
        self._held: OrderedDict[str, Quality] = OrderedDict()
        self._lock = Lock()

    def of(self, lines: Sequence[str]) -> list[Quality]:
        """The quality of each line, in order; lines of like length are read together."""
        with self._lock:
            found = {line: self._held[line] for line in lines if line in self._held}
        missing = [line for line in dict.fromkeys(lines) if line not in found]
        made = dict(zip(missing, self._read(missing), strict=True))
        found.update(made)
        with self._lock:
            self._held.update(made)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return [found[line] for line in lines]

    def _read(self, lines: Sequence[str]) -> list[Quality]:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(lines))]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        found = [Quality(0.0, 0.0, 0.0)] * len(ids)
        parts = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        for part in parts:
            for at, odds in zip(part, self._odds([ids[at] for at in part]), strict=True):
                found[at] = Quality(*odds)
        return found

    def _odds(self, ids: Sequence[Sequence[int]]) -> list[list[float]]:
        """Log-odds of "good" against the other labels, a row a line, a column a section."""
        import ctranslate2

        lengths = np.array([len(one) for one in ids], dtype=np.int32)
        table = np.zeros((len(ids), int(lengths.max())), dtype=np.int32)
        for row, one in zip(table, ids, strict=True):
            row[: len(one)] = one
        output = self._encoder.forward_batch(
            ctranslate2.StorageView.from_array(table),
            lengths=ctranslate2.StorageView.from_array(lengths),
        )
        states = np.array(output.last_hidden_state, dtype=np.float32)
        read = np.arange(table.shape[1]) < lengths[:, None]
        pooled = (states * read[:, :, None]).sum(1) / lengths[:, None]
        scores = np.einsum("nd,hld->nhl", pooled, self._weight) + self._bias
        rest: NDArray[np.float32] = np.logaddexp.reduce(scores[:, :, 1:], axis=2)
        odds: list[list[float]] = (scores[:, :, 0] - rest).tolist()
        return odds


@cache
def quality_model(language: str) -> QualityModel | None:
    """The model of a language; None where none was trained."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.check") / "encoder") as folder:
        return QualityModel(folder)
