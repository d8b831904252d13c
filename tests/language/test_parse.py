from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.language import parses_for
from briefing.language.parse import Parse

TEXT = "The mayor, who was elected in May, said the new bridge will not open before June."


def test_tokens_keep_their_offsets(parse) -> None:
    found = parse(TEXT)
    for word, start, end in zip(found.words, found.starts, found.ends, strict=True):
        assert TEXT[start:end] == word


def test_who_does_what(parse) -> None:
    found = parse(TEXT)
    said, opens = found.words.index("said"), found.words.index("open")
    assert found.roots == (said,)
    assert found.words[found.subject(said)] == "mayor"
    assert found.words[found.subject(opens)] == "bridge"
    assert found.is_finite(opens)
    assert found.lemmas[said] == "say"
    assert list(found.ancestors(opens)) == [said]


def test_a_subtree_is_a_span(parse) -> None:
    found = parse(TEXT)
    mayor = found.words.index("mayor")
    span = found.subtree(mayor)
    assert found.span_text(span[0], span[-1]).startswith("The mayor, who was elected in May")


def test_passive_and_conjuncts(parse) -> None:
    found = parse("The bridge was built in 1901 and repaired twice by soldiers.")
    built, repaired = found.words.index("built"), found.words.index("repaired")
    assert found.is_passive(built)
    assert found.conjuncts(built) == (built, repaired)
    assert found.first_conjunct(repaired) == built


def test_a_line_inherits_the_tree_of_its_source(parse) -> None:
    found = parse(TEXT)
    kept = [at for at, word in enumerate(found.words) if word in ("The", "mayor", "said", "bridge")]
    line = found.keep(kept, "The mayor said bridge")
    assert line.words == ("The", "mayor", "said", "bridge")
    assert line.heads == (1, 2, 2, 2)
    assert line.text[line.starts[3] : line.ends[3]] == "bridge"


def test_sentences_that_are_none_are_not_parsed(parses) -> None:
    assert parses.of(["", "   ", "word " * 200]) == [None, None, None]


def test_a_sentence_is_parsed_once(parses) -> None:
    assert parses.one(TEXT) is parses.one(TEXT)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_tree_or_nothing(text: str) -> None:
    found = parses_for("en").one(text)
    if found is None:
        return
    assert isinstance(found, Parse)
    for index in range(len(found)):
        first, last = found.edges[index]
        assert first <= index <= last
        root = [index, *found.ancestors(index)][-1]
        assert root in found.roots


def test_other_languages_have_no_parser() -> None:
    assert parses_for("de") is None
