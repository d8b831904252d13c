"""The CPU back end: CTranslate2, int8. Imports neither torch nor transformers."""

import os
from collections.abc import Sequence

from briefing.brief import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.models.backend import Decoding, Hypothesis
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs

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

        self._inputs = Inputs(folder)
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
        sources = [list(self._inputs.encode(prompt, decoding).tokens) for prompt in prompts]
        start = [self._inputs.token(i) for i in self._inputs.start(decoding)]
        try:
            results = self._translator.translate_batch(
                sources,
                target_prefix=[start] * len(sources) if start else None,
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
                Hypothesis(self._inputs.decode_tokens(tokens), float(score))
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            )
            for result in results
        ]

    def _batch_tokens(self, lengths: Sequence[int]) -> int:
        """So many that the prompts of one article are work for every worker."""
        longest = max(lengths)
        return max(longest, min(BATCH_TOKENS, sum(lengths) // self._workers + longest))


def cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
