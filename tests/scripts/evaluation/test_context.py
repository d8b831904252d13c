from briefing.briefs import Article, Line
from briefing.reading import split_sentences
from briefing.sections import Role
from scripts.evaluation.context import best_evidence, labelled_as

BODY = "The town voted to keep the ferry. The ferry has run since 1931. Fares may rise in May."
LABELLED = [
    {"text": "The town voted to keep the ferry.", "role": "Main"},
    {
        "text": "The ferry has run since 1931. Fares may rise in May.",
        "role": "Distant_Historical",
    },
]


def test_the_best_evidence_shares_most_words() -> None:
    article = Article(None, None, BODY, split_sentences(BODY), "en")
    line = Line("The ferry ran from 1931.", (0, 1), 1.0, "generated", Role.HISTORICAL_EVENT)
    assert best_evidence(line, article) == "The ferry has run since 1931."


def test_a_sentence_finds_its_label_where_it_was_split_otherwise() -> None:
    assert labelled_as("Fares may rise in May.", LABELLED)["role"] == "Distant_Historical"
    assert labelled_as("The town voted to keep the ferry.", LABELLED)["role"] == "Main"
