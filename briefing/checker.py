"""Check a summary against an article, with the bundled verifier or an entailment model.

Two kinds of Hugging Face models are supported: an entailment sequence classifier (trained on MNLI,
ANLI, FEVER and the like) whose configuration names its labels, and a sequence-to-sequence model in
the manner of MiniCheck (Tang et al. 2024), which answers "1" or "0". Evidence is a few sentences,
so neither needs a long input.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO

from briefing.attribution import unattributed
from briefing.briefs import Article, Brief, Line
from briefing.checking import Verifier, bundled_verifier
from briefing.checking.report import Report, check_text
from briefing.errors import DeviceError, EmptyInput, InputError, ModelError
from briefing.models import choose_device
from briefing.models.folder import ModelFolder, find_model
from briefing.models.weights import load_checked
from briefing.options import DEVICES, Device, check_choice, name_or_path
from briefing.reading import (
    article_from_html,
    article_from_text,
    detect_language,
    kind_of,
    read,
    sentence_texts,
)
from briefing.reading.markup import blocks_of, parse_html, text_of_blocks
from briefing.rendering import summary_text

if TYPE_CHECKING:
    import torch

_BUNDLED = "bundled"
_BATCH = 16
_MOST = 512
_NEGATED = re.compile(r"not|non|un|in|dis|contra|false|hallucinat", re.IGNORECASE)
_FOLLOWS = re.compile(r"entail|support|consistent|factual|faithful|true|yes|^1$", re.IGNORECASE)
_PROMPT = "predict: {}</s>{}"
"""The prompt of MiniCheck's T5 models."""
_CLAMP = 30.0
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
"""Files one of which a tokenizer has."""


def check(
    summary: str | Brief | Line,
    against: str | PathLike[str] | bytes | BinaryIO | Article,
    *,
    verifier: str | PathLike[str] = _BUNDLED,
    device: Device = "auto",
) -> Report:
    """Check each claim of ``summary`` against the article ``against``.

    ``summary`` is a text, a brief in any output format, a `Brief` or one `Line`; ``against`` is an
    `Article`, or a source that `briefing.read` accepts. ``verifier`` is "bundled", or the folder or
    cached name of an entailment model, which runs on ``device``.

    Raises:
        TypeError: an argument has the wrong type. ValueError: there is no such device.
        EmptyInput: the summary is empty. InputError: see `briefing.read`.
        ModelError, DeviceError: the verifier cannot be used.
    """
    verifier = name_or_path("verifier", verifier)
    check_choice("device", device, DEVICES)
    if isinstance(summary, Line):
        summary = summary.text
    if isinstance(summary, Brief):
        summary = "\n\n".join(line.text for line in summary.lines)
    if not isinstance(summary, str):
        raise TypeError(f"the summary must be a str or a Brief, not {type(summary).__name__}")
    if not summary.strip():
        raise EmptyInput("the summary is empty; provide text to check")
    article = against if isinstance(against, Article) else read(against)
    return check_summary(summary, source_of(article), verifier, device)


@dataclass(frozen=True, slots=True)
class SourceSentences:
    """The sentences that a summary is checked against; ``dated`` are those with its dateline."""

    sentences: tuple[str, ...]
    dated: tuple[str, ...] = ()


def source_of(against: Article | str) -> SourceSentences:
    """Return the sentences of an article, or of a text, which need not be an article."""
    if isinstance(against, str):
        try:
            return source_of(article_from_text(against))
        except InputError:
            return SourceSentences(tuple(sentence_texts(against)))
    texts = tuple(sentence.text for sentence in against.sentences)
    if not against.dateline:
        return SourceSentences(texts)
    first = [sentence.part for sentence in against.sentences].index("body")
    begun = f"{against.dateline} {texts[first]}"
    return SourceSentences(texts, (*texts[:first], begun, *texts[first + 1 :]))


def check_summary(
    summary: str, source: SourceSentences, verifier: str = _BUNDLED, device: Device = "auto"
) -> Report:
    """Check ``summary``, plain or HTML, against the sentences of a source.

    Raises:
        EmptyInput: the summary has no words. ModelError, DeviceError: the verifier cannot be used.
    """
    text = unattributed(summary_text(plain_summary(summary)))
    if not any(character.isalnum() for character in text):
        raise EmptyInput("the summary has no words to check")
    sentences = list(source.sentences)
    language = detect_language(" ".join(sentences))
    judge = verifier_for(language, verifier, device)
    return check_text(text, sentences, sentence_texts, judge, language, source.dated)


def plain_summary(summary: str) -> str:
    """Return a summary without markup, of HTML the lines of a brief, the article, or all of it."""
    if kind_of(summary) != "html":
        return summary
    root = parse_html(summary)
    lines = [each for each in root.iter() if "brief-line" in (each.get("class") or "").split()]
    if lines:
        said = (next(line.iter("h1", "h2", "p"), line) for line in lines)
        return "\n\n".join(" ".join("".join(map(str, each.itertext())).split()) for each in said)
    try:
        article = article_from_html(summary)
    except InputError:
        body = root.find("body")
        return text_of_blocks(blocks_of(root if body is None else body))
    return "\n\n".join(part for part in (article.title, article.subtitle, article.body) if part)


def verifier_for(language: str, name: str = _BUNDLED, device: Device = "auto") -> Verifier | None:
    """Return the verifier of this name, loaded once; None if it does not support ``language``.

    Raises:
        ModelError, DeviceError: see `model_verifier`.
    """
    return bundled_verifier(language) if name == _BUNDLED else model_verifier(name, device)


@cache
def model_verifier(name: str, device: Device) -> "ModelVerifier":
    """Load the verifier ``name``, once: a folder, or a model in the local Hugging Face cache.

    Raises:
        ModelError: not found, or of an unsupported kind. DeviceError: see `choose_device`.
    """
    folder = find_model(name)
    kind = str((folder.config.get("architectures") or [""])[0])
    where = choose_device(device).devices[0]
    if kind.endswith("ForSequenceClassification"):
        return Classifier(folder, where)
    if folder.config.get("is_encoder_decoder"):
        return Answerer(folder, where)
    raise ModelError(
        f"{folder.name} (architecture {kind or 'unknown'}) is not a supported verifier; use an "
        "entailment sequence classifier, or a model that answers 1 or 0 as MiniCheck's do"
    )


class ModelVerifier(ABC):
    """A transformers model that scores pairs of evidence and claim in batches."""

    def __init__(self, folder: ModelFolder, device: str, kind: str) -> None:
        import torch
        import transformers

        self.name = folder.name
        self._device = device
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        if not any((folder.path / name).is_file() for name in _TOKENIZERS):
            raise ModelError(
                f"{folder.path} has no tokenizer ({', '.join(_TOKENIZERS)}); copy the whole folder"
            )
        model = load_checked(folder, kind)
        try:
            self._model: Any = model.eval().to(device=device, dtype=dtype)
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder.path)
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                f"{folder.name} does not fit on {device}; use --device cpu"
            ) from error
        except Exception as error:  # transformers raises errors of many types
            raise ModelError(f"{folder.path} cannot be loaded as a verifier: {error}") from error
        self._most = _most_pieces(model.config, self._tokenizer)

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the log-odds of entailment for each pair of evidence and line, in order."""
        import torch

        scores = [0.0] * len(pairs)
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][0]) + len(pairs[at][1]))
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            with torch.inference_mode():
                odds = self._odds([pairs[at] for at in part]).float().clamp(-_CLAMP, _CLAMP)
            if not odds.isfinite().all():
                raise ModelError(f"the verifier {self.name} answers without a number; use another")
            for at, value in zip(part, odds.tolist(), strict=True):
                scores[at] = value
        return scores

    @abstractmethod
    def _odds(self, pairs: Sequence[tuple[str, str]]) -> "torch.Tensor":
        """The log-odds of one batch."""

    def _encoded(self, *texts: list[str]) -> Any:
        encoded = self._tokenizer(
            *texts, padding=True, truncation=True, max_length=self._most, return_tensors="pt"
        )
        return encoded.to(self._device)


class Classifier(ModelVerifier):
    """A sequence classifier: the log-odds of its entailment label against the others."""

    def __init__(self, folder: ModelFolder, device: str) -> None:
        self._label = follows(folder)
        super().__init__(folder, device, "AutoModelForSequenceClassification")

    def _odds(self, pairs: Sequence[tuple[str, str]]) -> "torch.Tensor":
        import torch

        texts, lines = [text for text, _ in pairs], [line for _, line in pairs]
        logits: torch.Tensor = self._model(**self._encoded(texts, lines)).logits.float()
        if logits.shape[1] == 1:
            return logits[:, 0]
        others = [at for at in range(logits.shape[1]) if at != self._label]
        return logits[:, self._label] - logits[:, others].logsumexp(1)


def follows(folder: ModelFolder) -> int:
    """Return the index of a classifier's entailment label.

    Raises:
        ModelError: the configuration does not name it.
    """
    id2label = folder.config.get("id2label")
    if not isinstance(id2label, dict):  # transformers leaves out its own names
        count = 2 if id2label is None else 0
        id2label = {at: f"LABEL_{at}" for at in range(folder.config.get("num_labels", count))}
    labels = dict(enumerate(str(label) for _, label in sorted(id2label.items(), key=_number)))
    if len(labels) == 1:
        return 0
    matches = [at for at, label in labels.items() if _is_entailment(label)]
    if len(matches) == 1:
        return matches[0]
    if not matches and sorted(labels.values()) == ["LABEL_0", "LABEL_1"]:
        return 1
    raise ModelError(
        f"cannot tell the entailment label of {folder.name} (its labels: "
        f"{', '.join(labels.values()) or 'none'}); add an id2label with 'entailment' to its "
        "config.json"
    )


def _number(entry: tuple[object, object]) -> int:
    """Return the number of a label, which JSON has as a string; others come last."""
    text = str(entry[0])
    return int(text) if text.isdecimal() else _LAST


_LAST = 1_000_000


def _most_pieces(config: Any, tokenizer: Any) -> int:
    """Return how many pieces a model reads of evidence and line."""
    positions = getattr(config, "max_position_embeddings", None) or _MOST
    if "roberta" in str(config.model_type):
        positions -= _ROBERTA_OFFSET
    return int(min(_MOST, positions, tokenizer.model_max_length))


_ROBERTA_OFFSET = 2
"""Positions that RoBERTa keeps for its padding."""


def _is_entailment(label: str) -> bool:
    """Whether a label means entailment: "entailment", not "not_entailment"."""
    match = _FOLLOWS.search(label)
    return match is not None and not _NEGATED.search(label[: match.start()])


class Answerer(ModelVerifier):
    """A sequence-to-sequence model that answers "1" or "0": the log-odds of the first token."""

    def __init__(self, folder: ModelFolder, device: str) -> None:
        super().__init__(folder, device, "AutoModelForSeq2SeqLM")
        self._yes, self._no = (self._token(answer) for answer in ("1", "0"))

    def _token(self, answer: str) -> int:
        ids = self._tokenizer(answer, add_special_tokens=False).input_ids
        if not ids or ids[-1] == self._tokenizer.unk_token_id:
            raise ModelError(f"{self.name} has no token for the answer '{answer}'")
        return int(ids[-1])

    def _odds(self, pairs: Sequence[tuple[str, str]]) -> "torch.Tensor":
        import torch

        encoded = self._encoded([_PROMPT.format(text, line) for text, line in pairs])
        start = self._model.config.decoder_start_token_id
        first = torch.full((len(pairs), 1), start, device=self._device)
        logits: torch.Tensor = self._model(**encoded, decoder_input_ids=first).logits[:, 0].float()
        return logits[:, self._yes] - logits[:, self._no]
