"""What goes into a model and how a line starts, for every architecture and both back ends.

Most models read what their tokenizer makes of a text and start a line with one token. mBART reads
and writes a language, which is said by a token: after the text in mbart-large-cc25, whose lines
start with the code itself; before it in mBART-50, whose lines start with the end token and the
code. BART models may force a first token, which is the same as starting with two. LED looks at all
of the input from its first token (Beltagy et al. 2020, "Longformer").
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefing.errors import ModelError
from briefing.models.backend import Decoding
from briefing.models.folder import ModelFolder
from briefing.models.languages import ADDED_IN_50, CODES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as the model reads it: ids and the tokens that they stand for."""

    ids: tuple[int, ...]
    tokens: tuple[str, ...]


class Inputs:
    """Encodes prompts, starts lines and decodes them, as the folder's architecture needs it."""

    def __init__(self, folder: ModelFolder) -> None:
        """Read the tokenizer and the configuration; no weights.

        Raises:
            ModelError: the tokenizer is missing, damaged, or of another model.
        """
        self._folder = folder
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._kind = str(folder.config.get("model_type", ""))
        self._rows: int | None = None
        """Rows of the model's embeddings, where its tokenizer has more tokens."""
        self._check_vocabulary()
        self.global_first = self._kind == "led"
        """Whether the first token of the input is seen from everywhere."""

    def save(self, path: Path) -> None:
        """Write the tokenizer as tokenizer.json, from which it is read the same."""
        self._tokenizer.save(str(path))

    @property
    def vocabulary(self) -> int:
        """How many tokens the tokenizer knows."""
        return self._tokenizer.get_vocab_size()

    def _check_vocabulary(self) -> None:
        """A token that the model has no row for must be a mark that is never written.

        bart-large-cnn has none for its tokenizer's last one, ``<mask>``.
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
        """No more tokens in and out than the model has positions for (T5 has no such bound)."""
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
        """The prompt as at most ``decoding.max_input`` tokens; what is over goes, marks stay.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        plain = self._tokenizer.encode(prompt, add_special_tokens=False)
        ids, tokens = plain.ids, plain.tokens
        if self._rows is not None:
            known = [at for at, number in enumerate(ids) if number < self._rows]
            ids, tokens = [ids[at] for at in known], [tokens[at] for at in known]
        before, after = self._marks(decoding)
        room = max(0, decoding.max_input - len(before) - len(after))
        return Encoded(
            (*before, *ids[:room], *after),
            (*map(self.token, before), *tokens[:room], *map(self.token, after)),
        )

    def start(self, decoding: Decoding) -> tuple[int, ...]:
        """The tokens that each line starts with, after the model's own start token.

        For mbart-large-cc25 the first of them takes the place of the start token.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        if self._kind == "mbart":
            return (self._language(decoding),)
        forced = self._generation.get("forced_bos_token_id")
        return () if forced is None else (int(forced),)

    def given(self, decoding: Decoding, own: int) -> tuple[int, ...]:
        """The decoder's first ids; ``own`` is the model's start token.

        Raises:
            ModelError: the model's vocabulary has no code for the language.
        """
        start = self.start(decoding)
        return start if self.starts_with_language else (own, *start)

    def forced(self, decoding: Decoding) -> int:
        """How many tokens of a line are given, so that they are no part of what is written."""
        return 0 if self.starts_with_language else len(self.start(decoding))

    @cached_property
    def starts_with_language(self) -> bool:
        """Whether the language takes the place of the start token (mbart-large-cc25)."""
        return self._kind == "mbart" and not self._knows_50

    def token(self, token_id: int) -> str:
        """The token of an id; the model may have rows beyond those of its tokenizer."""
        found = self._tokenizer.id_to_token(token_id)
        return f"<unused_{token_id}>" if found is None else str(found)

    def decode(self, ids: "list[int] | tuple[int, ...]") -> str:
        """The text of a line, without marks."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def decode_tokens(self, tokens: list[str]) -> str:
        """The text of a line that is given as tokens."""
        ids = (self._tokenizer.token_to_id(token) for token in tokens)
        return self.decode([i for i in ids if i is not None])

    def _marks(self, decoding: Decoding) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Ids before and after the text."""
        if self._kind != "mbart":
            return self._own_marks
        end, code = self._end, self._language(decoding)
        return ((code,), (end,)) if self._knows_50 else ((), (end, code))

    @cached_property
    def _own_marks(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the tokenizer puts around a text, seen on a text of one letter."""
        whole = self._tokenizer.encode("a")
        special = [bool(mark) for mark in whole.special_tokens_mask]
        if all(special):
            return (), tuple(whole.ids)
        first = special.index(False)
        last = len(special) - special[::-1].index(False)
        return tuple(whole.ids[:first]), tuple(whole.ids[last:])

    @cached_property
    def _knows_50(self) -> bool:
        return all(self._tokenizer.token_to_id(code) is not None for code in ADDED_IN_50)

    @cached_property
    def _end(self) -> int:
        named = self._generation.get("eos_token_id")
        first = named[0] if isinstance(named, list) and named else named
        return int(first) if isinstance(first, int) else 2

    def _language(self, decoding: Decoding) -> int:
        language = decoding.language or DEFAULT_LANGUAGE
        found = _code(self._tokenizer, language)
        if found is None:
            raise ModelError(
                f"{self._folder.name} has no code for the language '{language}'; take it out of "
                "'languages' in the prompt family (see 'briefing prompts show')"
            )
        return found

    @cached_property
    def _generation(self) -> dict[str, Any]:
        """The configuration with what generation_config.json says of it."""
        path = self._folder.path / "generation_config.json"
        try:
            own = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise ModelError(f"{path} is not valid JSON: {error}; fetch it again") from error
        return self._folder.config | {name: v for name, v in own.items() if v is not None}


def known_languages(folder: ModelFolder) -> frozenset[str] | None:
    """The languages (ISO 639-1) that the folder's tokenizer has codes for; None: it says none.

    Raises:
        ModelError: the tokenizer is missing or damaged.
    """
    if folder.config.get("model_type") != "mbart":
        return None
    tokenizer = load_tokenizer(folder)
    return frozenset(language for language in CODES if _code(tokenizer, language) is not None)


def _code(tokenizer: "Tokenizer", language: str) -> int | None:
    """The id of a language's code; None where mBART's vocabularies, or this one, have none."""
    code = CODES.get(language)
    found: int | None = tokenizer.token_to_id(code) if code else None
    return found


def load_tokenizer(folder: ModelFolder) -> "Tokenizer":
    """The folder's fast tokenizer: tokenizer.json, or what transformers makes of its other files.

    Raises:
        ModelError: it is missing or damaged.
    """
    from tokenizers import Tokenizer

    if not folder.tokenizer.is_file():
        return _by_transformers(folder)
    try:
        return Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:  # the library raises plain Exception
        raise ModelError(f"{folder.tokenizer} cannot be read as a tokenizer: {error}") from error


def _by_transformers(folder: ModelFolder) -> "Tokenizer":
    names = ("spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt")
    if not any((folder.path / name).is_file() for name in names):
        raise ModelError(
            f"{folder.path} holds no tokenizer (tokenizer.json, spiece.model, "
            "sentencepiece.bpe.model or vocab.json with merges.txt); copy it from where the "
            "weights come from"
        )
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)
    except Exception as error:  # each kind of file fails in its own way
        raise ModelError(
            f"the tokenizer in {folder.path} cannot be read: {error}; save it as tokenizer.json"
        ) from error
    fast = getattr(found, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(
            f"the tokenizer in {folder.path} has no fast form; save it as tokenizer.json"
        )
    tokenizer: Tokenizer = fast
    return tokenizer
