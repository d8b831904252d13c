"""Every family with a tiny model of its true architecture and kind of tokenizer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.briefer import Briefer
from briefing.briefs import Article
from briefing.errors import BriefingError, ModelError, UnsupportedLanguage
from briefing.models import Decoding, open_backend
from briefing.models.backend import CTranslate2Backend, Inputs
from briefing.models.convert import Conversion, convert, reference_lines, write_converted
from briefing.models.folder import find_model
from briefing.reading import article_from_text, read_path
from briefing.sections import Section
from tests.commands import call_here
from tests.models.tiny import SENTENCES, make

pytestmark = pytest.mark.slow

CONVERTED = (
    "bart",
    "bart-mask",
    "bart-forced",
    "pegasus",
    "t5",
    "flan-t5",
    "mt5",
    "mbart-cc25",
    "mbart-50",
)
KINDS = (*CONVERTED, "led")
PROMPTS = list(SENTENCES[:3])
Tiny = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Makes the tiny model of a kind, once."""
    made: dict[str, Path] = {}
    root = tmp_path_factory.mktemp("families")

    def of(kind: str) -> Path:
        if kind not in made:
            made[kind] = make(kind, root / kind)
        return made[kind]

    return of


@pytest.fixture(scope="session")
def converted(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Conversion]:
    """Converts the tiny model of a kind, once."""
    made: dict[str, Conversion] = {}
    root = tmp_path_factory.mktemp("converted")

    def of(kind: str) -> Conversion:
        if kind not in made:
            made[kind] = convert(str(tiny(kind)), root / kind)
        return made[kind]

    return of


@pytest.fixture(scope="module")
def article() -> Article:
    from tests.conftest import FIXTURES

    return read_path(FIXTURES / "ferry.txt")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_every_family_briefs_an_article(kind: str, tiny: Tiny, article: Article) -> None:
    brief = Briefer(str(tiny(kind)), device="cpu").brief(article)
    assert brief.model.backend == "transformers"
    assert brief.headline
    assert brief.key_points
    sentences = [s.text for s in article.sentences]
    assert all(line.evidence and line.support >= 0.5 for line in brief.key_points)
    assert all(0 <= i < len(sentences) for line in brief.key_points for i in line.evidence)


@pytest.mark.parametrize("kind", CONVERTED)
def test_conversion_says_what_it_compared(
    kind: str, converted: Callable[[str], Conversion]
) -> None:
    made = converted(kind)
    assert (made.float32.lines, made.float32.same) == (3, 3)
    assert made.float32.tokens == 72
    assert made.float32.largest < 0.001
    assert made.int8.mean < 0.15


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("kind", CONVERTED)
def test_both_back_ends_write_the_same_with_the_same_scores(
    kind: str, beam: int, tiny: Tiny, tmp_path: Path
) -> None:
    folder = find_model(str(tiny(kind)))
    shutil.copytree(folder.path, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").unlink()
    write_converted(folder, Inputs(folder), tmp_path / "ctranslate2", "float32")
    decoding = Decoding(beam=beam, n_best=1, max_tokens=8, language="de")
    theirs = open_backend(str(folder.path), "cpu").generate([PROMPTS], decoding)
    ours = CTranslate2Backend(find_model(str(tmp_path)), dtype="float32")
    for a, b in zip(theirs, ours.generate([PROMPTS], decoding), strict=True):
        assert a[0].text == b[0].text
        assert a[0].score == pytest.approx(b[0].score, abs=0.02)


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from briefing.briefer import Briefer
from briefing.reading import read_path
article = read_path(sys.argv[1])
for folder in sys.argv[2:]:
    brief = Briefer(folder).brief(article)
    print(brief.model.backend, bool(brief.lines))
"""


def test_the_converted_form_briefs_without_torch(
    converted: Callable[[str], Conversion], ferry: Path
) -> None:
    """Of every family, in one process that can import neither torch nor transformers."""
    folders = [str(converted(kind).path) for kind in CONVERTED]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(ferry), *folders],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["ctranslate2 True"] * len(CONVERTED)


def test_t5_of_version_1_1_is_not_scaled_as_t5_is(
    tiny: Tiny,
    converted: Callable[[str], Conversion],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What CTranslate2's own converter gets wrong is found, and nothing is kept."""
    assert converted("flan-t5").float32.same == 3
    import briefing.models.convert as conversion

    corrected = conversion._corrected

    def wrong(*args):
        spec = corrected(*args)
        spec.decoder.scale_outputs = 32**-0.5
        return spec

    monkeypatch.setattr(conversion, "_corrected", wrong)
    with pytest.raises(ModelError, match="differs from transformers"):
        convert(str(tiny("flan-t5")), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_led_has_no_form_for_the_cpu_and_is_used_as_it_is(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"type 'led'.*--model"):
        convert(str(tiny("led")), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_fails_leaves_what_was_there(tiny: Tiny, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "mine.txt").write_text("kept")
    with pytest.raises(ModelError, match="--force"):
        convert(str(tiny("t5")), output)
    with pytest.raises(ModelError, match="type 'led'"):
        convert(str(tiny("led")), output, force=True)
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "mine.txt"]
    convert(str(tiny("t5")), output, force=True)
    assert not (output / "mine.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_or_the_model_itself_is_no_output(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="is a file"):
        convert(str(tiny("t5")), tmp_path / "file")
    with pytest.raises(ModelError, match="is the model itself"):
        convert(str(tiny("t5")), tiny("t5"), force=True)


@pytest.mark.parametrize(
    ("kind", "language", "before", "after", "start"),
    [
        ("bart", "", ["<s>"], ["</s>"], []),
        ("bart-forced", "", ["<s>"], ["</s>"], ["<s>"]),
        ("bart-mask", "", ["<s>"], ["</s>"], []),
        ("led", "", ["<s>"], ["</s>"], []),
        ("t5", "", [], ["</s>"], []),
        ("mt5", "de", [], ["</s>"], []),
        ("pegasus", "", [], ["</s>"], []),
        ("mbart-cc25", "de", [], ["</s>", "de_DE"], ["de_DE"]),
        ("mbart-cc25", "", [], ["</s>", "en_XX"], ["en_XX"]),
        ("mbart-50", "de", ["de_DE"], ["</s>"], ["de_DE"]),
        ("mbart-50", "sw", ["sw_KE"], ["</s>"], ["sw_KE"]),
    ],
)
def test_marks_stand_where_the_architecture_wants_them(
    kind: str, language: str, before: list[str], after: list[str], start: list[str], tiny: Tiny
) -> None:
    inputs = Inputs(find_model(str(tiny(kind))))
    decoding = Decoding(max_input=12, language=language)
    tokens = inputs.encode(" ".join(SENTENCES), decoding).tokens
    assert len(tokens) == 12
    assert list(tokens[: len(before)]) == before
    assert list(tokens[-len(after) :]) == after
    assert not set(tokens[len(before) : -len(after)]) & {*before, *after}
    assert [inputs.token(number) for number in inputs.start(decoding)] == start


def test_a_brief_is_asked_for_in_the_articles_language(
    tiny: Tiny, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    briefer = Briefer(str(tiny("mbart-50")), device="cpu")
    writer = briefer.writer
    assert writer is not None
    asked: list[str] = []
    generate = writer.backend.generate

    def noting(batches, decoding):
        asked.append(decoding.language)
        return generate(batches, decoding)

    monkeypatch.setattr(writer.backend, "generate", noting)
    untitled = article_from_text(article.body)
    briefer.brief(replace(untitled, language="de"), sections=[Section.HEADLINE])
    briefer.brief(untitled, sections=[Section.HEADLINE])
    assert asked == ["de", "en"]


def test_a_language_without_a_code_is_one_articles_error(tiny: Tiny, article: Article) -> None:
    briefer = Briefer(str(tiny("mbart-cc25")), device="cpu")
    foreign = replace(article, language="sw")
    results = list(briefer.brief_many([foreign, article], sections=[Section.HEADLINE]))
    assert isinstance(results[0], UnsupportedLanguage)
    assert not isinstance(results[1], BriefingError)


def test_a_mark_that_the_model_has_no_row_for_never_reaches_it(tiny: Tiny) -> None:
    folder = find_model(str(tiny("bart-mask")))
    inputs = Inputs(folder)
    assert inputs.vocabulary == folder.config["vocab_size"] + 1
    plain, masked = (inputs.encode(f"The{m} ferry.", Decoding()).ids for m in ("", "<mask>"))
    assert inputs.vocabulary - 1 not in masked
    assert plain == masked
    lines = open_backend(str(folder.path), "cpu").generate([["A <mask> B"]], Decoding(max_tokens=4))
    assert lines[0]


def test_folders_above_a_model_do_not_choose_its_family(tiny: Tiny, tmp_path: Path) -> None:
    model = tmp_path / "pegasus" / "t5" / "some-mbart"
    shutil.copytree(tiny("mbart-50"), model)
    writer = Briefer(str(model), device="cpu").writer
    assert writer is not None
    assert writer.prompts.family == "mbart"


def test_what_is_no_number_is_no_agreement(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import briefing.models.convert

    def spoilt(folder, inputs):
        first, *rest = reference_lines(folder, inputs)
        return [replace(first, scores=(*first.scores[:-1], float("nan"))), *rest]

    monkeypatch.setattr(briefing.models.convert, "reference_lines", spoilt)
    with pytest.raises(ModelError, match="differs from transformers"):
        convert(str(tiny("bart")), tmp_path / "out")


def test_marks_that_the_configuration_does_not_name(
    tiny: Tiny, tmp_path: Path, ferry: Path
) -> None:
    model = _broken(tiny, "mbart-50", tmp_path)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"eos_token_id": [2]}))
    (model / "generation_config.json").unlink()
    assert Inputs(find_model(str(model))).encode("A.", Decoding(language="de")).tokens[-1] == "</s>"
    model = _broken(tiny, "bart", tmp_path / "bart")
    config = json.loads((model / "config.json").read_text())
    config |= {"pad_token_id": None, "decoder_start_token_id": None}
    (model / "config.json").write_text(json.dumps(config))
    (model / "generation_config.json").unlink()
    _refused(model, ferry)


def test_an_index_that_is_not_used_names_nothing_that_is_missing(
    tiny: Tiny, tmp_path: Path
) -> None:
    model = _broken(tiny, "bart", tmp_path)
    for name in ("pytorch_model.bin.index.json", "tf_model.h5.index.json"):
        (model / name).write_text('{"weight_map": {"a": "pytorch_model-1-of-2.bin"}}')
    assert open_backend(str(model), "cpu").generate([PROMPTS], Decoding(max_tokens=4))


def _broken(tiny: Tiny, kind: str, folder: Path) -> Path:
    return Path(shutil.copytree(tiny(kind), folder / "broken"))


def _refused(model: Path, ferry: Path) -> str:
    """The line with which ``briefing brief`` refuses a model: exit code 3, nothing else said."""
    done = call_here("brief", ferry, "--model", model)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (3, b""), said
    assert said.startswith("briefing: ")
    assert said.count("\n") == 1, said
    assert len(said) < 700
    return said


def _tensors(path: Path, change: Callable[[dict], dict]) -> None:
    from safetensors.torch import load_file, save_file

    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def test_truncated_weights(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    model = _broken(tiny, "bart", tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "is truncated" in _refused(model, ferry)
    weights.write_bytes(weights.read_bytes()[:20])
    assert "truncated" in _refused(model, ferry)


def test_weights_that_are_no_numbers(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    model = _broken(tiny, "bart", tmp_path)

    def spoil(tensors):
        name = next(name for name in tensors if name.endswith("fc1.weight"))
        tensors[name][3, 3] = float("nan")
        return tensors

    _tensors(model / "model.safetensors", spoil)
    assert "NaN" in _refused(model, ferry)
    with pytest.raises(ModelError, match="NaN"):
        convert(str(model), tmp_path / "out")


def test_weights_of_a_wrong_type(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    import torch

    model = _broken(tiny, "bart", tmp_path)
    _tensors(
        model / "model.safetensors", lambda t: {name: w.to(torch.int8) for name, w in t.items()}
    )
    assert "as I8; weights must be" in _refused(model, ferry)
    config = json.loads((model / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (model / "config.json").write_text(json.dumps(config))
    assert "are quantised" in _refused(model, ferry)


def test_half_precision_is_as_good(tiny: Tiny, tmp_path: Path) -> None:
    import torch

    model = _broken(tiny, "bart", tmp_path)
    _tensors(
        model / "model.safetensors", lambda t: {name: w.to(torch.bfloat16) for name, w in t.items()}
    )
    lines = open_backend(str(model), "cpu").generate([PROMPTS], Decoding(max_tokens=4))
    assert all(lines)


def test_weights_of_another_model(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    model = _broken(tiny, "bart", tmp_path)
    _tensors(
        model / "model.safetensors", lambda t: {n: w for n, w in t.items() if "decoder" not in n}
    )
    assert "lack" in _refused(model, ferry)
    model = _broken(tiny, "t5", tmp_path / "t5")
    shutil.copy(tiny("bart") / "model.safetensors", model)
    _refused(model, ferry)


def test_a_missing_shard(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    model = _broken(tiny, "bart", tmp_path)
    (model / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    shutil.copy(tiny("bart") / "model.safetensors", model / "model-1-of-2.safetensors")
    assert "lacks model-2-of-2.safetensors" in _refused(model, ferry)
    (model / "model.safetensors.index.json").write_text("[]")
    assert "is not an index" in _refused(model, ferry)


def test_damaged_pickles(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    import torch
    from safetensors.torch import load_file

    model = _broken(tiny, "bart", tmp_path)
    tensors = load_file(model / "model.safetensors")
    (model / "model.safetensors").unlink()
    torch.save(tensors, model / "pytorch_model.bin")
    whole = (model / "pytorch_model.bin").read_bytes()
    (model / "pytorch_model.bin").write_bytes(whole[: len(whole) // 2])
    assert "cannot be loaded" in _refused(model, ferry)


def test_a_missing_damaged_or_foreign_tokenizer(
    tiny: Tiny, tmp_path: Path, ferry: Path, bundled: Path
) -> None:
    model = _broken(tiny, "bart", tmp_path)
    shutil.copy(bundled / "tokenizer.json", model)
    assert "do not belong together" in _refused(model, ferry)
    (model / "tokenizer.json").write_text("{}")
    assert "cannot be read as a tokenizer" in _refused(model, ferry)
    (model / "tokenizer.json").unlink()
    assert "holds no tokenizer" in _refused(model, ferry)


def test_a_configuration_that_is_none(tiny: Tiny, tmp_path: Path, ferry: Path) -> None:
    model = _broken(tiny, "bart", tmp_path)
    (model / "config.json").write_text("[]")
    assert "is not a model configuration" in _refused(model, ferry)
    (model / "config.json").write_text('{"model_type": "gpt2"}')
    assert "not an encoder-decoder" in _refused(model, ferry)
    (model / "config.json").write_text('{"model_type": "new", "is_encoder_decoder": true}')
    _refused(model, ferry)


def test_a_converted_model_that_is_cut_off(
    converted: Callable[[str], Conversion], tmp_path: Path, ferry: Path
) -> None:
    model = Path(shutil.copytree(converted("bart").path, tmp_path / "cut"))
    weights = model / "ctranslate2" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-5000])
    assert "cannot be loaded" in _refused(model, ferry)
