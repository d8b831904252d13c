import logging

import pytest

from briefing.errors import NoArticle, TooLong
from briefing.reading import article_from_html
from briefing.reading.html import MAX_TAGS

TITLE = "Harbourton closes ferry terminal"
DESCRIPTION = "Islanders fear a long winter without the boats they rely on."


def test_an_article_is_found(page, body):
    article = article_from_html(page, url="https://x.example/a")
    assert (article.title, article.subtitle) == (TITLE, DESCRIPTION)
    assert article.body.split() == body.split()
    assert [s.paragraph for s in article.sentences] == [-2, -1, 0, 1, 1, 1, 2, 2]
    assert (article.published, article.language) == ("2024-05-14", "en")
    assert article.url == "https://x.example/a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_are_decoded(page, encoding):
    assert article_from_html(page.encode(encoding)).title == TITLE


def test_the_declared_charset_counts(page):
    page = page.replace('charset="utf-8"', 'charset="windows-1251"').replace("Ann Lee", "Анна Ли")
    article = article_from_html(page.encode("cp1251"))
    assert "Анна Ли" in article.body
    assert article.warnings == ()


@pytest.mark.parametrize("text", ["<html><body><nav>Home</nav></body></html>", None])
def test_the_logger_of_the_extractor_is_left_as_it_was(page, text, caplog):
    logger = logging.getLogger("trafilatura")
    caplog.set_level(logging.DEBUG, logger.name)
    if text:
        with pytest.raises(NoArticle):
            article_from_html(text)
    else:
        article_from_html(page)
    assert logger.level == logging.DEBUG
    assert caplog.records == []


def test_overrides(page):
    article = article_from_html(page, title="Mine", subtitle="My standfirst")
    assert (article.title, article.subtitle) == ("Mine", "My standfirst")


@pytest.mark.parametrize(
    "description",
    [
        "The council of Harbourton voted on Tuesday to close its old ferry terminal",
        "Islanders fear a long winter without the boats that they …",
        "Harbourton closes ferry terminal",
        "News",
    ],
)
def test_a_description_that_adds_nothing_is_no_standfirst(page, description):
    assert article_from_html(page.replace(DESCRIPTION, description)).subtitle is None


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html></html>",
        "<html><body><p>Please turn on JavaScript.</p></body></html>",
        "<html><body>" + "<div>" * 70_000 + "Deep down there is a text." + "</div>" * 70_000,
        "<b>" * 100_000,
        "<" * 100_000,
        "<!--" + "-" * 100_000,
        "\x00" * 100 + "<html>",
        "<html><body><script>" + "x" * 100_000,
    ],
    ids=range(9),
)
def test_pages_without_an_article(html):
    with pytest.raises(NoArticle, match="page"):
        article_from_html(html)


def test_failures_inside_the_extractor_are_ours(monkeypatch, page):
    import trafilatura

    def fail(*args, **options):
        raise RecursionError

    monkeypatch.setattr(trafilatura, "bare_extraction", fail)
    with pytest.raises(NoArticle, match="could not be read"):
        article_from_html(page)


def test_pages_beyond_the_limits():
    with pytest.raises(TooLong):
        article_from_html("<p>" * (MAX_TAGS + 1))
    with pytest.raises(TooLong):
        article_from_html("x" * 10_000_001)


def test_an_xml_declaration_does_no_harm(page):
    article = article_from_html('<?xml version="1.0" encoding="utf-8"?>' + page)
    assert article.title == TITLE


def test_a_fragment_is_read_whole(body):
    paragraphs = "".join(f"<p>{each}</p>" for each in body.split("\n\n"))
    for html in (paragraphs, f"<div><h1>{TITLE}</h1>{paragraphs}</div>", body):
        assert article_from_html(html).body.split() == body.split()


def test_tables_and_lists_are_part_of_the_article(page):
    table = "<tr><th>Year</th><th>Boats</th></tr><tr><td>2008</td><td>12 a day</td></tr>"
    listed = "<li>Build a pier of steel.</li><li>Sell the old boats.</li>"
    page = page.replace("</article>", f"<table>{table}</table><ul>{listed}</ul></article>")
    article = article_from_html(page)
    assert article.body.split("\n\n")[-3:] == [
        "Year | Boats\n2008 | 12 a day",
        "Build a pier of steel.",
        "Sell the old boats.",
    ]


def test_the_heading_that_the_metadata_repeat_is_the_title(page):
    widget = "<h1>Most read</h1><aside><h1>Harbourton weather</h1></aside>"
    page = page.replace("<article>", f"{widget}<article>")
    assert article_from_html(page).title == TITLE
    without = page.replace('property="og:title"', 'name="other"')
    assert article_from_html(without).title == TITLE


@pytest.mark.parametrize(("count", "warned"), [(1, False), (12, True)])
def test_many_more_paragraphs_of_the_same_class_are_warned_of(page, count, warned):
    more = "".join(
        f'<p class="story">{i}. Nobody in the islands has seen so long a winter as this, and the '
        "boats stay in the harbour day after day.</p>"
        for i in range(count)
    )
    page = page.replace("<p>", '<p class="story">')
    page = page.replace("<footer>", f'<div id="comments" class="comments">{more}</div><footer>')
    article = article_from_html(page)
    assert any("truncated" in each for each in article.warnings) is warned


SCANDAL = "The mayor of Harbourton was arrested on Friday over the sinking of nine old boats."


@pytest.mark.parametrize(
    "element",
    [
        f"<div hidden><p>{SCANDAL}</p></div>",
        f'<p hidden="hidden">{SCANDAL}</p>',
        f'<div style="color: red; DISPLAY : none"><p>{SCANDAL}</p></div>',
        f"<template><p>{SCANDAL}</p></template>",
        f"<noscript><p>{SCANDAL}</p></noscript>",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(page, body, element):
    for place in ("<article>", "</h1>", "</article>"):
        with_hidden = page.replace(place, f"{element}{place}" if "/a" in place else place + element)
        assert article_from_html(with_hidden).body.split() == body.split()
    paragraphs = [f"<p>{each}</p>" for each in body.split("\n\n")]
    fragment = "".join([paragraphs[0], element, *paragraphs[1:]])
    assert article_from_html(fragment).body.split() == body.split()


@pytest.mark.parametrize(
    "opening",
    ['<div aria-hidden="false">', '<div hidden="until-found">', '<div hidden id="S:0">'],
)
def test_what_a_browser_shows_later_is_read(page, opening):
    shown = page.replace("</article>", f"{opening}<p>{SCANDAL}</p></div></article>")
    assert SCANDAL in article_from_html(shown).body


def test_a_hidden_article_is_read(page, body):
    hidden = page.replace("<article>", "<article hidden>")
    assert article_from_html(hidden).body.split() == body.split()


@pytest.mark.parametrize("name", ["del", "s", "strike"])
def test_deleted_text_is_left_out_and_inserted_text_is_not(page, body, name):
    last = body.split()[-1].rstrip(".")
    edited = f"<{name}>nothing</{name}><ins>{last}</ins>."
    table = f"<tr><td>Year</td><td><{name}>2007</{name}>2008</td></tr>"
    page = page.replace(f"{last}.</p></article>", f"{edited}</p><table>{table}</table></article>")
    for html in (page, page[page.index("<h1>") : page.index("</article>")]):
        assert article_from_html(html).body.split() == [*body.split(), "Year", "|", "2008"]
