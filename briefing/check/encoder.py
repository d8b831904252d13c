"""A small pretrained encoder (BERT shape, int8) on CTranslate2: a vector for each token."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError

_BATCH = 12
"""Texts read together; more overflow a core's cache: 3.5 ms a line of 30 pieces, not 2.3."""
_READERS = 3
"""Calls answered at once, each on a core of its own: a batch has three stages that ask."""

Text = str | tuple[str, str]
"""One text, or a pair that is read as one."""


class Read(NamedTuple):
    """Some texts as the encoder reads them: ``at`` are their indices, ``states`` (texts, pieces,
    width), ``pieces`` which of them are there and ``second`` which belong to the second of a pair.
    """

    at: list[int]
    states: NDArray[np.float32]
    pieces: NDArray[np.bool_]
    second: NDArray[np.bool_]


class Encoder:
    """The weights and the tokenizer of a folder. May be shared by threads."""

    def __init__(self, folder: Path, most: int) -> None:
        """Load them; texts are cut to ``most`` pieces, of a pair the first is.

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
        except Exception as error:  # the libraries raise what they like
            raise ModelError(f"the encoder in {folder} cannot be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(most, strategy="longest_first")

    def read(self, texts: Sequence[Text]) -> Iterator[Read]:
        """The states of all texts, those of like length together."""
        found = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(found)), key=lambda at: len(found[at].ids))
        for start in range(0, len(order), _BATCH):
            at = order[start : start + _BATCH]
            yield self._states(at, [(found[i].ids, found[i].type_ids) for i in at])

    def _states(self, at: list[int], rows: Sequence[tuple[list[int], list[int]]]) -> Read:
        import ctranslate2

        lengths = np.array([len(ids) for ids, _ in rows], dtype=np.int32)
        table = np.zeros((len(rows), int(lengths.max())), dtype=np.int32)
        kinds = np.zeros_like(table)
        for row, kind, (ids, types) in zip(table, kinds, rows, strict=True):
            row[: len(ids)] = ids
            kind[: len(ids)] = types
        output = self._encoder.forward_batch(
            ctranslate2.StorageView.from_array(table),
            lengths=ctranslate2.StorageView.from_array(lengths),
            token_type_ids=kinds.tolist(),
        )
        states = np.array(output.last_hidden_state, dtype=np.float32)
        pieces = np.arange(table.shape[1]) < lengths[:, None]
        return Read(at, states, pieces, pieces & (kinds == 1))
