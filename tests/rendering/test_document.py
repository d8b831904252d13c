import json
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from briefing.errors import InputError
from briefing.rendering import from_document, schema, to_document, to_json
from briefing.sections import Role, Section

from .samples import FUZZ, HOSTILE, OVERRIDES, briefs, filled, sample, without_context

VALIDATOR = Draft202012Validator(schema())


def test_schema_is_a_valid_schema_with_descriptions():
    Draft202012Validator.check_schema(schema())
    properties = schema()["properties"]
    assert all("description" in each or "$ref" in each for each in properties.values())


def test_document_is_the_contract():
    document = to_document(sample())
    assert list(document["headline"]) == ["text", "evidence", "support", "origin"]
    assert list(document["key_points"][0]) == ["text", "evidence", "support", "origin", "role"]
    assert document["schema"] == "briefing.brief/1"
    assert document["headline"]["support"] == 0.9712
    assert document["article"]["words"] == 62
    assert document["article"]["sentences"][2] == {
        "part": "body",
        "start": 0,
        "end": 103,
        "text": sample().article.sentences[2].text,
        "role": "main_event",
        "salience": 0.9123,
    }
    assert document["model"] == {
        "name": "bundled",
        "revision": "1",
        "backend": "ctranslate2",
        "device": "cpu",
        "dtype": "int8",
        "reason": "no CUDA device",
    }


@FUZZ
@given(briefs())
def test_every_brief_makes_a_valid_document_that_survives_a_round_trip(brief):
    document = json.loads(to_json(brief))
    VALIDATOR.validate(document)
    assert document == to_document(brief)
    assert to_document(from_document(document)) == document


def test_what_a_document_gives_back():
    brief, back = sample(), from_document(to_document(sample()))
    assert back.key_points == brief.key_points
    assert back.context == brief.context
    assert back.headline == replace(brief.headline, support=0.9712)
    assert back.article.sentences == brief.article.sentences
    assert (back.article.body, back.article.words) == ("", brief.article.words)
    assert (back.model, back.sections, back.roles) == (brief.model, brief.sections, brief.roles)


def test_a_headline_not_asked_for_is_null():
    brief = replace(sample(), headline=None, sections=(Section.CONTEXT,))
    document = to_document(brief)
    assert document["headline"] is None
    assert document["sections"] == ["context"]
    assert from_document(document).headline is None


def test_reads_the_contract_without_later_fields_and_with_unknown_ones():
    document = to_document(sample())
    del document["sections"], document["model"]["reason"]
    document["article"]["sentences"][0]["mood"] = "sombre"
    VALIDATOR.validate(document)
    assert from_document(document).sections == tuple(Section)


MISTAKES = [
    ("schema", "briefing.brief/2"),
    ("headline", "text"),
    ("headline.evidence", []),
    ("headline.evidence", [99]),
    ("headline.evidence", [-1]),
    ("headline.evidence", [True]),
    ("headline.evidence", ["0"]),
    ("headline.support", 1.5),
    ("headline.support", float("nan")),
    ("headline.support", True),
    ("headline.support", "1"),
    ("headline.origin", "invented"),
    ("key_points", None),
    ("key_points", ["text"]),
    ("key_points.0.role", "hero"),
    ("key_points.0.text", 3),
    ("context", {}),
    ("article", []),
    ("article.title", 3),
    ("article.words", -1),
    ("article.words", 1.5),
    ("article.sentences.0.part", "footer"),
    ("article.sentences.0.start", -1),
    ("article.sentences.0.end", None),
    ("article.sentences.0.salience", float("inf")),
    ("article.sentences.0.salience", 10**400),
    ("model.name", None),
    ("model.reason", 3),
    ("sections", ["everything"]),
    ("warnings", [3]),
]


@pytest.mark.parametrize(("path", "value"), MISTAKES, ids=str)
def test_a_mistake_is_named(path, value):
    *parents, key = path.split(".")
    document = to_document(sample())
    place = document
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    place[key] = value
    with pytest.raises(InputError, match=key):
        from_document(document)
    beyond_json_schema = [[99], 10**400]  # and what is not JSON: NaN and infinity
    is_float = isinstance(value, float)
    assert is_float or value in beyond_json_schema or not VALIDATOR.is_valid(document)


REQUIRED = [key for key in to_document(sample()) if key != "sections"]


@pytest.mark.parametrize("key", REQUIRED)
def test_a_missing_field_is_named(key):
    document = deepcopy(to_document(sample()))
    del document[key]
    with pytest.raises(InputError, match=key):
        from_document(document)


@pytest.mark.parametrize("document", [None, [], "brief", 3])
def test_what_is_no_object_is_refused(document):
    with pytest.raises(InputError):
        from_document(document)


def test_offsets_must_not_run_backwards():
    document = to_document(sample())
    document["article"]["sentences"][0]["end"] = 0
    document["article"]["sentences"][0]["start"] = 5
    with pytest.raises(InputError, match="end"):
        from_document(document)


def test_json_is_inert_on_a_terminal_and_loses_nothing():
    text = to_json(filled(OVERRIDES), indent=None)
    assert text.count("\n") == 1
    assert text.encode().isascii()
    assert json.loads(text)["headline"]["text"] == OVERRIDES


def test_json_keeps_other_characters_readable():
    assert "Zürich 東京" in to_json(filled("Zürich 東京"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_data(text):
    assert json.loads(to_json(filled(text)))["article"]["title"] == text


def test_an_empty_context_is_empty():
    assert to_document(without_context())["context"] == []


def test_a_headlines_role_is_the_main_event():
    assert from_document(to_document(sample())).headline.role is Role.MAIN_EVENT
