"""The inference back-end protocol: decoding parameters, inputs, n-best; and the one for the CPU.

The CTranslate2 back end computes in int8, without importing torch or transformers.

`Inputs` tokenizes prompts, starts lines and decodes them, for every architecture and both back ends
on this machine. Most models read the tokenizer's output and start a line with one token. mBART
needs a language code token: mbart-large-cc25 has it after the text, and its lines start with the
code; mBART-50 has it before the text, and its lines start with the end token and the code (Liu et
al. 2020, "Multilingual Denoising Pre-training"; Tang et al. 2020, "Multilingual Translation with
Extensible Multilingual Pretraining and Finetuning"; the codes are those of the model cards). BART
models may force a first token, which is the same as starting with two. LED has global attention on
the first token of the input (Beltagy et al. 2020, "Longformer").
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from briefing.briefs import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.learned import PerProcess
from briefing.models.folder import ModelFolder

if TYPE_CHECKING:
    from tokenizers import Tokenizer


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


class Failed(tuple[Hypothesis, ...]):
    """What there is of a request that failed, mostly nothing: an `NBest` with the ``reason``.

    ``error`` ends a run that has no other answers; None if the back end has answered before.
    """

    reason: str
    error: ModelError | None

    def __new__(
        cls, lines: NBest = (), reason: str = "", error: ModelError | None = None
    ) -> "Failed":
        """Take the arguments in the order in which a tuple is pickled."""
        made = super().__new__(cls, lines)
        made.reason, made.error = reason, error
        return made


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
        share decoding state among them, but the results of a batch never depend on another. That of
        a prompt whose request failed is `Failed`.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
        """
        ...


CC25 = tuple(
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT "
    "lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN".split()
)
ADDED_IN_50 = tuple(
    "af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF "
    "pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI".split()
)
CODES = {code.partition("_")[0]: code for code in (*CC25, *ADDED_IN_50)}
"""The mBART code of each ISO 639-1 language (Tagalog: ``tl``)."""
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded prompt: token ids and the tokens themselves."""

    ids: tuple[int, ...]
    tokens: tuple[str, ...]


class Inputs:
    """Encodes prompts and starts and decodes lines, as the folder's architecture requires."""

    def __init__(self, folder: ModelFolder) -> None:
        """Read the tokenizer and the configuration, but no weights.

        Raises:
            ModelError: the tokenizer is missing, damaged, or of another model.
        """
        self._folder = folder
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._kind = str(folder.config.get("model_type", ""))
        self._rows: int | None = None
        """The number of the model's embeddings, if its tokenizer has more tokens."""
        self._check_vocabulary()
        self.global_first = self._kind == "led"
        """Whether the first token of the input has global attention."""

    def save(self, path: Path) -> None:
        """Write the tokenizer to ``path`` in the tokenizer.json format."""
        self._tokenizer.save(str(path))

    @property
    def vocabulary(self) -> int:
        """The number of tokens of the tokenizer."""
        return self._tokenizer.get_vocab_size()

    def _check_vocabulary(self) -> None:
        """Check that tokens without an embedding are special tokens, which are never generated.

        bart-large-cnn has no embedding for ``<mask>``, the last token of its tokenizer.
        """
        known = self._folder.config.get("vocab_size")
        if not isinstance(known, int) or self.vocabulary <= known:
            return
        self._rows = known
        added = self._tokenizer.get_added_tokens_decoder()
        if any(i not in added or not added[i].special for i in range(known, self.vocabulary)):
            raise ModelError(
                f"the tokenizer in {self._folder.path} has {self.vocabulary:,} tokens and the "
                f"model {known:,}: they do not belong together; copy both from the same place"
            )

    def bounded(self, decoding: Decoding) -> Decoding:
        """Limit input and output lengths to the model's positions (T5 has no such limit)."""
        config = self._folder.config
        positions = config.get("max_position_embeddings")
        most_in = config.get("max_encoder_position_embeddings", positions) or decoding.max_input
        most_out = config.get("max_decoder_position_embeddings", positions)
        room = most_out - 1 - len(self.start(decoding)) if most_out else decoding.max_tokens
        return replace(
            decoding,
            max_input=min(decoding.max_input, most_in),
            max_tokens=min(decoding.max_tokens, room),
            min_tokens=min(decoding.min_tokens, room),
        )

    def encode(self, prompt: str, decoding: Decoding) -> Encoded:
        """Encode a prompt as at most ``decoding.max_input`` tokens, special tokens included.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        plain = self._tokenizer.encode(prompt, add_special_tokens=False)
        ids, tokens = plain.ids, plain.tokens
        if self._rows is not None:
            known = [at for at, token_id in enumerate(ids) if token_id < self._rows]
            ids, tokens = [ids[at] for at in known], [tokens[at] for at in known]
        before, after = self._specials(decoding)
        room = max(0, decoding.max_input - len(before) - len(after))
        return Encoded(
            (*before, *ids[:room], *after),
            (*map(self.token, before), *tokens[:room], *map(self.token, after)),
        )

    def start(self, decoding: Decoding) -> tuple[int, ...]:
        """Return the forced tokens of each line, which follow the model's start token.

        For mbart-large-cc25 the language code replaces the start token.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        if self._kind == "mbart":
            return (self._language(decoding),)
        forced = self._generation.get("forced_bos_token_id")
        if forced is None:
            return ()
        if not isinstance(forced, int) or not 0 <= forced < self.vocabulary:
            raise ModelError(
                f"generation_config.json in {self._folder.path} has {forced!r} as "
                "forced_bos_token_id, which is no token of the model; correct it"
            )
        return (forced,)

    def given(self, decoding: Decoding, own: int) -> tuple[int, ...]:
        """Return the decoder's first ids; ``own`` is the model's start token.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        start = self.start(decoding)
        return start if self.starts_with_language else (own, *start)

    def forced(self, decoding: Decoding) -> int:
        """Return the number of forced tokens, which are not part of the generated text."""
        return 0 if self.starts_with_language else len(self.start(decoding))

    @cached_property
    def starts_with_language(self) -> bool:
        """Whether the language code replaces the start token (mbart-large-cc25)."""
        return self._kind == "mbart" and not self._knows_50

    def token(self, token_id: int) -> str:
        """Return the token of an id; the model may have more embeddings than its tokenizer."""
        token = self._tokenizer.id_to_token(token_id)
        return f"<unused_{token_id}>" if token is None else str(token)

    def decode(self, ids: "list[int] | tuple[int, ...]") -> str:
        """Return the text of a line, without special tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def decode_tokens(self, tokens: list[str]) -> str:
        """Return the text of a line of tokens, without special tokens."""
        ids = (self._tokenizer.token_to_id(token) for token in tokens)
        return self.decode([i for i in ids if i is not None])

    def _specials(self, decoding: Decoding) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The special token ids before and after the text."""
        if self._kind != "mbart":
            return self._tokenizer_specials
        end, code = self._end, self._language(decoding)
        return ((code,), (end,)) if self._knows_50 else ((), (end, code))

    @cached_property
    def _tokenizer_specials(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The ids that the tokenizer adds around a text, found by encoding one letter."""
        encoded = self._tokenizer.encode("a")
        special = [bool(mark) for mark in encoded.special_tokens_mask]
        if all(special):
            return (), tuple(encoded.ids)
        first = special.index(False)
        last = len(special) - special[::-1].index(False)
        return tuple(encoded.ids[:first]), tuple(encoded.ids[last:])

    @cached_property
    def _knows_50(self) -> bool:
        return all(self._tokenizer.token_to_id(code) is not None for code in ADDED_IN_50)

    @cached_property
    def _end(self) -> int:
        eos = self._generation.get("eos_token_id")
        first = eos[0] if isinstance(eos, list) and eos else eos
        return int(first) if isinstance(first, int) else 2

    def _language(self, decoding: Decoding) -> int:
        language = decoding.language or DEFAULT_LANGUAGE
        code = _code(self._tokenizer, language)
        if code is None:
            raise ModelError(
                f"{self._folder.name} has no code for the language '{language}'; remove it from "
                "'languages' in the prompt family (see 'briefing prompts show')"
            )
        return code

    @cached_property
    def _generation(self) -> dict[str, Any]:
        """The configuration, overridden by generation_config.json."""
        path = self._folder.path / "generation_config.json"
        try:
            own = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise ModelError(f"{path} is not valid JSON: {error}; download it again") from error
        return self._folder.config | {name: v for name, v in own.items() if v is not None}


def known_languages(folder: ModelFolder) -> frozenset[str] | None:
    """Return the languages (ISO 639-1) of a folder's tokenizer, or None if it has no codes.

    Raises:
        ModelError: the tokenizer is missing or damaged.
    """
    if folder.config.get("model_type") != "mbart":
        return None
    tokenizer = load_tokenizer(folder)
    return frozenset(language for language in CODES if _code(tokenizer, language) is not None)


def _code(tokenizer: "Tokenizer", language: str) -> int | None:
    """The id of a language's code; None if mBART or this vocabulary has none."""
    code = CODES.get(language)
    token_id: int | None = tokenizer.token_to_id(code) if code else None
    return token_id


def load_tokenizer(folder: ModelFolder) -> "Tokenizer":
    """Load the fast tokenizer: tokenizer.json, or converted by transformers from other files.

    Raises:
        ModelError: it is missing or damaged.
    """
    from tokenizers import Tokenizer

    if not folder.tokenizer.is_file():
        return _convert_tokenizer(folder)
    try:
        return Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(f"{folder.tokenizer} cannot be read as a tokenizer: {error}") from error


def _convert_tokenizer(folder: ModelFolder) -> "Tokenizer":
    names = ("spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt")
    if not any((folder.path / name).is_file() for name in names):
        raise ModelError(
            f"{folder.path} holds no tokenizer (tokenizer.json, spiece.model, "
            "sentencepiece.bpe.model or vocab.json with merges.txt); copy it from the source of "
            "the weights"
        )
    from transformers import AutoTokenizer

    try:
        slow = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)
    except Exception as error:  # each file format has errors of its own
        raise ModelError(
            f"the tokenizer in {folder.path} cannot be read: {error}; save it as tokenizer.json"
        ) from error
    fast = getattr(slow, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(
            f"the tokenizer in {folder.path} has no fast form; save it as tokenizer.json"
        )
    tokenizer: Tokenizer = fast
    return tokenizer


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
            self._translator = PerProcess(
                lambda: ctranslate2.Translator(
                    str(folder.converted),
                    device="cpu",
                    compute_type=dtype,
                    inter_threads=workers,
                    intra_threads=1,
                )
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{folder.converted} cannot be loaded: {error}") from error
        self._shortlist = (folder.converted / "vmap.txt").is_file()
        self.calls = workers
        self.info = ModelInfo(folder.name, folder.revision, "ctranslate2", "cpu", dtype, reason)

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See `Backend`.

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
        futures: list[Any] = self._translator.get().translate_batch(
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
