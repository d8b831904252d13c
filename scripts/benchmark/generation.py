"""The model alone: the same prompts of the same articles through our back end and transformers'.

transformers gets what a careful user gives it: prompts as token ids, padded to the longest of a
batch, in inference mode, on all cores. ``sort`` is a user who has sorted all prompts by length.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from briefing.briefer import Briefer
from briefing.briefs import Article
from briefing.models import Decoding, open_backend
from briefing.models.backend import cores, load_tokenizer
from briefing.models.folder import find_model
from briefing.models.weights import load_model

Batches = list[list[str]]


def prompts(briefer: Briefer, articles: Sequence[Article]) -> Batches:
    """What the model is asked for the articles, a batch for each section of each."""
    writer = briefer.writer
    if writer is None:
        raise SystemExit("an extractive briefer asks nothing")
    requests = [request for article in articles for request in briefer.draft(article).requests]
    return [
        [
            p
            for request in run
            for p in writer.prompts.fill(request.section, request.sources, request.words)
        ]
        for _, run in groupby(requests, key=lambda request: request.batch)
    ]


def ours(batches: Batches, beam: int, most: int, model: str = "bundled", runs: int = 3) -> float:
    """Seconds of the fastest of several runs."""
    backend = open_backend(model, "cpu", "ctranslate2")
    decoding = Decoding(beam=beam, n_best=beam, max_input=most)
    backend.generate(batches[:8], decoding)
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        backend.generate(batches, decoding)
        best = min(best, time.perf_counter() - began)
    return best


@dataclass(frozen=True, slots=True)
class Way:
    """How transformers is run."""

    beam: int
    dtype: str
    batch: int
    sort: bool

    @property
    def name(self) -> str:
        """For a table."""
        search = f"beams of {self.beam}" if self.beam > 1 else "greedy"
        order = ", sorted by length" if self.sort else ""
        return f"transformers {self.dtype}, {search}, batches of {self.batch}{order}"


class Transformers:
    """The bundled weights under ``generate``, as any user of transformers runs a model."""

    def __init__(self) -> None:
        self._folder = find_model("bundled")
        self._tokenizer = load_tokenizer(self._folder)
        self._saved = tempfile.TemporaryDirectory()
        save(Path(self._saved.name))

    @property
    def folder(self) -> str:
        """The weights as transformers saves them."""
        return self._saved.name

    def seconds(self, batches: Batches, way: Way, most: int, runs: int = 1) -> float:
        """Seconds of the fastest of several runs."""
        import torch
        from transformers import AutoModelForSeq2SeqLM

        torch.set_num_threads(cores())
        dtype = getattr(torch, way.dtype)
        model = AutoModelForSeq2SeqLM.from_pretrained(self.folder, dtype=dtype).eval()
        rows = [self._tokenizer.encode(p).ids[:most] for batch in batches for p in batch]
        if way.sort:
            rows.sort(key=len)
        parts = [rows[i : i + way.batch] for i in range(0, len(rows), way.batch)]
        self._generate(model, parts[0], way)
        best = float("inf")
        for _ in range(runs):
            began = time.perf_counter()
            for part in parts:
                self._generate(model, part, way)
            best = min(best, time.perf_counter() - began)
        return best

    def _generate(self, model: Any, rows: list[list[int]], way: Way) -> None:
        import torch

        width, pad = max(map(len, rows)), model.config.pad_token_id
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        search = {"early_stopping": True} if way.beam > 1 else {}
        with torch.inference_mode():
            model.generate(
                input_ids=ids,
                attention_mask=ids.ne(pad),
                num_beams=way.beam,
                num_return_sequences=way.beam,
                max_new_tokens=Decoding().max_tokens,
                do_sample=False,
                **search,
            )


def save(to: Path) -> None:
    """Write the bundled model as transformers saves one: float32, with its tokenizer."""
    folder = find_model("bundled")
    model = load_model(folder)
    model.save_pretrained(to)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder.path / name, to)
