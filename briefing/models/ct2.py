"""The CPU back end: CTranslate2, int8. Imports neither torch nor transformers."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from briefing.brief import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.models.backend import Decoding, Hypothesis
from briefing.models.folder import ModelFolder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BATCH_TOKENS = 1024
"""Source tokens a model batch, padding included: the fastest of 256 to 4096 on two cores."""


class CTranslate2Backend:
    """A converted model on the CPU, one worker a core."""

    def __init__(self, folder: ModelFolder, reason: str = "", threads: int | None = None) -> None:
        """Load the model and its tokenizer.

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
                compute_type="int8",
                inter_threads=workers,
                intra_threads=1,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{folder.converted} cannot be loaded: {error}") from error
        # Each call is cut into batches that wait in one queue for whichever worker is free.
        self.calls = self._workers = workers
        self.info = ModelInfo(folder.name, folder.revision, "ctranslate2", "cpu", "int8", reason)

    def generate(self, prompts: Sequence[str], decoding: Decoding) -> list[tuple[Hypothesis, ...]]:
        """See :class:`briefing.models.backend.Backend`."""
        if not prompts:
            return []
        sources = [self._tokens(prompt, decoding.max_input) for prompt in prompts]
        try:
            results = self._translator.translate_batch(
                sources,
                max_batch_size=self._batch_tokens([len(source) for source in sources]),
                batch_type="tokens",
                beam_size=decoding.beam,
                num_hypotheses=decoding.n_best,
                length_penalty=decoding.length_penalty,
                patience=decoding.patience,
                repetition_penalty=decoding.repetition_penalty,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                max_decoding_length=decoding.max_tokens,
                min_decoding_length=decoding.min_tokens,
                return_scores=True,
                replace_unknowns=False,
            )
        except MemoryError as error:
            raise DeviceError("out of memory; use --device cpu with fewer articles") from error
        return [
            tuple(
                Hypothesis(self._text(tokens), float(score))
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            )
            for result in results
        ]

    def _batch_tokens(self, lengths: Sequence[int]) -> int:
        """So many that the prompts of one article are work for every worker."""
        longest = max(lengths)
        return max(longest, min(BATCH_TOKENS, sum(lengths) // self._workers + longest))

    def _tokens(self, prompt: str, most: int) -> list[str]:
        tokens: list[str] = self._tokenizer.encode(prompt).tokens
        return tokens if len(tokens) <= most else [*tokens[: most - 1], tokens[-1]]

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
