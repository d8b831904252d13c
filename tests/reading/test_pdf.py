import logging

import pytest

from briefing.errors import BriefingError, NoArticle, NotText, TooLong
from briefing.reading import article_from_pdf
from briefing.reading.documents import reflow
from tests.reading.pdfs import LINES, encrypted, pdf

FIRST = (
    "The council of Harbourton voted on Tuesday to close its old ferry terminal, which has served "
    "the islands for sixty years. Mayor Ann Lee said the repairs would cost too much."
)


def test_lines_become_paragraphs_again():
    article = article_from_pdf(pdf([LINES]))
    assert article.title == LINES[0]
    assert article.body.split("\n\n")[0] == FIRST
    assert [s.paragraph for s in article.sentences] == [-2, 0, 0, 1, 1]
    assert article.published == "2024-05-14"


def test_a_paragraph_goes_on_across_pages_and_running_heads_go():
    pages = [
        ["Island Post", *LINES[:4], "1"],
        ["Island Post", *LINES[4:6], "2"],
        ["Island Post", LINES[6], "3"],
    ]
    article = article_from_pdf(pdf(pages))
    assert "Island Post" not in article.body
    assert article.body.startswith(FIRST)
    assert article.body.endswith("A new pier is expected to open next spring.")


@pytest.mark.parametrize(
    ("given_title", "expected"),
    [
        ("Ferry terminal is to close", "Ferry terminal is to close"),
        ("Microsoft Word - final draft.doc", LINES[0]),
        ("untitled document", LINES[0]),
        ("report_v2.indd", LINES[0]),
    ],
)
def test_only_a_sensible_title_is_taken_from_the_metadata(given_title, expected):
    assert article_from_pdf(pdf([LINES], title=given_title)).title == expected


@pytest.mark.parametrize("damage", [b"", b"startxref\n7\n%%EOF", b"/Font"])
def test_the_logger_of_the_library_is_left_as_it_was(damage, caplog):
    logger = logging.getLogger("pypdf")
    caplog.set_level(logging.DEBUG, logger.name)
    article = article_from_pdf(pdf([LINES]) + damage)
    assert article.title == LINES[0]
    assert logger.level == logging.DEBUG
    assert caplog.records == []


SET = ["Harbourton closes its old ferry terminal", "after the storm of March"]
"""A title on two lines."""


@pytest.mark.parametrize("above", [[], ["Island Post", "Tuesday, 14 May 2024"]])
@pytest.mark.parametrize("size", [14, 30.5])
def test_the_title_is_what_is_set_largest(above, size):
    article = article_from_pdf(pdf([[*above, *SET, *LINES[1:]]], large=SET, size=size))
    assert article.title == " ".join(SET)
    assert article.body.startswith(FIRST)


def test_what_is_set_large_is_not_always_a_title():
    assert article_from_pdf(pdf([LINES], large=LINES, size=13)).title == LINES[0]
    assert article_from_pdf(pdf([[*LINES, "T"]], large=["T"])).title == LINES[0]
    late = [*LINES, "", "What happens now", "The council will meet again in June to decide."]
    article = article_from_pdf(pdf([late], large=["What happens now"]))
    assert article.title == LINES[0]
    assert article.body.endswith("to decide.")
    assert FIRST in article.body


def test_a_title_given_by_the_caller_wins():
    article = article_from_pdf(pdf([LINES], title="Some other title"), title="Mine", subtitle="Sub")
    assert (article.title, article.subtitle) == ("Mine", "Sub")


def test_a_pdf_without_a_password_to_read_is_read():
    assert article_from_pdf(encrypted(pdf([LINES]), "")).title == LINES[0]


@pytest.mark.parametrize(
    ("data", "error", "advice"),
    [
        (encrypted(pdf([LINES]), "secret"), NotText, "password"),
        (pdf([[]]), NoArticle, "OCR"),
        (pdf([["Page one"]]), NoArticle, "OCR"),
        (b"%PDF-1.7\nnothing here", NotText, "damaged"),
        (pdf([LINES])[:300], NotText, "damaged"),
        (pdf([[]] * 1001), TooLong, "Split"),
    ],
    ids=["encrypted", "empty", "hardly", "garbage", "cut", "pages"],
)
def test_what_cannot_be_read_says_why(data, error, advice):
    with pytest.raises(error, match=advice):
        article_from_pdf(data)


def test_damage_anywhere_never_escapes_as_another_error():
    whole = pdf([LINES])
    messages = set()
    for position in range(9, len(whole), 37):
        damaged = whole[:position] + b"\xff\x00<<" + whole[position + 4 :]
        try:
            article_from_pdf(damaged)
        except BriefingError as error:
            messages.add(str(error))
    assert all(messages)


def test_headings_lists_and_hyphens():
    page = "\n".join(
        [
            "What happens now",
            "The council will meet again in June to decide on the new pier, and the",
            "well-",
            "known shipyard will bid. Its prices are low and its workers are well-",
            "Trained people, the mayor says, and that is what the islands need most.",
            "• The pier is new",
            "• The boats are old",
        ]
    )
    assert reflow([page]).split("\n\n") == [
        "What happens now",
        "The council will meet again in June to decide on the new pier, and the wellknown shipyard "
        "will bid. Its prices are low and its workers are well-Trained people, the mayor says, and "
        "that is what the islands need most.",
        "• The pier is new",
        "• The boats are old",
    ]


def test_nothing_to_reflow():
    assert reflow([]) == reflow([""]) == ""
