"""The contract ``briefing.edition/1``: without loss there and back, and as its schema says."""

import json
from datetime import UTC, date, datetime

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from briefing.digest import Edition, EditionSection, StoryBrief
from briefing.digest.rendering import (
    edition_from_document,
    edition_schema,
    edition_to_document,
    edition_to_json,
)
from briefing.errors import InputError
from tests.digest.samples import edition, full_edition

VALIDATOR = jsonschema.Draft202012Validator(edition_schema())

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(0, 1))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
EDITIONS = st.builds(
    edition,
    st.builds(EditionSection, stories=st.lists(st.builds(StoryBrief), max_size=2).map(tuple)),
    date=st.dates(),
    failed=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=2).map(tuple),
    previous=st.none() | st.dates(),
)


@pytest.mark.parametrize("made", [edition(), full_edition()])
def test_there_and_back(made: Edition) -> None:
    document = json.loads(edition_to_json(made))
    VALIDATOR.validate(document)
    assert edition_from_document(document) == made


@pytest.mark.slow
@examples(max_examples=40, deadline=None)
@given(EDITIONS)
def test_whatever_it_holds_is_kept(made: Edition) -> None:
    document = json.loads(edition_to_json(made))
    VALIDATOR.validate(document)
    assert edition_from_document(document) == made


def test_a_reader_knows_neither_newer_nor_missing_optional_fields() -> None:
    document = edition_to_document(full_edition())
    document["added"] = document["sections"][0]["added"] = 1
    del document["left_out"], document["sections"][1]["lead"]
    assert edition_from_document(document).stories == full_edition().stories


def broken(change):
    document = edition_to_document(full_edition())
    change(document)
    return document


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "briefing.edition/1"),
        ([], "briefing.edition/1"),
        ({}, "briefing.edition/1"),
        (broken(lambda d: d.update(schema="briefing.edition/2")), "briefing.edition/1"),
        (broken(lambda d: d.pop("date")), "date"),
        (broken(lambda d: d.update(date="yesterday")), "date"),
        (broken(lambda d: d["sections"][0]["stories"][0].pop("headline")), "headline"),
        (broken(lambda d: d.update(articles="many")), "articles"),
        (broken(lambda d: d.update(zone={1})), "not JSON serializable"),
    ],
)
def test_mistakes_are_named(document, said) -> None:
    with pytest.raises(InputError, match=said):
        edition_from_document(document)


def test_nothing_in_it_turns_a_terminal_around() -> None:
    text = edition_to_json(edition(title="a\u202eb\x9bc\u2028d"))
    assert not set("\u202e\x9b\u2028") & set(text)
    assert edition_from_document(json.loads(text)).title == "a\u202eb\x9bc\u2028d"


def test_dates_are_iso() -> None:
    document = edition_to_document(edition(date=date(2026, 3, 2)))
    assert document["date"] == "2026-03-02"
    assert document["made"] == "2026-03-02T06:00:00Z"
