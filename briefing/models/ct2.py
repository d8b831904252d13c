"""The CPU back end: CTranslate2, int8. Imports neither torch nor transformers."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from briefing.brief import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.models.backend import Decoding, Hypothesis, NBest
from briefing.models.folder import ModelFolder

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class CTranslate2Backend:
    """A converted model on the CPU, one worker a core."""

    def __init__(
        self,
        folder: ModelFolder,
        reason: str = "",
        threads: int | None = None,
        dtype: str = "int8",
    ) -> None:
        """Load the model and its tokenizer; ``dtype`` is what it computes in.

        Raises:
            ModelError: the folder is not a converted model.
        """
        import ctranslate2

        self._tokenizer = load_tokenizer(folder)
        workers = threads or cores()
        try:
            self._translator = ctranslate2.Translator(
                str(folder.converted),
                device="cpu",
                compute_type=dtype,
                inter_threads=workers,
                intra_threads=1,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{folder.converted} cannot be loaded: {error}") from error
        self._shortlist = (folder.converted / "vmap.txt").is_file()
        self.calls = workers
        self.info = ModelInfo(folder.name, folder.revision, "ctranslate2", "cpu", dtype, reason)

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`.

        The batches wait in one queue for whichever worker is free, the longest first. With a
        shortlist (see scripts/train/shortlist.py) a batch chooses among the words of its own
        prompts and the ordinary ones: the projection onto the vocabulary is most of a step.
        """
        sources = [self._tokens(batch, decoding.max_input) for batch in batches]
        order = sorted(range(len(sources)), key=lambda i: -sum(map(len, sources[i])))
        try:
            submitted = {i: self._submit(sources[i], decoding) for i in order if sources[i]}
            results = [future.result() for i in sorted(submitted) for future in submitted[i]]
        except MemoryError as error:
            raise DeviceError("out of memory; use --device cpu with fewer articles") from error
        return [
            tuple(
                Hypothesis(self._text(tokens), float(score))
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            )
            for result in results
        ]

    def _submit(self, sources: list[list[str]], decoding: Decoding) -> list[Any]:
        """One future a prompt; they are decoded as one batch."""
        futures: list[Any] = self._translator.translate_batch(
            sources,
            asynchronous=True,
            beam_size=decoding.beam,
            num_hypotheses=decoding.n_best,
            length_penalty=decoding.length_penalty,
            patience=decoding.patience,
            repetition_penalty=decoding.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram,
            max_decoding_length=decoding.max_tokens,
            min_decoding_length=decoding.min_tokens,
            use_vmap=self._shortlist,
            return_scores=True,
        )
        return futures

    def _tokens(self, prompts: Sequence[str], most: int) -> list[list[str]]:
        rows = [encoding.tokens for encoding in self._tokenizer.encode_batch(list(prompts))]
        return [row if len(row) <= most else [*row[: most - 1], row[-1]] for row in rows]

    def _text(self, tokens: list[str]) -> str:
        ids = [self._tokenizer.token_to_id(token) for token in tokens]
        return str(self._tokenizer.decode([i for i in ids if i is not None])).strip()


def load_tokenizer(folder: ModelFolder) -> "Tokenizer":
    """The folder's fast tokenizer.

    Raises:
        ModelError: it is missing or damaged.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:  # the library raises plain Exception
        raise ModelError(f"{folder.tokenizer} cannot be read as a tokenizer: {error}") from error


def cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
