import json

import pytest

import briefing
from briefing.checker import (
    Answerer,
    Classifier,
    check_summary,
    follows,
    source_of,
    verifier_for,
)
from briefing.errors import EmptyInput, ModelError
from briefing.models.folder import ModelFolder
from briefing.options import Format
from briefing.reading import read_string
from tests.models.tiny import make

PAIRS = [
    ("The council of Port Alder voted on Tuesday to keep the ferry.", "Port Alder keeps ferry."),
    ("A proposal was dropped in 2015.", "The proposal was accepted in 2015."),
    ("Some 5,214 people backed the ferry.", "The ferry."),
]


def classifier(folder, kind, labels, **config):
    """A random classifier with these labels, saved as transformers saves one."""
    import torch
    import transformers as t

    tokenizer = t.PreTrainedTokenizerFast.from_pretrained(make("bart", folder / "words"))
    torch.manual_seed(5)
    common = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 64, "pad_token_id": tokenizer.pad_token_id,
        "num_labels": len(labels), "id2label": dict(enumerate(labels)), **config,
    }  # fmt: skip
    if kind == "bert":
        model = t.BertForSequenceClassification(t.BertConfig(**common))
    elif kind == "roberta":
        model = t.RobertaForSequenceClassification(t.RobertaConfig(**common))
    else:
        model = t.DebertaV2ForSequenceClassification(t.DebertaV2Config(**common))
    model.save_pretrained(folder)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["bert", "roberta", "deberta"])
def test_classifiers_of_each_architecture(kind, tmp_path):
    folder = classifier(tmp_path, kind, ["contradiction", "entailment", "neutral"])
    verifier = verifier_for("en", str(folder), "cpu")
    assert isinstance(verifier, Classifier)
    odds = verifier.odds(PAIRS)
    assert len(odds) == 3
    assert odds == pytest.approx([verifier.odds([pair])[0] for pair in PAIRS], abs=1e-4)
    assert verifier.odds([]) == []
    assert verifier_for("de", str(folder), "cpu") is verifier


def test_the_odds_are_those_of_the_entailment_label(tmp_path):
    names = ["not_entailment", "entailment"]
    one = verifier_for("en", str(classifier(tmp_path / "a", "bert", names)), "cpu")
    other = verifier_for("en", str(classifier(tmp_path / "b", "bert", names[::-1])), "cpu")
    assert one.odds(PAIRS) == pytest.approx([-odds for odds in other.odds(PAIRS)], abs=1e-4)


@pytest.mark.parametrize("kind", ["t5", "bart"])
def test_models_that_answer_one_or_nought(kind, tmp_path):
    verifier = verifier_for("en", str(make(kind, tmp_path / kind)), "cpu")
    assert isinstance(verifier, Answerer)
    assert len(verifier.odds(PAIRS)) == 3


@pytest.mark.parametrize(
    ("labels", "at"),
    [
        (["entailment", "neutral", "contradiction"], 0),
        (["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], 2),
        (["not_entailment", "entailment"], 1),
        (["unsupported", "supported"], 1),
        (["inconsistent", "consistent"], 1),
        (["hallucinated", "factual"], 1),
        (["0", "1"], 1),
        (["LABEL_0", "LABEL_1"], 1),
        (["score"], 0),
        (["disentailment", "entailment"], 1),
    ],
)
def test_which_label_follows(labels, at, tmp_path):
    config = {"id2label": dict(enumerate(labels))}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert follows(ModelFolder(tmp_path, "it")) == at


def test_labels_that_transformers_leaves_out_are_its_own(tmp_path):
    path = tmp_path / "config.json"
    for config, at in (({}, 1), ({"num_labels": 1}, 0)):
        path.write_text(json.dumps(config))
        assert follows(ModelFolder(tmp_path, "it")) == at
    for config in ({"num_labels": 3}, {"id2label": [1, 2]}, {"id2label": {"a": "b", "c": "d"}}):
        path.write_text(json.dumps(config))
        with pytest.raises(ModelError, match="id2label"):
            follows(ModelFolder(tmp_path, "it"))


def test_a_verifier_reads_as_much_as_it_has_positions_for(tmp_path):
    folder = classifier(tmp_path, "bert", ["entailment", "other"], max_position_embeddings=24)
    long = (" ".join([PAIRS[0][0]] * 9), PAIRS[0][1])
    assert len(verifier_for("en", str(folder), "cpu").odds([long])) == 1


def without_a_head(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def without_numbers(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"] *= float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def without_a_tokenizer(folder):
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (without_a_head, "lack 1 tensors"),
        (without_numbers, "NaN"),
        (without_a_tokenizer, "no tokenizer"),
    ],
)
def test_a_verifier_that_could_not_judge_is_refused(damage, words, tmp_path):
    folder = classifier(tmp_path, "bert", ["entailment", "other"])
    damage(folder)
    with pytest.raises(ModelError, match=words):
        verifier_for("en", str(folder), "cpu")
    with pytest.raises(ModelError, match=words):
        briefing.Briefer(verifier=folder).brief(ARTICLE)


@pytest.mark.parametrize("labels", [["good", "bad"], ["LABEL_0", "LABEL_1", "LABEL_2"], []])
def test_labels_that_say_nothing_are_refused_with_advice(labels, tmp_path):
    config = {"id2label": dict(enumerate(labels))}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="id2label"):
        follows(ModelFolder(tmp_path, "it"))


def test_what_is_no_verifier_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["GPT2LMHeadModel"]}')
    with pytest.raises(ModelError, match="MiniCheck"):
        verifier_for("en", str(tmp_path), "cpu")
    with pytest.raises(ModelError, match="neither a folder"):
        verifier_for("en", "nobody/nothing", "cpu")
    kind = {"architectures": ["BertForSequenceClassification"]}
    labels = {"id2label": {"0": "no", "1": "entailment"}}
    (tmp_path / "config.json").write_text(json.dumps(kind | labels))
    with pytest.raises(ModelError, match="no tokenizer"):
        verifier_for("en", str(tmp_path) + "/", "cpu")


ARTICLE = (
    "The council of Port Alder met on Monday. It voted 5 to 2 for a new bridge over the sound. "
    "The bridge will cost $12 million, Mayor Ines Calder said. A first plan failed in 2015."
)


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_brief_in_any_form_is_held_by_its_article(form: Format) -> None:
    made = briefing.brief(ARTICLE)
    report = briefing.check(briefing.render(made, form), briefing.read(ARTICLE))
    assert [claim.text for claim in report.claims if claim.kind == "sentence"]
    assert report.supported


def test_a_page_is_checked_by_its_text() -> None:
    page = "<html><head><title>x</title></head><body><p>The bridge costs $15 million.</p></body>"
    report = briefing.check(page, briefing.read(ARTICLE))
    assert [c.text for c in report.claims if c.kind == "sentence"] == [
        "The bridge costs $15 million."
    ]


def test_a_summary_without_words_is_told() -> None:
    with pytest.raises(EmptyInput, match="no words"):
        briefing.check("...", briefing.read(ARTICLE))


QUAKE = (
    "KELLMOOR, Sept 3 (Wire) - A strong earthquake struck the Osk valley early on Thursday, "
    "killing at least 14 people and injuring more than 200, the fire service said.\n\n"
    "Rescue teams were searching the ruins of a school in the village of Estel."
)


def test_the_dateline_of_an_article_is_known():
    article = read_string(QUAKE)
    assert article.dateline == "KELLMOOR, Sept 3 (Wire) -"
    assert article.body.startswith("A strong earthquake")
    for summary in (QUAKE, article.body, "A strong earthquake struck the Osk valley on Sept 3."):
        report = briefing.check(summary, article)
        assert report.supported, summary
    assert briefing.check(article.body, article).score == 1
    assert not briefing.check(
        "A strong earthquake struck the Osk valley on Sept 4.", article
    ).supported


def test_a_text_is_read_as_the_article_that_it_is():
    assert source_of(QUAKE) == source_of(read_string(QUAKE))
    assert source_of("The pier closed.").sentences == ("The pier closed.",)
    on_the_day = "A strong earthquake struck the Osk valley on Sept 3."
    assert check_summary(on_the_day, source_of(QUAKE)).supported
