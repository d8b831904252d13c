"""Articles a second on a GPU, beside transformers' generate and beside what the GPU allows.

    python scripts/bench_gpu.py [--device cuda] [--batches 1 8 64 256] [--tiny]

Two models: the bundled one, and one of the shape of BART-large with random weights, which is asked
what bart-large-cnn is asked (the article in, three texts out). For each: transformers' generate,
one prompt at a time, in the same dtype; then ``--batches`` articles at once through our back end;
for the bundled model whole briefs too. "Of the bound" is the share of the roofline that
scripts/benchmark/bound.py computes. ``--tiny`` measures nothing worth knowing, in seconds.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.briefs import Article
from briefing.errors import DeviceError
from briefing.models import Decoding, DeviceChoice, choose_device, gpus
from briefing.models.backend import Inputs
from briefing.models.folder import BUNDLED, ModelFolder, find_model
from briefing.models.torch_backend import TorchBackend, dtype_for
from briefing.models.weights import load_model
from briefing.sections import Section
from briefing.writing import LineRequest, Writer, choose_family
from scripts.benchmark.articles import made_articles
from scripts.benchmark.bound import Peak, Work, measure, wait

ALONE = 8
"""Articles for one prompt at a time."""
LARGE = {
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 12,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
    "vocab_size": 50265,
    "max_position_embeddings": 1024,
}
"""The shape of facebook/bart-large, from its configuration."""
TINY = LARGE | {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "vocab_size": 16384,
}


class Subject:
    """A model with what it is asked for some articles: through our back end, and bare."""

    def __init__(
        self, name: str, folder: ModelFolder, choice: DeviceChoice, articles: Sequence[Article]
    ) -> None:
        self.name = name
        self.backend = TorchBackend(folder, choice)
        self.prompts = choose_family(name, str(folder.config["model_type"]))
        self.writer = Writer(self.backend, self.prompts)
        briefer = Briefer.over(self.backend, self.prompts)
        self.requests = [briefer.draft(article).requests for article in articles]
        self.device = choice.devices[0]
        self.inputs = Inputs(folder)
        dtype = dtype_for(self.device, str(folder.config["model_type"]))
        self.model = load_model(folder).to(device=self.device, dtype=dtype).eval()

    def asked(self, articles: int) -> Iterator[tuple[list[str], Decoding]]:
        """The prompts of the first articles, by section, with how they are decoded."""
        requests = sorted(
            (request for own in self.requests[:articles] for request in own), key=_section
        )
        for section, run in groupby(requests, _section):
            prompts = [
                prompt
                for request in run
                for prompt in self.prompts.fill(request.section, request.sources, request.words)
            ]
            yield prompts, self.prompts.sections[section].decoding


def _section(request: LineRequest) -> Section:
    return request.section


def random_bart(folder: Path, shape: dict[str, int]) -> ModelFolder:
    """A BART of that shape with random weights, which reads with the bundled tokenizer."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

    torch.manual_seed(1)
    marks = {key: find_model("bundled").config[key] for key in ("pad_token_id", "bos_token_id")}
    config = BartConfig(
        **shape,
        **marks,
        # No token ends a line, so that every line has the most tokens, as the bound supposes.
        eos_token_id=shape["vocab_size"] - 1,
        decoder_start_token_id=marks["bos_token_id"],
        forced_eos_token_id=None,
    )
    BartForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(folder)
    PreTrainedTokenizerFast.from_pretrained(BUNDLED).save_pretrained(folder)
    return ModelFolder(folder, "bart-large-cnn-shape")


def alone(given: Subject, articles: int) -> float:
    """Articles a second with transformers' generate, one prompt at a time, in the same dtype."""
    import torch

    def write(prompt: str, decoding: Decoding) -> None:
        ids = torch.tensor([given.inputs.encode(prompt, decoding).ids], device=given.device)
        search = {"early_stopping": True} if decoding.beam > 1 else {}
        with torch.inference_mode():
            given.model.generate(
                input_ids=ids,
                num_beams=decoding.beam,
                num_return_sequences=decoding.n_best,
                max_new_tokens=decoding.max_tokens,
                min_new_tokens=decoding.min_tokens,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                length_penalty=decoding.length_penalty,
                do_sample=False,
                **search,
            )

    asked = list(given.asked(articles))
    write(asked[0][0][0], asked[0][1])
    wait(given.device)
    began = time.perf_counter()
    for prompts, decoding in asked:
        for prompt in prompts:
            write(prompt, decoding)
    wait(given.device)
    return articles / (time.perf_counter() - began)


def together(given: Subject, at_once: int, rounds: int) -> tuple[float, float]:
    """(articles a second, gigabytes of the device) with so many articles at once."""
    import torch

    cuda = given.backend.info.device == "cuda"
    requests = [request for own in given.requests[:at_once] for request in own]
    given.writer.write(requests)
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    for _ in range(rounds):
        given.writer.write(requests)
    rate = rounds * min(at_once, len(given.requests)) / (time.perf_counter() - began)
    return rate, torch.cuda.max_memory_allocated() / 1e9 if cuda else 0.0


def bound(given: Subject, peak: Peak, at_once: int) -> float:
    """Articles a second that the roofline allows with so many at once, for the lines as written."""
    work = Work.of(given.model)
    seconds = 0.0
    for prompts, decoding in given.asked(at_once):
        sources = [len(given.inputs.encode(prompt, decoding).ids) for prompt in prompts]
        written = given.backend.generate([prompts], decoding)
        texts = [line.text for lines in written for line in lines]
        # A batch goes on until its longest line ends, with the mark for it.
        longest = 1 + max(len(given.inputs.encode(text, decoding).ids) for text in texts)
        tokens = min(longest, decoding.max_tokens)
        seconds += work.seconds(peak, sources, decoding.beam, tokens)
    return min(at_once, len(given.requests)) / seconds


def table(given: Subject, peak: Peak, batches: Sequence[int]) -> Iterator[str]:
    """The rows of one model."""
    base = alone(given, min(ALONE, len(given.requests)))
    yield f"| {given.name}, transformers one prompt at a time | {base:.2f} | 1.0 | | |"
    for size in batches:
        if size > len(given.requests):
            continue
        rate, memory = together(given, size, rounds=3 if size < 64 else 1)
        share = f"{100 * rate / bound(given, peak, size):.0f} %"
        held = f"{memory:.1f} GB" if memory else ""
        name = f"{given.name}, {size} at once"
        yield f"| {name} | {rate:.2f} | {rate / base:.1f} | {share} | {held} |"


def whole(given: Subject, articles: Sequence[Article]) -> float:
    """Briefs a second, planned, written and checked."""
    briefer = Briefer.over(given.backend, given.prompts)
    briefer.warm()
    began = time.perf_counter()
    for result in briefer.brief_many(articles):
        if isinstance(result, Exception):
            raise result
    return len(articles) / (time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default="cuda")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 64, 256])
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args(arguments)
    try:
        choice = choose_device(options.device)
    except DeviceError as error:
        parser.error(str(error))
    articles = [article_of(row) for row in made_articles(max(options.batches))]
    bundled = Subject("bundled", find_model("bundled"), choice, articles)
    dtype = bundled.model.dtype
    small = {"megabytes": 16, "side": 512} if options.tiny else {}
    peak = measure(choice.devices[0], dtype, **small)
    name = gpus()[0].name if options.device == "cuda" else options.device
    print(
        f"{name}, {str(dtype).removeprefix('torch.')}: "
        f"{peak.bandwidth / 1e9:.0f} GB and {peak.operations / 1e12:.1f} T operations a second"
    )
    print("\n| what | articles a second | times | of the bound | memory |\n|---|---|---|---|---|")
    for row in table(bundled, peak, options.batches):
        print(row, flush=True)
    print(f"| bundled, whole briefs | {whole(bundled, articles):.2f} | | | |", flush=True)
    del bundled
    with tempfile.TemporaryDirectory() as folder:
        shape = TINY if options.tiny else LARGE
        large = Subject("bart-large-cnn shape", random_bart(Path(folder), shape), choice, articles)
        for row in table(large, peak, options.batches):
            print(row, flush=True)


if __name__ == "__main__":
    main()
