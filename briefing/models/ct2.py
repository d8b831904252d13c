"""The CTranslate2 back end: int8 on the CPU, without importing torch or transformers."""

import os
from collections.abc import Sequence
from typing import Any

from briefing.briefs import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.models.backend import Decoding, Hypothesis, Inputs, NBest
from briefing.models.folder import ModelFolder


class CTranslate2Backend:
    """A converted model on the CPU, with one worker per core."""

    articles = 32

    def __init__(
        self,
        folder: ModelFolder,
        reason: str = "",
        threads: int | None = None,
        dtype: str = "int8",
    ) -> None:
        """Load the model and its tokenizer; ``dtype`` is the compute type.

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

        The workers share one queue of batches, longest first. With a vocabulary shortlist (see
        scripts/train/shortlist.py) a batch is limited to the words of its prompts and common ones,
        because the projection onto the vocabulary takes most of a decoding step.
        """
        decoding = self._inputs.bounded(decoding)
        sources = [
            [list(self._inputs.encode(prompt, decoding).tokens) for prompt in batch]
            for batch in batches
        ]
        order = sorted(range(len(sources)), key=lambda i: -sum(map(len, sources[i])))
        try:
            submitted = {i: self._submit(sources[i], decoding) for i in order if sources[i]}
            results = [future.result() for i in sorted(submitted) for future in submitted[i]]
        except MemoryError as error:
            raise DeviceError("out of memory; use --device cpu with fewer articles") from error
        forced = self._inputs.forced(decoding)
        return [
            tuple(
                Hypothesis(
                    self._inputs.decode_tokens(tokens),
                    _without_forced(float(score), len(tokens), forced, decoding.length_penalty),
                )
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            )
            for result in results
        ]

    def _submit(self, sources: list[list[str]], decoding: Decoding) -> list[Any]:
        """Queue prompts as one batch; return one future per prompt."""
        start = [self._inputs.token(i) for i in self._inputs.start(decoding)]
        forced = self._inputs.forced(decoding)
        futures: list[Any] = self._translator.translate_batch(
            sources,
            target_prefix=[start] * len(sources) if start else None,
            asynchronous=True,
            beam_size=decoding.beam,
            num_hypotheses=decoding.n_best,
            length_penalty=decoding.length_penalty,
            patience=decoding.patience,
            repetition_penalty=decoding.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram,
            max_decoding_length=decoding.max_tokens + forced,
            min_decoding_length=decoding.min_tokens + forced,
            use_vmap=self._shortlist,
            return_scores=True,
        )
        return futures


def _without_forced(score: float, length: int, forced: int, penalty: float) -> float:
    """Renormalise a score by the generated length: CTranslate2 counts forced tokens as well."""
    if not forced or length <= forced:
        return score
    return score * float((length / (length - forced)) ** penalty)


def cores() -> int:
    """Return the number of CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
