"""A verifier of the user's own: a Hugging Face model that says whether a claim follows from a text.

Two kinds are known. A sequence classifier of entailment (trained on MNLI, ANLI, FEVER and the like)
whose configuration names its labels; and a sequence-to-sequence model in the manner of MiniCheck
(Tang et al. 2024), which answers "1" or "0". Evidence is a few sentences, so neither needs a long
input.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from briefing.errors import DeviceError, ModelError
from briefing.models.device import Device, choose_device
from briefing.models.folder import ModelFolder, find_model

if TYPE_CHECKING:
    import torch

_BATCH = 16
_MOST = 512
_NEGATED = re.compile(r"not|non|un|in|contra|false|hallucinat", re.IGNORECASE)
_FOLLOWS = re.compile(r"entail|support|consistent|factual|faithful|true|yes|^1$", re.IGNORECASE)
_ASKED = "predict: {}</s>{}"
"""How MiniCheck's T5 models are asked."""
_HARSH = 30.0


def model_verifier(name: str, device: Device = "auto") -> "ModelVerifier":
    """Load the verifier ``name``: a folder, or a model in the local Hugging Face cache.

    Raises:
        ModelError: it is not here, or of no kind that is known. DeviceError: see `choose_device`.
    """
    folder = find_model(name)
    kinds = folder.config.get("architectures") or [""]
    choice = choose_device(device)
    where = choice.devices[0]
    if str(kinds[0]).endswith("ForSequenceClassification"):
        return Classifier(folder, where)
    if folder.config.get("is_encoder_decoder"):
        return Answerer(folder, where)
    raise ModelError(
        f"{folder.name} is {kinds[0] or 'of no named architecture'}, which is no verifier; name a "
        "sequence classifier of entailment, or a model that answers 1 or 0 as MiniCheck's do"
    )


class ModelVerifier(ABC):
    """A transformers model that is asked in batches."""

    def __init__(self, folder: ModelFolder, device: str, kind: str) -> None:
        import torch
        import transformers

        self.name = folder.name
        self._device = device
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        try:
            load = getattr(transformers, kind).from_pretrained
            self._model: Any = load(folder.path, dtype=dtype).eval().to(device)
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder.path)
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                f"{folder.name} does not fit on {device}; use --device cpu"
            ) from error
        except Exception as error:  # the library raises what it likes
            raise ModelError(f"{folder.path} cannot be loaded as a verifier: {error}") from error

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Log-odds that a line follows, for each pair of an evidence and a line, in order."""
        import torch

        found = [0.0] * len(pairs)
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][0]) + len(pairs[at][1]))
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            with torch.inference_mode():
                odds = self._odds([pairs[at] for at in part]).float().clamp(-_HARSH, _HARSH)
            for at, value in zip(part, odds.tolist(), strict=True):
                found[at] = value
        return found

    @abstractmethod
    def _odds(self, pairs: Sequence[tuple[str, str]]) -> "torch.Tensor":
        """The log-odds of one batch."""

    def _encoded(self, *texts: list[str]) -> Any:
        found = self._tokenizer(
            *texts, padding=True, truncation=True, max_length=_MOST, return_tensors="pt"
        )
        return found.to(self._device)


class Classifier(ModelVerifier):
    """A sequence classifier: the log-odds of its label for "follows" against the others."""

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
    """Which label of a classifier means that the claim follows.

    Raises:
        ModelError: its configuration does not say.
    """
    named = folder.config.get("id2label") or {}
    labels = {int(at): str(label) for at, label in named.items()}
    if len(labels) == 1:
        return 0
    found = [at for at, label in labels.items() if _means(label)]
    if len(found) == 1:
        return found[0]
    if not found and sorted(labels.values()) == ["LABEL_0", "LABEL_1"]:
        return 1
    raise ModelError(
        f"{folder.name} has the labels {', '.join(labels.values()) or 'of no name'}, none of which "
        "says that a claim follows; give its config.json an id2label with 'entailment'"
    )


def _means(label: str) -> bool:
    """Whether a label means that the claim follows: "entailment", not "not_entailment"."""
    found = _FOLLOWS.search(label)
    return bool(found) and not _NEGATED.search(label[: found.start()] if found else "")


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

        given = self._encoded([_ASKED.format(text, line) for text, line in pairs])
        start = self._model.config.decoder_start_token_id
        first = torch.full((len(pairs), 1), start, device=self._device)
        logits: torch.Tensor = self._model(**given, decoder_input_ids=first).logits[:, 0].float()
        return logits[:, self._yes] - logits[:, self._no]
